/* json.c - one JSON object per line */
#include "json.h"

#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>

static void
put_character(struct text *text, const char *at, size_t len, uint32_t character)
{
    char spelt[16] = {'\\', (char)character, '\0'};
    if (character == '\n')
        spelt[1] = 'n';
    else if (character == '\t')
        spelt[1] = 't';
    else if (character == UTF8_BAD)
        snprintf(spelt, sizeof spelt, "\\ufffd");
    else if (!utf8_is_harmful(character) && character != '"' && character != '\\')
        snprintf(spelt, sizeof spelt, "%.*s", (int)len, at);
    else if (utf8_is_harmful(character) && character <= 0xFFFF)
        snprintf(spelt, sizeof spelt, "\\u%04x", (unsigned)character);
    else if (character > 0xFFFF)
        snprintf(spelt, sizeof spelt, "\\u%04x\\u%04x",
                 (unsigned)(0xD800 + ((character - 0x10000) >> 10)),
                 (unsigned)(0xDC00 + ((character - 0x10000) & 0x3FF)));
    text_puts(text, spelt);
}

/* Also a terminal may show these lines, so what harms one is escaped. */
static void
put_string(struct text *text, const char *value)
{
    uint32_t character;
    text_puts(text, "\"");
    while (*value != '\0') {
        size_t len = utf8_next(value, &character);
        put_character(text, value, len, character);
        value += len;
    }
    text_puts(text, "\"");
}

static void
begin(struct json *json, const char *key)
{
    if (json->comma)
        text_puts(json->text, ",");
    json->comma = true;
    if (key != NULL) {
        put_string(json->text, key);
        text_puts(json->text, ":");
    }
}

void
json_open(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    text_add(json->text, &bracket, 1);
    json->comma = false;
}

void
json_close(struct json *json, char bracket)
{
    text_puts(json->text, bracket == '{' ? "}" : "]");
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
    put_string(json->text, value);
}

void
json_number(struct json *json, const char *key, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    json_raw(json, key, digits);
}

void
json_bool(struct json *json, const char *key, bool value)
{
    json_raw(json, key, value ? "true" : "false");
}

void
json_null(struct json *json, const char *key)
{
    json_raw(json, key, "null");
}

void
json_raw(struct json *json, const char *key, const char *value)
{
    begin(json, key);
    text_puts(json->text, value);
}

void
json_rules(struct json *json, const char *key, uint32_t rules)
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
    json_rules(json, "broken", info->broken_rules);
    json_rules(json, "edge", info->edge_rules);
    json_close(json, '{');
}
