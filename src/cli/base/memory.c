/* SPDX-License-Identifier: MIT */
/* memory.c - allocation without failure, a growable text, and wiping */
#include "base/memory.h"

#include "base/exits.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
cli_resize(void *old, size_t count, size_t size)
{
    void *now = NULL;
    if (size == 0 || count <= SIZE_MAX / size)
        now = realloc(old, count * size > 0 ? count * size : 1);
    if (now == NULL)
        cli_out_of_memory();
    return now;
}

void
cli_out_of_memory(void)
{
    /* cli_say_error() would allocate. */
    fputs("klingrec: error: out of memory\n", stderr);
    exit(EXIT_TROUBLE);
}

char *
cli_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(cli_resize(NULL, size, 1), text, size);
}

void
cli_wipe(void *bytes, size_t len)
{
    volatile unsigned char *at = bytes;
    while (len-- > 0)
        *at++ = 0;
}

void
cli_text_add(struct text *text, const char *bytes, size_t len)
{
    /* Only with 32 bits: a list, or a file to merge. */
    if (len > SIZE_MAX / 4 - text->len)
        cli_out_of_memory();
    if (text->len + len + 1 > text->size) {
        text->size = (text->len + len + 1) * 2;
        text->at = cli_resize(text->at, text->size, 1);
    }
    if (len > 0)
        memcpy(text->at + text->len, bytes, len);
    text->len += len;
    text->at[text->len] = '\0';
}

void
cli_text_puts(struct text *text, const char *string)
{
    cli_text_add(text, string, strlen(string));
}

void
cli_text_clear(struct text *text)
{
    text->len = 0;
    cli_text_add(text, "", 0);
}

void
cli_text_free(struct text *text)
{
    free(text->at);
    memset(text, 0, sizeof *text);
}
