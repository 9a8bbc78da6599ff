/* SPDX-License-Identifier: MIT */
/* base64.c - bytes as text */
#include "base/base64.h"

#include <string.h>

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
cli_base64_add(struct text *text, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        unsigned bits = (unsigned)at[i] << 16 | (left > 1 ? at[i + 1] * 256u : 0) |
                        (left > 2 ? at[i + 2] : 0u);
        char four[] = {letters[bits >> 18], letters[bits >> 12 & 63],
                       left > 1 ? letters[bits >> 6 & 63] : '=',
                       left > 2 ? letters[bits & 63] : '='};
        cli_text_add(text, four, sizeof four);
    }
}

bool
cli_base64_read(struct text *bytes, const char *text)
{
    size_t len = strcspn(text, "=");
    unsigned bits = 0;
    for (size_t i = 0; i < len; i++) {
        const char *letter = strchr(letters, text[i]);
        if (letter == NULL)
            return false;
        bits = (bits << 6 | (unsigned)(letter - letters)) & 0xFFFFFF;
        char byte = (char)(bits >> (6 - i % 4 * 2) & 255);
        if (i % 4 != 0)
            cli_text_add(bytes, &byte, 1);
    }
    return len % 4 != 1;
}
