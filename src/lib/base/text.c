/* SPDX-License-Identifier: MIT */
/* text.c - characters and short lines of foreign text */
#include "base/build.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

bool
klr_text_equal(const char *a, const char *b)
{
    while (*a != '\0' && klr_text_lower(*a) == klr_text_lower(*b)) {
        a++;
        b++;
    }
    return klr_text_lower(*a) == klr_text_lower(*b);
}

bool
klr_text_begins(const char *text, size_t len, const char *prefix)
{
    size_t n = strlen(prefix);
    if (len < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (klr_text_lower(text[i]) != prefix[i])
            return false;
    return true;
}

size_t
klr_text_utf8(const char *text, size_t len)
{
    static const struct {
        unsigned char first, last, low, high; /* lead range, range of 2nd byte */
        size_t bytes;
    } forms[] = {
        {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2},
        {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4},
        {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    const unsigned char *p = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last)
            continue;
        if (len < forms[i].bytes)
            return 0;
        if (forms[i].bytes > 1 && (p[1] < forms[i].low || p[1] > forms[i].high))
            return 0;
        for (size_t k = 2; k < forms[i].bytes; k++)
            if (!klr_text_is_continuation(text[k]))
                return 0;
        return forms[i].bytes;
    }
    return 0;
}

/* The length of the control character at p, 0 if there is none: C0, DEL, C1, line ends,
   and changes of the writing direction. left: bytes from p to the end. */
static size_t
control_at(const char *p, size_t left)
{
    unsigned char a = (unsigned char)p[0];
    unsigned char b = left > 1 ? (unsigned char)p[1] : 0;
    unsigned char c = left > 2 ? (unsigned char)p[2] : 0;
    if (a < ' ' || a == 0x7F)
        return 1;
    if (a == 0xC2 && b >= 0x80 && b <= 0x9F)
        return 2;
    bool line_or_direction = b == 0x80 && c >= 0xA8 && c <= 0xAE; /* U+2028 to U+202E */
    bool isolate = b == 0x81 && c >= 0xA6 && c <= 0xA9;           /* U+2066 to U+2069 */
    return a == 0xE2 && (line_or_direction || isolate) ? 3 : 0;
}

void
klr_text_sanitize(char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = text[i] >= ' ' && text[i] <= '~'; /* most are */
        if (n == 0) {
            n = control_at(text + i, len - i);
            memset(text + i, ' ', n);
        }
        if (n == 0)
            n = klr_text_utf8(text + i, len - i);
        if (n == 0) {
            text[i] = '?';
            n = 1;
        }
        i += n;
    }
}

size_t
klr_text_copy(char *buf, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (size == 0)
        return 0;
    if (len >= size) {
        len = size - 1;
        while (len > 0 && klr_text_is_continuation(text[len]))
            len--;
    }
    memmove(buf, text, len);
    klr_text_sanitize(buf, len);
    buf[len] = '\0';
    return len;
}

size_t
klr_text_add_args(char *buf, size_t size, size_t len, const char *format, va_list args)
{
    int n = vsnprintf(buf + len, size - len, format, args);
    if (n < 0)
        return len;
    return (size_t)n < size - len ? len + (size_t)n : size - 1;
}

size_t
klr_text_add(char *buf, size_t size, size_t len, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    len = klr_text_add_args(buf, size, len, format, args);
    va_end(args);
    return len;
}
