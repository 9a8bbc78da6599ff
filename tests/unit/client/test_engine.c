/* SPDX-License-Identifier: MIT */
/* test_engine.c - what the engine tells its host: when it is next due, what it does,
   and how it counts */
#include "rig.h"

#include <stdio.h>

/* ---- When the host must call again ------------------------------------------ */

static size_t
no_fds(void *user, klingrec_fd *fds, size_t capacity, int *timeout_ms)
{
    (void)user;
    (void)fds;
    (void)capacity;
    (void)timeout_ms;
    return 0;
}

static klingrec_client *
client_with_fds(fake *self, klingrec_config config)
{
    klingrec_client *client = rig_client(self, config);
    client->transport.fds = no_fds;
    return client;
}

static int
timeout_of(klingrec_client *client)
{
    size_t count = 7;
    int timeout_ms = 7;
    assert_int_equal(klingrec_client_fds(client, NULL, 0, &count, &timeout_ms),
                     KLINGREC_OK);
    assert_int_equal(count, 0);
    return timeout_ms;
}

static void
the_timeout_is_that_of_the_next_event(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_NEVER);
    klingrec_config config = rig_config();
    config.max_in_flight = 1;
    klingrec_client *client = client_with_fds(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    klingrec_job first;
    assert_int_equal(timeout_of(client), -1); /* no job */

    request.deadline_ms = 70000;
    assert_int_equal(klingrec_submit(client, &request, &first), KLINGREC_OK);
    assert_int_equal(timeout_of(client), 0); /* a new one */
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    assert_int_equal(timeout_of(client), 60000); /* the most */
    fake_set_now(fake_now() + 10001);
    assert_int_equal(timeout_of(client), 59999); /* its deadline */

    request.deadline_ms = 500;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    assert_int_equal(timeout_of(client), 500); /* that of the job that waits */
    assert_int_equal(klingrec_cancel(client, first), KLINGREC_OK);
    assert_int_equal(timeout_of(client), 0); /* what was canceled */
    fake_set_now(fake_now() + 500);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    klingrec_result_free(result);
    assert_int_equal(timeout_of(client), 0); /* a result can be taken */
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    klingrec_result_free(result);
    assert_int_equal(timeout_of(client), -1);
    klingrec_client_free(client);
}

