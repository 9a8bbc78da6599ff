/* SPDX-License-Identifier: MIT */
/* test_recognize.c - what the result of a job says */
#include "../../between.h"
#include "rig.h"

static void
the_regions_of_a_result_stay_valid_without_the_client(void **state)
{
    (void)state;
    fake self = rig_fake(&RIG_GOOD);
    klingrec_request request = rig_request();
    request.user_data = &self;
    klingrec_result *result = rig_recognize(&self, rig_config(), &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
    assert_true(
        klingrec_result_contains(result, KLINGREC_KIND_HEAD | KLINGREC_KIND_FACE));
    assert_false(
        klingrec_result_contains(result, KLINGREC_KIND_HEAD | KLINGREC_KIND_CLOTH));
    assert_false(klingrec_result_contains(result, 0));
    assert_int_equal(klingrec_result_region_count(result), 4);
    assert_null(klingrec_result_region(result, 4));
    assert_int_equal(klingrec_result_find(result, KLINGREC_KIND_CLOTH)->contained, 0);
    assert_null(klingrec_result_find(result, KLINGREC_KIND_OTHER));
    assert_string_equal(klingrec_result_request_id(result), "fake-1");
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_ANSWERED);
    assert_int_equal(klingrec_result_attempts(result), 1);
    assert_ptr_equal(klingrec_result_user_data(result), &self);
    assert_int_equal(klingrec_result_image(result)->width, 300);
    size_t len;
    assert_string_equal(klingrec_result_body(result, &len), FAKE_SUCCESS);
    assert_int_equal(len, strlen(FAKE_SUCCESS));
    klingrec_result_free(result);
}

