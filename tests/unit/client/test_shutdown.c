/* SPDX-License-Identifier: MIT */
/* test_shutdown.c - draining, shutdown, and room in the queue */
#include "counting_allocator.h"
#include "rig.h"

static void
draining_finishes_running_jobs_and_starts_no_other(void **state)
{
    (void)state;
    /* one waits for its second attempt, two run, one has not begun */
    static fake_answer slow_good, slow_server;
    slow_good = RIG_GOOD;
    slow_good.after_ms = 300;
    slow_server = RIG_SERVER;
    slow_server.after_ms = 400;
    const fake_answer *answers[] = {&RIG_SERVER, &slow_good, &slow_server, NULL};
    fake self = {.answer = rig_script, .user = answers};
    klingrec_config config = rig_config();
    config.max_in_flight = 3;
    klingrec_client *client = rig_client(&self, config);
    klingrec_job jobs[4];
    klingrec_result *result = NULL;
    for (int i = 0; i < 3; i++) {
        klingrec_request request = rig_request();
        assert_int_equal(klingrec_submit(client, &request, &jobs[i]), KLINGREC_OK);
    }
    assert_int_equal(klingrec_poll(client, 20, &result), KLINGREC_PENDING);
    klingrec_request request = rig_request();
    assert_int_equal(klingrec_submit(client, &request, &jobs[3]), KLINGREC_OK);
    assert_int_equal(klingrec_cancel_waiting(client), KLINGREC_OK);
    int seen = 0;
    for (; klingrec_poll(client, -1, &result) == KLINGREC_OK; seen++) {
        klingrec_job job = klingrec_result_job(result);
        assert_int_equal(klingrec_result_status(result), job == jobs[1] ? KLINGREC_OK
                                                         : job == jobs[2]
                                                             ? KLINGREC_ERR_SERVER
                                                             : KLINGREC_ERR_CANCELED);
        assert_int_not_equal(klingrec_result_delivery(result),
                             KLINGREC_DELIVERY_UNSURE);
        klingrec_result_free(result);
    }
    assert_int_equal(seen, 4);
    assert_int_equal(self.started, 3);
    assert_int_equal(klingrec_cancel_waiting(NULL), KLINGREC_ERR_ARGUMENT);
    klingrec_client_free(client);
}

/* A cancel is effective before and after draining. */
static void
draining_does_not_undo_a_cancel(void **state)
{
    (void)state;
    for (int drain_first = 0; drain_first < 2; drain_first++) {
        fake self = rig_fake(&RIG_NEVER);
        klingrec_client *client = rig_client(&self, rig_config());
        klingrec_request request = rig_request();
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
        assert_int_equal(klingrec_poll(client, 20, &result), KLINGREC_PENDING);
        if (drain_first)
            assert_int_equal(klingrec_cancel_waiting(client), KLINGREC_OK);
        assert_int_equal(klingrec_cancel(client, 0), KLINGREC_OK);
        assert_int_equal(klingrec_cancel_waiting(client), KLINGREC_OK);
        assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
        assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
        klingrec_result_free(result);
        klingrec_client_free(client);
    }
}

static void
after_a_shutdown_jobs_are_refused_and_running_ones_finish(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.max_in_flight = 1;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    klingrec_job running;
    assert_int_equal(klingrec_submit(client, &request, &running), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    assert_int_equal(self.started, 1);
    assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_ERR_CANCELED);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
        assert_int_equal(klingrec_result_status(result),
                         klingrec_result_job(result) == running
                             ? KLINGREC_OK
                             : KLINGREC_ERR_CANCELED);
        klingrec_result_free(result);
    }
    assert_int_equal(self.started, 1);
    /* Without a thread it does not wait, because nobody can submit meanwhile. */
    assert_int_equal(klingrec_wait(client, -1, &result), KLINGREC_IDLE);
    assert_int_equal(klingrec_recognize(client, &request, &result),
                     KLINGREC_ERR_CANCELED);
    klingrec_result_free(result);
    assert_int_equal(klingrec_shutdown(NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_wait(NULL, 0, &result), KLINGREC_ERR_ARGUMENT);
    klingrec_client_free(client);
}

static void
count_wakeup(void *user)
{
    ++*(unsigned *)user;
}

static void
the_host_is_notified_when_a_full_queue_accepts_jobs_again(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    unsigned wakeups = 0;
    klingrec_config config = rig_config();
    config.max_queued = 1;
    config.wakeup = count_wakeup;
    config.wakeup_user = &wakeups;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    for (unsigned full = 0; full < 2; full++) {
        wakeups = 0;
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
        if (full)
            assert_int_equal(klingrec_submit(client, &request, NULL),
                             KLINGREC_ERR_QUEUE_FULL);
        assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
        klingrec_result_free(result);
        assert_int_equal(
            wakeups,
            1 + full); /* for the result, and for the free place in the queue */
    }
    /* A client that was shut down accepts none: it says so once. */
    wakeups = 0;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_ERR_QUEUE_FULL);
    assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
    assert_int_equal(wakeups, 1);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    klingrec_result_free(result);
    assert_int_equal(wakeups, 2);
    klingrec_client_free(client);
}

static void
a_request_that_is_refused_leaves_no_memory(void **state)
{
    (void)state;
    meter memory = {0};
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.alloc = metered;
    config.alloc_user = &memory;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
    size_t before = memory.live;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_ERR_CANCELED);
    assert_int_equal(memory.live, before);
    klingrec_client_free(client);
    assert_int_equal(memory.live, 0);
}

static void
a_host_that_waits_for_space_is_told_once(void **state)
{
    (void)state;
    for (unsigned jobs = 0; jobs <= 2; jobs++) {
        unsigned wakeups = 0;
        fake self = rig_fake(&RIG_GOOD);
        klingrec_config config = rig_config();
        config.max_queued = 1;
        config.wakeup = count_wakeup;
        config.wakeup_user = &wakeups;
        klingrec_client *client = rig_client(&self, config);
        klingrec_request request = rig_request();
        for (unsigned i = 0; i < jobs; i++)
            assert_int_equal(klingrec_submit(client, &request, NULL),
                             i == 0 ? KLINGREC_OK : KLINGREC_ERR_QUEUE_FULL);
        wakeups = 0;
        assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
        assert_int_equal(wakeups, jobs == 2);
        assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
        assert_int_equal(wakeups, jobs == 2);
        klingrec_client_free(client);
    }
}

/* The result that is taken makes space; the callback says so once. */
static void
a_host_that_waits_for_space_is_told_when_a_result_is_taken(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    unsigned wakeups = 0;
    config.max_queued = 2;
    config.wakeup = count_wakeup;
    config.wakeup_user = &wakeups;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_ERR_QUEUE_FULL);
    wakeups = 0;
    assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_OK);
    klingrec_result_free(result);
    unsigned before = wakeups; /* for the results; that one made no space */
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    klingrec_result_free(result);
    assert_int_equal(wakeups, before + 1);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    klingrec_result_free(result);
    assert_int_equal(wakeups, before + 1);
    klingrec_client_free(client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draining_finishes_running_jobs_and_starts_no_other),
        cmocka_unit_test(draining_does_not_undo_a_cancel),
        cmocka_unit_test(after_a_shutdown_jobs_are_refused_and_running_ones_finish),
        cmocka_unit_test(the_host_is_notified_when_a_full_queue_accepts_jobs_again),
        cmocka_unit_test(a_request_that_is_refused_leaves_no_memory),
        cmocka_unit_test(a_host_that_waits_for_space_is_told_once),
        cmocka_unit_test(a_host_that_waits_for_space_is_told_when_a_result_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
