/* SPDX-License-Identifier: MIT */
/* test_libcurl_variants.c - libcurl versions with more or fewer features than the
   installed one */
#define _GNU_SOURCE /* RTLD_NEXT */

#include "../sampling.h"
#include "net.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
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
static bool has_no_tls;        /* it says so */
static bool has_no_folder;     /* of certificates, by default */
static time_t ahead_s;         /* of the monotonic clock */

enum { MULTI = -1 }; /* for failed_option: one of curl_multi_setopt() */

static void *
real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* Used by the client's thread as well. */
static unsigned long calls;   /* that may fail, since arm() */
static unsigned long fail_at; /* the number of the one that does; 0: none */
static int failed_option;     /* which option that one was to set, or 0 */

static void
arm(unsigned long at)
{
    __atomic_store_n(&calls, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&failed_option, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fail_at, at, __ATOMIC_SEQ_CST);
}

static bool
call_fails(int option)
{
    bool fails = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) ==
                 __atomic_load_n(&fail_at, __ATOMIC_SEQ_CST);
    if (fails)
        __atomic_store_n(&failed_option, option, __ATOMIC_SEQ_CST);
    return fails;
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
    if (option == unknown || call_fails((int)option))
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
    if (has_no_tls)
        data.ssl_version = NULL;
    if (has_no_folder)
        data.capath = NULL;
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
    /* This one reads a pointer that the library has set. */
    if (info != CURLINFO_PRIVATE && call_fails(0))
        return CURLE_UNKNOWN_OPTION;
    CURLcode code = getinfo(easy, info, value);
    if (tls_is_strange && info == CURLINFO_TLS_SSL_PTR && code == CURLE_OK)
        *value = NULL;
    return code;
}

/* What this process has besides libcurl's: a second OpenSSL, if set. */
static const char *other_openssl;

const char *OpenSSL_version(int what);

const char *
OpenSSL_version(int what)
{
    const char *(*version)(int);
    *(void **)&version = real("OpenSSL_version");
    if (other_openssl != NULL)
        return other_openssl;
    return version != NULL ? version(what) : "";
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
    return call_fails(MULTI) ? CURLM_UNKNOWN_OPTION : setopt(multi, option, value);
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    CURLMcode (*add)(CURLM *, CURL *);
    *(void **)&add = real("curl_multi_add_handle");
    return call_fails(0) ? CURLM_OUT_OF_MEMORY : add(multi, easy);
}

CURLM *
curl_multi_init(void)
{
    CURLM *(*init)(void);
    *(void **)&init = real("curl_multi_init");
    if (!call_fails(0))
        return init();
    errno = refusal == CURLE_OUT_OF_MEMORY ? ENOMEM : EMFILE;
    return NULL;
}

CURL *
curl_easy_init(void)
{
    CURL *(*init)(void);
    *(void **)&init = real("curl_easy_init");
    return call_fails(0) ? NULL : init();
}

CURLU *
curl_url(void)
{
    CURLU *(*make)(void);
    *(void **)&make = real("curl_url");
    return call_fails(0) ? NULL : make();
}