static void
every_failure_says_what_it_may_have_cost_and_is_retried_only_if_that_is_nothing(
    void **state)
{
    (void)state;
    static const struct {
        const fake_answer *answers[4];
        uint32_t flags;
        klingrec_status status;
        klingrec_delivery delivery;
        klingrec_finality finality;
        uint32_t attempts;
    } rows[] = {
        {{&RIG_SERVER, &RIG_GOOD},
         0,
         KLINGREC_OK,
         KLINGREC_DELIVERY_ANSWERED,
         KLINGREC_FINALITY_FINAL,
         2},
        {{&RIG_SERVER},
         0,
         KLINGREC_ERR_SERVER,
         KLINGREC_DELIVERY_ANSWERED,
         KLINGREC_FINALITY_OPEN,
         3},
        {{&RIG_REFUSED},
         0,
         KLINGREC_ERR_REFUSED,
         KLINGREC_DELIVERY_ANSWERED,
         KLINGREC_FINALITY_FINAL,
         1},
        {{&RIG_AUTH},
         0,
         KLINGREC_ERR_AUTH,
         KLINGREC_DELIVERY_ANSWERED,
         KLINGREC_FINALITY_OPEN,
         1},
        {{&RIG_UNSENT},
         0,
         KLINGREC_ERR_CONNECT,
         KLINGREC_DELIVERY_NOT_SENT,
         KLINGREC_FINALITY_OPEN,
         3},
        {{&RIG_UNSENT, &RIG_GOOD},
         0,
         KLINGREC_OK,
         KLINGREC_DELIVERY_ANSWERED,
         KLINGREC_FINALITY_FINAL,
         2},
        {{&RIG_LOST},
         0,
         KLINGREC_ERR_TRANSFER,
         KLINGREC_DELIVERY_UNSURE,
         KLINGREC_FINALITY_IN_DOUBT,
         1},
        {{&RIG_LOST, &RIG_GOOD},
         KLINGREC_CLIENT_RETRY_UNSURE,
         KLINGREC_OK,
         KLINGREC_DELIVERY_UNSURE,
         KLINGREC_FINALITY_FINAL,
         2},
        {{&RIG_SERVER, &RIG_UNSENT, &RIG_LOST},
         0,
         KLINGREC_ERR_TRANSFER,
         KLINGREC_DELIVERY_UNSURE,
         KLINGREC_FINALITY_IN_DOUBT,
         3},
        {{&RIG_NEVER},
         0,
         KLINGREC_ERR_TIMEOUT,
         KLINGREC_DELIVERY_UNSURE,
         KLINGREC_FINALITY_IN_DOUBT,
         1},
        {{&RIG_NEVER},
         KLINGREC_CLIENT_RETRY_UNSURE,
         KLINGREC_ERR_TIMEOUT,
         KLINGREC_DELIVERY_UNSURE,
         KLINGREC_FINALITY_IN_DOUBT,
         3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake self = {.answer = rig_script, .user = (void *)(uintptr_t)rows[i].answers};
        klingrec_config config = rig_config();
        config.flags = rows[i].flags;
        klingrec_request request = rig_request();
        klingrec_result *result = rig_recognize(&self, config, &request);
        assert_int_equal(klingrec_result_status(result), rows[i].status);
        assert_int_equal(klingrec_result_delivery(result), rows[i].delivery);
        assert_int_equal(klingrec_result_finality(result), rows[i].finality);
        assert_int_equal(klingrec_result_attempts(result), rows[i].attempts);
        assert_int_equal(self.started, rows[i].attempts);
        klingrec_result_free(result);
    }
}

static void
an_unknown_answer_with_a_success_status_is_in_doubt(void **state)
{
    (void)state;
    static const struct {
        int http_status;
        const char *body;
        klingrec_status status;
        klingrec_finality finality;
    } rows[] = {
        {200, "<html>", KLINGREC_ERR_RESPONSE, KLINGREC_FINALITY_IN_DOUBT},
        {200, "{\"code\":0,\"data\":[", KLINGREC_ERR_RESPONSE,
         KLINGREC_FINALITY_IN_DOUBT},
        {301, "<html>", KLINGREC_ERR_RESPONSE, KLINGREC_FINALITY_OPEN},
        {404, "<html>", KLINGREC_ERR_REFUSED, KLINGREC_FINALITY_OPEN},
        {404, "{\"code\":404}", KLINGREC_ERR_REFUSED, KLINGREC_FINALITY_OPEN},
        {405, "{\"code\":0}", KLINGREC_ERR_REFUSED, KLINGREC_FINALITY_OPEN},
        {404, "{\"code\":1203}", KLINGREC_ERR_REFUSED, KLINGREC_FINALITY_OPEN},
        {200, "{\"code\":1301}", KLINGREC_ERR_REFUSED, KLINGREC_FINALITY_FINAL},
        {415, "<html>", KLINGREC_ERR_REFUSED, KLINGREC_FINALITY_FINAL},
        {402, "<html>", KLINGREC_ERR_ACCOUNT, KLINGREC_FINALITY_OPEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_answer answer = RIG_GOOD;
        answer.http_status = rows[i].http_status;
        answer.body = rows[i].body;
        fake self = rig_fake(&answer);
        klingrec_request request = rig_request();
        klingrec_result *result = rig_recognize(&self, rig_config(), &request);
        assert_int_equal(klingrec_result_status(result), rows[i].status);
        assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_ANSWERED);
        assert_int_equal(klingrec_result_finality(result), rows[i].finality);
        klingrec_result_free(result);
    }
    assert_int_equal(klingrec_result_finality(NULL), KLINGREC_FINALITY_OPEN);
}

static void
the_service_message_is_available_without_the_request_id(void **state)
{
    (void)state;
    fake_answer answer = RIG_REFUSED;
    answer.body = "{\"code\":1301,\"message\":\"no,\\nnever (request id: ab12)\"}";
    fake self = rig_fake(&answer);
    klingrec_request request = rig_request();
    klingrec_result *result = rig_recognize(&self, rig_config(), &request);
    assert_string_equal(klingrec_result_service_message(result), "no, never");
    assert_string_equal(klingrec_result_request_id(result), "ab12");
    klingrec_result_free(result);

    fake good = rig_fake(&RIG_GOOD);
    result = rig_recognize(&good, rig_config(), &request);
    assert_null(klingrec_result_service_message(result));
    klingrec_result_free(result);
    assert_null(klingrec_result_service_message(NULL));
}

static void
an_image_that_breaks_a_rule_is_never_sent(void **state)
{
    (void)state;
    static const char text[] = "hello, I am not an image";
    fake self = rig_fake(&RIG_GOOD);
    klingrec_request request = klingrec_request_bytes(text, sizeof text - 1);
    klingrec_result *result = rig_recognize(&self, rig_config(), &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_IMAGE_FORMAT);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    assert_int_equal(klingrec_result_attempts(result), 0);
    assert_int_equal(self.started, 0);
    assert_string_equal(klingrec_result_message(result),
                        "this is text; the service takes JPEG and PNG");
    klingrec_result_free(result);

    fake other = rig_fake(&RIG_GOOD);
    klingrec_config config = rig_config();
    config.flags = KLINGREC_CLIENT_NO_CHECK;
    result = rig_recognize(&other, config, &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
    assert_null(klingrec_result_image(result));
    klingrec_result_free(result);
}

static void
retry_after_is_kept_in_the_result_when_the_job_cannot_wait_for_it(void **state)
{
    (void)state;
    static const fake_answer busy = {
        10,    KLINGREC_OK, true, 429, "{\"code\":1302,\"message\":\"slow down\"}",
        "600", KLINGREC_OK};
    fake self = rig_fake(&busy);
    klingrec_request request = rig_request();
    klingrec_result *result = rig_recognize(&self, rig_config(), &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_RATE_LIMIT);
    assert_int_equal(klingrec_result_retry_after_ms(result), 600000);
    assert_int_equal(klingrec_result_service_code(result), 1302);
    assert_string_equal(klingrec_result_code_text(result), "1302");
    assert_int_equal(klingrec_result_http_status(result), 429);
    assert_int_equal(self.started, 1);
    assert_int_equal(fake_now(), 1010);
    klingrec_result_free(result);
}

static void
the_request_has_the_documented_headers_and_one_field(void **state)
{
    (void)state;
    rig_capture c = {{0}, 0, {0}};
    fake self = {.answer = rig_answer_and_capture, .user = &c};
    klingrec_config config = rig_config();
    config.user_agent = "game/1.2";
    klingrec_request request = klingrec_request_url("https://example.org/\xC3\xA4.png");
    klingrec_result *result = rig_recognize(&self, config, &request);
    assert_string_equal(c.text, "{\"image\":\"https://example.org/\xC3\xA4.png\"}");
    assert_string_equal(c.headers,
                        "Content-Type: application/json\n"
                        "Accept: application/json\n"
                        "User-Agent: klingrec/" KLINGREC_VERSION_STRING " game/1.2\n"
                        "Authorization: Bearer test-key\n");
    klingrec_result_free(result);
}

/* The transport in memory takes 10 ms for each attempt; the first retry comes a second
   or more later. */
static void
a_result_has_the_time_of_each_phase(void **state)
{
    (void)state;
    const fake_answer *answers[] = {&RIG_SERVER, &RIG_GOOD, NULL};
    fake self = {.answer = rig_script, .user = answers};
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    uint32_t sum = 0;
    assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_OK);
    uint32_t all = klingrec_result_elapsed_ms(result, KLINGREC_PHASE_ALL);
    for (uint32_t phase = KLINGREC_PHASE_QUEUE; phase <= KLINGREC_PHASE_WAIT; phase++)
        sum += klingrec_result_elapsed_ms(result, phase);
    assert_int_equal(sum, all);
    assert_between(klingrec_result_elapsed_ms(result, KLINGREC_PHASE_QUEUE), 1000,
                   2000);
    uint32_t queue = klingrec_result_elapsed_ms(result, KLINGREC_PHASE_QUEUE);
    assert_between(all - queue, 20, 40);
    assert_int_equal(klingrec_result_elapsed_ms(result, 6), 0);
    assert_int_equal(klingrec_result_elapsed_ms(NULL, 0), 0);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

/* The request is uploaded at once, or the connection is never made. */
static void
the_time_of_an_attempt_belongs_to_its_last_phase(void **state)
{
    (void)state;
    rig_capture c = {{0}, 0, {0}};
    fake uploaded = {.answer = rig_answer_and_capture, .user = &c};
    fake unsent = rig_fake(&RIG_UNSENT);
    klingrec_config config = rig_config();
    config.max_attempts = 1;
    klingrec_request request = rig_request();
    for (int i = 0; i < 2; i++) {
        klingrec_result *result =
            rig_recognize(i == 0 ? &uploaded : &unsent, config, &request);
        assert_int_equal(klingrec_result_elapsed_ms(result, KLINGREC_PHASE_CONNECT),
                         i == 0 ? 0 : 10);
        assert_int_equal(klingrec_result_elapsed_ms(result, KLINGREC_PHASE_UPLOAD), 0);
        assert_int_equal(klingrec_result_elapsed_ms(result, KLINGREC_PHASE_WAIT),
                         i == 0 ? 10 : 0);
        klingrec_result_free(result);
    }
}

/* Seven milliseconds pass while it is uploaded. */
static const fake_answer *
answer_slow_upload(fake *self, klingrec_exchange *x, unsigned n)
{
    char byte;
    (void)self;
    (void)n;
    assert_int_equal(klingrec_exchange_body_read(x, &byte, 1), 1);
    fake_set_now(fake_now() + 7);
    while (klingrec_exchange_body_read(x, &byte, 1) == 1)
        continue;
    return &RIG_GOOD;
}

static void
the_phases_of_an_attempt_add_up(void **state)
{
    (void)state;
    fake self = {.answer = answer_slow_upload};
    klingrec_request request = rig_request();
    klingrec_result *result = rig_recognize(&self, rig_config(), &request);
    assert_int_equal(klingrec_result_elapsed_ms(result, KLINGREC_PHASE_CONNECT), 0);
    assert_int_equal(klingrec_result_elapsed_ms(result, KLINGREC_PHASE_UPLOAD), 7);
    assert_int_equal(klingrec_result_elapsed_ms(result, KLINGREC_PHASE_WAIT), 10);
    klingrec_result_free(result);
}

static void
a_key_in_another_encoding_is_hidden(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"code\":1002,\"message\":\"bad key test\\/key\\u002dlong\"}",
        "{\"code\":1002,\"message\":\"bad key test\\u005c/key-long\"}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        const fake_answer echo = {10,        KLINGREC_OK, true,       401,
                                  bodies[i], NULL,        KLINGREC_OK};
        fake self = rig_fake(&echo);
        klingrec_config config = rig_config();
        config.api_key = "test/key-long";
        klingrec_request request = rig_request();
        klingrec_result *result = rig_recognize(&self, config, &request);
        assert_null(strstr(klingrec_result_message(result), "key-long"));
        assert_non_null(strstr(klingrec_result_message(result), "bad key *"));
        klingrec_result_free(result);
    }
}

