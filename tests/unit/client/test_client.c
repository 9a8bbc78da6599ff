/* test_client.c - jobs from submit to result, in virtual time */
#include "../../between.h"
#include "http/transport_curl.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- One job ---------------------------------------------------------------- */

static klingrec_result *
recognize(fake *self, klingrec_config config, const klingrec_request *request)
{
    klingrec_client *client = rig_client(self, config);
    klingrec_result *result = NULL;
    assert_non_null(client);
    klingrec_status status = klingrec_recognize(client, request, &result);
    assert_non_null(result);
    assert_int_equal(status, klingrec_result_status(result));
    assert_int_equal(klingrec_pending(client), 0);
    klingrec_client_free(client);
    assert_int_equal(self->at_once, 0);
    assert_int_equal(self->closed, 1);
    return result;
}

static void
the_regions_of_a_result_stay_valid_without_the_client(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_request request = rig_request();
    request.user_data = &self;
    klingrec_result *result = recognize(&self, rig_config(), &request);
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
        klingrec_result *result = recognize(&self, config, &request);
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
        fake self = {.answer = rig_always, .user = &answer};
        klingrec_request request = rig_request();
        klingrec_result *result = recognize(&self, rig_config(), &request);
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
    fake self = {.answer = rig_always, .user = &answer};
    klingrec_request request = rig_request();
    klingrec_result *result = recognize(&self, rig_config(), &request);
    assert_string_equal(klingrec_result_service_message(result), "no, never");
    assert_string_equal(klingrec_result_request_id(result), "ab12");
    klingrec_result_free(result);

    fake good = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    result = recognize(&good, rig_config(), &request);
    assert_null(klingrec_result_service_message(result));
    klingrec_result_free(result);
    assert_null(klingrec_result_service_message(NULL));
}

static void
an_image_that_breaks_a_rule_is_never_sent(void **state)
{
    (void)state;
    static const char text[] = "hello, I am not an image";
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_request request = klingrec_request_bytes(text, sizeof text - 1);
    klingrec_result *result = recognize(&self, rig_config(), &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_IMAGE_FORMAT);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    assert_int_equal(klingrec_result_attempts(result), 0);
    assert_int_equal(self.started, 0);
    assert_string_equal(klingrec_result_message(result),
                        "this is text; the service takes JPEG and PNG");
    klingrec_result_free(result);

    fake other = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_config config = rig_config();
    config.flags = KLINGREC_CLIENT_NO_CHECK;
    result = recognize(&other, config, &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
    assert_null(klingrec_result_image(result));
    klingrec_result_free(result);
}

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
        fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_NEVER};
        klingrec_config config = rig_config();
        config.attempt_timeout_ms = rows[i].attempt_ms;
        config.deadline_ms = rows[i].client_ms;
        klingrec_request request = rig_request();
        request.deadline_ms = rows[i].request_ms;
        klingrec_result *result = recognize(&self, config, &request);
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
retry_after_is_kept_in_the_result_when_the_job_cannot_wait_for_it(void **state)
{
    (void)state;
    static const fake_answer busy = {
        10,    KLINGREC_OK, true, 429, "{\"code\":1302,\"message\":\"slow down\"}",
        "600", KLINGREC_OK};
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&busy};
    klingrec_request request = rig_request();
    klingrec_result *result = recognize(&self, rig_config(), &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_RATE_LIMIT);
    assert_int_equal(klingrec_result_retry_after_ms(result), 600000);
    assert_int_equal(klingrec_result_service_code(result), 1302);
    assert_string_equal(klingrec_result_code_text(result), "1302");
    assert_int_equal(klingrec_result_http_status(result), 429);
    assert_int_equal(self.started, 1);
    assert_int_equal(fake_now(), 1010);
    klingrec_result_free(result);
}

/* ---- The body --------------------------------------------------------------- */

typedef struct capture {
    char text[1024];
    size_t len;
    char headers[512];
} capture;

