/* SPDX-License-Identifier: MIT */
/* png.c - walk over a PNG's chunks (PNG, 3rd edition) without decoding it */
#include "base/build.h"

#include "image/png.h"

#include "base/text.h"
#include "image/exif.h"
#include "image/walk.h"

enum {
    SIGNATURE = 8,
    CHUNK_HEAD = 8, /* length and type */
    CHUNK_CRC = 4,
    IHDR_LEN = 13,
    MAX_PALETTE = 256,
    MAX_LIBPNG_SIDE = 1000000, /* unless its user raises it */
    COLOUR_PALETTE = 3
};

#define CRC_START  0xFFFFFFFFu
#define CRC_END    0xFFFFFFFFu
#define MAX_NUMBER 0x7FFFFFFFu /* PNG, 7.1: numbers are below 2^31 */

#define TYPE(a, b, c, d)                                                               \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define TYPE_IHDR TYPE('I', 'H', 'D', 'R')
#define TYPE_PLTE TYPE('P', 'L', 'T', 'E')
#define TYPE_IDAT TYPE('I', 'D', 'A', 'T')
#define TYPE_IEND TYPE('I', 'E', 'N', 'D')
#define TYPE_EXIF TYPE('e', 'X', 'I', 'f')
#define TYPE_ACTL TYPE('a', 'c', 'T', 'L')
#define TYPE_CGBI TYPE('C', 'g', 'B', 'I')

typedef struct png {
    klr_cursor *cursor;
    klingrec_image_info *info;
    uint64_t at; /* the next chunk */
    uint32_t colour_type;
    bool header_only;
    bool palette_seen;
    bool exif_seen;
    bool data_seen;
} png;

typedef struct chunk {
    uint64_t at;
    uint32_t len;
    uint32_t type;
} chunk;

static bool
png_truncated(png *g)
{
    return klr_truncated(g->info, g->cursor);
}

static bool
png_damage(png *g, klr_detail detail, const chunk *c)
{
    return klr_damage(g->info, detail, c->at);
}

/*
 * The CRC of PNG (annex D) over more bytes, four bits at a time. table[i] is what four
 * steps of the bitwise form, crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0), make of i.
 */
static uint32_t
crc_update(uint32_t crc, const unsigned char *p, size_t n)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

/* Four ASCII letters (PNG, 5.3). */
static bool
type_is_valid(const unsigned char *type)
{
    for (size_t i = 0; i < 4; i++)
        if (!klr_text_is_letter((char)type[i]))
            return false;
    return true;
}

/* Read a chunk's head and step over it. */
static bool
read_chunk(png *g, chunk *c)
{
    const unsigned char *p = klr_peek(g->cursor, g->at, CHUNK_HEAD);
    if (p == NULL)
        return png_truncated(g);
    c->at = g->at;
    c->len = klr_be32(p);
    c->type = klr_be32(p + 4);
    g->at += CHUNK_HEAD + (uint64_t)c->len + CHUNK_CRC;
    if (c->len > MAX_NUMBER)
        return png_damage(g, KLR_DETAIL_PNG_CHUNK_LENGTH, c);
    if (!type_is_valid(p + 4))
        return png_damage(g, KLR_DETAIL_PNG_CHUNK_TYPE, c);
    return true;
}

/* The combinations of PNG, table 12. */
static bool
depth_is_valid(uint32_t depth, uint32_t colour_type)
{
    static const unsigned char depths[7] = {
        1 | 2 | 4 | 8 | 16, 0, 8 | 16, 1 | 2 | 4 | 8, 8 | 16, 0, 8 | 16};
    bool power = depth != 0 && depth <= 16 && (depth & (depth - 1)) == 0;
    return power && colour_type < sizeof depths && (depths[colour_type] & depth) != 0;
}

/* Width, height, depth, colour type, compression, filter, interlace (11.2.1). */
static bool
ihdr_is_valid(const unsigned char *data)
{
    uint32_t width = klr_be32(data), height = klr_be32(data + 4);
    return width >= 1 && width <= MAX_NUMBER && height >= 1 && height <= MAX_NUMBER &&
           depth_is_valid(data[8], data[9]) && data[10] == 0 && data[11] == 0 &&
           data[12] <= 1;
}

/* The size is reported even when other fields are invalid. */
static bool
read_ihdr(png *g)
{
    chunk c = {g->at, 0, 0};
    const unsigned char *p =
        klr_peek(g->cursor, g->at, CHUNK_HEAD + IHDR_LEN + CHUNK_CRC);
    if (p == NULL)
        return png_truncated(g);
    if (klr_be32(p) != IHDR_LEN || klr_be32(p + 4) != TYPE_IHDR)
        return png_damage(g, KLR_DETAIL_PNG_IHDR, &c);
    const unsigned char *data = p + CHUNK_HEAD;
    uint32_t width = klr_be32(data), height = klr_be32(data + 4);
    if (width <= MAX_NUMBER && height <= MAX_NUMBER) {
        g->info->width = width;
        g->info->height = height;
    }
    g->colour_type = data[9];
    g->at += CHUNK_HEAD + IHDR_LEN + CHUNK_CRC;
    if (!ihdr_is_valid(data))
        return png_damage(g, KLR_DETAIL_PNG_IHDR, &c);
    uint32_t crc = crc_update(CRC_START, p + 4, 4 + IHDR_LEN) ^ CRC_END;
    if (crc != klr_be32(data + IHDR_LEN))
        return png_damage(g, KLR_DETAIL_PNG_IHDR_CRC, &c);
    if (width > MAX_LIBPNG_SIDE || height > MAX_LIBPNG_SIDE)
        klr_odd(g->info, KLR_DETAIL_PNG_SIDE, c.at);
    return true;
}

