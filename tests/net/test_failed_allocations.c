/* SPDX-License-Identifier: MIT */
/* test_failed_allocations.c - every allocation of the library, libcurl and jansson
   fails once */
#define _GNU_SOURCE /* syscall */

#include "net.h"

#include <curl/curl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef HAVE_LIBCRYPTO
#include <openssl/crypto.h>
#endif

/*
 * libcurl and jansson take their memory from here, and so does the library. With the
 * argument "long" OpenSSL does, too, and no allocation is left out: that takes minutes.
 */

/* ---- An allocator that counts and refuses ----------------------------------- */

/* For both threads of a client; the server uses the C library's allocator. */
static unsigned long calls;
static unsigned long fail_at; /* the call that is refused; 0: none is */
static bool fail_from;        /* and all after it */
static long live;             /* blocks, OpenSSL's apart */

static void
arm(unsigned long at, bool from)
{
    __atomic_store_n(&calls, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fail_from, from, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fail_at, at, __ATOMIC_SEQ_CST);
}

static bool
is_refused(void)
{
    unsigned long at = __atomic_load_n(&fail_at, __ATOMIC_SEQ_CST);
    unsigned long n = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    return at != 0 &&
           (n == at || (n > at && __atomic_load_n(&fail_from, __ATOMIC_SEQ_CST)));
}

static void *
counted(void *made)
{
    if (made != NULL)
        (void)__atomic_add_fetch(&live, 1, __ATOMIC_SEQ_CST);
    return made;
}

static void *
take(size_t size)
{
    return is_refused() ? NULL : counted(malloc(size));
}

static void
give_back(void *block)
{
    if (block != NULL)
        (void)__atomic_sub_fetch(&live, 1, __ATOMIC_SEQ_CST);
    free(block);
}

static void *
retake(void *block, size_t size)
{
    if (block == NULL)
        return take(size);
    return is_refused() ? NULL : realloc(block, size);
}

static char *
take_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = take(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static void *
take_zeroed(size_t count, size_t size)
{
    return is_refused() ? NULL : counted(calloc(count, size));
}

static void *
library_alloc(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size != 0)
        return retake(block, new_size);
    give_back(block);
    return NULL;
}

/* ---- OpenSSL's, in the long run ---------------------------------------------- */

static bool is_long;

#ifdef HAVE_LIBCRYPTO
static void *
crypto_take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size == 0 || is_refused() ? NULL : malloc(size);
}

static void *
crypto_retake(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return is_refused() ? NULL : realloc(block, size);
}

static void
crypto_give_back(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

static bool
take_over_libcrypto(void)
{
    return CRYPTO_set_mem_functions(crypto_take, crypto_retake, crypto_give_back) == 1;
}
#else
static bool
take_over_libcrypto(void)
{
    return false;
}
#endif

/* libcurl caches certificates for a minute; this clock lets the minute pass at once. */
static long skipped_seconds;

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int code = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_MONOTONIC)
        now->tv_sec += __atomic_load_n(&skipped_seconds, __ATOMIC_SEQ_CST);
    return code;
}

/* ---- One client ------------------------------------------------------------- */

enum { OK, NOMEM, RESOLVE, CONNECT, TLS, TIMEOUT, TRANSFER, STATUSES };
static const klingrec_status EXPECTED[STATUSES] = {
    KLINGREC_OK,
    KLINGREC_ERR_NOMEM,
    KLINGREC_ERR_RESOLVE, /* libcurl's resolver has no other code for it */
    /* Only with OpenSSL does a client fail like this, or stay unusable. */
    KLINGREC_ERR_CONNECT,
    KLINGREC_ERR_TLS,
    KLINGREC_ERR_TIMEOUT,
    KLINGREC_ERR_TRANSFER,
};

typedef struct sweep {
    const char *name;
    bool tls, from;
    uint32_t run;
    raw_flaw flaw;
    raw_server *server;
    unsigned ends[STATUSES];
} sweep;