static const fake_answer *
answer_and_capture(fake *self, klingrec_exchange *x, unsigned n)
{
    capture *c = self->user;
    const char *name, *value;
    (void)n;
    for (size_t i = 0; (name = klingrec_exchange_header(x, i, &value)) != NULL; i++)
        snprintf(c->headers + strlen(c->headers),
                 sizeof c->headers - strlen(c->headers), "%s: %s\n", name, value);
    size_t got = 1;
    c->len = 0;
    while (got > 0) { /* the least that a transport may ask for */
        got = klingrec_exchange_body_read(x, c->text + c->len, 16);
        assert_true(got <= 16);
        c->len += got;
    }
    assert_int_equal(c->len, klingrec_exchange_body_size(x));
    assert_false(klingrec_exchange_body_rewind(x));
    return &RIG_GOOD;
}

static void
the_request_has_the_documented_headers_and_one_field(void **state)
{
    (void)state;
    capture c = {{0}, 0, {0}};
    fake self = {.answer = answer_and_capture, .user = &c};
    klingrec_config config = rig_config();
    config.user_agent = "game/1.2";
    klingrec_request request = klingrec_request_url("https://example.org/\xC3\xA4.png");
    klingrec_result *result = recognize(&self, config, &request);
    assert_string_equal(c.text, "{\"image\":\"https://example.org/\xC3\xA4.png\"}");
    assert_string_equal(c.headers,
                        "Content-Type: application/json\n"
                        "Accept: application/json\n"
                        "User-Agent: klingrec/" KLINGREC_VERSION_STRING " game/1.2\n"
                        "Authorization: Bearer test-key\n");
    klingrec_result_free(result);
}

/* ---- Submit and poll -------------------------------------------------------- */

static int released;

static void
count_release(void *release_user)
{
    assert_null(release_user); /* nobody set it, whatever user_data is */
    released++;
}

static void
each_accepted_job_yields_exactly_one_result_and_one_release(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_result *result = NULL;
    bool seen[21] = {false};

    released = 0;
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_IDLE);
    for (int i = 0; i < 20; i++) {
        klingrec_request request = rig_request();
        request.user_data = &request;
        request.release = count_release;
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
    assert_int_equal(released, 20);
    assert_int_equal(self.most_at_once, 4);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_IDLE);
    klingrec_client_free(client);
}

static void
a_full_queue_says_so_and_does_not_release(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_config config = rig_config();
    config.max_queued = 2;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_job job = 7;
    released = 0;
    request.release = count_release;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, &job), KLINGREC_ERR_QUEUE_FULL);
    assert_int_equal(job, 0);
    assert_int_equal(released, 0);
    klingrec_client_free(client); /* accepted jobs are released, polled or not */
    assert_int_equal(released, 2);
}

/* Returns how often recognize() released this request. */
static int
released_by_recognize(klingrec_client *client, const klingrec_request *request,
                      klingrec_status expected)
{
    klingrec_result *result = NULL;
    released = 0;
    assert_int_equal(klingrec_recognize(client, request, &result), expected);
    klingrec_result_free(result);
    return released;
}

