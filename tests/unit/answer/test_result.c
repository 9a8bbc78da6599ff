/* SPDX-License-Identifier: MIT */
/* test_result.c - results without an answer, and what is asked again */
#include "answer/result.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void
a_missing_result_says_so_everywhere(void **state)
{
    (void)state;
    size_t len = 1;
    assert_int_equal(klingrec_result_status(NULL), KLINGREC_ERR_ARGUMENT);
    assert_string_equal(klingrec_result_message(NULL), "there is no result");
    assert_int_equal(klingrec_result_job(NULL), 0);
    assert_null(klingrec_result_user_data(NULL));
    assert_false(klingrec_result_contains(NULL, KLINGREC_KIND_HEAD));
    assert_int_equal(klingrec_result_region_count(NULL), 0);
    assert_null(klingrec_result_region(NULL, 0));
    assert_null(klingrec_result_find(NULL, KLINGREC_KIND_HEAD));
    assert_null(klingrec_result_image(NULL));
    assert_null(klingrec_result_request_id(NULL));
    assert_null(klingrec_result_units(NULL));
    assert_int_equal(klingrec_result_http_status(NULL), 0);
    assert_int_equal(klingrec_result_service_code(NULL), 0);
    assert_null(klingrec_result_code_text(NULL));
    assert_null(klingrec_result_service_message(NULL));
    assert_int_equal(klingrec_result_attempts(NULL), 0);
    assert_int_equal(klingrec_result_elapsed_ms(NULL, KLINGREC_PHASE_ALL), 0);
    assert_int_equal(klingrec_result_retry_after_ms(NULL), 0);
    assert_null(klingrec_result_body(NULL, &len));
    assert_int_equal(len, 0);
    assert_null(klingrec_result_body(NULL, NULL));
    assert_int_equal(klingrec_result_delivery(NULL), KLINGREC_DELIVERY_NOT_SENT);
    assert_int_equal(klingrec_result_finality(NULL), KLINGREC_FINALITY_OPEN);
    klingrec_result_free(NULL);
}

/* Of a job that ended before there was memory for its content. */
static void
a_result_without_content_has_its_status_only(void **state)
{
    (void)state;
    const klr_alloc alloc = klr_alloc_from(NULL, NULL);
    klingrec_result *result = klr_result_new(&alloc);
    assert_non_null(result);
    klr_result_finish(result, KLINGREC_ERR_NOMEM, NULL);
    assert_int_equal(klingrec_result_status(result), KLINGREC_ERR_NOMEM);
    assert_string_equal(klingrec_result_message(result),
                        klingrec_status_string(KLINGREC_ERR_NOMEM));
    assert_null(klingrec_result_image(result));
    assert_null(klingrec_result_request_id(result));
    assert_null(klingrec_result_body(result, NULL));
    assert_null(klingrec_result_service_message(result));
    assert_int_equal(klingrec_result_region_count(result), 0);
    for (uint32_t phase = 0; phase <= KLINGREC_PHASE_WAIT + 1; phase++)
        assert_int_equal(klingrec_result_elapsed_ms(result, phase), 0);
    assert_int_equal(klingrec_result_finality(result), KLINGREC_FINALITY_OPEN);
    klingrec_result_free(result);
}

static klingrec_result *
refused_with(int http_status, int code)
{
    const klr_alloc alloc = klr_alloc_from(NULL, NULL);
    klingrec_result *result = klr_result_new(&alloc);
    assert_non_null(result);
    assert_true(klr_result_make_content(result));
    result->http_status = http_status;
    result->delivery = KLINGREC_DELIVERY_ANSWERED;
    result->content->answer.code = code;
    return result;
}