static void
fds_are_refused_without_a_place_for_each_result(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = client_with_fds(&self, rig_config());
    klingrec_fd fds[1];
    size_t count = 7;
    int timeout_ms = 7;
    assert_int_equal(klingrec_client_fds(client, NULL, 1, &count, &timeout_ms),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(count, 0);
    assert_int_equal(timeout_ms, 0);
    assert_int_equal(klingrec_client_fds(client, fds, 1, NULL, &timeout_ms),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_fds(client, fds, 1, &count, NULL),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_fds(NULL, fds, 1, &count, &timeout_ms),
                     KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_fds(client, fds, 1, &count, &timeout_ms),
                     KLINGREC_OK);
    client->transport.fds = NULL;
    assert_int_equal(klingrec_client_fds(client, fds, 1, &count, &timeout_ms),
                     KLINGREC_ERR_ARGUMENT);
    klingrec_client_free(client);
}

/* Both need a thread of the library. */
static void
a_client_without_a_thread_has_no_event_and_no_warm_up(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    intptr_t fd = 7;
    assert_int_equal(klingrec_client_fd(client, &fd), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(fd, -1);
    assert_int_equal(klingrec_client_fd(client, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_fd(NULL, &fd), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_warm_up(client), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_warm_up(NULL), KLINGREC_ERR_ARGUMENT);
    klingrec_client_free(client);
}

static uint32_t
never_admit(void *user)
{
    (void)user;
    return UINT32_MAX;
}

/* Later than any timeout, and with no event at all. */
static void
the_timeout_is_at_most_a_minute(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.admit = never_admit;
    config.deadline_ms = UINT32_MAX;
    klingrec_client *client = client_with_fds(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    assert_int_equal(timeout_of(client), 60000);
    klingrec_client_free(client);
}

static void
an_answer_that_came_is_a_result_in_the_same_step(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    fake_set_now(fake_now() + 10);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

static uint32_t
admit_slowly(void *user)
{
    const uint64_t *ms = user;
    fake_set_now(fake_now() + *ms);
    return 0;
}

/* Begun by each of three calls, with three jobs whose attempts take so long to begin.
 */
static void
expect_begun(uint64_t ms, unsigned first, unsigned second, unsigned third)
{
    const unsigned due[] = {first, second, third};
    fake self = rig_fake(&RIG_NEVER);
    klingrec_config config = rig_config();
    config.admit = admit_slowly;
    config.admit_user = &ms;
    klingrec_client *client = client_with_fds(&self, config);
    klingrec_request request = rig_request();
    for (int i = 0; i < 3; i++)
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    for (int i = 0; i < 3; i++) {
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
        assert_int_equal(self.started, due[i]);
        assert_int_equal(timeout_of(client) == 0, due[i] < 3);
    }
    klingrec_client_free(client);
}

/* Or a game that polls once a frame would wait for all of them. */
static void
a_step_does_not_go_on_beginning_attempts_that_take_long(void **state)
{
    (void)state;
    expect_begun(0, 3, 3, 3);
    expect_begun(1, 1, 2, 3);
    expect_begun(5, 1, 2, 3);
}

/* ---- Connections ------------------------------------------------------------ */

static char warmed[128];

static void
warm_up(void *user, const char *url)
{
    (void)user;
    strcat(warmed, url);
}

static void
a_connection_is_warmed_up_once_and_only_on_request(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.endpoint = "https://example.org/v1";
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    for (int i = 0; i < 4; i++) {
        klingrec_result *result = NULL;
        client->shared.wants_warm_up = i == 0 || i == 2;
        client->transport.warm_up = i == 0 ? NULL : warm_up;
        warmed[0] = '\0';
        assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_OK);
        assert_string_equal(warmed, i == 2 ? "https://example.org/v1" : "");
        klingrec_result_free(result);
    }
    klingrec_client_free(client);
}

/* ---- Retries ---------------------------------------------------------------- */

static void
retries_of_jobs_that_failed_at_once_are_spread(void **state)
{
    (void)state;
    enum { JOBS = 32 };
    fake self = rig_fake(&RIG_UNSENT);
    klingrec_config config = rig_config();
    config.max_in_flight = JOBS;
    config.max_attempts = 2;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK)
        klingrec_result_free(result);
    assert_int_equal(self.started, 2 * JOBS);
    unsigned different = 0;
    for (size_t i = JOBS; i < 2 * JOBS; i++)
        different += self.started_at[i] != self.started_at[i - 1];
    assert_true(different > JOBS / 2);
    klingrec_client_free(client);
}

/* ---- What it tells ---------------------------------------------------------- */

static char lines[2048];

static void
write_line(void *user, uint32_t level, const char *line)
{
    (void)user;
    size_t len = strlen(lines);
    (void)snprintf(lines + len, sizeof lines - len, "%u %s\n", (unsigned)level, line);
}

static void
the_log_has_each_retry_and_each_result(void **state)
{
    (void)state;
    static const fake_answer slow_down = {10,   KLINGREC_OK, true,       429,
                                          NULL, "5",         KLINGREC_OK};
    const fake_answer *script[] = {&slow_down, &RIG_GOOD, &RIG_REFUSED, NULL};
    fake self = {.answer = rig_script, .user = script};
    klingrec_config config = rig_config();
    config.log = write_line;
    config.log_level = KLINGREC_LOG_INFO;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    for (int i = 0; i < 2; i++) {
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_recognize(client, &request, &result),
                         i == 0 ? KLINGREC_OK : KLINGREC_ERR_REFUSED);
        klingrec_result_free(result);
    }
    uint64_t wait_ms = self.started_at[1] - 1010;
    klingrec_client_free(client);
    char due[512];
    (void)snprintf(
        due, sizeof due,
        "2 job 1: attempt 1: %s; next in %u ms\n"
        "3 job 1: success after 2 attempt(s)\n"
        "2 job 2: the service refused this image or request: policy (HTTP 400, code "
        "1301) after 1 attempt(s)\n",
        klingrec_status_string(KLINGREC_ERR_RATE_LIMIT), (unsigned)wait_ms);
    assert_string_equal(lines, due);
}

static void
jobs_that_succeed_are_counted_as_answered(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request request = rig_request();
    klingrec_stats stats = klingrec_stats_default();
    for (int i = 0; i < 3; i++) {
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_OK);
        klingrec_result_free(result);
    }
    assert_int_equal(klingrec_client_stats(client, &stats), KLINGREC_OK);
    assert_int_equal(stats.succeeded, 3);
    assert_int_equal(stats.answered, 3);
    assert_int_equal(stats.failed, 0);
    assert_int_equal(stats.unsure, 0);
    assert_int_equal(stats.bytes_sent, 3 * (strlen("{\"image\":\"\"}") + 124));
    klingrec_client_free(client);
}

static klingrec_stats
stats_after(klingrec_client *client, int ms)
{
    klingrec_stats stats = klingrec_stats_default();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_poll(client, ms, &result), KLINGREC_PENDING);
    assert_int_equal(klingrec_client_stats(client, &stats), KLINGREC_OK);
    return stats;
}

static void
attempts_and_retries_are_counted_when_they_begin(void **state)
{
    (void)state;
    static const fake_answer *const answers[] = {&RIG_SERVER, &RIG_NEVER, NULL};
    fake self = {.answer = rig_script, .user = (void *)(uintptr_t)answers};
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request request = rig_request();
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    klingrec_stats stats = stats_after(client, 0);
    assert_int_equal(stats.attempts, 1);
    stats = stats_after(client, 500); /* it failed, and waits */
    assert_int_equal(stats.attempts, 1);
    assert_int_equal(stats.retries_server, 0);
    stats = stats_after(client, 2000);
    assert_int_equal(stats.attempts, 2);
    assert_int_equal(stats.retries_server, 1);
    klingrec_client_free(client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_timeout_is_that_of_the_next_event),
        cmocka_unit_test(fds_are_refused_without_a_place_for_each_result),
        cmocka_unit_test(a_client_without_a_thread_has_no_event_and_no_warm_up),
        cmocka_unit_test(the_timeout_is_at_most_a_minute),
        cmocka_unit_test(an_answer_that_came_is_a_result_in_the_same_step),
        cmocka_unit_test(a_step_does_not_go_on_beginning_attempts_that_take_long),
        cmocka_unit_test(a_connection_is_warmed_up_once_and_only_on_request),
        cmocka_unit_test(retries_of_jobs_that_failed_at_once_are_spread),
        cmocka_unit_test(the_log_has_each_retry_and_each_result),
        cmocka_unit_test(jobs_that_succeed_are_counted_as_answered),
        cmocka_unit_test(attempts_and_retries_are_counted_when_they_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