/* In the body, in the request id, and in what the transport says. */
static void
a_key_that_is_repeated_is_hidden_everywhere(void **state)
{
    (void)state;
    static const fake_answer echo = {
        10,
        KLINGREC_OK,
        true,
        401,
        "{\"code\":1002,\"x\":\"test-key-long\",\"request_id\":\"a-test-key-long\"}",
        NULL,
        KLINGREC_OK};
    const fake_answer *answers[] = {&echo, &RIG_UNSENT};
    for (size_t i = 0; i < 2; i++) {
        fake self = rig_fake(answers[i]);
        self.detail = "refused: test-key-long";
        klingrec_config config = rig_config();
        config.api_key = "test-key-long";
        config.max_attempts = 1;
        klingrec_request request = rig_request();
        klingrec_result *result = rig_recognize(&self, config, &request);
        const char *texts[] = {klingrec_result_body(result, NULL),
                               klingrec_result_request_id(result),
                               klingrec_result_message(result)};
        for (size_t k = 0; k < 3; k++)
            assert_true(texts[k] == NULL || strstr(texts[k], "key-long") == NULL);
        assert_non_null(strstr(texts[i == 0 ? 0 : 2], "*****"));
        klingrec_result_free(result);
    }
}

static void
set_key_as_id(fake *self, const klingrec_exchange *x, klingrec_status end, bool sent)
{
    klingrec_exchange *exchange = (klingrec_exchange *)(uintptr_t)x;
    (void)self;
    (void)end;
    (void)sent;
    klingrec_exchange_set_http_status(exchange, 401);
    klingrec_exchange_set_header(exchange, "x-request-id", "a-test-key-long");
}