static void
recognize_releases_a_request_once_also_when_it_refuses_it(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request request = rig_request();
    request.release = count_release;
    assert_int_equal(released_by_recognize(client, &request, KLINGREC_OK), 1);
    assert_int_equal(released_by_recognize(NULL, &request, KLINGREC_ERR_ARGUMENT), 1);
    released = 0;
    assert_int_equal(klingrec_recognize(client, &request, NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(released, 1);
    klingrec_request wrong = request;
    wrong.from = 77;
    assert_int_equal(released_by_recognize(client, &wrong, KLINGREC_ERR_ARGUMENT), 1);
    wrong.size = 1;
    assert_int_equal(released_by_recognize(client, &wrong, KLINGREC_ERR_ABI), 0);
    assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
    assert_int_equal(released_by_recognize(client, &request, KLINGREC_ERR_CANCELED), 1);
    klingrec_client_free(client);
}

static void
submit_copies_texts_that_the_caller_may_free(void **state)
{
    (void)state;
    capture c = {{0}, 0, {0}};
    fake self = {.answer = answer_and_capture, .user = &c};
    klingrec_client *client = rig_client(&self, rig_config());
    char url[] = "https://example.org/a.png?and-more";
    klingrec_request request = klingrec_request_url(url);
    klingrec_result *result = NULL;
    request.len = strlen("https://example.org/a.png");
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    memset(url, 'x', sizeof url);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_string_equal(c.text, "{\"image\":\"https://example.org/a.png\"}");
    klingrec_result_free(result);
    klingrec_client_free(client);
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
        fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_NEVER};
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

static void
after_a_shutdown_jobs_are_refused_and_running_ones_finish(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
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
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
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
a_queued_job_ends_at_its_deadline(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_NEVER};
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
a_blocking_call_does_not_consume_results_of_other_jobs(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
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
an_answer_in_time_counts_even_if_the_host_polls_late(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
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
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_config config = rig_config();
    config.attempt_timeout_ms = 500;
    klingrec_reader reader;
    klingrec_request request = slow_request(&reader);
    klingrec_result *result = recognize(&self, config, &request);
    assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
    klingrec_result_free(result);
}

static void
no_attempt_starts_after_the_deadline(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_reader reader;
    klingrec_request request = slow_request(&reader);
    klingrec_result *result = recognize(&self, rig_config(), &request);
    uint32_t check_ms = klingrec_result_elapsed_ms(result, KLINGREC_PHASE_CHECK);
    assert_true(check_ms >= 2000);
    klingrec_result_free(result);

    self = (fake){.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    request = slow_request(&reader);
    request.deadline_ms = check_ms; /* it is over when the image has been read */
    result = recognize(&self, rig_config(), &request);
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
    read_job->wish = KLR_WISH_CANCELED;
    return read_slowly(user, offset, buf, len);
}

static void
no_attempt_starts_if_its_job_is_canceled_while_the_image_is_read(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
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
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
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

static void
a_key_in_another_encoding_is_hidden(void **state)
{
    (void)state;
    static const fake_answer echo = {
        10,
        KLINGREC_OK,
        true,
        401,
        "{\"code\":1002,\"message\":\"bad key test\\/key\\u002dlong\"}",
        NULL,
        KLINGREC_OK};
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&echo};
    klingrec_config config = rig_config();
    config.api_key = "test/key-long";
    klingrec_request request = rig_request();
    klingrec_result *result = recognize(&self, config, &request);
    assert_null(strstr(klingrec_result_message(result), "key-long"));
    assert_non_null(strstr(klingrec_result_message(result), "bad key *"));
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
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&answer};
    klingrec_request request = rig_request();
    klingrec_result *result = recognize(&self, rig_config(), &request);
    assert_non_null(strstr(klingrec_result_message(result), "\xE5\x9B\xBE (HTTP 400"));
    klingrec_result_free(result);
}

/* ---- Wrong calls ------------------------------------------------------------ */

static void
invalid_requests_are_refused_with_a_result_that_says_why(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    klingrec_client *client = rig_client(&self, rig_config());
    klingrec_request rows[6];
    for (size_t i = 0; i < 6; i++)
        rows[i] = rig_request();
    rows[0].from = 0;
    rows[1].from = 6;
    rows[2].flags = 1u << 31;
    rows[3].reserved = 1;
    rows[4].data = NULL;
    rows[5].size = 3;
    for (size_t i = 0; i < 6; i++) {
        klingrec_result *result = NULL;
        klingrec_status expected = i == 5 ? KLINGREC_ERR_ABI : KLINGREC_ERR_ARGUMENT;
        assert_int_equal(klingrec_submit(client, &rows[i], NULL), expected);
        assert_int_equal(klingrec_recognize(client, &rows[i], &result), expected);
        assert_int_equal(klingrec_result_status(result), expected);
        klingrec_result_free(result);
    }
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

static void
invalid_configurations_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "", "a b", "a\r\nX-Injected: yes", "a\n", "k\xC3\xA4", "=", "a=b", "a\tb",
    };
    static const char *const endpoints[] = {
        "http://example.org/x",
        "ftp://example.org/x",
        "example.org",
        "https://",
        "https://u:p@example.org/",
        "https://example.org/\r\nX: y",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "https://example.org:0/",
        "https://example.org/\xC3\xA4",
    };
    klingrec_client *client;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        klingrec_config config = rig_config();
        config.api_key = keys[i];
        assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                         KLINGREC_ERR_ARGUMENT);
        assert_null(client);
    }
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        klingrec_config config = rig_config();
        config.endpoint = endpoints[i];
        assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                         KLINGREC_ERR_ARGUMENT);
    }
    char key[4098];
    memset(key, 'k', sizeof key);
    key[4096] = '\0';
    klingrec_config config = rig_config();
    config.api_key = key;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client), KLINGREC_OK);
    klingrec_client_free(client);
    key[4096] = 'k';
    key[4097] = '\0';
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);

    config = rig_config();
    config.api_key = NULL;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);
    config = rig_config();
    config.flags = 1u << 20;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);
    config = rig_config();
    config.user_agent = "x\r\ny";
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client),
                     KLINGREC_ERR_ARGUMENT);
    config = rig_config();
    config.endpoint = "http://example.org/x";
    config.flags = KLINGREC_CLIENT_INSECURE_HTTP;
    assert_int_equal(klingrec_client_new(&config, NULL, 0, &client), KLINGREC_OK);
    klingrec_client_free(client);
}

