/* SPDX-License-Identifier: MIT */
/* text.c - a growable text with a maximum size */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 512, LONGEST_PRINTF = 1024 };

void
standin_text_init(struct text *text, size_t max)
{
    memset(text, 0, sizeof *text);
    text->max = max;
}

static bool
reserve(struct text *text, size_t more)
{
    /* len <= max always, and max is far below SIZE_MAX, so + 1 cannot wrap. */
    if (text->failed || more > text->max - text->len)
        return false;
    size_t need = text->len + more + 1;
    if (need <= text->capacity)
        return true;
    size_t capacity = text->capacity != 0 ? text->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity = capacity > text->max / 2 ? text->max + 1 : capacity * 2;
    char *data = realloc(text->data, capacity);
    if (data == NULL)
        return false;
    text->data = data;
    text->capacity = capacity;
    return true;
}

void
standin_text_add(struct text *text, const void *bytes, size_t len)
{
    if (!reserve(text, len)) {
        text->failed = true;
        return;
    }
    if (len != 0)
        memcpy(text->data + text->len, bytes, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void
standin_text_puts(struct text *text, const char *string)
{
    standin_text_add(text, string, strlen(string));
}

void
standin_text_printf(struct text *text, const char *format, ...)
{
    char line[LONGEST_PRINTF];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof line)
        text->failed = true;
    else
        standin_text_add(text, line, (size_t)len);
}

void
standin_text_json(struct text *text, const char *string)
{
    for (const char *at = string; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\')
            standin_text_printf(text, "\\%c", byte);
        else if (byte < 0x20)
            standin_text_printf(text, "\\u%04x", byte);
        else
            standin_text_add(text, at, 1);
    }
}

void
standin_text_free(struct text *text)
{
    free(text->data);
    standin_text_init(text, text->max);
}
