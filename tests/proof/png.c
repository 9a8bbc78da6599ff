/* SPDX-License-Identifier: MIT */
/*
 * png.c - proof: klr_png_walk() over any bytes, for images of any length
 *
 * It accesses only what klr_peek() gives, its arithmetic does not overflow, and it
 * ends: each chunk has at least 12 bytes. No side is above the 2^31 - 1 of PNG, and the
 * orientation is 1 to 8. crc_update() is replaced by any value. See peek.h for how.
 */
#include "base/build.h"

#include "image/png.h"

#include "exif_contract.h"
#include "peek.h"

struct png;
static const unsigned char *peek(struct png *g, const char *function, uint64_t offset,
                                 size_t n);

#define klr_peek(cursor, offset, n) peek(g, __func__, offset, n)
#include "image/png.c"
#undef klr_peek

static bool
is_valid(const png *g)
{
    const klingrec_image_info *info = g->info;
    return g->at >= SIGNATURE && g->at <= g->cursor->end + MAX_NUMBER + CHUNK_CRC &&
           info->width <= MAX_NUMBER && info->height <= MAX_NUMBER &&
           info->orientation >= 1 && info->orientation <= 8;
}

/* The head of the loop is in read_chunk(). */
static void
at_head(png *g)
{
    static bool second;
    static uint64_t before;
    png any;
    klingrec_image_info any_info;
    PROVE(is_valid(g));
    PROVE(!second || g->at >= before + CHUNK_HEAD + CHUNK_CRC);
    ASSUME(!second);
    second = true;
    any.cursor = g->cursor;
    any.info = g->info;
    *g = any;
    *g->info = any_info;
    ASSUME(is_valid(g));
    before = g->at;
}

static const unsigned char *
peek(png *g, const char *function, uint64_t offset, size_t n)
{
    if (strcmp(function, "read_chunk") == 0) {
        at_head(g);
        offset = g->at;
    }
    return any_bytes(g->cursor, offset, n);
}

int
main(void)
{
    klr_cursor cursor;
    klingrec_image_info info;
    bool header_only;
    ASSUME(cursor.end <= IMAGE_MAX);
    info.width = info.height = 0;
    info.orientation = 1;
    klr_png_walk(&cursor, header_only, &info);
    PROVE(info.width <= MAX_NUMBER && info.height <= MAX_NUMBER);
    PROVE(info.orientation >= 1 && info.orientation <= 8);
    return 0;
}