static void
the_line_about_a_wrong_configuration_names_the_field_and_never_the_key(void **state)
{
    (void)state;
    enum { ROWS = 17, CA_MAX = 4 * 1024 * 1024 };
    char line[256];
    char *long_text = malloc(CA_MAX + 2);
    klingrec_config rows[ROWS];
    static const char *const lines[ROWS] = {
        "endpoint: a URL starts with http:// or https://, at byte 0",
        "endpoint: http:// would send the key unencrypted to another machine; use "
        "https://",
        "api_key: byte 7 is not allowed in a bearer token, which has letters, digits "
        "and -._~+/, and = at its end only",
        "user_agent: byte 1 is not printable ASCII",
        "proxy: it must start with http://, https://, socks4://, socks4a://, socks5:// "
        "or socks5h://",
        "flags: 0x100000 is unknown",
        "max_in_flight: 1001 is over 1000",
        "proxy: an http:// endpoint would send the key unencrypted to another machine; "
        "use https://",
        "proxy: it contains a control character",
        "proxy: the URL names no valid host, at byte 27",
        "proxy: the URL's port is not a number from 1 to 65535, at byte 32",
        "proxy: more than one @; write %40 in a user or password",
        "proxy: write http:// in front; a host in pop3. means another kind of server "
        "to libcurl",
        "endpoint: the URL names no valid host, at byte 7",
        "ca_pem: ca_file is set too",
        "ca_pem: there is no PEM certificate in its 3 bytes",
        "ca_pem: 4194305 bytes are over 4194304",
    };
    assert_non_null(long_text);
    memset(long_text, '\n', CA_MAX + 1);
    long_text[CA_MAX + 1] = '\0';
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = rig_config();
    rows[0].endpoint = "ftp://example.org/";
    rows[1].endpoint = "http://example.org/";
    rows[2].api_key = "SECRET1\nSECRET2";
    rows[3].user_agent = "a\r\n";
    rows[4].proxy = "foo://x";
    rows[5].flags = 1u << 20;
    rows[6].max_in_flight = 1001;
    rows[7].endpoint = "http://127.0.0.1/";
    rows[7].proxy = "http://user:SECRET3@example.org:3128";
    rows[8].proxy = "http://user:SECRET4%00@example.org:3128";
    rows[9].proxy = "http://user:SECRET5@127.0.0[:1]";
    rows[10].proxy = "http://user:SECRET6@example.org:0";
    rows[11].proxy = "http://user:SEC@RET7@example.org";
    rows[12].proxy = "pop3.example.org:3128";
    rows[13].endpoint = "http://[localhost]/";
    rows[14].ca_file = "ca.pem";
    rows[14].ca_pem = "-----BEGIN CERTIFICATE-----";
    rows[15].ca_pem = "DER";
    rows[16].ca_pem = long_text;
    for (size_t i = 0; i < ROWS; i++) {
        klingrec_client *client;
        assert_int_equal(klingrec_config_check(&rows[i], line, sizeof line),
                         KLINGREC_ERR_ARGUMENT);
        assert_string_equal(line, lines[i]);
        assert_null(strstr(line, "SECRET"));
        assert_int_equal(klingrec_config_check(&rows[i], NULL, 0),
                         KLINGREC_ERR_ARGUMENT);
        line[0] = '\0';
        assert_int_equal(klingrec_client_new(&rows[i], line, sizeof line, &client),
                         KLINGREC_ERR_ARGUMENT);
        assert_string_equal(line, lines[i]);
    }
    free(long_text);
    rows[0] = rig_config();
    assert_int_equal(klingrec_config_check(&rows[0], line, sizeof line), KLINGREC_OK);
    assert_string_equal(line, "success");
    rows[0].size = 1;
    assert_int_equal(klingrec_config_check(&rows[0], line, sizeof line),
                     KLINGREC_ERR_ABI);
    assert_int_equal(klingrec_config_check(NULL, line, sizeof line),
                     KLINGREC_ERR_ARGUMENT);
}

