/* SPDX-License-Identifier: MIT */
/* test_wakeups.c - how often the thread of KLINGREC_RUN_THREAD is woken */
#include "net.h"

#include <klingrec/transport.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A transport that answers at once, with a drive() of configurable duration. */
typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool shut;
    bool waiting;   /* drive() is under way */
    unsigned wakes; /* calls of wake() */
    unsigned fails; /* so many more of them fail */
    unsigned seen;  /* as many when drive() last returned */
} gate;

static klingrec_status
start(void *user, klingrec_exchange *x)
{
    static const char body[] = NET_BODY;
    (void)user;
    klingrec_exchange_set_http_status(x, 200);
    (void)klingrec_exchange_write(x, body, strlen(body));
    klingrec_exchange_end(x, KLINGREC_OK, true, NULL);
    return KLINGREC_OK;
}

static void
cancel(void *user, klingrec_exchange *x)
{
    (void)user;
    klingrec_exchange_end(x, KLINGREC_ERR_CANCELED, false, NULL);
}

static void
drive(void *user, int timeout_ms)
{
    gate *g = user;
    (void)pthread_mutex_lock(&g->lock);
    g->waiting = timeout_ms != 0;
    (void)pthread_cond_broadcast(&g->changed);
    while (timeout_ms != 0 && (g->shut || g->wakes == g->seen))
        (void)pthread_cond_wait(&g->changed, &g->lock);
    g->seen = g->wakes;
    g->waiting = false;
    (void)pthread_mutex_unlock(&g->lock);
}

static bool
wake(void *user)
{
    gate *g = user;
    (void)pthread_mutex_lock(&g->lock);
    g->wakes++;
    bool good = g->fails == 0;
    g->fails -= !good;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
    return good;
}

static void
close_gate(void *user)
{
    (void)user;
}

/* The number of wake-ups so far, read when nothing is left to do. */
static unsigned
wakes_when_waiting(gate *g, bool shut)
{
    (void)pthread_mutex_lock(&g->lock);
    while (!g->waiting || g->wakes != g->seen)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    g->shut = shut;
    unsigned wakes = g->wakes;
    (void)pthread_mutex_unlock(&g->lock);
    return wakes;
}

static void
take(klingrec_client *client, int count)
{
    for (int i = 0; i < count; i++) {
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_poll(client, 10000, &result), KLINGREC_OK);
        assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
        klingrec_result_free(result);
    }
}

static klingrec_client *
gated_client(gate *g)
{
    klingrec_transport transport = klingrec_transport_default();
    transport.user = g;
    transport.start = start;
    transport.cancel = cancel;
    transport.drive = drive;
    transport.wake = wake;
    transport.close = close_gate;
    klingrec_config config = klingrec_config_default();
    config.api_key = "test-key";
    config.transport = &transport;
    config.run = KLINGREC_RUN_THREAD;
    return net_client(&config);
}

static void
jobs_that_arrive_while_it_works_wake_it_once(void **state)
{
    (void)state;
    gate g = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    klingrec_client *client = gated_client(&g);
    klingrec_request request = net_tiny_request();

    unsigned before = wakes_when_waiting(&g, true);
    for (int i = 0; i < 10; i++)
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_cancel(client, 10), KLINGREC_OK);
    (void)pthread_mutex_lock(&g.lock);
    unsigned after = g.wakes;
    g.shut = false;
    (void)pthread_cond_broadcast(&g.changed);
    (void)pthread_mutex_unlock(&g.lock);
    assert_int_equal(after, before + 1);

    klingrec_result *result = NULL;
    assert_int_equal(klingrec_poll(client, 10000, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
    klingrec_result_free(result);
    take(client, 9);
    for (unsigned i = 1; i <= 3; i++) { /* and each time that it waits */
        assert_int_equal(wakes_when_waiting(&g, false), before + i);
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
        take(client, 1);
    }
    klingrec_client_free(client);
}

static void
a_failed_wakeup_is_repeated_by_the_next_call(void **state)
{
    (void)state;
    gate g = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    klingrec_client *client = gated_client(&g);
    klingrec_request request = net_tiny_request();
    unsigned before = wakes_when_waiting(&g, true);
    (void)pthread_mutex_lock(&g.lock);
    g.fails = 2;
    (void)pthread_mutex_unlock(&g.lock);
    for (int i = 0; i < 10; i++)
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    (void)pthread_mutex_lock(&g.lock);
    unsigned after = g.wakes;
    g.shut = false;
    (void)pthread_cond_broadcast(&g.changed);
    (void)pthread_mutex_unlock(&g.lock);
    assert_int_equal(after, before + 3);
    take(client, 10);
    klingrec_client_free(client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_that_arrive_while_it_works_wake_it_once),
        cmocka_unit_test(a_failed_wakeup_is_repeated_by_the_next_call),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
