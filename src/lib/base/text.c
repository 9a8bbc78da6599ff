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
        size_t n = control_at(text + i, len - i);
        memset(text + i, ' ', n);
        i += n > 0 ? n : 1;
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
