/* SPDX-License-Identifier: MIT */
/* test_deadlines.c - time limits of jobs, and the limit per minute */
#include "rig.h"

#include <stdio.h>

static void
time_limits_end_a_job_to_the_millisecond(void **state)
{
    (void)state;
    static const struct {
        uint32_t attempt_ms, client_ms, request_ms, expected_ms;
    } rows[] = {
        {500, 10000, 0, 500},
        {5000, 700, 0, 700},
        {5000, 10000, 300, 300},
        {0, 0, 0, 90000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake self = rig_fake(&RIG_NEVER);
        klingrec_config config = rig_config();
        config.attempt_timeout_ms = rows[i].attempt_ms;
        config.deadline_ms = rows[i].client_ms;
        klingrec_request request = rig_request();
        request.deadline_ms = rows[i].request_ms;
        klingrec_result *result = rig_recognize(&self, config, &request);
        assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_TIMEOUT);
        assert_int_equal(fake_now() - 1000, rows[i].expected_ms);
        char line[128];
        snprintf(
            line, sizeof line,
            "the time limit was reached: %u ms after the attempt began, the request "
            "sent and no whole answer received",
            (unsigned)rows[i].expected_ms);
        assert_string_equal(klingrec_result_message(result), line);
        klingrec_result_free(result);
    }
}

static void
a_queued_job_ends_at_its_deadline(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_NEVER);
    klingrec_config config = rig_config();
    config.max_in_flight = 1;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    request.deadline_ms = 2000;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_job(result), 2);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_TIMEOUT);
    assert_int_equal(klingrec_result_attempts(result), 0);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    assert_int_equal(fake_now(), 3000);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

