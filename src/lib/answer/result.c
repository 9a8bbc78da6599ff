/* SPDX-License-Identifier: MIT */
/* result.c - the one immutable result of a job */
#include "base/build.h"

#include "answer/result.h"

#include "base/text.h"

klingrec_result *
klr_result_new(const klr_alloc *alloc)
{
    klingrec_result *result = klr_new(alloc, sizeof *result);
    if (result == NULL)
        return NULL;
    result->alloc = *alloc;
    return result;
}

bool
klr_result_make_content(klingrec_result *result)
{
    klr_arena arena;
    klr_arena_init(&arena, &result->alloc);
    klr_result_content *content = klr_arena_new(&arena, sizeof *content);
    if (content == NULL)
        return false;
    content->arena = arena;
    content->strings = klr_arena_end(&arena);
    klr_buf_init(&content->body, KLR_RESPONSE_MAX);
    result->content = content;
    return true;
}

static void
free_content(klingrec_result *result)
{
    klr_result_content *content = result->content;
    if (content == NULL)
        return;
    klr_buf_free(&content->body, &result->alloc);
    klr_arena arena = content->arena; /* content is in it */
    klr_arena_free(&arena);
}

void
klingrec_result_free(klingrec_result *result)
{
    if (result == NULL)
        return;
    free_content(result);
    klr_alloc alloc = result->alloc;
    klr_free(&alloc, result, sizeof *result);
}

void
klr_result_forget_answer(klingrec_result *result)
{
    klr_result_content *content = result->content;
    memset(&content->answer, 0, sizeof content->answer);
    klr_arena_rewind(&content->arena, &content->strings);
    klr_buf_free(&content->body, &result->alloc);
}

void
klr_result_set_answer(klingrec_result *result, klingrec_exchange *x,
                      const klr_answer *answer)
{
    klr_result_content *content = result->content;
    content->body = x->response;
    klr_buf_init(&x->response, KLR_RESPONSE_MAX);

    content->answer = *answer;
    (void)klr_text_add(content->code_text, sizeof content->code_text, 0, "%d",
                       answer->code);
    memcpy(content->request_id, x->request_id, sizeof content->request_id);
    result->http_status = x->http_status;
    result->retry_after_ms = x->retry_after_ms;
}

/* "the service refused this image or request: Image pixel is invalid (HTTP 400,
   code 1201, request id 9ab3)" */
static void
describe_answer(klingrec_result *result)
{
    const klr_answer *answer = &result->content->answer;
    const char *id = klingrec_result_request_id(result);
    const char *code = klingrec_result_code_text(result);
    char *buf = result->content->message;
    char words[401]; /* the service's message, truncated */
    size_t size = sizeof result->content->message, len = 0;

    len = klr_text_add(buf, size, len, "%s", klingrec_status_string(result->status));
    /* Canceled or timed out: the answer belongs to an earlier attempt. */
    if (result->status > KLINGREC_ERR_AUTH)
        len = klr_text_add(buf, size, len, "; the last answer was");
    if (answer->message != NULL && answer->message[0] != '\0')
        (void)klr_text_copy(words, sizeof words, answer->message);
    else
        words[0] = '\0';
    if (words[0] != '\0')
        len = klr_text_add(buf, size, len, ": %s", words);
    len = klr_text_add(buf, size, len, " (HTTP %d", result->http_status);
    if (code != NULL)
        len = klr_text_add(buf, size, len, ", code %.60s", code);
    if (id != NULL)
        len = klr_text_add(buf, size, len, ", request id %.100s", id);
    len = klr_text_add(buf, size, len, ")");
    if (!answer->is_object && result->status == KLINGREC_ERR_RESPONSE)
        len = klr_text_add(buf, size, len, "; check the endpoint's URL");
    (void)len;
    /* The server's text must not add lines. */
    (void)klr_text_copy(buf, size, buf);
}

/* Whether the detail is a line of klingrec_image_explain(), which needs no sentence
   before it. */
static bool
has_whole_sentence(klingrec_status status)
{
    return status == KLINGREC_ERR_FILE || status / 100 == -3;
}

void
klr_result_finish(klingrec_result *result, klingrec_status status, const char *detail)
{
    const char *sentence = klingrec_status_string(status);
    bool has_detail = detail != NULL && detail[0] != '\0';
    klr_result_content *content = result->content;

    result->status = status;
    if (content == NULL)
        return; /* it had no attempt: there is only the status's sentence */
    if (has_detail && has_whole_sentence(status))
        (void)klr_text_copy(content->message, sizeof content->message, detail);
    else if (has_detail)
        (void)klr_text_add(content->message, sizeof content->message, 0, "%s: %s",
                           sentence, detail);
    else if (status != KLINGREC_OK && result->http_status != 0)
        describe_answer(result);
    else
        (void)klr_text_copy(content->message, sizeof content->message, sentence);
}

/* ---- Accessors -------------------------------------------------------------- */

