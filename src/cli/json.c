/* json.c - one JSON object per line */
#include "json.h"

#include "utf8.h"

#include <inttypes.h>

static void
put_character(FILE *file, const char *at, size_t len, uint32_t character)
{
    if (character == '"' || character == '\\')
        fprintf(file, "\\%c", (char)character);
    else if (character == '\n')
        fputs("\\n", file);
    else if (character == '\t')
        fputs("\\t", file);
    else if (character == UTF8_BAD)
        fputs("\\ufffd", file);
    else if (!utf8_is_harmful(character))
        fwrite(at, 1, len, file);
    else if (character <= 0xFFFF)
        fprintf(file, "\\u%04x", (unsigned)character);
    else
        fprintf(file, "\\u%04x\\u%04x",
                (unsigned)(0xD800 + ((character - 0x10000) >> 10)),
                (unsigned)(0xDC00 + ((character - 0x10000) & 0x3FF)));
}

/* Also a terminal may show these lines, so what harms one is escaped. */
static void
put_string(FILE *file, const char *value)
{
    uint32_t character;
    fputc('"', file);
    while (*value != '\0') {
        size_t len = utf8_next(value, &character);
        put_character(file, value, len, character);
        value += len;
    }
    fputc('"', file);
}

static void
begin(struct json *json, const char *key)
{
    if (json->comma)
        fputc(',', json->file);
    json->comma = true;
    if (key != NULL) {
        put_string(json->file, key);
        fputc(':', json->file);
    }
}

void
json_open(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    fputc(bracket, json->file);
    json->comma = false;
}

void
json_close(struct json *json, char bracket)
{
    fputc(bracket == '{' ? '}' : ']', json->file);
    json->comma = true;
}

void
json_text(struct json *json, const char *key, const char *value)
{
    if (value == NULL) {
        json_null(json, key);
        return;
    }
    begin(json, key);
    put_string(json->file, value);
}

void
json_number(struct json *json, const char *key, int64_t value)
{
    begin(json, key);
    fprintf(json->file, "%" PRId64, value);
}

void
json_bool(struct json *json, const char *key, bool value)
{
    begin(json, key);
    fputs(value ? "true" : "false", json->file);
}

void
json_null(struct json *json, const char *key)
{
    begin(json, key);
    fputs("null", json->file);
}

static void
put_rules(struct json *json, const char *key, uint32_t rules)
{
    static const struct {
        uint32_t rule;
        const char *name;
    } names[] = {
        {KLINGREC_RULE_FORMAT, "format"}, {KLINGREC_RULE_DAMAGED, "damaged"},
        {KLINGREC_RULE_BYTES, "bytes"},   {KLINGREC_RULE_SIDE, "side"},
        {KLINGREC_RULE_ASPECT, "aspect"},
    };
    json_open(json, key, '[');
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((rules & names[i].rule) != 0)
            json_text(json, NULL, names[i].name);
    json_close(json, '[');
}

static void
put_known(struct json *json, const char *key, uint32_t value)
{
    if (value != 0)
        json_number(json, key, value);
    else
        json_null(json, key);
}

void
json_image(struct json *json, const klingrec_image_info *info)
{
    if (info == NULL) {
        json_null(json, "image");
        return;
    }
    json_open(json, "image", '{');
    json_text(json, "format", klingrec_format_name(info->format));
    put_known(json, "width", info->width);
    put_known(json, "height", info->height);
    if (info->bytes < SIZE_MAX)
        json_number(json, "bytes", (int64_t)info->bytes);
    else
        json_null(json, "bytes");
    put_rules(json, "broken", info->broken_rules);
    put_rules(json, "edge", info->edge_rules);
    json_close(json, '{');
}
