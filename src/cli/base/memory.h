/* SPDX-License-Identifier: MIT */
/* memory.h - allocation without failure, a growable text, and wiping */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Like realloc(), for count * size bytes. If memory is exhausted, prints an error and
   exits. */
void *cli_resize(void *old, size_t count, size_t size);

void cli_out_of_memory(void);

char *cli_copy_text(const char *text);

/* Zeroes bytes; the compiler cannot optimise it away. */
void cli_wipe(void *bytes, size_t len);

/* NUL-terminated after the first addition. */
struct text {
    char *at;
    size_t len;
    size_t size;
};

void cli_text_add(struct text *text, const char *bytes, size_t len);
void cli_text_puts(struct text *text, const char *string);
void cli_text_clear(struct text *text);
void cli_text_free(struct text *text);

#endif
