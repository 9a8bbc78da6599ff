/* SPDX-License-Identifier: MIT */
/* text.h - a growable text with a maximum size */
#ifndef STANDIN_TEXT_H
#define STANDIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* After a failure nothing more is added, so a caller checks `failed` once at the end.
 */
struct text {
    char *data; /* NUL-terminated after the first addition */
    size_t len;
    size_t capacity;
    size_t max;
    bool failed;
};

void standin_text_init(struct text *text, size_t max);
void standin_text_add(struct text *text, const void *bytes, size_t len);
void standin_text_puts(struct text *text, const char *string);
void standin_text_printf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends the content of a JSON string: quotes, backslashes and controls are escaped.
 */
void standin_text_json(struct text *text, const char *string);

void standin_text_free(struct text *text);

#endif /* STANDIN_TEXT_H */
