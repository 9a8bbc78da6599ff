/* SPDX-License-Identifier: MIT */
/* answer.c - the final result of one image */
#include "service/answer.h"

#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint32_t cli_region_kinds[REGION_KINDS] = {
    KLINGREC_KIND_HEAD, KLINGREC_KIND_FACE, KLINGREC_KIND_CLOTH, KLINGREC_KIND_OBJECT};

static char *
copy_if(const char *text)
{
    return text != NULL ? cli_copy_text(text) : NULL;
}

static struct answer *
make(klingrec_status status)
{
    struct answer *answer = cli_resize(NULL, 1, sizeof *answer);
    memset(answer, 0, sizeof *answer);
    answer->uses = 1;
    answer->status = status;
    answer->elapsed_ms = -1;
    answer->delivery = KLINGREC_DELIVERY_NOT_SENT;
    return answer;
}

static void
set_image(struct answer *answer, const klingrec_image_info *info)
{
    answer->has_image = info != NULL;
    if (info != NULL)
        answer->image = *info;
}

struct answer *
cli_answer_fail(klingrec_status status, const char *message,
                const klingrec_image_info *info)
{
    struct answer *answer = make(status);
    answer->message = copy_if(message);
    answer->region_list = cli_copy_text("[]");
    set_image(answer, info);
    return answer;
}

/* As JSON, because it is only ever written out. */
static char *
render_regions(const klingrec_result *result)
{
    struct text text = {0};
    struct json json = {&text, false};
    cli_json_open(&json, NULL, '[');
    for (size_t i = 0; i < klingrec_result_region_count(result); i++) {
        const klingrec_region *region = klingrec_result_region(result, i);
        cli_json_open(&json, NULL, '{');
        cli_json_text(&json, "name", region->name);
        cli_json_bool(&json, "contained", region->contained != 0);
        cli_json_text(&json, "url", region->url);
        cli_json_close(&json, '{');
    }
    cli_json_close(&json, '[');
    return text.at;
}

struct answer *
cli_answer_from_result(const klingrec_result *result)
{
    struct answer *answer = make(klingrec_result_status(result));
    const char *code = klingrec_result_code_text(result);
    char number[24]; /* "-" or "1-2" is a code, but no number */
    if (answer->status != KLINGREC_OK)
        answer->message = cli_copy_text(klingrec_result_message(result));
    for (size_t i = 0; i < REGION_KINDS; i++) {
        const klingrec_region *region =
            klingrec_result_find(result, cli_region_kinds[i]);
        if (region != NULL)
            answer->regions[i] = region->contained != 0 ? 2 : 1;
    }
    answer->region_list = render_regions(result);
    set_image(answer, klingrec_result_image(result));
    answer->delivery = klingrec_result_delivery(result);
    answer->finality = klingrec_result_finality(result);
    answer->http_status = klingrec_result_http_status(result);
    answer->service_code = klingrec_result_service_code(result);
    snprintf(number, sizeof number, "%d", answer->service_code);
    answer->has_service_code = code != NULL && strcmp(code, number) == 0;
    answer->elapsed_ms = klingrec_result_elapsed_ms(result, KLINGREC_PHASE_ALL);
    answer->attempts = klingrec_result_attempts(result);
    answer->service_message = copy_if(klingrec_result_service_message(result));
    answer->request_id = copy_if(klingrec_result_request_id(result));
    answer->units = copy_if(klingrec_result_units(result));
    answer->code = copy_if(code);
    return answer;
}

struct answer *
cli_answer_share(struct answer *answer)
{
    answer->uses++;
    return answer;
}

void
cli_answer_free(struct answer *answer)
{
    if (answer == NULL || --answer->uses > 0)
        return;
    free(answer->message);
    free(answer->region_list);
    free(answer->service_message);
    free(answer->request_id);
    free(answer->code);
    free(answer->units);
    free(answer);
}
