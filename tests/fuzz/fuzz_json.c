/* SPDX-License-Identifier: MIT */
/* fuzz_json.c - any body with any HTTP status has a consistent result */
#include "fuzz.h"

#include "answer/classify.h"

FUZZ_SEEDS(
    "\4\260{\"code\":0,\"message\":\"SUCCEED\",\"request_id\":\"a\",\"data\":{"
    "\"task_result\":{\"images\":[{\"type\":\"head_seg\",\"is_contain\":true,"
    "\"url\":\"https://a/b\"},{\"type\":\"x\",\"is_contain\":false}]},"
    "\"final_unit_deduction\":\"1.0\"}}",
    "\5y{\"code\":1002,\"message\":\"a\\u0000\\ud83d\\ude00 (request id: b)\"}",
    "\5\225{\"error\":{\"code\":\"model_not_found\",\"message\":\"{\\\"code\\\":1303}"
    "\","
    "\"type\":\"x\"}}",
    "\5\337\xEF\xBB\xBF{\"code\":\"5002\",\"data\":null}", "\5\336<html>502</html>",
    "\4\260[[[[1e999,-0.0,\"\\\"]]]]");

static void
check_text(const char *text, size_t max)
{
    FUZZ_CHECK(text == NULL || (strlen(text) > 0 && strlen(text) <= max));
    for (; text != NULL && *text != '\0'; text++)
        FUZZ_CHECK((unsigned char)*text >= ' ' && *text != 0x7F);
}

static void
check_answer(const klr_answer *answer)
{
    FUZZ_CHECK(answer->is_object || (!answer->has_code && !answer->has_data));
    FUZZ_CHECK(answer->has_code || answer->code == 0);
    FUZZ_CHECK((answer->regions != NULL) == (answer->region_count > 0));
    check_text(answer->gateway_code, 128);
    check_text(answer->message, 1024);
    check_text(answer->request_id, 128);
    check_text(answer->units, 128);
    for (size_t i = 0; i < answer->region_count; i++) {
        FUZZ_CHECK(answer->regions[i].name != NULL &&
                   answer->regions[i].contained <= 1);
        check_text(answer->regions[i].name, 128);
        check_text(answer->regions[i].url, 16384);
    }
}

/* The first two bytes are the HTTP status, the rest is the body. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    if (size < 2)
        return 0;
    if (!is_ready)
        klr_json_setup();
    is_ready = true;
    klr_alloc alloc = klr_alloc_from(NULL, NULL);
    klr_arena arena;
    klr_answer answer;
    klr_arena_init(&arena, &alloc);
    const char *body = (const char *)data + 2;
    klingrec_status status = klr_json_parse(&arena, body, size - 2, &answer);
    FUZZ_CHECK(status == KLINGREC_OK || status == KLINGREC_ERR_NOMEM);
    check_answer(&answer);

    int http_status = (data[0] << 8 | data[1]) % 1000;
    klr_outcome outcome = {KLINGREC_OK, true, http_status, &answer};
    klr_verdict verdict = klr_classify(&outcome);
    bool good = http_status >= 200 && http_status <= 299;
    FUZZ_CHECK(verdict.status < 0 ||
               (good && answer.has_data && answer.has_code && answer.code == 0 &&
                verdict.status == KLINGREC_OK));
    FUZZ_CHECK(verdict.delivery == (verdict.retry == KLR_RETRY_UNSURE
                                        ? KLINGREC_DELIVERY_UNSURE
                                        : KLINGREC_DELIVERY_ANSWERED));
    klr_arena_free(&arena);
    return 0;
}
