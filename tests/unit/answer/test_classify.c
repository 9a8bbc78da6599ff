/* SPDX-License-Identifier: MIT */
/* test_classify.c - every documented answer and transport error has one status */
#include "answer/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The expectations of a row, one word each. */
#define OK       KLINGREC_OK
#define AUTH     KLINGREC_ERR_AUTH
#define ACCOUNT  KLINGREC_ERR_ACCOUNT
#define RATE     KLINGREC_ERR_RATE_LIMIT
#define REFUSED  KLINGREC_ERR_REFUSED
#define SERVER   KLINGREC_ERR_SERVER
#define RESPONSE KLINGREC_ERR_RESPONSE
#define NEVER    KLR_RETRY_NEVER
#define SAFE     KLR_RETRY_SAFE
#define UNSURE   KLR_RETRY_UNSURE

static void
check(klr_verdict verdict, klingrec_status status, klingrec_delivery delivery,
      klr_retry retry, const char *what)
{
    if (verdict.status != status || verdict.delivery != delivery ||
        verdict.retry != retry)
        fail_msg("%s: %s, delivery %d, retry %d", what,
                 klingrec_status_name(verdict.status), (int)verdict.delivery,
                 (int)verdict.retry);
}

/* A whole answer is ANSWERED, except where a second attempt may pay twice. */
static void
check_answer(const klr_answer *answer, int http_status, klingrec_status status,
             klr_retry retry, const char *what)
{
    for (int sent = 0; sent < 2; sent++) {
        klr_outcome outcome = {KLINGREC_OK, sent, http_status, answer};
        check(klr_classify(&outcome), status,
              retry == UNSURE ? KLINGREC_DELIVERY_UNSURE : KLINGREC_DELIVERY_ANSWERED,
              retry, what);
    }
}

#define IN_MESSAGE     "{\"code\":\"fail_to_fetch_task\",\"message\":\"{\\\"code\\\":"
#define ENVELOPE(code) "{\"code\":" #code ",\"message\":\"m\",\"request_id\":\"i\"}"
#define KLING(http, code, status, retry)                                               \
    {                                                                                  \
        http, ENVELOPE(code), code, NULL, "m", "i", status, retry                      \
    }

