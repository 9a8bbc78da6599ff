/* SPDX-License-Identifier: MIT */
/* webp.c - walks over the chunks of a WebP (RFC 9649) without decoding it */
#include "output/webp.h"

#include "base/files.h"

#include <string.h>

enum { HEAD = 12, CHUNK_HEAD = 8, IMAGE_HEAD = 10, BLOCK = 16384 };

static uint32_t
le32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool
read_all(int file, unsigned char *to, size_t len)
{
    while (len > 0) {
        ptrdiff_t n = cli_file_read(file, to, len);
        if (n <= 0)
            return false;
        to += n;
        len -= (size_t)n;
    }
    return true;
}

static bool
skip(int file, uint64_t len)
{
    unsigned char block[BLOCK];
    for (size_t n; len > 0; len -= n) {
        n = len < sizeof block ? (size_t)len : sizeof block;
        if (!read_all(file, block, n))
            return false;
    }
    return true;
}

/* A key frame of VP8 (RFC 6386, 9.1), lossless data, or a frame of an animation. */
static bool
is_image(const unsigned char *type, const unsigned char *data)
{
    return memcmp(type, "ANMF", 4) == 0 ||
           (memcmp(type, "VP8L", 4) == 0 && data[0] == 0x2f) ||
           (memcmp(type, "VP8 ", 4) == 0 && (data[0] & 1) == 0 &&
            memcmp(data + 3, "\x9d\x01\x2a", 3) == 0);
}

/* Some programs leave out the byte that fills up the last chunk. */
static bool
walk(int file, uint64_t left)
{
    bool found = false;
    while (left > 0) {
        unsigned char chunk[CHUNK_HEAD], data[IMAGE_HEAD] = {0};
        if (left < CHUNK_HEAD || !read_all(file, chunk, sizeof chunk))
            return false;
        left -= CHUNK_HEAD;
        uint64_t len = le32(chunk + 4);
        if (len > left)
            return false;
        len += len % 2 != 0 && len < left;
        size_t begin = len < sizeof data ? (size_t)len : sizeof data;
        if (!read_all(file, data, begin) || !skip(file, len - begin))
            return false;
        found = found || is_image(chunk, data);
        left -= len;
    }
    return found;
}

bool
cli_webp_is_whole(const char *path, uint64_t bytes)
{
    unsigned char head[HEAD];
    int file = cli_file_open(path, FILE_EXAMINE);
    bool good = file >= 0 && bytes > sizeof head && read_all(file, head, sizeof head) &&
                le32(head + 4) + (uint64_t)8 == bytes && walk(file, bytes - HEAD);
    if (file >= 0)
        cli_file_close(file);
    return good;
}
