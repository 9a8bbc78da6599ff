/* SPDX-License-Identifier: MIT */
/* utf8.h - UTF-8: decoding, escaping of harmful characters, width on a terminal */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include "base/memory.h"

#include <stdint.h>

/* Not a character: a byte that is not part of valid UTF-8. */
#define UTF8_BAD 0xFFFFFFFFu

/* Decodes the character at text, which must not be empty; returns its length in bytes.
 */
size_t cli_utf8_next(const char *text, uint32_t *character);

/* Controls, bidirectional overrides and other characters that change how the text
   around them is displayed. */
bool cli_utf8_is_harmful(uint32_t character);

bool cli_utf8_is_valid(const char *string);

/* Appends string to text with harmful characters escaped: "\x1b", "\u{202e}". A byte
   that is not UTF-8 becomes "\xff". A backslash becomes two, so that no two strings
   give the same text; but not on Windows, where it separates the parts of a path and
   controls cannot be in names. ascii: escape everything that is not ASCII. */
void cli_utf8_add_safe(struct text *text, const char *string, bool ascii);

/* The width of safe text on a terminal, in columns. */
size_t cli_utf8_columns(const char *safe);

/* The number of bytes of safe that fit into the columns. */
size_t cli_utf8_fit(const char *safe, size_t columns);

/* The longest suffix of safe that fits into the columns. */
const char *cli_utf8_tail(const char *safe, size_t columns);

#endif
