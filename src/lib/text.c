/* text.c - short lines of text that came from elsewhere */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
klr_text_equal(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

static bool
is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

size_t
klr_text_copy(char *buf, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (size == 0)
        return 0;
    if (len >= size) {
        len = size - 1;
        while (len > 0 && is_continuation(text[len]))
            len--;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        buf[i] = c < ' ' || c == 0x7F ? ' ' : text[i];
    }
    buf[len] = '\0';
    return len;
}

size_t
klr_text_add(char *buf, size_t size, size_t len, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(buf + len, size - len, format, args);
    va_end(args);
    if (n < 0)
        return len;
    return (size_t)n < size - len ? len + (size_t)n : size - 1;
}