struct curl_slist *
curl_slist_append(struct curl_slist *list, const char *text)
{
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    *(void **)&append = real("curl_slist_append");
    return call_fails(0) ? NULL : append(list, text);
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

/* A system may have no file of hosts. libcurl knows "localhost" itself. */
int
getaddrinfo(const char *restrict name, const char *restrict service,
            const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    struct {
        struct addrinfo info; /* first: freeaddrinfo() gets its address */
        struct sockaddr_in at;
    } *found = calloc(1, sizeof *found);
    (void)hints;
    if (found == NULL || strcmp(name, "localhost") != 0)
        abort();
    if (service != NULL)
        found->at.sin_port = htons((in_port_t)strtoul(service, NULL, 10));
    found->at.sin_family = AF_INET;
    found->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    found->info.ai_family = AF_INET;
    found->info.ai_socktype = SOCK_STREAM;
    found->info.ai_addr = (struct sockaddr *)&found->at;
    found->info.ai_addrlen = sizeof found->at;
    *out = &found->info;
    return 0;
}

void
freeaddrinfo(struct addrinfo *found)
{
    free(found);
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
    other_openssl = "OpenSSL 3.99.0 1 Jan 2030";
    (void)net_expect(ask_three(true, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) == 3,
                     "a connection is kept");
    other_openssl = NULL;
    has_no_tls = true;
    (void)net_expect(ask_three(true, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED) == 3,
                     "a connection is kept");
    has_no_tls = false;
    net_end_table("no look");
}

static void
a_libcurl_before_7_68_is_refused(void **state)
{
    const raw_server nobody = {.port = 9};
    klingrec_config config = net_config(&nobody, false);
    klingrec_client *client = NULL;
    (void)state;
    as_version = 0x0743FF;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_SYSTEM);
    assert_null(client);
    as_version = 0;
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

/* ---- Calls that fail --------------------------------------------------------- */

typedef struct sweep {
    const char *name;
    bool tls;
    bool is_named;    /* the endpoint has a name, which has to be looked up */
    bool has_default; /* no ca_file: libcurl's own file of certificates */
    bool has_pem;     /* ca_pem instead of ca_file */
    bool no_proxy;    /* NO_PROXY is set, and no proxy is configured */
    bool warms_up;    /* opens a connection before the job: with a request of its own */
    raw_flaw flaw;    /* of the server's certificate */
    unsigned version; /* that libcurl says it has, or 0 */
    CURLcode refusal; /* of curl_easy_setopt() */
    const raw_server *server;
} sweep;

/* A job succeeds without it. */
static bool
is_optional(const sweep *s, int option)
{
    if (s->warms_up) /* it may be one of the first connection's */
        return true;
    switch (option) {
    case MULTI:
    case CURLOPT_CAPATH:
    case CURLOPTTYPE_FUNCTIONPOINT + 312: /* PREREQFUNCTION */
    case CURLOPTTYPE_OBJECTPOINT + 313:   /* PREREQDATA */
    case CURLOPTTYPE_LONG + 321:          /* CA_CACHE_TIMEOUT */
    case CURLOPTTYPE_LONG + 322:          /* QUICK_EXIT */
        return true;
    case CURLOPTTYPE_OBJECTPOINT + 318: /* PROTOCOLS_STR: then PROTOCOLS */
        return s->refusal == CURLE_UNKNOWN_OPTION;
    case CURLOPT_CAINFO: /* then certificates are not shared */
    case CURLOPT_SSL_CTX_FUNCTION:
    case CURLOPT_SSL_CTX_DATA:
    case CURLOPT_RESOLVE: /* is set to NULL before it is set */
        return s->version != 0 || !net_libcurl_is(0x075700);
    default:
        return false;
    }
}

static klingrec_status
make(const sweep *s, klingrec_client **client)
{
    static char pem[65536];
    char endpoint[64];
    klingrec_config config = net_config(s->server, s->tls);
    (void)snprintf(endpoint, sizeof endpoint, "%s://%s:%u/", s->tls ? "https" : "http",
                   s->is_named ? "localhost" : "127.0.0.1", s->server->port);
    config.endpoint = endpoint;
    config.run = s->warms_up ? KLINGREC_RUN_THREAD : KLINGREC_RUN_CALLER;
    if (s->has_default)
        config.ca_file = NULL;
    if (s->no_proxy)
        config.proxy = NULL;
    if (s->has_pem) {
        FILE *file = fopen(config.ca_file, "rb");
        assert_non_null(file);
        pem[fread(pem, 1, sizeof pem - 1, file)] = '\0';
        (void)fclose(file);
        config.ca_file = NULL;
        config.ca_pem = pem;
    }
    return klingrec_client_new(&config, NULL, 0, client);
}

static void
judge(const sweep *s, unsigned long n, const net_outcome *got, unsigned requests)
{
    bool good = got->status == KLINGREC_OK;
    int option = __atomic_load_n(&failed_option, __ATOMIC_SEQ_CST);
    (void)net_expect(!good || s->flaw == RAW_SOUND, "%s, %lu: a stranger answers",
                     s->name, n);
    (void)net_expect(!good || option == 0 || is_optional(s, option),
                     "%s, %lu: it went on without option %d", s->name, n, option);
    (void)net_expect(good || got->delivery == KLINGREC_DELIVERY_NOT_SENT,
                     "%s, %lu: %s, delivery %d: %s", s->name, n,
                     klingrec_status_name(got->status), (int)got->delivery,
                     got->message);
    (void)net_expect(s->warms_up || requests == good, "%s, %lu: %u requests, %s",
                     s->name, n, requests, klingrec_status_name(got->status));
}

static void
ask_afterwards(const sweep *s, klingrec_client *client)
{
    klingrec_request request = net_tiny_request();
    net_outcome got = net_ask(client, &request);
    if (s->flaw == RAW_SOUND)
        (void)net_expect_outcome(s->name, &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                                 1);
    else
        (void)net_expect_outcome(s->name, &got, KLINGREC_ERR_TLS,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
}

/* Makes a client and asks, while call number n fails. Returns the number of calls. */
static unsigned long
fail_at_number(const sweep *s, unsigned long n)
{
    klingrec_request request = net_tiny_request();
    klingrec_client *client = NULL;
    net_outcome got = {0};
    unsigned requests = raw_server_requests(s->server), files = net_count_files(-1u);
    arm(n);
    got.status = make(s, &client);
    if (client != NULL) {
        if (s->warms_up)
            (void)klingrec_warm_up(client);
        got = net_ask(client, &request);
    }
    unsigned long count = __atomic_load_n(&calls, __ATOMIC_SEQ_CST);
    judge(s, n, &got, raw_server_requests(s->server) - requests);
    arm(0);
    if (client != NULL)
        ask_afterwards(s, client);
    klingrec_client_free(client);
    raw_server_settle(s->server);
    (void)net_expect(net_count_files(files) <= files, "%s, %lu: a descriptor is lost",
                     s->name, n);
    return count;
}

static void
run(sweep *s)
{
    const raw_scripts scripts = {.steps = {s->tls ? KEEP_TLS : KEEP},
                                 .identity = &net_authority()->identities[s->flaw]};
    raw_server *server = raw_server_start(&scripts);
    s->server = server;
    s->refusal = refusal;
    as_version = s->version;
    has_no_folder = s->has_default;
    (void)fail_at_number(s, 0); /* what is done once in a process */
    unsigned long count = fail_at_number(s, 0);
    assert_true(count > 30);
    for (unsigned long n = 1; n <= count; n += thin())
        (void)fail_at_number(s, n);
    as_version = 0;
    has_no_folder = false;
    print_message("%s: %lu calls\n", s->name, count);
    raw_server_free(server);
}

/* No call may be left out silently, above all none that makes a connection secure. */
static void
a_call_that_fails_sends_nothing_or_does_not_matter(void **state)
{
    static const CURLcode codes[] = {CURLE_UNKNOWN_OPTION, CURLE_OUT_OF_MEMORY};
    sweep sweeps[] = {
        {.name = "plain"},
        {.name = "TLS", .tls = true},
        {.name = "TLS, PEM", .tls = true, .has_pem = true},
        {.name = "unknown CA", .tls = true, .flaw = RAW_UNKNOWN_CA},
        {.name = "another host", .tls = true, .flaw = RAW_WRONG_HOST},
        {.name = "default CAs",
         .tls = true,
         .has_default = true,
         .flaw = RAW_UNKNOWN_CA},
        {.name = "default CAs, before 7.87",
         .tls = true,
         .has_default = true,
         .flaw = RAW_UNKNOWN_CA,
         .version = 0x075600},
        {.name = "plain, warm", .warms_up = true},
        {.name = "TLS, warm", .tls = true, .warms_up = true},
        {.name = "plain, before 7.87", .is_named = true, .version = 0x075600},
        {.name = "TLS, NO_PROXY, before 7.87",
         .tls = true,
         .is_named = true,
         .no_proxy = true,
         .version = 0x075600},
        {.name = "TLS, before 7.87",
         .tls = true,
         .is_named = true,
         .version = 0x075600},
        {.name = "unknown CA, before 7.87",
         .tls = true,
         .flaw = RAW_UNKNOWN_CA,
         .version = 0x075600},
    };
    (void)state;
    (void)setenv("NO_PROXY", "localhost", 1);
    (void)setenv("HTTPS_PROXY", "http://127.0.0.1:9", 1);
    for (size_t code = 0; code < sizeof codes / sizeof codes[0]; code++) {
        refuse((CURLoption)0, codes[code]);
        for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++)
            if (!sweeps[i].has_pem || net_libcurl_is(0x074D00))
                run(&sweeps[i]);
    }
    (void)unsetenv("HTTPS_PROXY");
    (void)unsetenv("NO_PROXY");
    refuse((CURLoption)0, CURLE_OK);
    net_end_table("calls of libcurl that fail");
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
        cmocka_unit_test(before_7_87_connections_share_the_certificates_for_a_minute),
        cmocka_unit_test(a_call_that_fails_sends_nothing_or_does_not_matter),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
