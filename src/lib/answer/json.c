/* json.c - the body of an answer as typed fields */
#include "base/build.h"

#include "answer/json.h"

#include "answer/json_text.h"
#include "answer/kind.h"
#include "base/text.h"

#include <limits.h>

/* The maximum of each field; the result also keeps the whole body. */
enum {
    MESSAGE_MAX = 1024, /* longer ones are truncated */
    WORD_MAX = 128,     /* ids, codes, units, names: longer ones are ignored */
    UNITS_MAX = 64,
    URL_MAX = 16384, /* longer ones are ignored: a truncated URL is another one */
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

/* The characters of a string; empty if it is none, or is longer than max. */
static klr_span
string_from(answer_reader *r, klr_span value, size_t max)
{
    klr_span s;
    r->nomem |= klr_json_string(r->arena, value, max, &s) != KLINGREC_OK;
    return s.len <= max ? s : (klr_span){NULL, 0};
}

/* A number, a real without a fraction, or a string of digits. */
static bool
integer_from(answer_reader *r, klr_span value, int *out)
{
    if (klr_json_is_number(value))
        return klr_json_integer(value, out);
    return integer_from_text(string_from(r, value, WORD_MAX), out);
}

static const char *
copy(answer_reader *r, klr_span s)
{
    const char *text = klr_arena_copy(r->arena, s.text, s.len);
    r->nomem |= text == NULL;
    return text;
}

/* A copy of a non-empty text of visible ASCII, else NULL. */
static const char *
word_from_span(answer_reader *r, klr_span s, size_t max)
{
    bool good = s.len > 0 && s.len <= max && klr_text_is_visible(s.text, s.len);
    return good ? copy(r, s) : NULL;
}

/* The same of a JSON string, or of a number as it is spelled. */
static const char *
word_from(answer_reader *r, klr_span value, size_t max)
{
    return word_from_span(
        r, klr_json_is_number(value) ? value : string_from(r, value, max), max);
}

/* A string, or an integer of any length. */
static const char *
id_from(answer_reader *r, klr_span value)
{
    bool is_integer = klr_json_is_number(value);
    for (size_t i = 1; is_integer && i < value.len; i++)
        is_integer = klr_text_is_digit(value.text[i]);
    return is_integer || klr_json_is(value, '"') ? word_from(r, value, WORD_MAX) : NULL;
}

static const char *
url_from(answer_reader *r, klr_span value)
{
    klr_span s = string_from(r, value, URL_MAX);
    if (s.len == 0)
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
        /* Strings are valid UTF-8, so a character begins before. */
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

/* ---- Regions ---------------------------------------------------------------- */

static bool
is_word(klr_span s, const char *word)
{
    return s.len == strlen(word) && memcmp(s.text, word, s.len) == 0;
}

/* true, false, 1 or 0, or one of these as a string. */
static bool
flag_from(answer_reader *r, klr_span value, uint32_t *out)
{
    klr_span s = klr_json_is(value, '"') ? string_from(r, value, WORD_MAX) : value;
    int number = -1;
    if (is_word(s, "true") || is_word(s, "false"))
        number = s.text[0] == 't';
    else if (!integer_from(r, value, &number))
        return false;
    *out = (uint32_t)number;
    return number == 0 || number == 1;
}

static size_t
count_items(klr_span items)
{
    klr_span item;
    size_t count = 0;
    while (count < REGIONS_MAX && klr_json_next(&items, &item))
        count++;
    return count;
}

/* An entry without a type or without a boolean is left out. */
static void
read_regions(answer_reader *r, klr_span result, klr_answer *answer)
{
    static const char *const images_name = "images";
    static const char *const names[] = {"type", "is_contain", "url"};
    enum { TYPE, IS_CONTAIN, URL, COUNT };
    klr_span images, item, fields[COUNT];
    klr_json_members(result, &images_name, &images, 1);
    klr_span items = klr_json_items(images);
    size_t count = count_items(items);
    if (count == 0)
        return;
    klingrec_region *regions = klr_arena_new(r->arena, count * sizeof *regions);
    r->nomem |= regions == NULL;
    for (; count > 0 && !r->nomem && klr_json_next(&items, &item); count--) {
        klingrec_region *region = &regions[answer->region_count];
        klr_json_members(item, names, fields, COUNT);
        if (!klr_json_is(fields[TYPE], '"') ||
            !flag_from(r, fields[IS_CONTAIN], &region->contained) ||
            (region->name = word_from(r, fields[TYPE], WORD_MAX)) == NULL)
            continue;
        region->kind = klr_kind_of_region(region->name);
        region->url = url_from(r, fields[URL]);
        answer->region_count++;
    }
    answer->regions = answer->region_count > 0 ? regions : NULL;
}

/* ---- Objects ---------------------------------------------------------------- */

static void
read_code(answer_reader *r, klr_span code, klr_answer *answer)
{
    int number = 0;
    if (integer_from(r, code, &number)) {
        answer->code = answer->has_code ? answer->code : number;
        answer->has_code = true;
    } else if (answer->gateway_code == NULL) {
        answer->gateway_code =
            word_from_span(r, string_from(r, code, WORD_MAX), WORD_MAX);
    }
}

static void read_envelope(answer_reader *r, klr_span root, bool outermost,
                          klr_answer *answer);

/* The document inside the message. It takes precedence, because it is nearer to the
   cause, unless it is a success. */
static void
read_inner(answer_reader *r, klr_span message, klr_answer *answer)
{
    klr_answer inner = {0};
    klr_span document = klr_message_document(message);
    if (message.len == 0)
        return;
    if (klr_json_is_valid(document))
        read_envelope(r, document, false, &inner);
    else
        inner.has_unparsed = klr_message_has_document(document);
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
}

/* Code, message and request id, from all places where the formats have them; of the
   outermost document also the units and the regions. */
static void
read_envelope(answer_reader *r, klr_span root, bool outermost, klr_answer *answer)
{
    static const char *const names[] = {"code", "request_id", "message", "error",
                                        "data"};
    enum { CODE, REQUEST_ID, MESSAGE, ERROR, DATA, COUNT };
    static const char *const data_names[] = {"request_id", "task_result",
                                             "final_unit_deduction"};
    enum { DATA_ID, RESULT, UNITS, DATA_COUNT };
    klr_span outer[COUNT], error[MESSAGE + 1], data[DATA_COUNT];
    klr_json_members(root, names, outer, COUNT);
    klr_json_members(outer[ERROR], names, error, MESSAGE + 1);
    klr_json_members(outer[DATA], data_names, data, DATA_COUNT);
    read_code(r, error[CODE], answer);
    read_code(r, outer[CODE], answer);
    const klr_span ids[] = {error[REQUEST_ID], outer[REQUEST_ID], data[DATA_ID]};
    for (size_t i = 0; i < 3 && answer->request_id == NULL; i++)
        answer->request_id = id_from(r, ids[i]);
    klr_span message = error[MESSAGE];
    if (!klr_json_is(message, '"'))
        message = klr_json_is(outer[ERROR], '"') ? outer[ERROR] : outer[MESSAGE];

    klr_span text = string_from(r, message, SIZE_MAX);
    klr_span id = klr_message_strip_ids(&text);
    if (answer->request_id == NULL)
        answer->request_id = word_from_span(r, id, WORD_MAX);
    if (outermost && !(answer->has_code && answer->code == 0))
        read_inner(r, text, answer);
    else /* not parsed further down */
        answer->has_unparsed = klr_message_has_document(text);
    if (answer->message == NULL)
        answer->message = message_from(r, text);
    if (!outermost)
        return;
    answer->has_data = klr_json_is(outer[DATA], '{');
    answer->units = word_from(r, data[UNITS], UNITS_MAX);
    read_regions(r, data[RESULT], answer);
}

/* ---- The answer ------------------------------------------------------------- */

static const char BOM[] = "\xEF\xBB\xBF";
enum { BOM_LEN = sizeof BOM - 1 };

static bool
has_bom(klr_span text)
{
    return text.len >= BOM_LEN && memcmp(text.text, BOM, BOM_LEN) == 0;
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
    memset(answer, 0, sizeof *answer);
    if (has_bom(text)) {
        text.text += BOM_LEN;
        text.len -= BOM_LEN;
    }
    if (!klr_json_is_valid(text)) {
        answer->has_unparsed = begins_as_json(text);
        return KLINGREC_OK;
    }
    klr_span root = klr_json_root(text);
    if (!klr_json_is(root, '{'))
        return KLINGREC_OK;
    answer->is_object = true;
    read_envelope(&r, root, true, answer);
    if (r.nomem)
        memset(answer, 0, sizeof *answer);
    return r.nomem ? KLINGREC_ERR_NOMEM : KLINGREC_OK;
}
