/* SPDX-License-Identifier: MIT */
/* test_caller_loop.c - RUN_CALLER in an event loop, through klingrec_client_fds() */
#define _POSIX_C_SOURCE 200809L

#include "../between.h"
#include "net.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { JOBS = 60, LIMIT_MS = 20000 };

#define ONE RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS)
static const raw_step KEEP[] = {ONE, RAW_DO(AGAIN)};
#define FIVE ONE, ONE, ONE, ONE, ONE
static const raw_step KEEP_TLS[] = {RAW_DO(TLS), FIVE, FIVE, FIVE, FIVE, RAW_DO(END)};
static const raw_step MUTE[] = {RAW_DO(REQUEST), RAW_DO(STALL)};
static const raw_step MUTE_TLS[] = {RAW_DO(TLS), RAW_DO(REQUEST), RAW_DO(STALL)};
static const raw_step BUSY[] = {
    RAW_DO(REQUEST),
    RAW_TEXT("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"),
    RAW_DO(END)};

/* What a loop has done. */
typedef struct loop {
    klingrec_client *client;
    unsigned good, failed;
    unsigned turns;    /* returns of poll() */
    unsigned timeouts; /* those without a ready descriptor */
    unsigned most_fds;
} loop;

static void
take_results(loop *l)
{
    for (klingrec_result *result;
         klingrec_poll(l->client, 0, &result) == KLINGREC_OK;) {
        if (klingrec_result_status(result) == KLINGREC_OK)
            l->good++;
        else
            l->failed++;
        klingrec_result_free(result);
    }
}

/* Nothing but what klingrec_client_fds() says. */
static void
turn(loop *l)
{
    bool ready;
    unsigned count = net_wait_for_fds(l->client, &ready);
    l->turns++;
    l->timeouts += !ready;
    if (count > l->most_fds)
        l->most_fds = count;
    take_results(l);
}

static void
run(loop *l, unsigned jobs)
{
    unsigned begun = net_now_ms();
    while (l->good + l->failed < jobs) {
        turn(l);
        assert_true(net_is_quick(net_now_ms() - begun, LIMIT_MS));
    }
}

static void
submit(const loop *l, const klingrec_request *request, unsigned jobs)
{
    for (unsigned i = 0; i < jobs; i++)
        assert_int_equal(klingrec_submit(l->client, request, NULL), KLINGREC_OK);
}

static void
expect_idle(const loop *l)
{
    size_t count = 9;
    int timeout_ms = 9;
    assert_int_equal(klingrec_client_fds(l->client, NULL, 0, &count, &timeout_ms),
                     KLINGREC_OK);
    assert_int_equal(count, 0);
    assert_int_equal(timeout_ms, -1);
}

static void
jobs_need_no_tick(void **state)
{
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        raw_server *server = net_server(tls ? KEEP_TLS : KEEP, NULL);
        klingrec_config config = net_config(server, tls);
        config.max_queued = JOBS;
        config.max_in_flight = 8;
        loop l = {.client = net_client(&config)};
        klingrec_request small = net_tiny_request();
        expect_idle(&l);
        submit(&l, &small, JOBS);
        run(&l, JOBS);
        assert_int_equal(l.good, JOBS);
        (void)net_expect(l.timeouts <= 3 * JOBS, "%u times nothing was ready",
                         l.timeouts);
        (void)net_expect(l.most_fds >= 2 && l.most_fds <= 8 + 1, "%u descriptors",
                         l.most_fds);
        expect_idle(&l);
        klingrec_client_free(l.client);
        raw_server_free(server);
    }
    net_end_table("loops");
}

/* A handshake takes long, and a frame of a game should not wait for several. */
static void
tls_connections_are_begun_one_by_one(void **state)
{
    enum { AT_ONCE = 8 };
    (void)state;
    raw_server *server = net_server(MUTE_TLS, NULL);
    klingrec_config config = net_config(server, true);
    config.max_in_flight = config.max_queued = AT_ONCE;
    loop l = {.client = net_client(&config)};
    klingrec_request small = net_tiny_request();
    size_t count = 0;
    submit(&l, &small, AT_ONCE);
    for (unsigned i = 1; i <= AT_ONCE + 1; i++) {
        int timeout_ms = -1;
        take_results(&l);
        assert_int_equal(klingrec_client_fds(l.client, NULL, 0, &count, &timeout_ms),
                         KLINGREC_OK);
        (void)net_expect(count <= i, "%zu connections after %u calls", count, i);
        (void)net_expect(i >= AT_ONCE || timeout_ms == 0, "waits %d ms after %u calls",
                         timeout_ms, i);
    }
    (void)net_expect(count == AT_ONCE, "%zu connections at last", count);
    klingrec_client_free(l.client);
    raw_server_free(server);
    net_end_table("calls");
}

