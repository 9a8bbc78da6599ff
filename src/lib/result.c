/* result.c - the one immutable result of a job */
#include "result.h"

#include "text.h"

klingrec_result *
klr_result_new(const klr_alloc *alloc)
{
    klingrec_result *result = klr_new(alloc, sizeof *result);
    if (result == NULL)
        return NULL;
    result->alloc = *alloc;
    klr_arena_init(&result->arena, alloc);
    klr_buf_init(&result->body, KLR_RESPONSE_MAX);
    return result;
}

void
klingrec_result_free(klingrec_result *result)
{
    if (result == NULL)
        return;
    klr_arena_free(&result->arena);
    klr_buf_free(&result->body, &result->alloc);
    klr_alloc alloc = result->alloc;
    klr_free(&alloc, result, sizeof *result);
}

klingrec_status
klr_result_take(klingrec_result *result, klingrec_exchange *x)
{
    klr_arena_free(&result->arena);
    klr_buf_free(&result->body, &result->alloc);
    memset(&result->answer, 0, sizeof result->answer);

    result->body = x->response;
    klr_buf_init(&x->response, KLR_RESPONSE_MAX);
    result->http_status = x->http_status;
    result->retry_after_ms = x->retry_after_ms;
    memcpy(result->request_id, x->request_id, sizeof result->request_id);
    if (x->status != KLINGREC_OK)
        return KLINGREC_OK; /* what came is not a whole answer */
    klingrec_status status = klr_json_parse(&result->arena, result->body.data,
                                            result->body.len, &result->answer);
    (void)klr_text_add(result->code_text, sizeof result->code_text, 0, "%d",
                       result->answer.code);
    return status;
}

/* "the service refused this image or request: Image pixel is invalid (HTTP 400,
   code 1201, request id 9ab3)" */
static void
describe_answer(klingrec_result *result)
{
    const klr_answer *answer = &result->answer;
    const char *id = klingrec_result_request_id(result);
    const char *code = klingrec_result_code_text(result);
    char *buf = result->message;
    char words[401]; /* cut between characters */
    size_t size = sizeof result->message, len = 0;

    len = klr_text_add(buf, size, len, "%s", klingrec_status_string(result->status));
    /* Canceled or out of time: the answer is that of an earlier attempt. */
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
        len = klr_text_add(buf, size, len, "; is the endpoint's URL right?");
    (void)len;
    /* A server's words stay one line. */
    (void)klr_text_copy(buf, size, buf);
}

/* Whether klingrec_image_explain() made the detail: a whole sentence of its own. */
static bool
is_about_image(klingrec_status status)
{
    return status == KLINGREC_ERR_FILE || status / 100 == -3;
}

void
klr_result_conclude(klingrec_result *result, klingrec_status status, const char *detail)
{
    const char *sentence = klingrec_status_string(status);
    bool has_detail = detail != NULL && detail[0] != '\0';

    result->status = status;
    if (has_detail && is_about_image(status))
        (void)klr_text_copy(result->message, sizeof result->message, detail);
    else if (has_detail)
        (void)klr_text_add(result->message, sizeof result->message, 0, "%s: %s",
                           sentence, detail);
    else if (status != KLINGREC_OK && result->http_status != 0)
        describe_answer(result);
    else
        (void)klr_text_copy(result->message, sizeof result->message, sentence);
}

/* ---- Accessors -------------------------------------------------------------- */

klingrec_status
klingrec_result_status(const klingrec_result *result)
{
    return result != NULL ? result->status : KLINGREC_ERR_ARGUMENT;
}

const char *
klingrec_result_message(const klingrec_result *result)
{
    return result != NULL ? result->message : "there is no result";
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

/* Regions are reported only by a success: half an answer is none. */
static const klr_answer *
success(const klingrec_result *result)
{
    return result != NULL && result->status == KLINGREC_OK ? &result->answer : NULL;
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
    return &result->answer.regions[index];
}

const klingrec_region *
klingrec_result_find(const klingrec_result *result, uint32_t kind)
{
    if (kind == KLINGREC_OTHER)
        return NULL;
    for (size_t i = 0; i < klingrec_result_region_count(result); i++)
        if (result->answer.regions[i].kind == kind)
            return &result->answer.regions[i];
    return NULL;
}

bool
klingrec_result_contains(const klingrec_result *result, uint32_t kinds)
{
    uint32_t found = 0;
    for (size_t i = 0; i < klingrec_result_region_count(result); i++)
        if (result->answer.regions[i].contained != 0)
            found |= result->answer.regions[i].kind;
    return kinds != 0 && (found & kinds) == kinds;
}

const klingrec_image_info *
klingrec_result_image(const klingrec_result *result)
{
    return result != NULL && result->has_image ? &result->image : NULL;
}

const char *
klingrec_result_request_id(const klingrec_result *result)
{
    if (result == NULL)
        return NULL;
    if (result->answer.request_id != NULL)
        return result->answer.request_id;
    return result->request_id[0] != '\0' ? result->request_id : NULL;
}

const char *
klingrec_result_units(const klingrec_result *result)
{
    return result != NULL ? result->answer.units : NULL;
}

int
klingrec_result_http_status(const klingrec_result *result)
{
    return result != NULL ? result->http_status : 0;
}

int
klingrec_result_service_code(const klingrec_result *result)
{
    return result != NULL ? result->answer.code : 0;
}

const char *
klingrec_result_code_text(const klingrec_result *result)
{
    if (result == NULL)
        return NULL;
    if (result->answer.gateway_code != NULL)
        return result->answer.gateway_code;
    return result->answer.has_code ? result->code_text : NULL;
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
    bool has_body = result != NULL && result->body.len > 0;
    if (len != NULL)
        *len = has_body ? result->body.len : 0;
    return has_body ? result->body.data : NULL;
}

klingrec_delivery
klingrec_result_delivery(const klingrec_result *result)
{
    return result != NULL ? result->delivery : KLINGREC_NOT_SENT;
}