static void
a_key_in_a_header_is_hidden(void **state)
{
    (void)state;
    static const fake_answer refusal = {10,   KLINGREC_OK, true, 0, "{\"code\":1002}",
                                        NULL, KLINGREC_OK};
    fake self = rig_fake(&refusal);
    self.ending = set_key_as_id;
    klingrec_config config = rig_config();
    config.api_key = "test-key-long";
    klingrec_request request = rig_request();
    klingrec_result *result = rig_recognize(&self, config, &request);
    assert_string_equal(klingrec_result_request_id(result), "a-*************");
    klingrec_result_free(result);
}

static void
a_long_message_is_truncated_between_characters(void **state)
{
    (void)state;
    static char body[1024] = "{\"code\":1301,\"message\":\"x";
    for (int i = 0; i < 200; i++)
        strcat(body, "\xE5\x9B\xBE");
    strcat(body, "\"}");
    const fake_answer answer = {10, KLINGREC_OK, true, 400, body, NULL, KLINGREC_OK};
    fake self = rig_fake(&answer);
    klingrec_request request = rig_request();
    klingrec_result *result = rig_recognize(&self, rig_config(), &request);
    assert_non_null(strstr(klingrec_result_message(result), "\xE5\x9B\xBE (HTTP 400"));
    klingrec_result_free(result);
}

