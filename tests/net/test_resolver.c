/* SPDX-License-Identifier: MIT */
/* test_resolver.c - names that do not resolve, and a resolver that hangs */
#define _POSIX_C_SOURCE 200809L

#include "net.h"

#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/*
 * This program's own getaddrinfo() comes before the C library's, for libcurl as well.
 * It knows "missing.example", and every other name hangs until it is let go.
 */
enum { HANG_MAX_MS = 20000, LIMIT_MS = 200, QUICK_MS = 10, TRIES = 30 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hangs;
static unsigned hanging, asked, at_start;
static unsigned last_to_hang = UINT_MAX; /* call of getaddrinfo() */

static void
hang(void)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HANG_MAX_MS / 1000;
    hanging++;
    (void)pthread_cond_broadcast(&changed);
    while (hangs && pthread_cond_timedwait(&changed, &lock, &until) == 0)
        continue;
    hanging--;
    (void)pthread_cond_broadcast(&changed);
}

int
getaddrinfo(const char *restrict name, const char *restrict service,
            const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    (void)service;
    (void)hints;
    *out = NULL;
    (void)pthread_mutex_lock(&lock);
    asked++;
    if (strcmp(name, "missing.example") != 0 && asked <= last_to_hang)
        hang();
    (void)pthread_mutex_unlock(&lock);
    return EAI_NONAME;
}

static void
set_hangs(bool value)
{
    (void)pthread_mutex_lock(&lock);
    hangs = value;
    (void)pthread_cond_broadcast(&changed);
    while (!value && hanging > 0)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
}

static void
wait_until_hanging(klingrec_client *client)
{
    klingrec_result *result;
    bool here = false;
    for (int i = 0; i < 4000 && !here; i++) {
        assert_int_equal(klingrec_poll(client, 5, &result), KLINGREC_PENDING);
        (void)pthread_mutex_lock(&lock);
        here = hanging > 0;
        (void)pthread_mutex_unlock(&lock);
    }
    assert_true(here);
}

static klingrec_config
config_for(const char *endpoint, uint32_t run)
{
    const raw_server nobody = {.port = 9};
    klingrec_config config = net_config(&nobody, false);
    config.endpoint = endpoint;
    config.run = run;
    return config;
}

