/* SPDX-License-Identifier: MIT */
/* json.c - the body of an answer as typed fields */
#include "base/build.h"

#include "answer/json.h"

#include "answer/json_load.h"
#include "answer/kind.h"
#include "answer/message.h"
#include "base/text.h"

#include <inttypes.h>
#include <limits.h>

/* The maximum of each field; the result also keeps the whole body. */
enum {
    MESSAGE_MAX = 1024, /* longer ones are truncated */
    WORD_MAX = 128,     /* ids, codes, units, names: longer ones are ignored */
    URL_MAX = 16384,    /* longer ones are ignored: a truncated URL is another one */
    REGIONS_MAX = 1024
};

typedef struct answer_reader {
    klr_arena *arena;
    bool nomem; /* memory was short: the answer is not used */
} answer_reader;

/* ---- Scalars ---------------------------------------------------------------- */

static bool
integer_from_text(klr_span text, int *out)
{
    bool negative = text.len > 0 && text.text[0] == '-';
    int64_t value = 0;
    if (text.len == (size_t)negative)
        return false;
    for (size_t i = negative; i < text.len; i++) {
        if (!klr_text_is_digit(text.text[i]))
            return false;
        value = value * 10 + (text.text[i] - '0');
        if (value > INT_MAX)
            return false;
    }
    *out = negative ? -(int)value : (int)value;
    return true;
}

static klr_span
string_span(const json_t *value)
{
    klr_span s = {json_string_value(value), json_string_length(value)};
    return s;
}

/* A number, a real without a fraction, or a string of digits. */
static bool
integer_from(const json_t *value, int *out)
{
    if (json_is_string(value))
        return integer_from_text(string_span(value), out);
    if (!json_is_number(value))
        return false;
    double number = json_number_value(value);
    if (!(number >= INT_MIN && number <= INT_MAX) || number != (int)number)
        return false;
    *out = (int)number;
    return true;
}

static const char *
copy(answer_reader *r, klr_span s)
{
    const char *text = klr_arena_copy(r->arena, s.text, s.len);
    r->nomem |= text == NULL;
    return text;
}

/* A copy of a non-empty string of visible ASCII, else NULL. */
static const char *
word_from_span(answer_reader *r, klr_span s, size_t max)
{
    bool good = s.len > 0 && s.len <= max && klr_text_is_visible(s.text, s.len);
    return good ? copy(r, s) : NULL;
}

/* The same of a JSON string, or of the digits of an integer. */
static const char *
word_from(answer_reader *r, const json_t *value)
{
    char digits[32];
    klr_span s = string_span(value);
    if (json_is_integer(value)) {
        s.len = klr_text_add(digits, sizeof digits, 0, "%" PRId64,
                             (int64_t)json_integer_value(value));
        s.text = digits;
    }
    return word_from_span(r, s, WORD_MAX);
}

/* A decimal number as text. jansson formats it, because printf() uses the decimal point
   of the locale. */
static const char *
units_from(answer_reader *r, const json_t *value)
{
    char digits[64];
    if (!json_is_real(value))
        return word_from(r, value);
    klr_span s = {digits, json_dumpb(value, digits, sizeof digits,
                                     JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))};
    r->nomem |= s.len == 0;
    return word_from_span(r, s, sizeof digits);
}

static const char *
url_from(answer_reader *r, const json_t *value)
{
    klr_span s = string_span(value);
    if (s.len == 0 || s.len > URL_MAX)
        return NULL;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.text[i] <= ' ' || s.text[i] == 0x7F)
            return NULL;
    return copy(r, s);
}

/* ---- Messages --------------------------------------------------------------- */

/* Truncated between characters; control characters become spaces. */
static const char *
message_from(answer_reader *r, klr_span s)
{
    if (s.len > MESSAGE_MAX) {
        s.len = MESSAGE_MAX;
        /* jansson accepts only valid UTF-8, so a character begins before. */
        while (klr_text_is_continuation(s.text[s.len]))
            s.len--;
    }
    if (s.len == 0)
        return NULL;
    char *text = klr_arena_copy(r->arena, s.text, s.len);
    r->nomem |= text == NULL;
    if (text != NULL)
        klr_text_sanitize(text, s.len);
    return text;
}

/* ---- Objects ---------------------------------------------------------------- */

static void
read_code(answer_reader *r, const json_t *code, klr_answer *answer)
{
    int number = 0;
    if (integer_from(code, &number)) {
        answer->code = answer->has_code ? answer->code : number;
        answer->has_code = true;
    } else if (answer->gateway_code == NULL) {
        answer->gateway_code = word_from_span(r, string_span(code), WORD_MAX);
    }
}

static klingrec_status read_envelope(answer_reader *r, const json_t *root,
                                     bool outermost, klr_answer *answer);

/* The document inside the message. It takes precedence, because it is nearer to the
   cause, unless it is a success. */
static klingrec_status
read_inner(answer_reader *r, klr_span message, klr_answer *answer)
{
    json_t *root = NULL;
    klr_answer inner = {0};
    klr_span document = klr_message_document(message);
    klingrec_status status = KLINGREC_OK;
    if (message.len == 0)
        return KLINGREC_OK;
    if (document.len > 0)
        status = klr_json_load(document, &root);
    if (root != NULL)
        status = read_envelope(r, root, false, &inner);
    else
        inner.has_unparsed = klr_message_has_document(document);
    json_decref(root);
    const char *end = document.text + document.len;
    klr_span rest = {end, message.len - (size_t)(end - message.text)};
    answer->has_unparsed = inner.has_unparsed || klr_message_has_document(rest);
    answer->inner_success = inner.has_code && inner.code == 0;
    if (inner.has_code && inner.code != 0) {
        answer->has_code = true;
        answer->code = inner.code;
    }
    if (inner.gateway_code != NULL) {
        answer->outer_code = answer->gateway_code;
        answer->gateway_code = inner.gateway_code;
    }
    if (inner.message != NULL && !answer->inner_success)
        answer->message = inner.message;
    if (answer->request_id == NULL)
        answer->request_id = inner.request_id;
    return status;
}