static klingrec_status
ask(klingrec_client *client, klingrec_delivery *delivery)
{
    klingrec_request request = net_bytes_request(3000);
    klingrec_result *result = NULL;
    klingrec_status status = klingrec_recognize(client, &request, &result);
    assert_true(result != NULL || status == KLINGREC_ERR_NOMEM);
    *delivery = klingrec_result_delivery(result);
    klingrec_result_free(result);
    return status;
}

/* A header that needs an allocation of its own. */
static char agent[300];

static klingrec_status
make(const sweep *s, klingrec_client **client)
{
    klingrec_config config = net_config(s->server, s->tls);
    config.run = s->run;
    config.alloc = library_alloc;
    config.user_agent = agent;
    if (is_long) /* only with OpenSSL may the client stay unusable */
        config.attempt_timeout_ms = net_patience(1000);
    return klingrec_client_new(&config, NULL, 0, client);
}

static void
count_end(sweep *s, klingrec_status status, unsigned long n)
{
    size_t known = is_long ? STATUSES : s->flaw == RAW_SOUND ? RESOLVE + 1 : TLS + 1;
    size_t i = s->flaw == RAW_SOUND ? OK : NOMEM;
    while (i < known && EXPECTED[i] != status)
        i++;
    if (net_expect(i < known, "%s, %lu: %s", s->name, n, klingrec_status_name(status)))
        s->ends[i]++;
}

/* Allocations succeed again. Returns the number of requests that are answered. */
static unsigned
expect_usable(const sweep *s, klingrec_client *client, unsigned long n)
{
    klingrec_delivery delivery;
    klingrec_status status = ask(client, &delivery);
    if (is_long && status == KLINGREC_ERR_TLS && s->flaw == RAW_SOUND) {
        (void)__atomic_add_fetch(&skipped_seconds, 61, __ATOMIC_SEQ_CST);
        status = ask(client, &delivery);
    }
    klingrec_status due = s->flaw == RAW_SOUND ? KLINGREC_OK : KLINGREC_ERR_TLS;
    (void)net_expect(status == due, "%s, %lu: %s afterwards", s->name, n,
                     klingrec_status_name(status));
    return status == KLINGREC_OK;
}

/* A client and a request, of whose allocations number n fails, or all from n on. */
static void
fail_at_number(sweep *s, unsigned long n)
{
    long before = live;
    unsigned requests = raw_server_requests(s->server), answered = 0;
    klingrec_client *client = NULL;
    klingrec_delivery delivery = KLINGREC_DELIVERY_NOT_SENT;
    arm(n, s->from);
    klingrec_status status = make(s, &client);
    if (status == KLINGREC_OK)
        status = ask(client, &delivery);
    arm(0, false);
    count_end(s, status, n);
    if (client != NULL)
        answered = expect_usable(s, client, n);
    klingrec_client_free(client);
    raw_server_settle(s->server);
    requests = raw_server_requests(s->server) - requests;
    (void)net_expect(delivery != KLINGREC_DELIVERY_NOT_SENT || requests == answered,
                     "%s, %lu: sent, and said not to be", s->name, n);
    (void)net_expect((status == KLINGREC_OK) ==
                         (delivery == KLINGREC_DELIVERY_ANSWERED),
                     "%s, %lu: %s, delivery %d", s->name, n,
                     klingrec_status_name(status), (int)delivery);
    (void)net_expect(live == before, "%s, %lu: %ld blocks lost", s->name, n,
                     live - before);
}

static unsigned
count_in(const raw_log *log, const char *text)
{
    const size_t len = strlen(text);
    unsigned count = 0;
    for (size_t at = 0; at + len <= log->len; at++)
        count += memcmp(log->data + at, text, len) == 0;
    return count;
}

/* ---- All of them ------------------------------------------------------------ */