static void
an_answer_in_time_counts_even_if_the_host_polls_late(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.attempt_timeout_ms = 500;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    fake_set_now(fake_now() + 60000); /* a game loads a level */
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

/* Passes one part of the answer in each call, as libcurl does with records of TLS. */
typedef struct fake_in_parts {
    fake self; /* first: the transport's user points to it */
    void (*drive)(void *user, int timeout_ms);
    unsigned parts;
    unsigned pause; /* calls between two parts that pass nothing */
    unsigned calls;
} fake_in_parts;

static void
drive_one_part(void *user, int timeout_ms)
{
    fake_in_parts *f = user;
    const fake_flight *flight = &f->self.flights[0];
    if (flight->x == NULL || flight->due > fake_now() || f->parts == 0)
        f->drive(user, timeout_ms);
    else if (f->calls++ % (f->pause + 1) == 0 && f->parts-- > 0)
        klingrec_exchange_set_header(flight->x, "X-Part", "1");
}

/* A client with one job whose time limit has passed since the last poll. */
static klingrec_client *
late_client(fake_in_parts *f, void (*drive)(void *user, int timeout_ms))
{
    klingrec_config config = rig_config();
    config.attempt_timeout_ms = 500;
    config.max_attempts = 1;
    klingrec_client *client = rig_client(&f->self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    f->drive = client->transport.drive;
    client->transport.drive = drive;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    fake_set_now(fake_now() + 60000);
    return client;
}

static void
an_answer_in_time_is_read_whole_if_the_host_polls_late(void **state)
{
    static const struct {
        unsigned parts, pause;
        bool whole;
    } rows[] = {{3, 0, true},
                {3, 2, true},
                {3, 3, false},
                {511, 0, true},
                {512, 0, false} /* a server that sends on and on */};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_in_parts f = {.self = rig_fake(&RIG_GOOD),
                           .parts = rows[i].parts,
                           .pause = rows[i].pause};
        klingrec_client *client = late_client(&f, drive_one_part);
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
        assert_int_equal(klingrec_result_status(result),
                         rows[i].whole ? KLINGREC_OK : KLINGREC_ERR_TIMEOUT);
        klingrec_result_free(result);
        klingrec_client_free(client);
    }
}

/* In its first call the connection is not open yet. */
static void
drive_later(void *user, int timeout_ms)
{
    fake_in_parts *f = user;
    if (f->parts == 0)
        f->drive(user, timeout_ms);
    f->parts = 0;
}

static void
a_late_poll_sends_no_request(void **state)
{
    (void)state;
    for (int canceled = 0; canceled < 2; canceled++) {
        fake_in_parts f = {.self = rig_fake(&RIG_GOOD), .parts = 1};
        klingrec_client *client = late_client(&f, drive_later);
        klingrec_result *result = NULL;
        klingrec_stats stats = klingrec_stats_default();
        if (canceled)
            assert_int_equal(klingrec_cancel(client, 0), KLINGREC_OK);
        assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
        assert_int_equal(klingrec_result_status(result),
                         canceled ? KLINGREC_ERR_CANCELED : KLINGREC_ERR_TIMEOUT);
        assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
        (void)klingrec_client_stats(client, &stats);
        assert_int_equal(stats.bytes_sent, 0);
        klingrec_result_free(result);
        klingrec_client_free(client);
    }
}

static ptrdiff_t
read_slowly(void *user, uint64_t offset, void *buf, size_t len)
{
    (void)user;
    fake_set_now(fake_now() + 2000);
    if (offset >= RIG_PNG_SIZE)
        return 0;
    if (len > RIG_PNG_SIZE - offset)
        len = (size_t)(RIG_PNG_SIZE - offset);
    memcpy(buf, RIG_PNG + offset, len);
    return (ptrdiff_t)len;
}

static klingrec_request
slow_request(klingrec_reader *reader)
{
    *reader = klingrec_reader_default();
    reader->read_at = read_slowly;
    reader->length = RIG_PNG_SIZE;
    return klingrec_request_reader(reader);
}

static void
reading_the_image_does_not_count_as_silence_of_the_server(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.attempt_timeout_ms = 500;
    klingrec_reader reader;
    klingrec_request request = slow_request(&reader);
    klingrec_result *result = rig_recognize(&self, config, &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
    klingrec_result_free(result);
}

static void
no_attempt_starts_after_the_deadline(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_reader reader;
    klingrec_request request = slow_request(&reader);
    klingrec_result *result = rig_recognize(&self, rig_config(), &request);
    uint32_t check_ms = klingrec_result_elapsed_ms(result, KLINGREC_PHASE_CHECK);
    assert_true(check_ms >= 2000);
    klingrec_result_free(result);

    self = rig_fake(&RIG_GOOD);
    request = slow_request(&reader);
    request.deadline_ms = check_ms; /* it is over when the image has been read */
    result = rig_recognize(&self, rig_config(), &request);
    assert_int_equal(self.started, 0);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_TIMEOUT);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    assert_int_equal(klingrec_result_attempts(result), 0);
    assert_int_equal(self.started, 0);
    klingrec_result_free(result);
}

static klr_job *read_job;

/* Actions of another thread at that moment. */
static ptrdiff_t
read_and_be_canceled(void *user, uint64_t offset, void *buf, size_t len)
{
    read_job->cancel = KLR_CANCEL_NOW;
    return read_slowly(user, offset, buf, len);
}

static void
no_attempt_starts_if_its_job_is_canceled_while_the_image_is_read(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_reader reader;
    klingrec_request request = slow_request(&reader);
    klingrec_result *result = NULL;
    reader.read_at = read_and_be_canceled;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    read_job = client->shared.newest;
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    assert_int_equal(self.started, 0);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

/* The first request leaves when its image was read: that is what a server counts. */
static void
the_limit_per_minute_counts_from_the_start_of_an_attempt(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.max_per_minute = 10;
    klingrec_client *client = rig_client(&self, config);
    klingrec_reader reader;
    klingrec_request slow = slow_request(&reader), quick = rig_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(client, &slow, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &quick, NULL), KLINGREC_OK);
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK)
        klingrec_result_free(result);
    assert_int_equal(self.started, 2);
    assert_true(self.started_at[0] >= 3000);
    assert_true(self.started_at[1] >= self.started_at[0] + 6000);
    klingrec_client_free(client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_limits_end_a_job_to_the_millisecond),
        cmocka_unit_test(a_queued_job_ends_at_its_deadline),
        cmocka_unit_test(an_answer_in_time_counts_even_if_the_host_polls_late),
        cmocka_unit_test(an_answer_in_time_is_read_whole_if_the_host_polls_late),
        cmocka_unit_test(a_late_poll_sends_no_request),
        cmocka_unit_test(reading_the_image_does_not_count_as_silence_of_the_server),
        cmocka_unit_test(no_attempt_starts_after_the_deadline),
        cmocka_unit_test(
            no_attempt_starts_if_its_job_is_canceled_while_the_image_is_read),
        cmocka_unit_test(the_limit_per_minute_counts_from_the_start_of_an_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
