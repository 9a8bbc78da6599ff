/* SPDX-License-Identifier: MIT */
/* fields.c - the fields of a record */
#include "output/fields.h"

#include "base/json.h"
#include "base/say.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

/* ---- Values ----------------------------------------------------------------- */

static void
set_text(struct value *value, const char *text)
{
    value->kind = text != NULL ? VALUE_TEXT : VALUE_NULL;
    value->text = text;
}

static void
set_number(struct value *value, bool known, int64_t number)
{
    value->kind = known ? VALUE_NUMBER : VALUE_NULL;
    value->number = number;
}

static void
set_bool(struct value *value, int known)
{
    value->kind = known >= 0 ? VALUE_BOOL : VALUE_NULL;
    value->number = known;
}

#define GET(name)                                                                      \
    static void get_##name(const struct row *row, uint32_t required,                   \
                           struct value *value)
/* A getter that needs only the answer. */
#define GET_ANSWER(name, expression)                                                   \
    GET(name)                                                                          \
    {                                                                                  \
        const struct answer *a = row->answer;                                          \
        (void)required;                                                                \
        expression;                                                                    \
    }

GET(index)
{
    (void)required;
    set_number(value, true, (int64_t)row->index);
}

GET(input)
{
    (void)required;
    set_text(value, row->input);
}

GET(plan)
{
    static const char *const words[] = {
#define PLANS_WORD(name, word) word,
        PLANS(PLANS_WORD)
#undef PLANS_WORD
    };
    (void)required;
    set_text(value, words[row->plan]);
}

GET(qualifies)
{
    set_bool(value, cli_row_qualifies(row, required));
}

static void
set_region(struct value *value, const struct answer *answer, size_t at)
{
    bool known = answer->status == KLINGREC_OK && answer->regions[at] != 0;
    set_bool(value, known ? answer->regions[at] == 2 : -1);
}

static void
set_rules(struct value *value, const struct answer *answer, uint32_t rules)
{
    struct text text = {0};
    struct json json = {&text, false};
    value->kind = VALUE_NULL;
    if (!answer->has_image)
        return;
    cli_json_rules(&json, NULL, rules);
    snprintf(value->buffer, sizeof value->buffer, "%s", text.at);
    cli_text_free(&text);
    value->kind = VALUE_JSON;
    value->text = value->buffer;
}

static void
set_list(struct value *value, const struct answer *answer)
{
    value->kind = VALUE_JSON;
    value->text = answer->region_list;
}

GET_ANSWER(status, set_text(value, klingrec_status_name(a->status)))
GET_ANSWER(message, set_text(value, a->message))
GET_ANSWER(head, set_region(value, a, 0))
GET_ANSWER(face, set_region(value, a, 1))
GET_ANSWER(cloth, set_region(value, a, 2))
GET_ANSWER(object, set_region(value, a, 3))
GET_ANSWER(list, set_list(value, a))
GET_ANSWER(format,
           set_text(value, a->has_image ? klingrec_format_name(a->image.format) : NULL))
GET_ANSWER(width,
           set_number(value, a->has_image && a->image.width != 0, a->image.width))
GET_ANSWER(height,
           set_number(value, a->has_image && a->image.height != 0, a->image.height))
GET_ANSWER(orientation, set_number(value, a->has_image && a->image.orientation != 0,
                                   a->image.orientation))
GET_ANSWER(bytes, set_number(value, a->has_image && a->image.bytes < SIZE_MAX,
                             (int64_t)a->image.bytes))
GET_ANSWER(broken, set_rules(value, a, a->image.broken_rules))
GET_ANSWER(edge, set_rules(value, a, a->image.edge_rules))
GET_ANSWER(request_id, set_text(value, a->request_id))
GET_ANSWER(http_status, set_number(value, a->http_status != 0, a->http_status))
GET_ANSWER(service_code, set_number(value, a->has_service_code, a->service_code))
GET_ANSWER(service_message, set_text(value, a->service_message))
GET_ANSWER(code, set_text(value, a->code))
GET_ANSWER(attempts, set_number(value, true, a->attempts))
GET_ANSWER(elapsed_ms, set_number(value, a->elapsed_ms >= 0, a->elapsed_ms))
GET_ANSWER(units, set_text(value, a->units))