static void *
no_memory(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)ptr;
    (void)old_size;
    (void)new_size;
    return NULL;
}

static void
client_new_gives_a_reason_for_every_failure_and_cuts_it_to_fit(void **state)
{
    (void)state;
    klingrec_client *client = NULL;
    klingrec_config config = rig_config();
    char line[256] = "old", small[8] = "old";

    config.alloc = no_memory;
    assert_int_equal(klingrec_client_new(&config, line, sizeof line, &client),
                     KLINGREC_ERR_NOMEM);
    assert_string_equal(line, klingrec_status_string(KLINGREC_ERR_NOMEM));
    assert_int_equal(klingrec_client_new(&config, line, sizeof line, NULL),
                     KLINGREC_ERR_ARGUMENT);
    assert_string_equal(line, "the last argument is NULL");
    config = rig_config();
    assert_int_equal(klingrec_client_new(&config, line, sizeof line, &client),
                     KLINGREC_OK);
    assert_string_equal(line, "success");
    klingrec_client_free(client);
    config.api_key = "two words";
    assert_int_equal(klingrec_client_new(&config, small, sizeof small, &client),
                     KLINGREC_ERR_ARGUMENT);
    assert_string_equal(small, "api_key");
    assert_null(client);
}

/* What a library is built without is refused by both calls, in the same words. */
static void
a_part_that_is_not_built_is_refused_and_named(void **state)
{
    (void)state;
    static fake self;
    klingrec_transport transport = fake_transport(&self);
    klingrec_config threaded = rig_config(), bare = rig_config();
    klingrec_client *client;
    char line[256];
    threaded.run = KLINGREC_RUN_THREAD;
    threaded.transport = &transport;
    bare.transport = NULL;
    const struct {
        const klingrec_config *config;
        bool built;
        const char *line;
    } rows[] = {
        {&threaded, KLR_HAS_THREADS,
         "run: this library is built without threads; use KLINGREC_RUN_CALLER"},
        {&bare, klr_curl_is_built(),
         "transport: NULL, and this library is built without libcurl"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klingrec_status due = rows[i].built ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT;
        const char *text = rows[i].built ? "success" : rows[i].line;
        assert_int_equal(klingrec_config_check(rows[i].config, line, sizeof line), due);
        assert_string_equal(line, text);
        if (rows[i].built) /* tests/net makes such clients */
            continue;
        assert_int_equal(
            klingrec_client_new(rows[i].config, line, sizeof line, &client), due);
        assert_string_equal(line, text);
        assert_null(client);
    }
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

/* An http: endpoint is local, so its proxy must be local too. */
static void
an_unencrypted_request_does_not_use_a_remote_proxy(void **state)
{
    enum { HERE, ELSEWHERE, NONE }; /* NONE: libcurl would not take it either */
    static const struct {
        const char *proxy;
        int is;
    } rows[] = {
        {"", HERE},
        {"127.0.0.1:3128", HERE},
        {"http://127.0.0.1", HERE},
        {"http://user:p:w@127.0.0.1:3128/", HERE},
        {"http://user:p%40ss@127.0.0.1:3128", HERE},
        {"socks5h://localhost:1080", HERE},
        {"socks5://[::1]:1080", HERE},
        {"socks5://[::1]/path", HERE},
        {"http://[::1]?.example.org", HERE},
        {"example.org:3128", ELSEWHERE},
        {"http://user:127.0.0.1@example.org:3128", ELSEWHERE},
        {"http://127.0.0.1:1@example.org:3128", ELSEWHERE},
        {"http://example.org:3128/@127.0.0.1", ELSEWHERE},
        {"http://example.org?@127.0.0.1", ELSEWHERE},
        {"http://example.org#@127.0.0.1", ELSEWHERE},
        {"http://127.0.0.1.example.org:3128", ELSEWHERE},
        {"http://localhost.example.org", ELSEWHERE},
        {"http://localhost.", ELSEWHERE},
        {"127.1:3128", ELSEWHERE},
        {"http://0x7f.1", ELSEWHERE},
        {"http://127.0.0.099", ELSEWHERE},
        {"socks5://[::2]:1080", ELSEWHERE},
        {"http://[::ffff:127.0.0.1]", ELSEWHERE},
        {"http://ftp.example.org", ELSEWHERE},
        {"ftp.example.org", NONE}, /* a guess: ftp:// */
        {"user@LDAP.example.org", NONE},
        {"http://user:p@ss:w@127.0.0.1:3128/", NONE},
        {"http://[::1].example.org", NONE},
        {"http://[::1]x:80", NONE},
        {"http://[::1%25lo]", NONE},
        {"http://[localhost]", NONE},
        {"socks5://[::1", NONE},
        {"http://loc%61lhost", NONE},
        {"http://example.org\\@127.0.0.1", HERE}, /* libcurl: a user's name */
        {"http://127.0.0.1\\.example.org", NONE},
        {"http://127.0.0.1:", NONE},
        {"127.0.0.1:", NONE},
        {"http://127.0.0.1:0", NONE},
        {"http://127.0.0.1:65536", NONE},
        {"http://127.0.0.1:80x", NONE},
        {"http://", NONE},
        {"http://@", NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const klingrec_status good =
            rows[i].is == NONE ? KLINGREC_ERR_ARGUMENT : KLINGREC_OK;
        klingrec_config config = rig_config();
        config.proxy = rows[i].proxy;
        if (klingrec_config_check(&config, NULL, 0) != good)
            fail_msg("%s", rows[i].proxy);
        config.endpoint = "http://127.0.0.1/";
        if (klingrec_config_check(&config, NULL, 0) !=
            (rows[i].is == HERE ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT))
            fail_msg("%s from here", rows[i].proxy);
        config.flags = KLINGREC_CLIENT_INSECURE_HTTP;
        if (klingrec_config_check(&config, NULL, 0) != good)
            fail_msg("%s, insecure", rows[i].proxy);
    }
}

/* ---- Tokens ----------------------------------------------------------------- */

static bool
next_token(void *user, char *buf, size_t len)
{
    unsigned *n = user;
    ++*n;
    if (*n == 3)
        return false;
    snprintf(buf, len, *n == 4 ? "bad token" : "token-%u", *n);
    return true;
}

static void
a_token_is_requested_and_checked_for_each_attempt(void **state)
{
    (void)state;
    capture c = {{0}, 0, {0}};
    unsigned asked = 0;
    fake self = {.answer = answer_and_capture, .user = &c};
    klingrec_config config = rig_config();
    config.api_key = NULL;
    config.token = next_token;
    config.token_user = &asked;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = klingrec_request_url("https://example.org/");
    static const klingrec_status expected[] = {KLINGREC_OK, KLINGREC_OK,
                                               KLINGREC_ERR_AUTH, KLINGREC_ERR_AUTH};
    for (unsigned i = 0; i < 4; i++) {
        klingrec_result *result = NULL;
        assert_int_equal(klingrec_recognize(client, &request, &result), expected[i]);
        bool explained =
            strstr(klingrec_result_message(result), "the token callback") != NULL;
        assert_int_equal(explained, expected[i] == KLINGREC_ERR_AUTH);
        klingrec_result_free(result);
    }
    assert_non_null(strstr(c.headers, "Bearer token-1\n"));
    assert_non_null(strstr(c.headers, "Bearer token-2\n"));
    assert_int_equal(self.started, 2);
    klingrec_client_free(client);
}

/* ---- A host that says when -------------------------------------------------- */

/* Admits at multiples of `every` ms of the clock, from 1000 on; 0: never. */
typedef struct gate {
    uint64_t every;
    uint64_t next;
    unsigned asked;
    unsigned admitted;
} gate;

static uint32_t
ask_gate(void *user)
{
    gate *g = user;
    g->asked++;
    if (g->every == 0)
        return UINT32_MAX;
    if (fake_now() < g->next)
        return (uint32_t)(g->next - fake_now());
    g->next = fake_now() + g->every;
    g->admitted++;
    return 0;
}

static void
each_attempt_waits_until_the_host_admits_it(void **state)
{
    (void)state;
    /* the second attempt fails and is tried again: that is asked for as well */
    const fake_answer *answers[] = {&RIG_GOOD, &RIG_SERVER, &RIG_GOOD, NULL};
    fake self = {.answer = rig_script, .user = answers};
    gate g = {5000, 1000, 0, 0};
    klingrec_config config = rig_config();
    config.admit = ask_gate;
    config.admit_user = &g;
    klingrec_client *client = rig_client(&self, config);
    klingrec_result *result = NULL;
    unsigned attempts = 0;
    for (int i = 0; i < 3; i++) {
        klingrec_request request = rig_request();
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    }
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK) {
        assert_int_equal(klingrec_result_status(result), KLINGREC_OK);
        attempts += klingrec_result_attempts(result);
        klingrec_result_free(result);
    }
    assert_int_equal(attempts, 4);
    assert_int_equal(g.admitted, 4);
    assert_int_equal(g.asked,
                     7); /* it returns the time, so it is not called in between */
    assert_int_equal(self.started, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(self.started_at[i], 1000 + i * 5000);
    klingrec_client_free(client);
}

static void
an_image_that_fails_the_check_needs_no_admission(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    gate g = {5000, 1000, 0, 0};
    klingrec_config config = rig_config();
    config.admit = ask_gate;
    config.admit_user = &g;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = klingrec_request_bytes(RIG_PNG, RIG_PNG_SIZE - 1);
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_recognize(client, &request, &result),
                     KLINGREC_ERR_IMAGE_DAMAGED);
    assert_int_equal(g.asked, 0);
    klingrec_result_free(result);
    klingrec_client_free(client);
}

static void
a_job_that_the_host_never_admits_ends_by_deadline_and_cancel_unsent(void **state)
{
    (void)state;
    fake self = {.answer = rig_always, .user = (void *)(uintptr_t)&RIG_GOOD};
    gate g = {0, 0, 0, 0};
    klingrec_config config = rig_config();
    config.admit = ask_gate;
    config.admit_user = &g;
    klingrec_client *client = rig_client(&self, config);
    klingrec_request request = rig_request();
    klingrec_result *result = NULL;
    released = 0;
    request.release = count_release;
    request.deadline_ms = 700;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    request.deadline_ms = 0;
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_TIMEOUT);
    assert_int_equal(fake_now(), 1700);
    assert_int_equal(klingrec_result_attempts(result), 0);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    klingrec_result_free(result);
    assert_int_equal(klingrec_cancel(client, 2), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_CANCELED);
    assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    klingrec_result_free(result);
    assert_int_equal(g.asked, 1);
    klingrec_client_free(client); /* and the third with it */
    assert_int_equal(released, 3);
    assert_int_equal(self.started, 0);
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
        cmocka_unit_test(time_limits_end_a_job_to_the_millisecond),
        cmocka_unit_test(
            retry_after_is_kept_in_the_result_when_the_job_cannot_wait_for_it),
        cmocka_unit_test(the_request_has_the_documented_headers_and_one_field),
        cmocka_unit_test(each_accepted_job_yields_exactly_one_result_and_one_release),
        cmocka_unit_test(a_full_queue_says_so_and_does_not_release),
        cmocka_unit_test(recognize_releases_a_request_once_also_when_it_refuses_it),
        cmocka_unit_test(submit_copies_texts_that_the_caller_may_free),
        cmocka_unit_test(a_canceled_job_yields_its_result_in_every_state),
        cmocka_unit_test(draining_finishes_running_jobs_and_starts_no_other),
        cmocka_unit_test(draining_does_not_undo_a_cancel),
        cmocka_unit_test(a_result_has_the_time_of_each_phase),
        cmocka_unit_test(after_a_shutdown_jobs_are_refused_and_running_ones_finish),
        cmocka_unit_test(the_host_is_notified_when_a_full_queue_accepts_jobs_again),
        cmocka_unit_test(a_queued_job_ends_at_its_deadline),
        cmocka_unit_test(a_blocking_call_does_not_consume_results_of_other_jobs),
        cmocka_unit_test(an_answer_in_time_counts_even_if_the_host_polls_late),
        cmocka_unit_test(reading_the_image_does_not_count_as_silence_of_the_server),
        cmocka_unit_test(no_attempt_starts_after_the_deadline),
        cmocka_unit_test(
            no_attempt_starts_if_its_job_is_canceled_while_the_image_is_read),
        cmocka_unit_test(the_limit_per_minute_counts_from_the_start_of_an_attempt),
        cmocka_unit_test(a_key_in_another_encoding_is_hidden),
        cmocka_unit_test(a_long_message_is_truncated_between_characters),
        cmocka_unit_test(invalid_requests_are_refused_with_a_result_that_says_why),
        cmocka_unit_test(invalid_configurations_are_refused),
        cmocka_unit_test(
            the_line_about_a_wrong_configuration_names_the_field_and_never_the_key),
        cmocka_unit_test(the_client_counts_its_jobs_attempts_and_retries_by_cause),
        cmocka_unit_test(
            client_new_gives_a_reason_for_every_failure_and_cuts_it_to_fit),
        cmocka_unit_test(a_part_that_is_not_built_is_refused_and_named),
        cmocka_unit_test(an_unencrypted_request_does_not_use_a_remote_proxy),
        cmocka_unit_test(a_token_is_requested_and_checked_for_each_attempt),
        cmocka_unit_test(each_attempt_waits_until_the_host_admits_it),
        cmocka_unit_test(an_image_that_fails_the_check_needs_no_admission),
        cmocka_unit_test(
            a_job_that_the_host_never_admits_ends_by_deadline_and_cancel_unsent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