/* One call uses several idle connections; only new ones are begun one by one. */
static void
kept_connections_are_used_at_once(void **state)
{
    enum { AT_ONCE = 8 };
    static const raw_step late[] = {RAW_DO(TLS),     RAW_DO(REQUEST),
                                    RAW_DO(WAIT),    RAW_TEXT(NET_SUCCESS),
                                    RAW_DO(REQUEST), RAW_DO(STALL)};
    (void)state;
    net_skip_unless_kept();
    raw_server *server = net_server(late, NULL);
    klingrec_config config = net_config(server, true);
    config.max_in_flight = config.max_queued = AT_ONCE;
    loop l = {.client = net_client(&config)};
    klingrec_request small = net_tiny_request();
    size_t count = 0, calls = 0;
    int timeout_ms;
    submit(&l, &small, AT_ONCE);
    for (unsigned i = 0; i <= AT_ONCE; i++)
        take_results(&l);
    for (unsigned i = 0; i < AT_ONCE; i++)
        raw_server_go(server);
    run(&l, AT_ONCE);
    assert_int_equal(l.good, AT_ONCE);
    (void)nanosleep(&(struct timespec){0, 50000000}, NULL); /* they settle */
    submit(&l, &small, AT_ONCE);
    do {
        take_results(&l);
        calls++;
        assert_int_equal(klingrec_client_fds(l.client, NULL, 0, &count, &timeout_ms),
                         KLINGREC_OK);
    } while (count <= calls && calls < AT_ONCE);
    assert_true(count > calls);
    klingrec_client_free(l.client);
    raw_server_free(server);
}

/* A large upload waits for space in the socket. */
static void
uploads_wait_until_the_socket_is_writable(void **state)
{
    (void)state;
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    loop l = {.client = net_client(&config)};
    klingrec_request large = net_bytes_request(4 << 20);
    submit(&l, &large, 2);
    run(&l, 2);
    assert_int_equal(l.good, 2);
    assert_true(l.timeouts <= 2 * 3);
    klingrec_client_free(l.client);
    raw_server_free(server);
}

static void
time_limits_and_waits_are_told(void **state)
{
    (void)state;
    raw_server *mute = net_server(MUTE, NULL), *busy = net_server(BUSY, KEEP);
    klingrec_request request = net_tiny_request();
    klingrec_config config = net_config(mute, false);
    config.deadline_ms = 300;
    loop late = {.client = net_client(&config)};
    config = net_config(busy, false);
    config.max_attempts = 2;
    loop again = {.client = net_client(&config)};

    submit(&late, &request, 1);
    unsigned begun = net_now_ms();
    run(&late, 1);
    assert_int_equal(late.failed, 1);
    assert_true(net_now_ms() - begun >= 300);
    assert_true(late.timeouts <= 10);
    submit(&again, &request, 1);
    run(&again, 1);
    assert_int_equal(again.good, 1);
    assert_true(again.timeouts <= 10);
    klingrec_client_free(late.client);
    klingrec_client_free(again.client);
    raw_server_free(mute);
    raw_server_free(busy);
}

static void
what_changes_between_calls_is_due_at_once(void **state)
{
    size_t count;
    int timeout_ms;
    klingrec_fd one;
    klingrec_job job;
    (void)state;
    raw_server *server = net_server(MUTE, NULL);
    klingrec_config config = net_config(server, false);
    loop l = {.client = net_client(&config)};
    klingrec_request request = net_tiny_request();

    assert_int_equal(klingrec_submit(l.client, &request, &job), KLINGREC_OK);
    assert_int_equal(klingrec_client_fds(l.client, &one, 1, &count, &timeout_ms), 0);
    assert_int_equal(timeout_ms, 0);
    submit(&l, &request, 2);
    /* libcurl 8.23 has one more, for wake-ups. The array takes none. */
    for (count = 0; count < 3;) {
        take_results(&l);
        assert_int_equal(klingrec_client_fds(l.client, NULL, 0, &count, &timeout_ms),
                         0);
    }
    one = (klingrec_fd){-1, 0, 0};
    assert_int_equal(klingrec_client_fds(l.client, &one, 1, &count, &timeout_ms), 0);
    assert_between(count, 3, 4);
    assert_true(one.fd >= 0 && one.events != 0 && one.reserved == 0);
    assert_int_equal(klingrec_cancel(l.client, job), KLINGREC_OK);
    assert_int_equal(klingrec_client_fds(l.client, NULL, 0, &count, &timeout_ms), 0);
    assert_int_equal(timeout_ms, 0);
    run(&l, 1);
    assert_int_equal(l.failed, 1);
    klingrec_client_free(l.client);
    raw_server_free(server);
}