/* From body and HTTP status to everything that a caller can see. */
static const struct {
    int http_status;
    const char *body;
    int code;
    const char *word, *message, *request_id;
    klingrec_status status;
    klr_retry retry;
} BODIES[] = {
    /* the service's own table of codes */
    KLING(401, 1000, AUTH, NEVER),
    KLING(401, 1001, AUTH, NEVER),
    KLING(401, 1002, AUTH, NEVER),
    KLING(401, 1003, AUTH, NEVER),
    KLING(401, 1004, AUTH, NEVER),
    KLING(429, 1100, ACCOUNT, NEVER),
    KLING(429, 1101, ACCOUNT, NEVER),
    KLING(429, 1102, ACCOUNT, NEVER),
    KLING(403, 1103, ACCOUNT, NEVER),
    KLING(400, 1200, REFUSED, NEVER),
    KLING(400, 1201, REFUSED, NEVER),
    KLING(404, 1202, REFUSED, NEVER),
    KLING(404, 1203, REFUSED, NEVER),
    KLING(400, 1300, REFUSED, NEVER),
    KLING(400, 1301, REFUSED, NEVER),
    KLING(429, 1302, RATE, SAFE),
    KLING(429, 1303, RATE, SAFE),
    KLING(429, 1304, ACCOUNT, NEVER),
    KLING(500, 5000, SERVER, SAFE),
    KLING(503, 5001, SERVER, SAFE),
    KLING(504, 5002, SERVER, UNSURE),

    /* the same with HTTP 200: the code decides */
    KLING(200, 1004, AUTH, NEVER),
    KLING(200, 1102, ACCOUNT, NEVER),
    KLING(200, 1201, REFUSED, NEVER),
    KLING(200, 1303, RATE, SAFE),
    KLING(200, 5002, SERVER, UNSURE),

    /* unknown codes: by their range, with its first and last number */
    KLING(200, 999, RESPONSE, NEVER),
    KLING(500, 1000, AUTH, NEVER),
    KLING(500, 1099, AUTH, NEVER),
    KLING(500, 1100, ACCOUNT, NEVER),
    KLING(500, 1199, ACCOUNT, NEVER),
    KLING(500, 1200, REFUSED, NEVER),
    KLING(500, 1301, REFUSED, NEVER),
    KLING(500, 1305, REFUSED, NEVER),
    KLING(500, 1399, REFUSED, NEVER),
    KLING(500, 1400, SERVER, SAFE),
    KLING(400, 4999, REFUSED, NEVER),
    KLING(400, 5000, SERVER, SAFE),
    KLING(400, 5001, SERVER, SAFE),
    KLING(400, 5003, SERVER, SAFE),
    KLING(400, 5999, SERVER, SAFE),
    KLING(400, 6000, REFUSED, NEVER),
    KLING(200, 6000, RESPONSE, NEVER),
    KLING(429, -1, RATE, SAFE),

    /* captured from gateways */
    {400,
     "{\"error\":{\"code\":\"\",\"message\":\"model name is required (request id: x)\","
     "\"type\":\"comet_api_error\"}}",
     0, NULL, "model name is required", "x", REFUSED, NEVER},
    {500,
     "{\"error\":{\"message\":\"field messages is required (request id: x)\",\"type\":"
     "\"comet_api_error\",\"param\":\"\",\"code\":\"invalid_request\"}}",
     0, "invalid_request", "field messages is required", "x", REFUSED, NEVER},
    {503,
     "{\"error\":{\"code\":\"model_not_found\",\"message\":\"no available channel for "
     "group default and model m (distributor) (request id: x)\"}}",
     0, "model_not_found",
     "no available channel for group default and model m (distributor)", "x", ACCOUNT,
     NEVER},
    {503,
     "{\"error\":{\"code\":\"\",\"message\":\"no available channel for group g\"}}", 0,
     NULL, "no available channel for group g", NULL, ACCOUNT, NEVER},
    {403, "{\"code\":null,\"message\":\"user quota is not enough\"}", 0, NULL,
     "user quota is not enough", NULL, ACCOUNT, NEVER},
    {500, "{\"code\":null,\"message\":\"user quota is not enough\"}", 0, NULL,
     "user quota is not enough", NULL, ACCOUNT, NEVER},
    {200, "{\"code\":null,\"message\":\"user quota is not enough\"}", 0, NULL,
     "user quota is not enough", NULL, ACCOUNT, NEVER},
    {403,
     "{\"code\":\"quota_not_enough\",\"message\":\"user quota is not enough\",\"data\":"
     "null}",
     0, "quota_not_enough", "user quota is not enough", NULL, ACCOUNT, NEVER},
    {429, "{\"error\":{\"code\":\"insufficient_quota\"}}", 0, "insufficient_quota",
     NULL, NULL, ACCOUNT, NEVER},
    {500, "{\"error\":{\"code\":\"insufficient_user_quota\"}}", 0,
     "insufficient_user_quota", NULL, NULL, ACCOUNT, NEVER},
    {500,
     "{\"error\":{\"message\":\"not supported model m\",\"type\":\"comet_api_error\","
     "\"code\":\"convert_request_failed\"}}",
     0, "convert_request_failed", "not supported model m", NULL, REFUSED, NEVER},
    {401,
     "{\"error\":{\"code\":\"\",\"message\":\"Invalid token (request id: x)\","
     "\"type\":\"new_api_error\"}}",
     0, NULL, "Invalid token", "x", AUTH, NEVER},
    {400,
     "{\"code\":\"task_failed\",\"message\":\"Image pixel is invalid\",\"data\":null}",
     0, "task_failed", "Image pixel is invalid", NULL, REFUSED, NEVER},
    {400, IN_MESSAGE "1201,\\\"message\\\":\\\"in\\\"}\",\"data\":null}", 1201,
     "fail_to_fetch_task", "in", NULL, REFUSED, NEVER},
    {429, IN_MESSAGE "1102,\\\"message\\\":\\\"in\\\"}\",\"data\":null}", 1102,
     "fail_to_fetch_task", "in", NULL, ACCOUNT, NEVER},
    {500, IN_MESSAGE "0,\\\"data\\\":{}}\",\"data\":null}", 0, "fail_to_fetch_task",
     "{\"code\":0,\"data\":{}}", NULL, SERVER, UNSURE},
    {500, IN_MESSAGE "0,\\\"message\\\":\\\"SUCCEED\\\",\\\"data\\\":{}}\"}", 0,
     "fail_to_fetch_task", "{\"code\":0,\"message\":\"SUCCEED\",\"data\":{}}", NULL,
     SERVER, UNSURE},
    {500,
     "{\"code\":\"unmarshal_response_failed\",\"message\":\"body: {\\\"code\\\":"
     "\\\"success\\\"}: json\"}",
     0, "success", "body: {\"code\":\"success\"}: json", NULL, SERVER, UNSURE},
    {500, "{\"code\":\"close_response_body_failed\",\"message\":\"m\"}", 0,
     "close_response_body_failed", "m", NULL, SERVER, UNSURE},
    {500, "{\"error\":{\"code\":\"bad_response_body\",\"message\":\"m\"}}", 0,
     "bad_response_body", "m", NULL, SERVER, UNSURE},
    {500, "{\"error\":{\"code\":\"empty_response\",\"message\":\"m\"}}", 0,
     "empty_response", "m", NULL, SERVER, UNSURE},
    {500, "{\"code\":\"invalid_response\",\"message\":\"m\"}", 0, "invalid_response",
     "m", NULL, SERVER, UNSURE},
    {429,
     "{\"code\":\"\",\"message\":\"\xE5\xBD\x93\xE5\x89\x8D\xE5\x88\x86\xE7\xBB\x84"
     "\xE4\xB8\x8A\xE6\xB8\xB8\xE8\xB4\x9F\xE8\xBD\xBD\xE5\xB7\xB2\xE9\xA5\xB1\xE5\x92"
     "\x8C\"}",
     0, NULL,
     "\xE5\xBD\x93\xE5\x89\x8D\xE5\x88\x86\xE7\xBB\x84\xE4\xB8\x8A\xE6\xB8\xB8\xE8\xB4"
     "\x9F\xE8\xBD\xBD\xE5\xB7\xB2\xE9\xA5\xB1\xE5\x92\x8C",
     NULL, RATE, SAFE},
    {400,
     "{\"message\":\"\xE8\xB4\x9F\xE8\xBD\xBD\xE5\xB7\xB2\xE9\xA5\xB1\xE5\x92\x8C\"}",
     0, NULL, "\xE8\xB4\x9F\xE8\xBD\xBD\xE5\xB7\xB2\xE9\xA5\xB1\xE5\x92\x8C", NULL,
     RATE, SAFE},
    {500, "{\"code\":\"do_request_failed\",\"message\":\"m\"}", 0, "do_request_failed",
     "m", NULL, SERVER, UNSURE},
    {500, "{\"code\":\"do_request_failed\",\"message\":\"dial tcp: refused\"}", 0,
     "do_request_failed", "dial tcp: refused", NULL, SERVER, SAFE},
    {500, "{\"code\":\"read_response_body_failed\",\"message\":\"m\"}", 0,
     "read_response_body_failed", "m", NULL, SERVER, UNSURE},
    {503, "{\"error\":{\"code\":\"service_unavailable\",\"message\":\"m\"}}", 0,
     "service_unavailable", "m", NULL, SERVER, SAFE},
    {404,
     "{\"error\":{\"message\":\"Invalid URL (POST /x)\",\"type\":"
     "\"invalid_request_error\",\"param\":\"\",\"code\":\"\"}}",
     0, NULL, "Invalid URL (POST /x)", NULL, REFUSED, NEVER},
    {429, "", 0, NULL, NULL, NULL, RATE, SAFE},
    {413, "", 0, NULL, NULL, NULL, REFUSED, NEVER},
    {200, "<!DOCTYPE html><html></html>", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {301, "<html>moved</html>", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {524, "<!DOCTYPE html><html></html>", 0, NULL, NULL, NULL, SERVER, UNSURE},

    /* success is HTTP 2xx, code 0 and data, and nothing less */
    {200, "{\"code\":0,\"message\":\"SUCCEED\",\"data\":{}}", 0, NULL, "SUCCEED", NULL,
     OK, NEVER},
    {299, "{\"code\":\"0\",\"data\":{}}", 0, NULL, NULL, NULL, OK, NEVER},
    {200, "{\"code\":0,\"message\":\"quota is not enough\",\"data\":{}}", 0, NULL,
     "quota is not enough", NULL, OK, NEVER},
    {200, "{\"code\":0,\"message\":\"SUCCEED\"}", 0, NULL, "SUCCEED", NULL, RESPONSE,
     NEVER},
    {200, "{\"code\":0,\"data\":[]}", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {200, "{\"code\":null,\"data\":{}}", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {200, "{\"code\":\"success\",\"data\":{}}", 0, "success", NULL, NULL, RESPONSE,
     NEVER},
    {200, "{\"code\":0.5,\"data\":{}}", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {200, "{\"code\":0,\"data\":{},\"error\":{\"code\":\"invalid_request\"}}", 0,
     "invalid_request", NULL, NULL, REFUSED, NEVER},
    {200, "{\"code\":0,\"data\":{}", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {200, "{\"code\":1,\"data\":{}}", 1, NULL, NULL, NULL, RESPONSE, NEVER},
    {200, "", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {302, "{\"code\":0,\"data\":{}}", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {301, "{\"code\":1302}", 1302, NULL, NULL, NULL, RESPONSE, NEVER},
    {199, "{\"code\":0,\"data\":{}}", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {300, "{\"code\":0,\"data\":{}}", 0, NULL, NULL, NULL, RESPONSE, NEVER},
    {399, "{\"code\":1302}", 1302, NULL, NULL, NULL, RESPONSE, NEVER},
    {400, "{\"code\":1302}", 1302, NULL, NULL, NULL, RATE, SAFE},
    {599, "{\"code\":1201}", 1201, NULL, NULL, NULL, REFUSED, NEVER},
    {600, "{\"code\":1201}", 1201, NULL, NULL, NULL, RESPONSE, NEVER},
    {500, "{\"code\":0,\"data\":{}}", 0, NULL, NULL, NULL, SERVER, UNSURE},
    {500, "{\"code\":0,\"message\":\"m\"}", 0, NULL, "m", NULL, SERVER, SAFE},
    {500, "{\"code\":0,\"data\":null}", 0, NULL, NULL, NULL, SERVER, SAFE},
    {429, "{\"code\":0,\"data\":{}}", 0, NULL, NULL, NULL, RATE, UNSURE},
    {400, "{\"code\":0,\"data\":{}}", 0, NULL, NULL, NULL, REFUSED, NEVER},
};

/* A 5xx that begins as JSON and was not read whole may hide 5002; what is no JSON, or
   was read whole, hides nothing. */
static const struct {
    const char *body;
    size_t len;
    klr_retry retry;
} UNREAD[] = {
#define BODY(text, retry)                                                              \
    {                                                                                  \
        text, sizeof(text) - 1, retry                                                  \
    }
    /* truncated at every kind of position */
    BODY("{", UNSURE),
    BODY("[", UNSURE),
    BODY("{\"", UNSURE),
    BODY("{\"code\"", UNSURE),
    BODY("{\"code\":50", UNSURE),
    BODY("{\"code\":5002", UNSURE),
    BODY("{\"code\":5002,", UNSURE),
    BODY("{\"code\":5002,\"mess", UNSURE),
    BODY("{\"code\":5002,\"message\":\"a\"", UNSURE),
    BODY("{\"code\":5000,\"message\":\"a", UNSURE),
    BODY("{\"error\":{\"code\":5002}", UNSURE),
    BODY("[{\"code\":5002}", UNSURE),
    BODY(" \r\n\t{\"code\":5002", UNSURE),
    BODY("\xEF\xBB\xBF{\"code\":5002", UNSURE),
    BODY("\xEF\xBB\xBF \xEF\xBB\xBF{\"code\":5002}", UNSURE),
    BODY("\0{\"code\":5002}", UNSURE),

    /* whole, and beyond the parser */
    BODY("{\"code\":5002,\"message\":\"a\0b\"}", UNSURE),
    BODY("{\"code\":5002,\"message\":\"\\ud800\"}", UNSURE),
    BODY("{\"code\":5002,\"message\":\"\xff\"}", UNSURE),
    BODY("{\"code\":5002,\"n\":1e400}", UNSURE),
    BODY("{\"code\":5002}}", UNSURE),
    BODY("{\"code\":5002} HTTP", UNSURE),
    BODY("{code:5002}", UNSURE),
    BODY("{\0\"\0c\0", UNSURE), /* UTF-16 */

    /* not text: compressed, UTF-16 with its mark */
    BODY("\x1f\x8b\x08\0\0\0\0\0\0\3\xab\xae\5\0", UNSURE),
    BODY("\xff\xfe{\0\"\0c\0", UNSURE),
    BODY("error \x1f", UNSURE),

    /* a document inside the message: broken off, spoilt, or too deep to be looked for
     */
    BODY("{\"code\":\"x\",\"message\":\"{\"}", UNSURE),
    BODY("{\"code\":\"x\",\"message\":\"said {\\n \"}", UNSURE),
    BODY(IN_MESSAGE "5002,\\\"mess\"}", UNSURE),
    BODY(IN_MESSAGE "5002,\\\"message\\\":\\\"\\\\ud800\\\"}\"}", UNSURE),
    BODY(IN_MESSAGE "5002} and {\\\"a\\\":1}\"}", UNSURE),
    BODY(IN_MESSAGE "1} and {\\\"code\\\":50\"}", UNSURE),
    BODY("{\"code\":5000,\"message\":\"{\\\"code\\\":50\"}", UNSURE),
    BODY("{\"code\":0,\"message\":\"{\\\"code\\\":50\"}", UNSURE),
    BODY("{\"error\":\"in text: {\\\"code\\\":5002\"}", UNSURE),
    BODY("{\"message\":\"{\\\\\\\"code\\\\\\\":5002}\"}", UNSURE),
    BODY("{\"message\":\"{\\\"message\\\":\\\"{\\\\\\\"code\\\\\\\":5002}\\\"}\"}",
         UNSURE),

    /* nothing that begins as JSON, or nothing that was not read */
    BODY("", SAFE),
    BODY(" \r\n", SAFE),
    BODY("\xEF\xBB\xBF", SAFE),
    BODY("<html>{\"code\":5002", SAFE),
    BODY("Bad Gateway", SAFE),
    BODY("error code: 502", SAFE),
    BODY("\t<p>\f\r\n caf\xe9 \x7f", SAFE),
    BODY("null", SAFE),
    BODY("[]", SAFE),
    BODY("[1,{}]", SAFE),
    BODY("{}", SAFE),
    BODY("{\"code\":\"x\",\"message\":\"a } b\"}", SAFE),
    BODY("{\"code\":\"x\",\"message\":\"map[a:{b c}]\"}", SAFE),
    BODY("{\"code\":\"x\",\"message\":\"&{503 {} a}\"}", SAFE),
    BODY(IN_MESSAGE "5001}\"}", SAFE),
    BODY(IN_MESSAGE "5001,\\\"message\\\":\\\"a {b} c\\\"}\"}", SAFE),
#undef BODY
};

static klr_verdict
verdict_of(const char *body, size_t len, int http_status)
{
    klr_alloc alloc = klr_alloc_from(NULL, NULL);
    klr_arena arena;
    klr_answer answer;
    klr_arena_init(&arena, &alloc);
    assert_int_equal(klr_json_parse(&arena, body, len, &answer), KLINGREC_OK);
    klr_outcome outcome = {KLINGREC_OK, true, http_status, &answer};
    klr_verdict verdict = klr_classify(&outcome);
    klr_arena_free(&arena);
    return verdict;
}

static void
truncated_json_of_a_server_error_is_unsure(void **state)
{
    static const int always_unsure[] = {504, 520, 522, 524, 598, 599};
    (void)state;
    for (size_t i = 0; i < COUNT(UNREAD); i++) {
        const char *body = UNREAD[i].body;
        size_t len = UNREAD[i].len;
        for (int http = 500; http <= 599; http++) {
            klr_retry retry = UNREAD[i].retry;
            for (size_t k = 0; k < COUNT(always_unsure); k++)
                retry = http == always_unsure[k] && retry == SAFE &&
                                strstr(body, "5001") == NULL
                            ? UNSURE
                            : retry;
            check(verdict_of(body, len, http), SERVER,
                  retry == UNSURE ? KLINGREC_DELIVERY_UNSURE
                                  : KLINGREC_DELIVERY_ANSWERED,
                  retry, body);
        }
    }
}

/* No code that comes with 429 is billed, and 4xx are not retried. */
static void
truncated_json_does_not_change_other_statuses(void **state)
{
    static const char body[] = "{\"code\":1302,\"mes";
    (void)state;
    for (int http = 200; http < 500; http++) {
        klr_verdict bare = verdict_of("", 0, http);
        check(verdict_of(body, sizeof body - 1, http), bare.status, bare.delivery,
              bare.retry, body);
    }
}

static void
assert_text(const char *text, const char *expected)
{
    assert_int_equal(text != NULL, expected != NULL);
    if (expected != NULL)
        assert_string_equal(text, expected);
}

static void
every_documented_body_is_classified(void **state)
{
    (void)state;
    klr_alloc alloc = klr_alloc_from(NULL, NULL);
    for (size_t i = 0; i < COUNT(BODIES); i++) {
        klr_arena arena;
        klr_answer answer;
        klr_arena_init(&arena, &alloc);
        assert_int_equal(
            klr_json_parse(&arena, BODIES[i].body, strlen(BODIES[i].body), &answer),
            KLINGREC_OK);
        assert_int_equal(answer.code, BODIES[i].code);
        assert_text(answer.gateway_code, BODIES[i].word);
        assert_text(answer.message, BODIES[i].message);
        assert_text(answer.request_id, BODIES[i].request_id);
        check_answer(&answer, BODIES[i].http_status, BODIES[i].status, BODIES[i].retry,
                     BODIES[i].body);
        klr_arena_free(&arena);
    }
}

/* The HTTP status alone, from the first to the last of each row. */
static const struct {
    int first, last;
    klingrec_status status;
    klr_retry retry;
} STATUSES[] = {
    {-1, 399, RESPONSE, NEVER}, {400, 400, REFUSED, NEVER},
    {401, 401, AUTH, NEVER},    {402, 403, ACCOUNT, NEVER},
    {404, 407, REFUSED, NEVER}, {408, 408, SERVER, UNSURE},
    {409, 428, REFUSED, NEVER}, {429, 429, RATE, SAFE},
    {430, 499, REFUSED, NEVER}, {500, 503, SERVER, SAFE},
    {504, 504, SERVER, UNSURE}, {505, 519, SERVER, SAFE},
    {520, 520, SERVER, UNSURE}, {521, 521, SERVER, SAFE},
    {522, 522, SERVER, UNSURE}, {523, 523, SERVER, SAFE},
    {524, 524, SERVER, UNSURE}, {525, 597, SERVER, SAFE},
    {598, 599, SERVER, UNSURE}, {600, 1000, RESPONSE, NEVER},
};

static void
without_a_known_code_the_http_status_decides(void **state)
{
    (void)state;
    const klr_answer none = {0};
    const klr_answer unknown = {.is_object = true, .gateway_code = "new_word"};
    int next = -1;
    for (size_t i = 0; i < COUNT(STATUSES); i++) {
        assert_int_equal(STATUSES[i].first, next);
        for (; next <= STATUSES[i].last; next++) {
            char what[32];
            (void)snprintf(what, sizeof what, "HTTP %d", next);
            const klr_answer *answers[] = {NULL, &none, &unknown};
            for (size_t k = 0; k < COUNT(answers); k++)
                check_answer(answers[k], next, STATUSES[i].status, STATUSES[i].retry,
                             what);
        }
    }
}

/* The word of the outer gateway, if the response was lost there. */
static void
a_response_that_the_outer_gateway_lost_is_unsure(void **state)
{
    static const struct {
        const char *outer, *inner;
        klingrec_status status;
        klr_retry retry;
    } rows[] = {
        {"bad_response_body", "model_not_found", SERVER, UNSURE},
        {"model_not_found", "bad_response_body", SERVER, UNSURE},
        {"invalid_request", "model_not_found", ACCOUNT, NEVER},
        {"new_word", "model_not_found", ACCOUNT, NEVER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const klr_answer answer = {.is_object = true,
                                   .outer_code = rows[i].outer,
                                   .gateway_code = rows[i].inner};
        check_answer(&answer, 500, rows[i].status, rows[i].retry, rows[i].outer);
    }
}

/* An attempt without a complete answer. */
static const struct {
    klingrec_status status;
    klr_retry unsent, sent;
} ENDINGS[] = {
    {KLINGREC_ERR_RESOLVE, SAFE, UNSURE},  {KLINGREC_ERR_CONNECT, SAFE, UNSURE},
    {KLINGREC_ERR_TIMEOUT, SAFE, UNSURE},  {KLINGREC_ERR_TRANSFER, SAFE, UNSURE},
    {KLINGREC_ERR_TLS, NEVER, NEVER},      {KLINGREC_ERR_RESPONSE_BYTES, NEVER, NEVER},
    {KLINGREC_ERR_RESPONSE, NEVER, NEVER}, {KLINGREC_ERR_NOMEM, NEVER, NEVER},
    {KLINGREC_ERR_SYSTEM, NEVER, NEVER},   {KLINGREC_ERR_FILE, NEVER, NEVER},
    {KLINGREC_ERR_CANCELED, NEVER, NEVER}, {KLINGREC_ERR_ARGUMENT, NEVER, NEVER},
};

static void
a_lost_answer_is_unsure_once_the_request_was_sent(void **state)
{
    (void)state;
    const klr_answer good = {.is_object = true, .has_code = true, .has_data = true};
    for (size_t i = 0; i < COUNT(ENDINGS); i++)
        for (int http_status = 0; http_status <= 200; http_status += 200) {
            klr_outcome unsent = {ENDINGS[i].status, false, http_status, &good};
            klr_outcome sent = {ENDINGS[i].status, true, http_status, NULL};
            const char *name = klingrec_status_name(ENDINGS[i].status);
            check(klr_classify(&unsent), ENDINGS[i].status, KLINGREC_DELIVERY_NOT_SENT,
                  ENDINGS[i].unsent, name);
            check(klr_classify(&sent), ENDINGS[i].status, KLINGREC_DELIVERY_UNSURE,
                  ENDINGS[i].sent, name);
        }
}

static void
unsure_is_worse_than_answered_and_answered_than_not_sent(void **state)
{
    (void)state;
    static const klingrec_delivery ORDER[] = {KLINGREC_DELIVERY_NOT_SENT,
                                              KLINGREC_DELIVERY_ANSWERED,
                                              KLINGREC_DELIVERY_UNSURE};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(klr_worse_delivery(ORDER[i], ORDER[k]),
                             ORDER[i > k ? i : k]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_documented_body_is_classified),
        cmocka_unit_test(truncated_json_of_a_server_error_is_unsure),
        cmocka_unit_test(truncated_json_does_not_change_other_statuses),
        cmocka_unit_test(without_a_known_code_the_http_status_decides),
        cmocka_unit_test(a_response_that_the_outer_gateway_lost_is_unsure),
        cmocka_unit_test(a_lost_answer_is_unsure_once_the_request_was_sent),
        cmocka_unit_test(unsure_is_worse_than_answered_and_answered_than_not_sent),
    };
    klr_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
