/* SPDX-License-Identifier: MIT */
/* test_libcurl_versions.c - libcurl versions with more or fewer features than the
   installed one */
#define _GNU_SOURCE /* RTLD_NEXT */

#include "libcurl_calls.h"
#include "net.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- The clock and OpenSSL -------------------------------------------------- */

static time_t ahead_s; /* of the monotonic clock */

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*get)(clockid_t, struct timespec *);
    *(void **)&get = dlsym(RTLD_NEXT, "clock_gettime");
    int code = get(clock, now);
    if (code == 0 && clock == CLOCK_MONOTONIC)
        now->tv_sec += ahead_s;
    return code;
}

/* What this process has besides libcurl's: a second OpenSSL, if set. */
static const char *other_openssl;

const char *OpenSSL_version(int what);

const char *
OpenSSL_version(int what)
{
    const char *(*version)(int);
    *(void **)&version = dlsym(RTLD_NEXT, "OpenSSL_version");
    if (other_openssl != NULL)
        return other_openssl;
    return version != NULL ? version(what) : "";
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

static const libcurl_changes WITHOUT_PREREQ = {
    .refused = (CURLoption)20312 /* PREREQFUNCTION */, .refusal = CURLE_UNKNOWN_OPTION};

/* Schannel, for one. */
static void
a_tls_library_without_ca_folders_is_supported(void **state)
{
    (void)state;
    libcurl_changed =
        (libcurl_changes){.refused = CURLOPT_CAPATH, .refusal = CURLE_NOT_BUILT_IN};
    (void)net_expect(ask_three(true, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) ==
                         (net_libcurl_keeps() ? 1u : 3u),
                     "TLS");
    libcurl_changed = (libcurl_changes){0};
    net_end_table("CA folders");
}

static void
without_a_check_of_idle_connections_none_is_kept(void **state)
{
    (void)state;
    libcurl_changed = WITHOUT_PREREQ;
    for (int tls = 0; tls < 2; tls++)
        (void)net_expect(ask_three(tls != 0, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) ==
                             3,
                         "a connection is kept");
    libcurl_changed = (libcurl_changes){.tls_is_unknown = true};
    (void)net_expect(ask_three(true, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) == 3,
                     "a connection is kept");
    libcurl_changed = (libcurl_changes){0};
    other_openssl = "OpenSSL 3.99.0 1 Jan 2030";
    (void)net_expect(ask_three(true, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) == 3,
                     "a connection is kept");
    other_openssl = NULL;
    libcurl_changed = (libcurl_changes){.has_no_tls = true};
    (void)net_expect(ask_three(true, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) == 3,
                     "a connection is kept");
    libcurl_changed = (libcurl_changes){0};
    net_end_table("idle connections");
}

static void
a_libcurl_before_7_68_is_refused(void **state)
{
    const raw_server nobody = {.port = 9};
    klingrec_config config = net_config(&nobody, false);
    klingrec_client *client = NULL;
    (void)state;
    libcurl_changed = (libcurl_changes){.version = 0x0743FF};
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_SYSTEM);
    assert_null(client);
    libcurl_changed = (libcurl_changes){0};
}

/* CURLE_TOO_LARGE of libcurl 8.6, whatever the library was built with. */
static void
an_answer_too_large_for_a_newer_libcurl_is_too_large(void **state)
{
    (void)state;
    libcurl_changed = (libcurl_changes){.every_end = (CURLcode)100};
    (void)ask_three(false, KLINGREC_ERR_RESPONSE_BYTES, KLINGREC_DELIVERY_UNSURE);
    libcurl_changed = (libcurl_changes){0};
    net_end_table("too large");
}

/* libcurl 8.20 has this option; older ones refuse it, which is not a failure. */
static void
freeing_a_client_does_not_wait_for_a_resolver(void **state)
{
    (void)state;
    libcurl_has_quick_exit = false;
    (void)ask_three(false, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED);
    (void)net_expect(libcurl_has_quick_exit, "the multi handle is not told");
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
    libcurl_has_ssl_context = false;
    (void)net_ask_once(&config, &request);
    return libcurl_has_ssl_context;
}

static void
expect_unknown_servers_are_refused(void)
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

/* Every job has a connection of its own. */
static void
before_7_87_connections_share_the_certificates_for_a_minute(void **state)
{
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    klingrec_request request = net_tiny_request();
    (void)state;
    assert_true(watch >= 0);
    assert_true(inotify_add_watch(watch, net_authority()->ca_file, IN_OPEN) >= 0);
    libcurl_changed = WITHOUT_PREREQ;
    libcurl_changed.version = 0x075600;
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
    expect_unknown_servers_are_refused();
    (void)net_expect(is_shared_with(""), "not shared without a proxy");
    (void)net_expect(is_shared_with("http://127.0.0.1:9"), "not shared, http");
    (void)net_expect(!is_shared_with("https://127.0.0.1:9"), "shared, https");
    (void)setenv("https_proxy", "https://127.0.0.1:9", 1);
    (void)net_expect(!is_shared_with(NULL), "shared, https from the environment");
    (void)unsetenv("https_proxy");
    libcurl_changed = (libcurl_changes){0};
    ahead_s = 0;
    (void)close(watch);
    net_end_table("shared certificates");
}

/* The first has begun to connect when its time ends, the last has not. The second has,
   unless the machine is slow. */
static void
a_job_that_waits_for_its_turn_loses_no_time_to_connect(void **state)
{
    enum { JOBS = 3, CONNECT_S = 10 };
    (void)state;
    raw_server *server = net_server(KEEP_TLS, NULL);
    klingrec_config config = net_config(server, true);
    config.connect_timeout_ms = CONNECT_S * 1000;
    config.attempt_timeout_ms = config.deadline_ms = 600 * 1000;
    config.max_in_flight = JOBS;
    klingrec_client *client = net_client(&config);
    klingrec_request request = net_tiny_request();
    klingrec_result *result = NULL;
    klingrec_job jobs[JOBS];
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(klingrec_submit(client, &request, &jobs[i]), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    ahead_s = CONNECT_S + 1;
    for (unsigned i = 0; i < JOBS; i++) {
        assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
        klingrec_job job = klingrec_result_job(result);
        net_outcome got = net_outcome_of(result);
        if (job == jobs[0])
            (void)net_expect_outcome("the first", &got, KLINGREC_ERR_TIMEOUT,
                                     KLINGREC_DELIVERY_NOT_SENT, 1);
        if (job == jobs[JOBS - 1])
            (void)net_expect_outcome("the last", &got, KLINGREC_OK,
                                     KLINGREC_DELIVERY_ANSWERED, 1);
    }
    klingrec_client_free(client);
    raw_server_free(server);
    ahead_s = 0;
    net_end_table("turns");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tls_library_without_ca_folders_is_supported),
        cmocka_unit_test(without_a_check_of_idle_connections_none_is_kept),
        cmocka_unit_test(a_libcurl_before_7_68_is_refused),
        cmocka_unit_test(an_answer_too_large_for_a_newer_libcurl_is_too_large),
        cmocka_unit_test(freeing_a_client_does_not_wait_for_a_resolver),
        cmocka_unit_test(a_job_that_waits_for_its_turn_loses_no_time_to_connect),
        cmocka_unit_test(before_7_87_connections_share_the_certificates_for_a_minute),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
