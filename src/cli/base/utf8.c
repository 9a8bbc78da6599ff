/* SPDX-License-Identifier: MIT */
/* utf8.c - UTF-8: decoding, escaping of harmful characters, width on a terminal */
#include "base/utf8.h"

#include "base/files.h"

#include <stdio.h>
#include <string.h>

struct range {
    uint32_t first;
    uint32_t last;
};

static bool
is_in(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

#define IS_IN(ranges, character)                                                       \
    is_in(ranges, sizeof(ranges) / sizeof(ranges)[0], character)

size_t
cli_utf8_next(const char *text, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)text;
    size_t len = p[0] < 0x80   ? 1
                 : p[0] < 0xC2 ? 0
                 : p[0] < 0xE0 ? 2
                 : p[0] < 0xF0 ? 3
                 : p[0] < 0xF5 ? 4
                               : 0;

    *character = UTF8_BAD;
    if (len == 0)
        return 1;
    uint32_t value = len == 1 ? p[0] : p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) /* also stops at NUL */
            return 1;
        value = value << 6 | (p[i] & 0x3Fu);
    }
    /* An overlong form, a surrogate, or beyond U+10FFFF. */
    if (value < least[len] || (value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF)
        return 1;
    *character = value;
    return len;
}

bool
cli_utf8_is_harmful(uint32_t character)
{
    static const struct range harmful[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x061C, 0x061C},
        {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
        {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
    };
    return IS_IN(harmful, character);
}

bool
cli_utf8_is_valid(const char *string)
{
    uint32_t character = 0;
    while (*string != '\0' && character != UTF8_BAD)
        string += cli_utf8_next(string, &character);
    return character != UTF8_BAD;
}

void
cli_utf8_add_safe(struct text *text, const char *string, bool ascii)
{
    char escaped[16];
    uint32_t character;

    cli_text_add(text, "", 0);
    for (size_t len; *string != '\0'; string += len) {
        len = cli_utf8_next(string, &character);
        if (character == '\\' && !cli_path_is_separator('\\')) {
            cli_text_puts(text, "\\\\");
        } else if (character == UTF8_BAD ||
                   (character < 0x80 && cli_utf8_is_harmful(character))) {
            snprintf(escaped, sizeof escaped, "\\x%02x",
                     (unsigned)(unsigned char)*string);
            cli_text_puts(text, escaped);
        } else if (cli_utf8_is_harmful(character) || (ascii && character > 0x7F)) {
            snprintf(escaped, sizeof escaped, "\\u{%x}", (unsigned)character);
            cli_text_puts(text, escaped);
        } else {
            cli_text_add(text, string, len);
        }
    }
}

/* Combining marks take no column; ideographs and emoji take two. The ranges are whole
   blocks, so some widths are too large, which does not break a table. */
static size_t
width(uint32_t character)
{
    static const struct range none[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
        {0x064B, 0x065F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
        {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200C, 0x200D}, {0x20D0, 0x20FF},
        {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    };
    static const struct range two[] = {
        {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23F3},   {0x25FD, 0x25FE},
        {0x2614, 0x27BF},   {0x2B1B, 0x2B55},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
        {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
        {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF}, {0x1AFF0, 0x1B2FF},
        {0x1F18E, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7FF}, {0x1F900, 0x1FAFF},
        {0x20000, 0x3FFFD},
    };
    if (character < 0x300)
        return 1;
    if (IS_IN(none, character))
        return 0;
    return IS_IN(two, character) ? 2 : 1;
}

size_t
cli_utf8_columns(const char *safe)
{
    size_t columns = 0;
    uint32_t character;
    while (*safe != '\0') {
        safe += cli_utf8_next(safe, &character);
        columns += width(character);
    }
    return columns;
}

size_t
cli_utf8_fit(const char *safe, size_t columns)
{
    size_t at = 0;
    uint32_t character;
    while (safe[at] != '\0') {
        size_t len = cli_utf8_next(safe + at, &character);
        size_t wide = width(character);
        if (wide > columns)
            break;
        columns -= wide;
        at += len;
    }
    return at;
}

const char *
cli_utf8_tail(const char *safe, size_t columns)
{
    size_t all = cli_utf8_columns(safe);
    uint32_t character;
    while (*safe != '\0' && all > columns) {
        safe += cli_utf8_next(safe, &character);
        all -= width(character);
    }
    /* Skip marks whose base character was cut off. */
    while (*safe != '\0' && cli_utf8_next(safe, &character) > 0 &&
           width(character) == 0)
        safe += cli_utf8_next(safe, &character);
    return safe;
}