uint32_t
klingrec_result_elapsed_ms(const klingrec_result *result, uint32_t phase)
{
    if (result == NULL || phase >= KLR_PHASES)
        return 0;
    uint64_t ms = result->elapsed_ms;
    if (phase > KLINGREC_PHASE_QUEUE)
        ms = result->content != NULL ? result->content->elapsed_ms[phase] : 0;
    for (uint32_t i = KLINGREC_PHASE_CHECK;
         phase == KLINGREC_PHASE_QUEUE && result->content != NULL && i < KLR_PHASES;
         i++)
        ms -= result->content->elapsed_ms[i] < ms ? result->content->elapsed_ms[i] : ms;
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

klingrec_status
klingrec_result_status(const klingrec_result *result)
{
    return result != NULL ? result->status : KLINGREC_ERR_ARGUMENT;
}

const char *
klingrec_result_message(const klingrec_result *result)
{
    if (result == NULL)
        return "there is no result";
    return result->content != NULL ? result->content->message
                                   : klingrec_status_string(result->status);
}

klingrec_job
klingrec_result_job(const klingrec_result *result)
{
    return result != NULL ? result->job : 0;
}

void *
klingrec_result_user_data(const klingrec_result *result)
{
    return result != NULL ? result->user_data : NULL;
}

/* The answer; all fields are 0 and NULL when there is none. */
static const klr_answer *
answer_of(const klingrec_result *result)
{
    static const klr_answer nothing;
    return result != NULL && result->content != NULL ? &result->content->answer
                                                     : &nothing;
}

/* Regions are reported only for a success. */
static const klr_answer *
success(const klingrec_result *result)
{
    return result != NULL && result->status == KLINGREC_OK ? answer_of(result) : NULL;
}

size_t
klingrec_result_region_count(const klingrec_result *result)
{
    const klr_answer *answer = success(result);
    return answer != NULL ? answer->region_count : 0;
}

const klingrec_region *
klingrec_result_region(const klingrec_result *result, size_t index)
{
    if (index >= klingrec_result_region_count(result))
        return NULL;
    return &answer_of(result)->regions[index];
}

const klingrec_region *
klingrec_result_find(const klingrec_result *result, uint32_t kind)
{
    if (kind == KLINGREC_KIND_OTHER)
        return NULL;
    for (size_t i = 0; i < klingrec_result_region_count(result); i++)
        if (klingrec_result_region(result, i)->kind == kind)
            return klingrec_result_region(result, i);
    return NULL;
}

bool
klingrec_result_contains(const klingrec_result *result, uint32_t kinds)
{
    const klingrec_region *region;
    uint32_t found = 0;
    for (size_t i = 0; (region = klingrec_result_region(result, i)) != NULL; i++)
        if (region->contained != 0)
            found |= region->kind;
    return kinds != 0 && (found & kinds) == kinds;
}

const klingrec_image_info *
klingrec_result_image(const klingrec_result *result)
{
    bool has_image =
        result != NULL && result->content != NULL && result->content->has_image;
    return has_image ? &result->content->image : NULL;
}

const char *
klingrec_result_request_id(const klingrec_result *result)
{
    if (result == NULL || result->content == NULL)
        return NULL;
    const klr_result_content *content = result->content;
    if (content->answer.request_id != NULL)
        return content->answer.request_id;
    return content->request_id[0] != '\0' ? content->request_id : NULL;
}

const char *
klingrec_result_units(const klingrec_result *result)
{
    return answer_of(result)->units;
}

int
klingrec_result_http_status(const klingrec_result *result)
{
    return result != NULL ? result->http_status : 0;
}

int
klingrec_result_service_code(const klingrec_result *result)
{
    return answer_of(result)->code;
}

const char *
klingrec_result_code_text(const klingrec_result *result)
{
    const klr_answer *answer = answer_of(result);
    if (answer->gateway_code != NULL)
        return answer->gateway_code;
    return answer->has_code ? result->content->code_text : NULL;
}

const char *
klingrec_result_service_message(const klingrec_result *result)
{
    const char *message = answer_of(result)->message;
    bool said = result != NULL && result->status != KLINGREC_OK;
    return said && message != NULL && message[0] != '\0' ? message : NULL;
}

uint32_t
klingrec_result_attempts(const klingrec_result *result)
{
    return result != NULL ? result->attempts : 0;
}

uint32_t
klingrec_result_retry_after_ms(const klingrec_result *result)
{
    return result != NULL ? result->retry_after_ms : 0;
}

const char *
klingrec_result_body(const klingrec_result *result, size_t *len)
{
    bool has_content = result != NULL && result->content != NULL;
    size_t size = has_content ? result->content->body.len : 0;
    if (len != NULL)
        *len = size;
    return size > 0 ? result->content->body.data : NULL;
}

klingrec_delivery
klingrec_result_delivery(const klingrec_result *result)
{
    return result != NULL ? result->delivery : KLINGREC_DELIVERY_NOT_SENT;
}

/* A success that could not be parsed was processed; a redirect was not. */
static bool
is_lost_success(const klingrec_result *result)
{
    return (result->status == KLINGREC_ERR_RESPONSE ||
            result->status == KLINGREC_ERR_RESPONSE_BYTES) &&
           result->http_status / 100 == 2;
}

/* Whether the service refused this image, and not the path or the model. */
static bool
refuses_the_image(const klingrec_result *result)
{
    int http = result->http_status, code = answer_of(result)->code;
    if (result->status != KLINGREC_ERR_REFUSED || code == 1202 || code == 1203)
        return false; /* they are about the URL's path and the model */
    if (answer_of(result)->has_unparsed && code == 0)
        return false; /* the part that was not parsed may have another code */
    return (code >= 1200 && code <= 1399) || http == 400 || http == 413 ||
           http == 415 || http == 422;
}

klingrec_finality
klingrec_result_finality(const klingrec_result *result)
{
    if (result == NULL)
        return KLINGREC_FINALITY_OPEN;
    if (result->status == KLINGREC_OK)
        return KLINGREC_FINALITY_FINAL;
    if (result->delivery == KLINGREC_DELIVERY_UNSURE || is_lost_success(result))
        return KLINGREC_FINALITY_IN_DOUBT;
    /* A refusal by the library itself costs nothing to repeat. */
    return refuses_the_image(result) ? KLINGREC_FINALITY_FINAL : KLINGREC_FINALITY_OPEN;
}