/* Code, message and request id, from all places where the formats have them. */
static klingrec_status
read_envelope(answer_reader *r, const json_t *root, bool outermost, klr_answer *answer)
{
    const json_t *error = json_object_get(root, "error");
    const json_t *data = json_object_get(root, "data");
    const json_t *message = json_object_get(error, "message");
    const json_t *places[] = {error, root, data};
    for (size_t i = 0; i < 2; i++)
        read_code(r, json_object_get(places[i], "code"), answer);
    for (size_t i = 0; i < 3 && answer->request_id == NULL; i++)
        answer->request_id = word_from(r, json_object_get(places[i], "request_id"));
    if (!json_is_string(message))
        message = json_is_string(error) ? error : json_object_get(root, "message");

    klr_span text = string_span(message);
    klr_span id = klr_message_strip_ids(&text);
    if (answer->request_id == NULL)
        answer->request_id = word_from_span(r, id, WORD_MAX);
    klingrec_status status = KLINGREC_OK;
    if (outermost && !(answer->has_code && answer->code == 0))
        status = read_inner(r, text, answer);
    else /* not parsed further down */
        answer->has_unparsed = klr_message_has_document(text);
    if (answer->message == NULL)
        answer->message = message_from(r, text);
    return status;
}

/* ---- Regions ---------------------------------------------------------------- */

/* true, false, 1 or 0, or one of these as a string. */
static bool
flag_from(const json_t *value, uint32_t *out)
{
    const char *text = json_string_value(value);
    int number = -1;
    if (json_is_boolean(value))
        number = json_typeof(value) == JSON_TRUE;
    else if (text != NULL && json_string_length(value) == strlen(text) &&
             (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        number = text[0] == 't';
    else if (!integer_from(value, &number))
        return false;
    *out = (uint32_t)number;
    return number == 0 || number == 1;
}

/* An entry without a type or without a boolean is left out. */
static void
read_regions(answer_reader *r, const json_t *images, klr_answer *answer)
{
    size_t count = json_array_size(images);
    count = count < REGIONS_MAX ? count : REGIONS_MAX;
    if (count == 0)
        return;
    klingrec_region *regions = klr_arena_new(r->arena, count * sizeof *regions);
    r->nomem |= regions == NULL;
    for (size_t i = 0; i < count && !r->nomem; i++) {
        const json_t *entry = json_array_get(images, i);
        const json_t *type = json_object_get(entry, "type");
        klingrec_region *region = &regions[answer->region_count];
        if (!json_is_string(type) ||
            !flag_from(json_object_get(entry, "is_contain"), &region->contained) ||
            (region->name = word_from(r, type)) == NULL)
            continue;
        region->kind = klr_kind_of_region(region->name);
        region->url = url_from(r, json_object_get(entry, "url"));
        answer->region_count++;
    }
    answer->regions = answer->region_count > 0 ? regions : NULL;
}

/* ---- The answer ------------------------------------------------------------- */

static const char BOM[] = "\xEF\xBB\xBF";
enum { BOM_LEN = sizeof BOM - 1 };

static bool
has_bom(klr_span text)
{
    return text.len >= BOM_LEN && memcmp(text.text, BOM, BOM_LEN) == 0;
}

static bool
is_plain_text(klr_span body)
{
    for (size_t i = 0; i < body.len; i++) {
        char c = body.text[i];
        if ((unsigned char)c < ' ' && memchr("\t\n\f\r", c, 4) == NULL)
            return false;
    }
    return true;
}

/* Whether a body that is not valid JSON begins like it. */
static bool
begins_as_json(klr_span body)
{
    for (size_t n; body.len > 0; body.text += n, body.len -= n) {
        n = has_bom(body) ? BOM_LEN : 1;
        if (n == 1 && (unsigned char)body.text[0] > ' ')
            return body.text[0] == '{' || body.text[0] == '[';
    }
    return false;
}

klingrec_status
klr_json_parse(klr_arena *arena, const char *body, size_t len, klr_answer *answer)
{
    answer_reader r = {arena, false};
    klr_span text = {body, len};
    json_t *root = NULL;
    memset(answer, 0, sizeof *answer);
    if (has_bom(text)) {
        text.text += BOM_LEN;
        text.len -= BOM_LEN;
    }
    klingrec_status status = klr_json_load(text, &root);
    /* What is not text may be JSON too: compressed, or in UTF-16. */
    answer->has_unparsed =
        root == NULL && (begins_as_json(text) || !is_plain_text(text));
    if (json_is_object(root)) {
        const json_t *data = json_object_get(root, "data");
        const json_t *result = json_object_get(data, "task_result");
        answer->is_object = true;
        answer->has_data = json_is_object(data);
        status = read_envelope(&r, root, true, answer);
        answer->units = units_from(&r, json_object_get(data, "final_unit_deduction"));
        read_regions(&r, json_object_get(result, "images"), answer);
    }
    json_decref(root);
    if (status == KLINGREC_OK && r.nomem)
        status = KLINGREC_ERR_NOMEM;
    if (status < 0)
        memset(answer, 0, sizeof *answer);
    return status;
}

void
klr_json_setup(void)
{
    json_object_seed(0);
}

const char *
klr_json_version(void)
{
#if JANSSON_VERSION_HEX >= 0x020d00
    return jansson_version_str();
#else
    return JANSSON_VERSION;
#endif
}