/* Counts the allocations of a second client, when one-time allocations are done. */
static unsigned long
count_calls(const sweep *s)
{
    klingrec_delivery delivery;
    for (int i = 0; i < 2; i++) {
        klingrec_client *client = NULL;
        arm(0, false);
        assert_int_equal(make(s, &client), KLINGREC_OK);
        (void)ask(client, &delivery);
        klingrec_client_free(client);
    }
    return __atomic_load_n(&calls, __ATOMIC_SEQ_CST);
}

static void
run(sweep *s)
{
    static const raw_step plain[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                     RAW_DO(AGAIN)};
    static const raw_step secret[] = {RAW_DO(TLS),           RAW_DO(REQUEST),
                                      RAW_TEXT(NET_SUCCESS), RAW_DO(REQUEST),
                                      RAW_TEXT(NET_SUCCESS), RAW_DO(STALL)};
    const raw_scripts scripts = {.steps = {s->tls ? secret : plain},
                                 .identity = &net_authority()->identities[s->flaw]};
    s->server = raw_server_start(&scripts);
    unsigned long last = count_calls(s);
    unsigned long step = s->tls && !is_long ? 5 : 1;
    assert_true(last > 50);
    for (unsigned long n = 1; n <= last; n += step)
        fail_at_number(s, n);
    raw_server_stop(s->server);
    print_message("%s: %lu allocations", s->name, last);
    for (int i = 0; i < STATUSES; i++)
        if (s->ends[i] != 0)
            print_message(", %s %u", klingrec_status_name(EXPECTED[i]), s->ends[i]);
    print_message("\n");
    const raw_log *log = s->tls ? &s->server->secret : &s->server->clear;
    (void)net_expect(count_in(log, "Bearer " NET_KEY "\r\n") >= s->server->requests,
                     "%s: a request without the key", s->name);
    if (s->flaw != RAW_SOUND)
        (void)net_expect(s->server->secret.len == 0, "%s: a request", s->name);
    raw_server_free(s->server);
}

static void
a_client_survives_every_failed_allocation(void **state)
{
    sweep sweeps[] = {
        {.name = "plain, once"},
        {.name = "plain, from then on", .from = true},
        {.name = "plain, thread, once", .run = KLINGREC_RUN_THREAD},
        {.name = "plain, thread, from then on",
         .from = true,
         .run = KLINGREC_RUN_THREAD},
        {.name = "TLS, once", .tls = true},
        {.name = "TLS, from then on", .tls = true, .from = true},
        {.name = "TLS, thread, once", .tls = true, .run = KLINGREC_RUN_THREAD},
        {.name = "TLS, thread, from then on",
         .tls = true,
         .from = true,
         .run = KLINGREC_RUN_THREAD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++)
        run(&sweeps[i]);
    net_end_table("allocations that fail");
}

static void
no_failed_allocation_lets_a_bad_certificate_pass(void **state)
{
    sweep sweeps[] = {
        {.name = "unknown CA, once", .tls = true, .flaw = RAW_UNKNOWN_CA},
        {.name = "unknown CA, from then on",
         .tls = true,
         .from = true,
         .flaw = RAW_UNKNOWN_CA},
        {.name = "another host, once", .tls = true, .flaw = RAW_WRONG_HOST},
        {.name = "another host, from then on",
         .tls = true,
         .from = true,
         .flaw = RAW_WRONG_HOST},
    };
    (void)state;
    for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++)
        run(&sweeps[i]);
    net_end_table("bad certificates and allocations that fail");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_survives_every_failed_allocation),
        cmocka_unit_test(no_failed_allocation_lets_a_bad_certificate_pass),
    };
    memset(agent, 'a', sizeof agent - 1);
    is_long = argc > 1 && strcmp(argv[1], "long") == 0;
    if (is_long && !take_over_libcrypto())
        print_message("OpenSSL keeps its own memory\n");
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, give_back, retake, take_text,
                             take_zeroed) != CURLE_OK)
        return 1;
    json_set_alloc_funcs(take, give_back);
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