/* libcurl's fd_set has no place for them. */
static void
descriptors_above_fd_setsize_are_served_by_a_tick(void **state)
{
    struct rlimit before, more;
    int taken[FD_SETSIZE + 8], count = 0;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    more = before;
    more.rlim_cur = FD_SETSIZE + 200;
    if (before.rlim_max < more.rlim_cur)
        skip();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &more), 0);
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    loop l = {.client = net_client(&config)};
    klingrec_request request = net_bytes_request(1 << 20);
    while (count == 0 || taken[count - 1] < FD_SETSIZE) {
        taken[count] = dup(0);
        assert_true(taken[count] >= 0);
        count++;
    }
    submit(&l, &request, 6);
    run(&l, 6);
    assert_int_equal(l.good, 6);
    assert_true(l.turns > 6); /* it was a tick */
    expect_idle(&l);
    klingrec_client_free(l.client);
    raw_server_free(server);
    while (count > 0)
        (void)close(taken[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void
wrong_calls_are_refused(void **state)
{
    size_t count = 9;
    int timeout_ms = 9;
    (void)state;
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_client *client = net_client(&config);
    config.run = KLINGREC_RUN_THREAD;
    klingrec_client *threaded = net_client(&config);
    assert_int_equal(klingrec_client_fds(NULL, NULL, 0, &count, &timeout_ms),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(count, 0);
    assert_int_equal(timeout_ms, 0);
    assert_int_equal(klingrec_client_fds(threaded, NULL, 0, &count, &timeout_ms),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_fds(client, NULL, 1, &count, &timeout_ms),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_fds(client, NULL, 0, NULL, &timeout_ms),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_fds(client, NULL, 0, &count, NULL),
                     KLINGREC_ERR_ARGUMENT);
    klingrec_client_free(client);
    klingrec_client_free(threaded);
    raw_server_free(server);
}

/* A client that stops polling after some turns, until its time limit has passed. */
typedef struct late {
    raw_server *server;
    klingrec_client *client;
    klingrec_result *result; /* not NULL: the limit passed before it stopped */
} late;

static void
begin_late(late *l, bool tls, unsigned limit_ms, unsigned turns)
{
    const struct timespec pause = {0, 2000000};
    l->server = net_server(tls ? MUTE_TLS : MUTE, NULL);
    klingrec_config config = net_config(l->server, tls);
    config.attempt_timeout_ms = limit_ms;
    l->client = net_client(&config);
    klingrec_request request = net_bytes_request(100 << 10);
    assert_int_equal(klingrec_submit(l->client, &request, NULL), KLINGREC_OK);
    for (unsigned i = 0; i < turns && l->result == NULL; i++) {
        (void)klingrec_poll(l->client, 0, &l->result);
        (void)nanosleep(&pause, NULL);
    }
}

/* Whether its request had not arrived, and did not arrive later. */
static bool
end_late(late *l)
{
    unsigned requests = raw_server_requests(l->server);
    bool is_late = l->result == NULL;
    while (l->result == NULL)
        (void)klingrec_poll(l->client, 0, &l->result);
    net_outcome got = net_outcome_of(l->result);
    klingrec_client_free(l->client);
    raw_server_stop(l->server);
    if (is_late) {
        (void)net_expect_outcome(
            "late", &got, KLINGREC_ERR_TIMEOUT,
            requests > 0 ? KLINGREC_DELIVERY_UNSURE : KLINGREC_DELIVERY_NOT_SENT, 1);
        (void)net_expect(l->server->requests == requests, "%u requests, then %u",
                         requests, l->server->requests);
    }
    raw_server_free(l->server);
    return is_late && requests == 0;
}

static void
a_late_poll_completes_no_request(void **state)
{
    enum { CLIENTS = 12, ATTEMPT_MS = 700 };
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        late clients[CLIENTS] = {{0}};
        unsigned unsent = 0;
        for (unsigned i = 0; i < CLIENTS; i++)
            begin_late(&clients[i], tls, ATTEMPT_MS, 1 + i);
        (void)nanosleep(&(struct timespec){2, 0}, NULL);
        for (unsigned i = 0; i < CLIENTS; i++)
            unsent += end_late(&clients[i]);
        (void)net_expect(unsent > 0, "TLS %d: all requests arrived in time", tls);
    }
    net_end_table("late polls");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_need_no_tick),
        cmocka_unit_test(tls_connections_are_begun_one_by_one),
        cmocka_unit_test(kept_connections_are_used_at_once),
        cmocka_unit_test(uploads_wait_until_the_socket_is_writable),
        cmocka_unit_test(time_limits_and_waits_are_told),
        cmocka_unit_test(a_late_poll_completes_no_request),
        cmocka_unit_test(what_changes_between_calls_is_due_at_once),
        cmocka_unit_test(descriptors_above_fd_setsize_are_served_by_a_tick),
        cmocka_unit_test(wrong_calls_are_refused),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
