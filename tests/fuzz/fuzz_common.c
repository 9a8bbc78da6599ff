/* SPDX-License-Identifier: MIT */
/* fuzz_common.c - texts as seeds, and the report of a broken promise */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t
fuzz_text(const char *const *texts, size_t index, uint8_t *bytes, size_t max)
{
    for (size_t i = 0; texts[i] != NULL; i++) {
        size_t len = strlen(texts[i]);
        if (i == index && len <= max) {
            memcpy(bytes, texts[i], len);
            return len;
        }
    }
    return 0;
}

char *
fuzz_copy(const uint8_t *bytes, size_t len)
{
    char *copy = malloc(len + 1);
    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

void
fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    abort();
}
