/* SPDX-License-Identifier: MIT */
/* test_failed_libcurl_calls.c - each call of libcurl that can fail fails once */
#define _POSIX_C_SOURCE 200809L

#include "../sampling.h"
#include "libcurl_calls.h"
#include "net.h"

#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};
#define ONE RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS)
static const raw_step KEEP_TLS[] = {RAW_DO(TLS), ONE, ONE, ONE, RAW_DO(STALL)};

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

/* ---- One job ---------------------------------------------------------------- */

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
    case LIBCURL_MULTI:
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
    int option = libcurl_failed_option();
    (void)net_expect(!good || s->flaw == RAW_SOUND,
                     "%s, %lu: an unknown server answers", s->name, n);
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
    libcurl_fail_at(n);
    got.status = make(s, &client);
    if (client != NULL) {
        if (s->warms_up)
            (void)klingrec_warm_up(client);
        got = net_ask(client, &request);
    }
    unsigned long count = libcurl_count();
    judge(s, n, &got, raw_server_requests(s->server) - requests);
    libcurl_fail_at(0);
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
    libcurl_changed = (libcurl_changes){
        .refusal = s->refusal, .version = s->version, .has_no_folder = s->has_default};
    (void)fail_at_number(s, 0); /* what is done once in a process */
    unsigned long count = fail_at_number(s, 0);
    assert_true(count > 30);
    for (unsigned long n = 1; n <= count; n += thin())
        (void)fail_at_number(s, n);
    libcurl_changed = (libcurl_changes){0};
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
        for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++) {
            sweeps[i].refusal = codes[code];
            if (!sweeps[i].has_pem || net_libcurl_is(0x074D00))
                run(&sweeps[i]);
        }
    }
    (void)unsetenv("HTTPS_PROXY");
    (void)unsetenv("NO_PROXY");
    net_end_table("calls of libcurl that fail");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_fails_sends_nothing_or_does_not_matter),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
