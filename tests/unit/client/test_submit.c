/* SPDX-License-Identifier: MIT */
/* test_submit.c - submit, poll, cancel, and who releases what */
#include "rig.h"

static void
each_accepted_job_yields_exactly_one_result_and_one_release(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_result *result = NULL;
    bool seen[21] = {false};

    rig_released = 0;
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_IDLE);
    for (int i = 0; i < 20; i++) {
        klingrec_request request = rig_request();
        request.user_data = &request;
        request.release = rig_count_release;
        klingrec_job job = 0;
        assert_int_equal(klingrec_submit(client, &request, &job), KLINGREC_OK);
        assert_int_equal(job, i + 1);
    }
    assert_int_equal(klingrec_pending(client), 20);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    assert_null(result);
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK) {
        assert_false(seen[klingrec_result_job(result)]);
        seen[klingrec_result_job(result)] = true;
        klingrec_result_free(result);
    }
    for (int i = 1; i <= 20; i++)
        assert_true(seen[i]);
    assert_int_equal(rig_released, 20);
    assert_int_equal(self.most_at_once, 4);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_IDLE);
    klingrec_client_free(client);
}

static void
a_full_queue_says_so_and_does_not_release(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.max_queued = 2;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_job job = 7;
    rig_released = 0;
    request.release = rig_count_release;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, &job), KLINGREC_ERR_QUEUE_FULL);
    assert_int_equal(job, 0);
    assert_int_equal(rig_released, 0);
    klingrec_client_free(client); /* accepted jobs are rig_released, polled or not */
    assert_int_equal(rig_released, 2);
}

/* Returns how often recognize() rig_released this request. */
static int
released_by_recognize(klingrec_client *client, const klingrec_request *request,
                      klingrec_status expected)
{
    klingrec_result *result = NULL;
    rig_released = 0;
    assert_int_equal(klingrec_recognize(client, request, &result), expected);
    klingrec_result_free(result);
    return rig_released;
}