static void
the_client_counts_its_jobs_attempts_and_retries_by_cause(void **state)
{
    (void)state;
    static const fake_answer slow_down = {10,   KLINGREC_OK, true,       429,
                                          NULL, NULL,        KLINGREC_OK};
    const fake_answer *script[] = {&RIG_UNSENT, &RIG_SERVER,  &slow_down, &RIG_GOOD,
                                   &RIG_LOST,   &RIG_REFUSED, NULL};
    fake self = {.answer = rig_script, .user = script};
    klingrec_config config = rig_config();
    config.max_in_flight = 1;
    config.max_attempts = 4;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_stats stats = klingrec_stats_default();
    klingrec_result *result;
    klingrec_job last = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(klingrec_submit(client, &request, &last), KLINGREC_OK);
    assert_int_equal(klingrec_cancel(client, last), KLINGREC_OK);
    assert_int_equal(klingrec_client_stats(client, &stats), KLINGREC_OK);
    assert_int_equal(stats.submitted, 4);
    assert_int_equal(stats.attempts, 0);
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK)
        klingrec_result_free(result);

    assert_int_equal(klingrec_client_stats(client, &stats), KLINGREC_OK);
    assert_int_equal(stats.size, sizeof stats);
    assert_int_equal(stats.submitted, 4);
    assert_int_equal(stats.succeeded, 1);
    assert_int_equal(stats.canceled, 1);
    assert_int_equal(stats.failed, 2);
    assert_int_equal(stats.answered, 2);
    assert_int_equal(stats.unsure, 1);
    assert_int_equal(stats.attempts, 6);
    assert_int_equal(stats.retries_network, 1);
    assert_int_equal(stats.retries_rate_limit, 1);
    assert_int_equal(stats.retries_server, 1);
    assert_int_equal(stats.bytes_received, strlen(RIG_SERVER.body) +
                                               strlen(FAKE_SUCCESS) +
                                               strlen(RIG_REFUSED.body));
    assert_true(stats.bytes_sent >= 5 * (sizeof "{\"image\":\"\"}" - 1 + 124));

    /* An older program knows the first counters alone; a wrong size is refused. */
    memset(&stats, 0, sizeof stats);
    stats.size = offsetof(klingrec_stats, canceled);
    assert_int_equal(klingrec_client_stats(client, &stats), KLINGREC_OK);
    assert_int_equal(stats.succeeded, 1);
    assert_int_equal(stats.canceled, 0);
    assert_int_equal(stats.size, offsetof(klingrec_stats, canceled));
    stats.size = 1;
    assert_int_equal(klingrec_client_stats(client, &stats), KLINGREC_ERR_ABI);
    assert_int_equal(klingrec_client_stats(client, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_client_stats(NULL, &stats), KLINGREC_ERR_ARGUMENT);
    klingrec_client_free(client);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_regions_of_a_result_stay_valid_without_the_client),
        cmocka_unit_test(
            every_failure_says_what_it_may_have_cost_and_is_retried_only_if_that_is_nothing),
        cmocka_unit_test(an_unknown_answer_with_a_success_status_is_in_doubt),
        cmocka_unit_test(the_service_message_is_available_without_the_request_id),
        cmocka_unit_test(an_image_that_breaks_a_rule_is_never_sent),
        cmocka_unit_test(
            retry_after_is_kept_in_the_result_when_the_job_cannot_wait_for_it),
        cmocka_unit_test(the_request_has_the_documented_headers_and_one_field),
        cmocka_unit_test(a_result_has_the_time_of_each_phase),
        cmocka_unit_test(the_time_of_an_attempt_belongs_to_its_last_phase),
        cmocka_unit_test(the_phases_of_an_attempt_add_up),
        cmocka_unit_test(a_key_in_another_encoding_is_hidden),
        cmocka_unit_test(a_key_that_is_repeated_is_hidden_everywhere),
        cmocka_unit_test(a_key_in_a_header_is_hidden),
        cmocka_unit_test(a_long_message_is_truncated_between_characters),
        cmocka_unit_test(the_client_counts_its_jobs_attempts_and_retries_by_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
