/* SPDX-License-Identifier: MIT */
/* json.c - one JSON object per line */
#include "base/json.h"

#include "base/base64.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool
is_plain(uint32_t character)
{
    return character != '"' && character != '\\' && character != UTF8_BAD &&
           !cli_utf8_is_harmful(character);
}

static void
put_escaped(struct text *text, uint32_t character)
{
    char escaped[16] = {'\\', (char)character, '\0'};
    if (character == '\n')
        escaped[1] = 'n';
    else if (character == '\t')
        escaped[1] = 't';
    else if (character == UTF8_BAD)
        snprintf(escaped, sizeof escaped, "\\ufffd");
    else if (cli_utf8_is_harmful(character) && character <= 0xFFFF)
        snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)character);
    else if (character > 0xFFFF)
        snprintf(escaped, sizeof escaped, "\\u%04x\\u%04x",
                 (unsigned)(0xD800 + ((character - 0x10000) >> 10)),
                 (unsigned)(0xDC00 + ((character - 0x10000) & 0x3FF)));
    cli_text_puts(text, escaped);
}

/* The lines may be shown on a terminal, so characters that can harm one are escaped. */
static void
put_string(struct text *text, const char *value)
{
    uint32_t character;
    size_t plain = 0; /* bytes from value on that are added as they are */
    cli_text_puts(text, "\"");
    while (value[plain] != '\0') {
        size_t len = cli_utf8_next(value + plain, &character);
        if (is_plain(character)) {
            plain += len;
            continue;
        }
        cli_text_add(text, value, plain);
        put_escaped(text, character);
        value += plain + len;
        plain = 0;
    }
    cli_text_add(text, value, plain);
    cli_text_puts(text, "\"");
}

static void
begin(struct json *json, const char *key)
{
    if (json->comma)
        cli_text_puts(json->text, ",");
    json->comma = true;
    if (key != NULL) {
        put_string(json->text, key);
        cli_text_puts(json->text, ":");
    }
}

void
cli_json_open(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    cli_text_add(json->text, &bracket, 1);
    json->comma = false;
}

void
cli_json_close(struct json *json, char bracket)
{
    cli_text_puts(json->text, bracket == '{' ? "}" : "]");
    json->comma = true;
}

void
cli_json_text(struct json *json, const char *key, const char *value)
{
    if (value == NULL) {
        cli_json_null(json, key);
        return;
    }
    begin(json, key);
    put_string(json->text, value);
}

void
cli_json_bytes(struct json *json, const char *key, const char *value)
{
    begin(json, key);
    cli_text_puts(json->text, "\"");
    cli_base64_add(json->text, value, strlen(value));
    cli_text_puts(json->text, "\"");
}

void
cli_json_number(struct json *json, const char *key, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    cli_json_raw(json, key, digits);
}

void
cli_json_bool(struct json *json, const char *key, bool value)
{
    cli_json_raw(json, key, value ? "true" : "false");
}

void
cli_json_null(struct json *json, const char *key)
{
    cli_json_raw(json, key, "null");
}

void
cli_json_raw(struct json *json, const char *key, const char *value)
{
    begin(json, key);
    cli_text_puts(json->text, value);
}

void
cli_json_rules(struct json *json, const char *key, uint32_t rules)
{
    static const struct {
        uint32_t rule;
        const char *name;
    } names[] = {
        {KLINGREC_RULE_FORMAT, "format"}, {KLINGREC_RULE_DAMAGED, "damaged"},
        {KLINGREC_RULE_BYTES, "bytes"},   {KLINGREC_RULE_SIDE, "side"},
        {KLINGREC_RULE_ASPECT, "aspect"},
    };
    cli_json_open(json, key, '[');
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((rules & names[i].rule) != 0)
            cli_json_text(json, NULL, names[i].name);
    cli_json_close(json, '[');
}