/* Xcode writes a CgBI chunk before IHDR and omits the zlib header. */
static bool
read_first_chunk(png *g)
{
    const unsigned char *p = klr_peek(g->cursor, g->at, CHUNK_HEAD);
    if (p == NULL || klr_be32(p + 4) != TYPE_CGBI || klr_be32(p) > MAX_NUMBER)
        return read_ihdr(g);
    uint64_t at = g->at;
    g->at += CHUNK_HEAD + (uint64_t)klr_be32(p) + CHUNK_CRC;
    (void)read_ihdr(g);
    return klr_damage(g->info, KLR_DETAIL_PNG_APPLE, at);
}

/* 1 to 256 entries of three bytes (PNG, 11.2.2); only a palette image needs them. */
static bool
read_plte(png *g, const chunk *c)
{
    if (g->palette_seen)
        return png_damage(g, KLR_DETAIL_PNG_PLTE, c);
    g->palette_seen = true;
    if (g->colour_type != COLOUR_PALETTE)
        return true;
    if (c->len == 0 || c->len > MAX_PALETTE * 3 || c->len % 3 != 0)
        return png_damage(g, KLR_DETAIL_PNG_PLTE, c);
    if (g->header_only)
        return true;
    uint32_t crc = CRC_START, left = 4 + c->len;
    for (uint64_t at = c->at + 4; left > 0;) {
        uint32_t n = left < KLR_PEEK_MAX ? left : KLR_PEEK_MAX;
        const unsigned char *p = klr_peek(g->cursor, at, n);
        if (p == NULL)
            return png_truncated(g);
        crc = crc_update(crc, p, n);
        at += n;
        left -= n;
    }
    const unsigned char *p = klr_peek(g->cursor, g->at - CHUNK_CRC, CHUNK_CRC);
    if (p == NULL)
        return png_truncated(g);
    if (klr_be32(p) != (crc ^ CRC_END))
        return png_damage(g, KLR_DETAIL_PNG_PLTE_CRC, c);
    return true;
}

/* A chunk up to the first IDAT; false: damage. */
static bool
read_early_chunk(png *g, const chunk *c)
{
    switch (c->type) {
    case TYPE_PLTE:
        return read_plte(g, c);
    case TYPE_ACTL:
        klr_odd(g->info, KLR_DETAIL_PNG_ANIMATED, c->at);
        return true;
    case TYPE_EXIF:
        if (!g->exif_seen)
            g->info->orientation =
                klr_exif_orientation(g->cursor, c->at + CHUNK_HEAD, c->len);
        g->exif_seen = true;
        return true;
    case TYPE_IDAT:
        if (g->colour_type == COLOUR_PALETTE && !g->palette_seen)
            return png_damage(g, KLR_DETAIL_PNG_NO_PLTE, c);
        g->data_seen = true;
        return true;
    default:
        return true;
    }
}

/*
 * Walk the chunks up to the first IDAT or to IEND. An unknown critical chunk makes an
 * image unreadable (PNG, 5.4). Checksums of ancillary chunks are not checked: decoders
 * only warn about them.
 */
static void
walk_chunks(png *g)
{
    for (;;) {
        chunk c = {g->at, 0, 0};
        if (!read_chunk(g, &c))
            return;
        bool critical = (c.type >> 24 & 0x20) == 0;
        if (c.type == TYPE_IEND) {
            if (!g->data_seen)
                (void)png_damage(g, KLR_DETAIL_PNG_NO_IDAT, &c);
            else if (g->at > g->cursor->end)
                (void)png_truncated(g);
            return;
        }
        if (c.type == TYPE_IHDR) {
            (void)png_damage(g, KLR_DETAIL_PNG_SECOND_IHDR, &c);
            return;
        }
        if (critical && c.type != TYPE_IDAT && c.type != TYPE_PLTE) {
            (void)png_damage(g, KLR_DETAIL_PNG_CHUNK_CRITICAL, &c);
            return;
        }
        if (!g->data_seen && !read_early_chunk(g, &c))
            return;
        if (g->data_seen && g->header_only)
            return;
    }
}

void
klr_png_walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info)
{
    png g = {
        .cursor = cursor, .info = info, .at = SIGNATURE, .header_only = header_only};
    info->format = KLINGREC_FORMAT_PNG;
    if (read_first_chunk(&g))
        walk_chunks(&g);
}