static void
an_unknown_host_name_is_reported(void **state)
{
    klingrec_request request = net_tiny_request();
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
        klingrec_config config = config_for("https://missing.example/", run);
        net_outcome got = net_ask_once(&config, &request);
        (void)net_expect_outcome("missing", &got, KLINGREC_ERR_RESOLVE,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
        (void)net_expect(strstr(got.message, "missing.example") != NULL,
                         "the name is not in: %s", got.message);
        config = config_for("https://127.0.0.1:9/", run);
        config.proxy = "http://missing.example:3128";
        got = net_ask_once(&config, &request);
        (void)net_expect_outcome("missing proxy", &got, KLINGREC_ERR_RESOLVE,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
    }
    (void)net_expect(asked >= 4, "the real resolver was asked");
    net_end_table("missing names");
    at_start = net_count_threads(1); /* some tools have one of their own */
}

/* The time of calls while a name hangs: the shortest of a few tries, because the
   machine may be busy. */
typedef struct spans {
    unsigned submit, polls, cancel, free;
} spans;

static unsigned
shorter(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void
measure(uint32_t run, spans *best)
{
    klingrec_request request = net_tiny_request();
    klingrec_config config = config_for("https://hanging.example/", run);
    klingrec_result *result;
    set_hangs(true);
    klingrec_client *client = net_client(&config);
    unsigned begin = net_now_ms();
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    best->submit = shorter(best->submit, net_now_ms() - begin);
    wait_until_hanging(client);
    begin = net_now_ms();
    for (int i = 0; i < 100; i++)
        assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    best->polls = shorter(best->polls, net_now_ms() - begin);
    begin = net_now_ms();
    assert_int_equal(klingrec_cancel(client, 0), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 5000, &result), KLINGREC_OK);
    best->cancel = shorter(best->cancel, net_now_ms() - begin);
    net_outcome got = net_outcome_of(result);
    (void)net_expect_outcome("canceled", &got, KLINGREC_ERR_CANCELED,
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    wait_until_hanging(client);
    begin = net_now_ms();
    klingrec_client_free(client);
    best->free = shorter(best->free, net_now_ms() - begin);
    set_hangs(false);
}

static bool
are_quick(const spans *s)
{
    const unsigned each[] = {s->submit, s->polls, s->cancel, s->free};
    unsigned longest = 0;
    for (int i = 0; i < 4; i++)
        longest = each[i] > longest ? each[i] : longest;
    return net_is_quick(longest, QUICK_MS);
}

static void
a_hanging_resolver_does_not_block_calls(void **state)
{
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
        spans best = {1000000, 1000000, 1000000, 1000000};
        bool quick = false;
        for (int i = 0; i < TRIES && !quick; i++) {
            measure(run, &best);
            quick = are_quick(&best);
        }
        print_message("run %u: submit %u, 100 polls %u, cancel %u, free %u ms\n",
                      (unsigned)run, best.submit, best.polls, best.cancel, best.free);
        (void)net_expect(quick, "run %u: not all of them at once", (unsigned)run);
    }
    net_end_table("hanging resolver");
}

static void
the_limits_are_kept_while_a_resolver_hangs(void **state)
{
    klingrec_request request = net_tiny_request();
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++)
        for (int which = 0; which < 3; which++) {
            klingrec_config config = config_for("https://hanging.example/", run);
            uint32_t *limits[] = {&config.connect_timeout_ms,
                                  &config.attempt_timeout_ms, &config.deadline_ms};
            *limits[which] = LIMIT_MS;
            net_outcome got = {0};
            bool in_time = false;
            set_hangs(true);
            for (int i = 0; i < NET_TRIES && !in_time; i++) {
                got = net_ask_once(&config, &request);
                in_time = net_in_time(got.ms, LIMIT_MS);
            }
            set_hangs(false);
            (void)net_expect_outcome("hanging", &got, KLINGREC_ERR_TIMEOUT,
                                     KLINGREC_DELIVERY_NOT_SENT, 1);
            (void)net_expect(in_time, "limit %d, run %u: %u ms", which, (unsigned)run,
                             got.ms);
        }
    net_end_table("limits of hanging names");
}

/* A server of names that did not answer may be well again. */
static void
a_name_is_looked_up_again_when_a_look_up_hangs(void **state)
{
    klingrec_request request = net_tiny_request();
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
        klingrec_config config = config_for("https://hanging.example/", run);
        config.connect_timeout_ms = LIMIT_MS;
        set_hangs(true);
        last_to_hang = asked + 1;
        klingrec_client *client = net_client(&config);
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome("hanging", &got, KLINGREC_ERR_TIMEOUT,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
        got = net_ask(client, &request);
        (void)net_expect_outcome("again", &got, KLINGREC_ERR_RESOLVE,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
        klingrec_client_free(client);
        last_to_hang = UINT_MAX;
        set_hangs(false);
    }
    net_end_table("look-ups that are repeated");
}

static void
resolver_threads_that_hung_end_eventually(void **state)
{
    (void)state;
    /* The threads of libcurl 8.20 and newer are a pool; nine were left with 8.22. */
    unsigned pool = net_libcurl_is(0x081400) ? 20 : 0;
    assert_true(net_count_threads(at_start) <= at_start + pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_host_name_is_reported),
        cmocka_unit_test(a_hanging_resolver_does_not_block_calls),
        cmocka_unit_test(the_limits_are_kept_while_a_resolver_hangs),
        cmocka_unit_test(a_name_is_looked_up_again_when_a_look_up_hangs),
        cmocka_unit_test(resolver_threads_that_hung_end_eventually),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
