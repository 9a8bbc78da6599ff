/* fuzz_json.c - any body with any HTTP status has a consistent result */
#include "answer/classify.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool truth)
{
    if (!truth)
        abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    klr_json_setup();
    return 0;
}

static void
check_text(const char *text, size_t max)
{
    require(text == NULL || (strlen(text) > 0 && strlen(text) <= max));
    for (; text != NULL && *text != '\0'; text++)
        require((unsigned char)*text >= ' ' && *text != 0x7F);
}

static void
check_answer(const klr_answer *answer)
{
    require(answer->is_object || (!answer->has_code && !answer->has_data));
    require(answer->has_code || answer->code == 0);
    require((answer->regions != NULL) == (answer->region_count > 0));
    check_text(answer->gateway_code, 128);
    check_text(answer->message, 1024);
    check_text(answer->request_id, 128);
    check_text(answer->units, 128);
    for (size_t i = 0; i < answer->region_count; i++) {
        require(answer->regions[i].name != NULL && answer->regions[i].contained <= 1);
        check_text(answer->regions[i].name, 128);
        check_text(answer->regions[i].url, 16384);
    }
}

/* The first two bytes are the HTTP status, the rest is the body. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    klr_alloc alloc = klr_alloc_from(NULL, NULL);
    klr_arena arena;
    klr_answer answer;
    klr_arena_init(&arena, &alloc);
    const char *body = (const char *)data + 2;
    klingrec_status status = klr_json_parse(&arena, body, size - 2, &answer);
    require(status == KLINGREC_OK || status == KLINGREC_ERR_NOMEM);
    check_answer(&answer);

    int http_status = (data[0] << 8 | data[1]) % 1000;
    klr_outcome outcome = {KLINGREC_OK, true, http_status, &answer};
    klr_verdict verdict = klr_classify(&outcome);
    bool good = http_status >= 200 && http_status <= 299;
    require(verdict.status < 0 || (good && answer.has_data && answer.has_code &&
                                   answer.code == 0 && verdict.status == KLINGREC_OK));
    require(verdict.delivery == (verdict.retry == KLR_RETRY_UNSURE
                                     ? KLINGREC_DELIVERY_UNSURE
                                     : KLINGREC_DELIVERY_ANSWERED));
    klr_arena_free(&arena);
    return 0;
}
