/* SPDX-License-Identifier: MIT */
/* test_event_loop.c - results through the descriptor of klingrec_client_fd() */
#define _POSIX_C_SOURCE 200809L

#include "net.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { JOBS = 60, LIMIT_MS = 20000 };

static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};
static const raw_step WAITS[] = {RAW_DO(REQUEST), RAW_DO(WAIT), RAW_TEXT(NET_SUCCESS),
                                 RAW_DO(STALL)};

typedef struct scene {
    raw_server *server;
    klingrec_client *client;
    klingrec_request request;
} scene;

static scene
begin(const raw_step *steps)
{
    scene s = {net_server(steps, NULL), NULL, net_tiny_request()};
    klingrec_config config = net_config(s.server, false);
    config.run = KLINGREC_RUN_THREAD;
    config.max_queued = JOBS;
    s.client = net_client(&config);
    return s;
}

static void
end(const scene *s)
{
    klingrec_client_free(s->client);
    raw_server_free(s->server);
}

static int
descriptor_of(const scene *s)
{
    intptr_t fd;
    assert_int_equal(klingrec_client_fd(s->client, &fd), KLINGREC_OK);
    return (int)fd;
}

static bool
is_readable(int fd, int timeout_ms)
{
    struct pollfd p = {fd, POLLIN, 0};
    int n = poll(&p, 1, timeout_ms);
    assert_true(n >= 0 && (p.revents & ~POLLIN) == 0);
    return n == 1;
}

static bool
take(const scene *s)
{
    klingrec_result *result;
    if (klingrec_poll(s->client, 0, &result) != KLINGREC_OK)
        return false;
    assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
    klingrec_result_free(result);
    return true;
}

static void
submit(const scene *s, unsigned jobs)
{
    for (unsigned i = 0; i < jobs; i++)
        assert_int_equal(klingrec_submit(s->client, &s->request, NULL), KLINGREC_OK);
}

/* With each number of results per wake-up: an event that is lost ends in the time
   limit, and one that stays set in more wake-ups than results. */
static void
jobs_need_no_more_wake_ups_than_results(void **state)
{
    (void)state;
    for (unsigned most = 1; most <= 3; most++) {
        scene s = begin(KEEP);
        unsigned taken = 0, wakeups = 0;
        int fd = descriptor_of(&s);
        assert_false(is_readable(fd, 0));
        submit(&s, JOBS);
        while (taken < JOBS) {
            assert_true(is_readable(fd, LIMIT_MS));
            assert_true(take(&s));
            for (unsigned more = taken++, n = 1; n < most && take(&s); n++)
                taken = more + n + 1;
            wakeups++;
        }
        assert_true(wakeups <= JOBS);
        assert_false(is_readable(fd, 0));
        end(&s);
    }
}

/* The descriptor of a client whose results wait is readable at once. */
static void
the_descriptor_may_be_asked_for_late(void **state)
{
    klingrec_stats stats = klingrec_stats_default();
    (void)state;
    scene s = begin(KEEP);
    submit(&s, 2);
    for (unsigned begun = net_now_ms(); stats.succeeded < 2;) {
        assert_int_equal(klingrec_client_stats(s.client, &stats), KLINGREC_OK);
        assert_true(net_is_quick(net_now_ms() - begun, LIMIT_MS));
    }
    int fd = descriptor_of(&s);
    assert_int_equal(descriptor_of(&s), fd);
    assert_true(is_readable(fd, LIMIT_MS));
    assert_true(take(&s));
    assert_true(is_readable(fd, LIMIT_MS));
    assert_true(take(&s));
    assert_false(is_readable(fd, 0));
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    end(&s);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void
results_of_blocking_calls_do_not_change_it(void **state)
{
    (void)state;
    scene s = begin(KEEP);
    int fd = descriptor_of(&s);
    for (int waiting = 0; waiting < 2; waiting++) {
        assert_int_equal(net_ask(s.client, &s.request).status, KLINGREC_OK);
        assert_int_equal(is_readable(fd, 0), waiting);
        submit(&s, 1);
        assert_true(is_readable(fd, LIMIT_MS));
    }
    end(&s);
}

static void
a_canceled_job_makes_it_readable(void **state)
{
    klingrec_result *result;
    (void)state;
    scene s = begin(WAITS);
    int fd = descriptor_of(&s);
    submit(&s, 1);
    assert_false(is_readable(fd, 50));
    assert_int_equal(klingrec_cancel(s.client, 0), KLINGREC_OK);
    assert_true(is_readable(fd, LIMIT_MS));
    assert_int_equal(klingrec_poll(s.client, 0, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
    klingrec_result_free(result);
    assert_false(is_readable(fd, 0));
    end(&s);
}

static void
without_descriptors_it_fails_and_may_be_asked_for_again(void **state)
{
    struct rlimit before, none;
    intptr_t fd = 0;
    (void)state;
    scene s = begin(KEEP);
    unsigned files = net_count_files(0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    klingrec_status status = klingrec_client_fd(s.client, &fd);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, KLINGREC_ERR_SYSTEM);
    assert_int_equal(fd, -1);
    assert_int_equal(net_count_files(files), files);
    assert_true(descriptor_of(&s) >= 0);
    end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_need_no_more_wake_ups_than_results),
        cmocka_unit_test(the_descriptor_may_be_asked_for_late),
        cmocka_unit_test(results_of_blocking_calls_do_not_change_it),
        cmocka_unit_test(a_canceled_job_makes_it_readable),
        cmocka_unit_test(without_descriptors_it_fails_and_may_be_asked_for_again),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
