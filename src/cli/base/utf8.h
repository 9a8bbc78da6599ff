/* utf8.h - text that came from elsewhere, for a terminal: harmless and measured */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include "base/memory.h"

#include <stdint.h>

/* No character: a byte that is not part of valid UTF-8. */
#define UTF8_BAD 0xFFFFFFFFu

/* The character at text, which must not be at its NUL; returns its bytes. */
size_t cli_utf8_next(const char *text, uint32_t *character);

/* Controls, bidi overrides and what else changes how other text looks. */
bool cli_utf8_is_harmful(uint32_t character);

/* Add string to text with everything harmful spelt out: "\x1b", "\u{202e}". Bytes
   that are not UTF-8 become U+FFFD. ascii: spell out all that is not ASCII. */
void cli_utf8_add_safe(struct text *text, const char *string, bool ascii);

/* Columns that safe text fills on a terminal. */
size_t cli_utf8_columns(const char *safe);

/* Bytes of safe that fit into so many columns. */
size_t cli_utf8_fit(const char *safe, size_t columns);

/* Where the longest end of safe begins that fits into so many columns. */
const char *cli_utf8_tail(const char *safe, size_t columns);

#endif