static void
finality_follows_from_the_status_the_codes_and_the_delivery(void **state)
{
    (void)state;
    static const struct {
        klingrec_status status;
        int http_status, code;
        klingrec_delivery delivery;
        klingrec_finality finality;
    } rows[] = {
#define ANSWERED KLINGREC_DELIVERY_ANSWERED
        {KLINGREC_OK, 200, 0, ANSWERED, KLINGREC_FINALITY_FINAL},
        {KLINGREC_ERR_TRANSFER, 0, 0, KLINGREC_DELIVERY_UNSURE,
         KLINGREC_FINALITY_IN_DOUBT},
        {KLINGREC_ERR_RESPONSE, 199, 0, ANSWERED, KLINGREC_FINALITY_OPEN},
        {KLINGREC_ERR_RESPONSE, 200, 0, ANSWERED, KLINGREC_FINALITY_IN_DOUBT},
        {KLINGREC_ERR_RESPONSE, 299, 0, ANSWERED, KLINGREC_FINALITY_IN_DOUBT},
        {KLINGREC_ERR_RESPONSE, 300, 0, ANSWERED, KLINGREC_FINALITY_OPEN},
        {KLINGREC_ERR_RESPONSE_BYTES, 200, 0, ANSWERED, KLINGREC_FINALITY_IN_DOUBT},
        {KLINGREC_ERR_REFUSED, 404, 1199, ANSWERED, KLINGREC_FINALITY_OPEN},
        {KLINGREC_ERR_REFUSED, 404, 1200, ANSWERED, KLINGREC_FINALITY_FINAL},
        {KLINGREC_ERR_REFUSED, 404, 1202, ANSWERED, KLINGREC_FINALITY_OPEN},
        {KLINGREC_ERR_REFUSED, 404, 1203, ANSWERED, KLINGREC_FINALITY_OPEN},
        {KLINGREC_ERR_REFUSED, 404, 1399, ANSWERED, KLINGREC_FINALITY_FINAL},
        {KLINGREC_ERR_REFUSED, 404, 1400, ANSWERED, KLINGREC_FINALITY_OPEN},
        {KLINGREC_ERR_REFUSED, 400, 0, ANSWERED, KLINGREC_FINALITY_FINAL},
        {KLINGREC_ERR_REFUSED, 413, 0, ANSWERED, KLINGREC_FINALITY_FINAL},
        {KLINGREC_ERR_REFUSED, 415, 0, ANSWERED, KLINGREC_FINALITY_FINAL},
        {KLINGREC_ERR_REFUSED, 422, 0, ANSWERED, KLINGREC_FINALITY_FINAL},
        {KLINGREC_ERR_REFUSED, 404, 0, ANSWERED, KLINGREC_FINALITY_OPEN},
        {KLINGREC_ERR_AUTH, 400, 1201, ANSWERED, KLINGREC_FINALITY_OPEN},
#undef ANSWERED
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klingrec_result *result = refused_with(rows[i].http_status, rows[i].code);
        result->delivery = rows[i].delivery;
        klr_result_finish(result, rows[i].status, NULL);
        if (klingrec_result_finality(result) != rows[i].finality)
            fail_msg("row %u: %d", (unsigned)i, (int)klingrec_result_finality(result));
        klingrec_result_free(result);
    }
}

/* What was not parsed may have another code. */
static void
a_refusal_that_was_not_parsed_whole_is_final_only_with_a_code(void **state)
{
    (void)state;
    for (int code = 0; code <= 1201; code += 1201) {
        klingrec_result *result = refused_with(400, code);
        result->content->answer.has_unparsed = true;
        klr_result_finish(result, KLINGREC_ERR_REFUSED, NULL);
        assert_int_equal(klingrec_result_finality(result),
                         code == 0 ? KLINGREC_FINALITY_OPEN : KLINGREC_FINALITY_FINAL);
        klingrec_result_free(result);
    }
}

/* ---- Retries ---------------------------------------------------------------- */

static void
answer_with(klingrec_result *result, const klr_alloc *alloc, const char *body)
{
    klr_answer answer;
    klingrec_exchange x = {.alloc = alloc, .http_status = 500};
    klr_result_forget_answer(result);
    klr_buf_init(&x.response, KLR_RESPONSE_MAX);
    assert_int_equal(klr_buf_append(&x.response, alloc, body, strlen(body)),
                     KLINGREC_OK);
    assert_int_equal(
        klr_json_parse(&result->content->arena, body, strlen(body), &answer),
        KLINGREC_OK);
    klr_result_set_answer(result, &x, &answer);
}

static void
nothing_is_left_of_the_answer_of_an_earlier_attempt(void **state)
{
    static char large[5000];
    meter memory = {0};
    const klr_alloc alloc = klr_alloc_from(metered, &memory);
    (void)state;
    (void)snprintf(large, sizeof large, "{\"code\":7,\"message\":\"%01000d\"%3000s}", 1,
                   "");
    klingrec_result *result = klr_result_new(&alloc);
    assert_true(klr_result_make_content(result));
    answer_with(result, &alloc, "{\"message\":\"b\"}");
    size_t small = memory.live;
    for (unsigned i = 0; i < 100; i++) {
        answer_with(result, &alloc, large);
        assert_true(memory.live > small);
        answer_with(result, &alloc, "{\"message\":\"b\"}");
        assert_int_equal(memory.live, small);
        klr_result_finish(result, KLINGREC_ERR_SERVER, NULL);
        assert_string_equal(klingrec_result_service_message(result), "b");
        assert_int_equal(klingrec_result_service_code(result), 0);
    }
    answer_with(result, &alloc, large);
    klr_result_forget_answer(result);
    assert_int_equal(klingrec_result_service_code(result), 0);
    assert_null(klingrec_result_service_message(result));
    assert_null(klingrec_result_body(result, NULL));
    klingrec_result_free(result);
    assert_int_equal(memory.live, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_result_says_so_everywhere),
        cmocka_unit_test(a_result_without_content_has_its_status_only),
        cmocka_unit_test(nothing_is_left_of_the_answer_of_an_earlier_attempt),
        cmocka_unit_test(finality_follows_from_the_status_the_codes_and_the_delivery),
        cmocka_unit_test(a_refusal_that_was_not_parsed_whole_is_final_only_with_a_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
