/* text.h - short lines of text that came from elsewhere */
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

/* A space, or one of \t \n \v \f \r. */
static inline bool
klr_text_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Equal, except for the case of ASCII letters. */
bool klr_text_equal(const char *a, const char *b);

/* The same of the first bytes of text; prefix is in lower case. */
bool klr_text_begins(const char *text, size_t len, const char *prefix);

/* Control characters, line ends and turns of the writing direction become spaces, so
   that a server's words stay one line, and harmless on a terminal. */
void klr_text_blank(char *text, size_t len);

/* Copy, cut to fit between characters, and blanked. Returns the length of the copy. */
size_t klr_text_copy(char *buf, size_t size, const char *text);

/* Append like printf, cut to fit. Returns the new length. */
size_t klr_text_add(char *buf, size_t size, size_t len, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;
size_t klr_text_add_args(char *buf, size_t size, size_t len, const char *format,
                         va_list args)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 0)))
#endif
    ;

#endif
