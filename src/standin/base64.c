/* SPDX-License-Identifier: MIT */
/* base64.c - a strict base64 decoder */
#include "base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_A_DIGIT = 0xff };

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
fill_values(unsigned char values[256])
{
    memset(values, NOT_A_DIGIT, 256);
    for (unsigned i = 0; i < 64; i++)
        values[(unsigned char)alphabet[i]] = (unsigned char)i;
}

/* Decodes the last four characters, which may be padded. 0: not base64. */
static size_t
decode_last(const unsigned char values[256], const char *text, unsigned char *out)
{
    size_t digits = text[3] != '=' ? 4 : text[2] != '=' ? 3 : 2;
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        unsigned char value = i < digits ? values[(unsigned char)text[i]] : 0;
        if (value == NOT_A_DIGIT)
            return 0;
        bits = bits << 6 | value;
    }
    /* Two digits carry 12 bits for one byte, three carry 18 for two. */
    uint32_t left_over = digits == 2 ? 0xffff : digits == 3 ? 0xff : 0;
    if ((bits & left_over) != 0)
        return 0;
    for (size_t i = 0; i + 1 < digits; i++)
        out[i] = (unsigned char)(bits >> (16 - 8 * i));
    return digits - 1;
}

bool
standin_base64_decode(const char *text, size_t len, unsigned char **out,
                      size_t *out_len)
{
    *out = NULL;
    *out_len = 0;
    if (len == 0 || len % 4 != 0)
        return false;
    unsigned char *bytes = malloc(len / 4 * 3);
    if (bytes == NULL)
        return false;
    unsigned char values[256];
    fill_values(values);
    size_t n = 0;
    unsigned bad = 0;
    size_t i = 0;
    for (; i + 4 < len; i += 4) {
        unsigned a = values[(unsigned char)text[i]];
        unsigned b = values[(unsigned char)text[i + 1]];
        unsigned c = values[(unsigned char)text[i + 2]];
        unsigned d = values[(unsigned char)text[i + 3]];
        /* Digits are below 64 and NOT_A_DIGIT is not, so the top bits detect it. */
        bad |= (a | b | c | d) & 0xc0;
        bytes[n++] = (unsigned char)(a << 2 | b >> 4);
        bytes[n++] = (unsigned char)(b << 4 | c >> 2);
        bytes[n++] = (unsigned char)(c << 6 | d);
    }
    size_t last = decode_last(values, text + i, bytes + n);
    if (bad != 0 || last == 0) {
        free(bytes);
        return false;
    }
    *out = bytes;
    *out_len = n + last;
    return true;
}
