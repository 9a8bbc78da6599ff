/* SPDX-License-Identifier: MIT */
/* test_libcurl_variants.c - libcurl versions with more or fewer features than the
   installed one */
#define _GNU_SOURCE /* RTLD_NEXT */

#include "net.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- Between the library and libcurl ---------------------------------------- */

#undef curl_easy_setopt
#undef curl_multi_setopt

static CURLoption unknown;     /* refused by this one */
static CURLcode refusal;       /* with this */
static CURLcode every_end;     /* of transfers that succeed, if not CURLE_OK */
static bool quick_exit_is_set; /* for the multi handle */
static bool context_is_shared; /* CURLOPT_SSL_CTX_FUNCTION was set */
static unsigned as_version;    /* what libcurl calls itself, unless it is 0 */
static time_t ahead_s;         /* of the monotonic clock */

static void *
real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

CURLcode
curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    va_list args;
    CURLcode code;
    *(void **)&setopt = real("curl_easy_setopt");
    va_start(args, option);
    context_is_shared = context_is_shared || option == CURLOPT_SSL_CTX_FUNCTION;
    if (option == unknown)
        code = refusal;
    else if ((int)option == 321 /* CA_CACHE_TIMEOUT */ && as_version != 0)
        code = setopt(easy, option, 0L);
    else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_OFF_T + 10000)
        code = setopt(easy, option, va_arg(args, curl_off_t));
    else if (option < CURLOPTTYPE_OBJECTPOINT)
        code = setopt(easy, option, va_arg(args, long));
    else
        code = setopt(easy, option, va_arg(args, void *));
    va_end(args);
    return code;
}

curl_version_info_data *
curl_version_info(CURLversion age)
{
    static curl_version_info_data data;
    curl_version_info_data *(*info)(CURLversion);
    *(void **)&info = real("curl_version_info");
    data = *info(age);
    if (as_version != 0)
        data.version_num = as_version;
    return &data;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*get)(clockid_t, struct timespec *);
    *(void **)&get = real("clock_gettime");
    int code = get(clock, now);
    if (code == 0 && clock == CLOCK_MONOTONIC)
        now->tv_sec += ahead_s;
    return code;
}

#undef curl_easy_getinfo

static bool tls_is_strange; /* libcurl with an unknown TLS library */

CURLcode
curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    va_list args;
    *(void **)&getinfo = real("curl_easy_getinfo");
    va_start(args, info);
    void **value = va_arg(args, void **);
    va_end(args);
    CURLcode code = getinfo(easy, info, value);
    if (tls_is_strange && info == CURLINFO_TLS_SSL_PTR && code == CURLE_OK)
        *value = NULL;
    return code;
}

CURLMcode
curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    CURLMcode (*setopt)(CURLM *, CURLMoption, ...);
    va_list args;
    *(void **)&setopt = real("curl_multi_setopt");
    va_start(args, option);
    long value = va_arg(args, long);
    va_end(args);
    quick_exit_is_set = quick_exit_is_set || ((int)option == 21 && value == 1);
    return setopt(multi, option, value);
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
    CURLMsg *(*read)(CURLM *, int *);
    *(void **)&read = real("curl_multi_info_read");
    CURLMsg *message = read(multi, left);
    if (message != NULL && message->data.result == CURLE_OK && every_end != CURLE_OK)
        message->data.result = every_end;
    return message;
}

/* ---- Tests ------------------------------------------------------------------ */

static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};
#define ONE RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS)
static const raw_step KEEP_TLS[] = {RAW_DO(TLS), ONE, ONE, ONE, RAW_DO(STALL)};

/* The number of connections of three jobs that each end like this. */
static unsigned
ask_three(bool tls, klingrec_status status, klingrec_delivery delivery)
{
    klingrec_request request = net_tiny_request();
    raw_server *server = net_server(tls ? KEEP_TLS : KEEP, NULL);
    klingrec_config config = net_config(server, tls);
    klingrec_client *client = net_client(&config);
    for (int i = 0; i < 3; i++) {
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome(tls ? "TLS" : "plain", &got, status, delivery, 1);
    }
    klingrec_client_free(client);
    raw_server_stop(server);
    unsigned connections = server->connections;
    raw_server_free(server);
    return connections;
}

static void
refuse(CURLoption option, CURLcode code)
{
    unknown = option;
    refusal = code;
}

/* Schannel, for one. */
static void
a_tls_library_without_ca_folders_is_supported(void **state)
{
    (void)state;
    refuse(CURLOPT_CAPATH, CURLE_NOT_BUILT_IN);
    (void)net_expect(ask_three(true, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) ==
                         (net_libcurl_keeps() ? 1u : 3u),
                     "TLS");
    refuse((CURLoption)0, CURLE_OK);
    net_end_table("CA folders");
}