GET(delivery)
{
    static const char *const words[] = {"not_sent", "unsure", "answered"};
    (void)required;
    set_text(value, words[row->answer->delivery]);
}

/* ---- The table -------------------------------------------------------------- */

const struct field cli_fields_table[] = {
    {"index", NULL, "index", get_index},
    {"input", NULL, "input", get_input},
    {"plan", NULL, "plan", get_plan},
    {"status", NULL, "status", get_status},
    {"message", NULL, "message", get_message},
    {"qualifies", NULL, "qualifies", get_qualifies},
    {"head", "regions", "head", get_head},
    {"face", "regions", "face", get_face},
    {"cloth", "regions", "cloth", get_cloth},
    {"object", "regions", "object", get_object},
    {"region_list", NULL, "region_list", get_list},
    {"format", "image", "format", get_format},
    {"width", "image", "width", get_width},
    {"height", "image", "height", get_height},
    {"orientation", "image", "orientation", get_orientation},
    {"bytes", "image", "bytes", get_bytes},
    {"broken", "image", "broken", get_broken},
    {"edge", "image", "edge", get_edge},
    {"request_id", NULL, "request_id", get_request_id},
    {"http_status", NULL, "http_status", get_http_status},
    {"service_code", NULL, "service_code", get_service_code},
    {"code", NULL, "code", get_code},
    {"service_message", NULL, "service_message", get_service_message},
    {"delivery", NULL, "delivery", get_delivery},
    {"attempts", NULL, "attempts", get_attempts},
    {"elapsed_ms", NULL, "elapsed_ms", get_elapsed_ms},
    {"units", NULL, "units", get_units},
    {NULL, NULL, NULL, NULL},
};

static bool
is_called(const char *name, const char *word, size_t len)
{
    return name != NULL && strlen(name) == len && memcmp(name, word, len) == 0;
}

static void
say_names(const char *word, int len)
{
    struct text names = {0};
    for (size_t i = 0; cli_fields_table[i].name != NULL; i++) {
        cli_text_puts(&names, i > 0 ? ", " : "");
        cli_text_puts(&names, cli_fields_table[i].name);
    }
    cli_say_error(
        "--fields: unknown field '%.*s'; the fields are %s, regions and image", len,
        word, names.at);
    cli_text_free(&names);
}

static uint64_t
find_fields(const char *word, size_t len)
{
    uint64_t bits = 0;
    struct suggestion near = cli_suggest_for(word, len);
    for (size_t i = 0; cli_fields_table[i].name != NULL; i++) {
        const struct field *field = &cli_fields_table[i];
        if (is_called(field->name, word, len) || is_called(field->group, word, len))
            bits |= (uint64_t)1 << i;
        cli_suggest_offer(&near, field->name);
    }
    if (bits == 0 && near.best != NULL)
        cli_say_error("--fields: unknown field '%.*s'; did you mean %s?", (int)len,
                      word, near.best);
    else if (bits == 0)
        say_names(word, (int)len);
    return bits;
}

const char cli_fields_of_answer[] =
    "index,input,status,message,qualifies,regions,region_list,image,request_id,"
    "http_status,service_code,code,service_message,delivery,attempts,units";
const char cli_fields_of_plan[] = "index,input,plan,status,message,image";
const char cli_fields_of_check[] = "index,input,status,message,image";

uint64_t
cli_fields_choose(const char *list)
{
    uint64_t all = 0;
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        uint64_t bits = find_fields(at, len);
        if (bits == 0)
            return 0;
        all |= bits;
        at += len;
        if (*at == '\0')
            return all;
    }
}
