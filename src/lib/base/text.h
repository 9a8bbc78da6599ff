/* SPDX-License-Identifier: MIT */
/* text.h - characters and short lines of foreign text */
#ifndef KLR_TEXT_H
#define KLR_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Characters of ASCII. Unlike <ctype.h> these do not depend on the locale, and every
 * value of a char is allowed.
 */
static inline char
klr_text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool
klr_text_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
klr_text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of a hexadecimal digit, or -1. */
static inline int
klr_text_hex(char c)
{
    c = klr_text_lower(c);
    return klr_text_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A space, or one of \t \n \v \f \r. */
static inline bool
klr_text_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Not the first byte of a UTF-8 character. */
static inline bool
klr_text_is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Whether all bytes are visible ASCII, without spaces. */
static inline bool
klr_text_is_visible(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '!' || text[i] > '~')
            return false;
    return true;
}

/* The first character that is neither a space nor a tab: HTTP's optional white space
   (RFC 9110, 5.6.3). */
static inline const char *
klr_text_skip_spaces(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* Equal, except for the case of ASCII letters. */
bool klr_text_equal(const char *a, const char *b);

/* The same of the first bytes of text; prefix is in lower case. */
bool klr_text_begins(const char *text, size_t len, const char *prefix);

/* The length of the UTF-8 character at text (RFC 3629), 0 if it is invalid. len is not
   0. */
size_t klr_text_utf8(const char *text, size_t len);

/* Replace control characters, line ends and changes of the writing direction by spaces,
   so that foreign text stays on one line and cannot control a terminal; and what is not
   UTF-8 by question marks. */
void klr_text_sanitize(char *text, size_t len);

/* Copy, truncated between characters and sanitized. Returns the copy's length. */
size_t klr_text_copy(char *buf, size_t size, const char *text);

/* For gcc's check of format strings. On Windows it would expect those of Microsoft's
   old C library, which does not know %zu. */
#if defined(__MINGW32__) && !defined(__clang__)
#define KLR_PRINTF(format_at, args_at)                                                 \
    __attribute__((format(gnu_printf, format_at, args_at)))
#elif defined(__GNUC__)
#define KLR_PRINTF(format_at, args_at)                                                 \
    __attribute__((format(printf, format_at, args_at)))
#else
#define KLR_PRINTF(format_at, args_at)
#endif

/* Append like printf(), truncated to size. Returns the new length. */
size_t klr_text_add(char *buf, size_t size, size_t len, const char *format, ...)
    KLR_PRINTF(4, 5);
size_t klr_text_add_args(char *buf, size_t size, size_t len, const char *format,
                         va_list args) KLR_PRINTF(4, 0);

#endif
