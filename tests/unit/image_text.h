/* SPDX-License-Identifier: MIT */
/* image_text.h - images as lines of text, for tables */
#ifndef IMAGE_TEXT_H
#define IMAGE_TEXT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 *   FFD8 01       bytes
 *   00*65536      a byte, repeated
 *   'Exif'        text
 *   {'IDAT' 00}   a PNG chunk: length and checksum are added
 *   {'IDAT' 00}!  the same with a wrong checksum
 */
enum { BYTES_MAX = 1 << 18 };

typedef struct byte_run {
    unsigned char at[BYTES_MAX];
    size_t len;
} byte_run;

static inline void
bytes_put(byte_run *out, size_t n, uint64_t value)
{
    while (n-- > 0 && out->len < BYTES_MAX)
        out->at[out->len++] = (unsigned char)(value >> 8 * n);
}

/* Bit by bit, independent of the code that it tests. */
static inline uint32_t
bytes_crc(const unsigned char *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return crc ^ 0xFFFFFFFFu;
}

static inline const char *
bytes_end_chunk(byte_run *out, size_t start, const char *text)
{
    size_t len = out->len - start - 8, end = out->len;
    uint32_t crc = bytes_crc(out->at + start + 4, 4 + len);
    out->len = start;
    bytes_put(out, 4, len);
    out->len = end;
    bytes_put(out, 4, *text == '!' ? crc ^ 1 : crc);
    return *text == '!' ? text + 1 : text;
}

static inline const char *
bytes_put_hex(byte_run *out, const char *text)
{
    char pair[3] = {text[0], text[1], '\0'};
    unsigned long value = strtoul(pair, NULL, 16), count = 1;
    text += 2;
    if (*text == '*') {
        char *end;
        count = strtoul(text + 1, &end, 10);
        text = end;
    }
    while (count-- > 0)
        bytes_put(out, 1, value);
    return text;
}

static inline void
bytes_make(byte_run *out, const char *text)
{
    size_t chunk = 0;
    out->len = 0;
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
        } else if (*text == '\'') {
            for (text++; *text != '\''; text++)
                bytes_put(out, 1, (unsigned char)*text);
            text++;
        } else if (*text == '{') {
            chunk = out->len;
            bytes_put(out, 4, 0);
            text++;
        } else if (*text == '}') {
            text = bytes_end_chunk(out, chunk, text + 1);
        } else {
            text = bytes_put_hex(out, text);
        }
    }
}

#endif