static void
recognize_releases_a_request_once_also_when_it_refuses_it(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request request = rig_request();
    request.release = rig_count_release;
    assert_int_equal(released_by_recognize(client, &request, KLINGREC_OK), 1);
    assert_int_equal(released_by_recognize(NULL, &request, KLINGREC_ERR_ARGUMENT), 1);
    rig_released = 0;
    assert_int_equal(klingrec_recognize(client, &request, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(rig_released, 1);
    klingrec_request wrong = request;
    wrong.from = 77;
    assert_int_equal(released_by_recognize(client, &wrong, KLINGREC_ERR_ARGUMENT), 1);
    wrong.size = 1;
    assert_int_equal(released_by_recognize(client, &wrong, KLINGREC_ERR_ABI), 0);
    klingrec_reader reader = klingrec_reader_default();
    reader.size = 1;
    wrong = klingrec_request_reader(&reader);
    wrong.release = rig_count_release;
    assert_int_equal(released_by_recognize(client, &wrong, KLINGREC_ERR_ABI), 0);
    assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
    assert_int_equal(released_by_recognize(client, &request, KLINGREC_ERR_CANCELED), 1);
    klingrec_client_free(client);
}

/* Code that takes every result in the same way looks there. */
static void
the_result_of_a_refused_call_has_its_user_data(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    request.user_data = &self;
    request.reserved = 1;
    assert_int_equal(klingrec_recognize(client, &request, &result),
                     KLINGREC_ERR_ARGUMENT);
    assert_ptr_equal(klingrec_result_user_data(result), &self);
    klingrec_result_free(result);
    request.reserved = 0;
    assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
    assert_int_equal(klingrec_recognize(client, &request, &result),
                     KLINGREC_ERR_CANCELED);
    assert_ptr_equal(klingrec_result_user_data(result), &self);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

/* With a length, and up to its NUL. */
static void
submit_copies_texts_that_the_caller_may_free(void **state)
{
    (void)state;
    static const char whole[] = "https://example.org/a.png?and-more";
    for (size_t len = 0; len <= 25; len += 25) {
        rig_capture c = {{0}, 0, {0}};
        fake self = {.answer = rig_answer_and_capture, .user = &c};
        klingrec_client *client = rig_client(&self, rig_config());
        char url[sizeof whole];
        memcpy(url, whole, sizeof url);
        klingrec_request request = klingrec_request_url(url);
        klingrec_result *result = NULL;
        request.len = len;
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
        memset(url, 'x', sizeof url);
        assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
        assert_string_equal(
            c.text, len == 0 ? "{\"image\":\"https://example.org/a.png?and-more\"}"
                             : "{\"image\":\"https://example.org/a.png\"}");
        klingrec_result_free(result);
        klingrec_client_free(client);
    }
}

/* Its owner keeps it until then. */
static void
what_will_be_released_is_not_copied(void **state)
{
    (void)state;
    rig_capture c = {{0}, 0, {0}};
    fake self = {.answer = rig_answer_and_capture, .user = &c};
    klingrec_client *client = rig_client(&self, rig_config());
    char url[] = "https://example.org/a.png";
    klingrec_request request = klingrec_request_url(url);
    klingrec_result *result = NULL;
    request.release = rig_count_release;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    url[strlen(url) - 5] = 'b';
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_string_equal(c.text, "{\"image\":\"https://example.org/b.png\"}");
    klingrec_result_free(result);
    klingrec_client_free(client);
}

/* The smallest requests: one byte, and none. */
static void
submit_takes_an_image_that_is_too_short(void **state)
{
    (void)state;
    char text[] = "A";
    const struct {
        klingrec_request request;
        const char *message;
    } rows[] = {
        {klingrec_request_base64(text, 1), "the text is not valid base64: the text "
                                           "ends inside a group of four characters, "
                                           "at character 1"},
        {klingrec_request_bytes(NULL, 0),
         "the image is empty; the service takes JPEG and PNG"},
        {klingrec_request_bytes(text, 0),
         "the image is empty; the service takes JPEG and PNG"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake self = rig_fake(&RIG_GOOD);
        klingrec_client *client = rig_client(&self, rig_config());
        klingrec_result *result = NULL;
        text[0] = 'A';
        assert_int_equal(klingrec_submit(client, &rows[i].request, NULL), KLINGREC_OK);
        text[0] = '?';
        assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
        assert_string_equal(klingrec_result_message(result), rows[i].message);
        klingrec_result_free(result);
        klingrec_client_free(client);
    }
}

static void
a_canceled_job_yields_its_result_in_every_state(void **state)
{
    (void)state;
    /* one runs, one waits for its second attempt, one has not begun */
    const fake_answer *answers[] = {&RIG_SERVER, &RIG_NEVER, NULL};
    fake self = {.answer = rig_script, .user = answers};
    klingrec_config config = rig_config();
    config.max_in_flight = 2;
    klingrec_client *client = rig_client(&self, config);
    klingrec_job jobs[3];
    klingrec_result *result = NULL;
    for (int i = 0; i < 3; i++) {
        klingrec_request request = rig_request();
        assert_int_equal(klingrec_submit(client, &request, &jobs[i]), KLINGREC_OK);
    }
    assert_int_equal(klingrec_poll(client, 20, &result), KLINGREC_PENDING);
    assert_int_equal(self.started, 3);
    assert_int_equal(klingrec_cancel(client, 99), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_cancel(client, jobs[1]), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_job(result), jobs[1]);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_UNSURE);
    klingrec_result_free(result);
    assert_int_equal(klingrec_cancel(client, 0), KLINGREC_OK);
    int left = 0;
    for (; klingrec_poll(client, -1, &result) == KLINGREC_OK; left++) {
        assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
        assert_string_equal(
            klingrec_result_message(result),
            klingrec_result_http_status(result) == 503
                ? "the job was canceled; the last answer was: maintenance "
                  "(HTTP 503, code 5001)"
                : "the job was canceled");
        klingrec_result_free(result);
    }
    assert_int_equal(left, 2);
    assert_int_equal(klingrec_cancel(client, 0), KLINGREC_OK);
    assert_int_equal(klingrec_cancel(client, jobs[0]), KLINGREC_OK); /* was polled */
    assert_int_equal(klingrec_cancel(client, jobs[2] + 1), KLINGREC_ERR_ARGUMENT);
    klingrec_client_free(client);
}

static void
a_blocking_call_does_not_consume_results_of_other_jobs(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_job(result), 2);
    klingrec_result_free(result);
    assert_int_equal(klingrec_pending(client), 1);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_job(result), 1);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

static void
invalid_requests_are_refused_with_a_result_that_says_why(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request rows[7];
    for (size_t i = 0; i < 7; i++)
        rows[i] = rig_request();
    rows[0].from = 0;
    rows[1].from = 6;
    rows[2].flags = 1u << 31;
    rows[3].reserved = 1;
    rows[4].data = NULL;
    rows[5].size = 3;
    rows[6] = klingrec_request_url(NULL);
    for (size_t i = 0; i < 7; i++) {
        klingrec_result *result = NULL;
        klingrec_status expected = i == 5 ? KLINGREC_ERR_ABI : KLINGREC_ERR_ARGUMENT;
        assert_int_equal(klingrec_submit(client, &rows[i], NULL), expected);
        assert_int_equal(klingrec_recognize(client, &rows[i], &result), expected);
        assert_int_equal(klingrec_result_status(result), expected);
        klingrec_result_free(result);
    }
    klingrec_request copied = klingrec_request_bytes("", SIZE_MAX);
    assert_int_equal(klingrec_submit(client, &copied, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_submit(client, NULL, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_submit(NULL, &rows[0], NULL), KLINGREC_ERR_ARGUMENT);
    klingrec_result *none = NULL;
    assert_int_equal(klingrec_poll(NULL, 0, &none), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_poll(client, 0, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_cancel(NULL, 0), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_pending(NULL), 0);
    assert_int_equal(klingrec_recognize(client, &rows[0], NULL), KLINGREC_ERR_ARGUMENT);
    klingrec_client_free(NULL);
    assert_int_equal(self.started, 0);
    klingrec_client_free(client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_accepted_job_yields_exactly_one_result_and_one_release),
        cmocka_unit_test(a_full_queue_says_so_and_does_not_release),
        cmocka_unit_test(recognize_releases_a_request_once_also_when_it_refuses_it),
        cmocka_unit_test(the_result_of_a_refused_call_has_its_user_data),
        cmocka_unit_test(submit_copies_texts_that_the_caller_may_free),
        cmocka_unit_test(what_will_be_released_is_not_copied),
        cmocka_unit_test(submit_takes_an_image_that_is_too_short),
        cmocka_unit_test(a_canceled_job_yields_its_result_in_every_state),
        cmocka_unit_test(a_blocking_call_does_not_consume_results_of_other_jobs),
        cmocka_unit_test(invalid_requests_are_refused_with_a_result_that_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