static void
without_a_check_of_idle_connections_none_is_kept(void **state)
{
    (void)state;
    refuse((CURLoption)20312 /* PREREQFUNCTION */, CURLE_UNKNOWN_OPTION);
    for (int tls = 0; tls < 2; tls++)
        (void)net_expect(ask_three(tls != 0, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) ==
                             3,
                         "a connection is kept");
    refuse((CURLoption)0, CURLE_OK);
    tls_is_strange = true;
    (void)net_expect(ask_three(true, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) == 3,
                     "a connection is kept");
    tls_is_strange = false;
    net_end_table("no look");
}

/* CURLE_TOO_LARGE of libcurl 8.6, whatever the library was built with. */
static void
an_answer_too_large_for_a_newer_libcurl_is_too_large(void **state)
{
    (void)state;
    every_end = (CURLcode)100;
    (void)ask_three(false, KLINGREC_ERR_RESPONSE_BYTES, KLINGREC_DELIVERY_UNSURE);
    every_end = CURLE_OK;
    net_end_table("too large");
}

/* libcurl 8.20 has this option; older ones refuse it, which is not a failure. */
static void
freeing_a_client_does_not_wait_for_a_resolver(void **state)
{
    (void)state;
    quick_exit_is_set = false;
    (void)ask_three(false, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED);
    (void)net_expect(quick_exit_is_set, "the multi handle is not told");
    net_end_table("resolver");
}

/* ---- Certificates before 7.87 ------------------------------------------------ */

/* How often the file was opened since the last call. */
static unsigned
count_opens(int watch)
{
    char events[8192];
    unsigned n = 0;
    ssize_t len = read(watch, events, sizeof events);
    for (ssize_t at = 0; at < len; n++) {
        struct inotify_event event;
        memcpy(&event, events + at, sizeof event);
        at += (ssize_t)(sizeof event + event.len);
    }
    return n;
}

static bool
is_shared_with(const char *proxy)
{
    const raw_server nobody = {.port = 9};
    klingrec_request request = net_tiny_request();
    klingrec_config config = net_config(&nobody, true);
    config.proxy = proxy;
    context_is_shared = false;
    (void)net_ask_once(&config, &request);
    return context_is_shared;
}

static void
expect_strangers_are_refused(void)
{
    raw_scripts scripts = {.steps = {KEEP_TLS},
                           .identity = &net_authority()->identities[RAW_UNKNOWN_CA]};
    klingrec_request request = net_tiny_request();
    raw_server *server = raw_server_start(&scripts);
    klingrec_config config = net_config(server, true);
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome("an unknown CA", &got, KLINGREC_ERR_TLS,
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    config.ca_file = "/nonexistent/ca.pem";
    got = net_ask_once(&config, &request);
    (void)net_expect_outcome("a file that is missing", &got, KLINGREC_ERR_TLS,
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    raw_server_free(server);
}

/* Every connection of these three jobs is a new one. */
static void
before_7_87_connections_share_the_certificates_for_a_minute(void **state)
{
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    klingrec_request request = net_tiny_request();
    (void)state;
    assert_true(watch >= 0);
    assert_true(inotify_add_watch(watch, net_authority()->ca_file, IN_OPEN) >= 0);
    as_version = 0x075600;
    refuse((CURLoption)20312 /* PREREQFUNCTION */, CURLE_UNKNOWN_OPTION);
    raw_server *server = net_server(KEEP_TLS, NULL);
    klingrec_config config = net_config(server, true);
    klingrec_client *client = net_client(&config);
    for (unsigned i = 0; i < 6; i++) {
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome("shared", &got, KLINGREC_OK,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
        unsigned opens = count_opens(watch);
        (void)net_expect(opens == (i % 3 == 0), "job %u: the file is opened %u times",
                         i, opens);
        ahead_s += i == 2 ? 60 : 0;
    }
    klingrec_client_free(client);
    raw_server_free(server);
    expect_strangers_are_refused();
    (void)net_expect(is_shared_with(""), "not shared without a proxy");
    (void)net_expect(is_shared_with("http://127.0.0.1:9"), "not shared, http");
    (void)net_expect(!is_shared_with("https://127.0.0.1:9"), "shared, https");
    (void)setenv("https_proxy", "https://127.0.0.1:9", 1);
    (void)net_expect(!is_shared_with(NULL), "shared, https from the environment");
    (void)unsetenv("https_proxy");
    refuse((CURLoption)0, CURLE_OK);
    as_version = 0;
    ahead_s = 0;
    (void)close(watch);
    net_end_table("shared certificates");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tls_library_without_ca_folders_is_supported),
        cmocka_unit_test(without_a_check_of_idle_connections_none_is_kept),
        cmocka_unit_test(an_answer_too_large_for_a_newer_libcurl_is_too_large),
        cmocka_unit_test(freeing_a_client_does_not_wait_for_a_resolver),
        cmocka_unit_test(before_7_87_connections_share_the_certificates_for_a_minute),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
