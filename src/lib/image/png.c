/* png.c - walk over a PNG's chunks (PNG, 3rd edition) without decoding it */
#include "image/png.h"

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
truncated(png *g)
{
    return klr_truncated(g->info, g->cursor);
}

static bool
damage(png *g, klr_detail detail, const chunk *c)
{
    return klr_damage(g->info, detail, c->at);
}

/* The CRC of PNG, annex D, four bits at a time: its table fits in a cache line. */
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

/*
 * The checksum of an IHDR whose bytes 10 and 11 are 0 and byte 12 at most 1. A CRC is
 * linear, so it is that of an IHDR full of zeros, with one number for each nibble
 * that is not 0 added: no step waits for the one before, as it does in a loop.
 */
static uint32_t
ihdr_crc(const unsigned char *data)
{
#define NIBBLE(a, b, c, d)                                                             \
    {                                                                                  \
        0, a, b, a ^ b, c, c ^ a, c ^ b, c ^ a ^ b, d, d ^ a, d ^ b, d ^ a ^ b, d ^ c, \
            d ^ c ^ a, d ^ c ^ b, d ^ c ^ b ^ a                                        \
    }
    static const uint32_t of[20][16] = {
        NIBBLE(0xB407A6DA, 0xB37E4BF5, 0xBD8D91AB, 0xA06A2517),
        NIBBLE(0xDD96D985, 0x605CB54B, 0xC0B96A96, 0x5A03D36D),
        NIBBLE(0x0C18EDFC, 0x1831DBF8, 0x3063B7F0, 0x60C76FE0),
        NIBBLE(0x9BA54C6F, 0xEC3B9E9F, 0x03063B7F, 0x060C76FE),
        NIBBLE(0xAEF6C4CB, 0x869C8FD7, 0xD64819EF, 0x77E1359F),
        NIBBLE(0xC18EDFC0, 0x586CB9C1, 0xB0D97382, 0xBAC3E145),
        NIBBLE(0x27AE81E8, 0x4F5D03D0, 0x9EBA07A0, 0xE6050901),
        NIBBLE(0xEFC26B3E, 0x04F5D03D, 0x09EBA07A, 0x13D740F4),
        NIBBLE(0xACC04271, 0x82F182A3, 0xDE920307, 0x6655004F),
        NIBBLE(0x177B1443, 0x2EF62886, 0x5DEC510C, 0xBBD8A218),
        NIBBLE(0x7CBB312B, 0xF9766256, 0x299DC2ED, 0x533B85DA),
        NIBBLE(0xCCAA009E, 0x4225077D, 0x844A0EFA, 0xD3E51BB5),
        NIBBLE(0x67DE9CCE, 0xCFBD399C, 0x440B7579, 0x8816EAF2),
        NIBBLE(0xA6770BB4, 0x979F1129, 0xF44F2413, 0x33EF4E67),
        NIBBLE(0x03D6029B, 0x07AC0536, 0x0F580A6C, 0x1EB014D8),
        NIBBLE(0xCB5CD3A5, 0x4DC8A10B, 0x9B914216, 0xEC53826D),
        NIBBLE(0x60E09782, 0xC1C12F04, 0x58F35849, 0xB1E6B092),
        NIBBLE(0x3D6029B0, 0x7AC05360, 0xF580A6C0, 0x30704BC1),
        NIBBLE(0x5019579F, 0xA032AF3E, 0x9B14583D, 0xED59B63B),
        NIBBLE(0xB8BC6765, 0xAA09C88B, 0x8F629757, 0xC5B428EF),
    };
#undef NIBBLE
    uint32_t crc = 0x2E90680F;
    for (size_t i = 0; i < 10; i++)
        crc ^= of[2 * i][data[i] >> 4] ^ of[2 * i + 1][data[i] & 15];
    return data[12] != 0 ? crc ^ 0x77073096 : crc;
}

/* Four letters (PNG, 5.3), all at once: each addition carries into a byte's top bit
   from 'a' on, or from behind 'z'. */
static bool
type_is_valid(uint32_t type)
{
    const uint32_t every = 0x01010101, top = 0x80808080;
    uint32_t lower = type | every * 0x20;
    uint32_t from_a = lower + every * (0x80 - 'a');
    uint32_t behind_z = lower + every * (0x80 - 'z' - 1);
    return (type & top) == 0 && (from_a & ~behind_z & top) == top;
}

/* Read a chunk's head and step over it. */
static bool
take_chunk(png *g, chunk *c)
{
    const unsigned char *p = klr_peek(g->cursor, g->at, CHUNK_HEAD);
    if (p == NULL)
        return truncated(g);
    c->at = g->at;
    c->len = klr_be32(p);
    c->type = klr_be32(p + 4);
    g->at += CHUNK_HEAD + (uint64_t)c->len + CHUNK_CRC;
    if (c->len > MAX_NUMBER)
        return damage(g, KLR_DETAIL_PNG_CHUNK_LENGTH, c);
    if (!type_is_valid(c->type))
        return damage(g, KLR_DETAIL_PNG_CHUNK_TYPE, c);
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

/* The size is kept even when something else is wrong, as long as it is one. */
static bool
take_ihdr(png *g)
{
    chunk c = {g->at, 0, 0};
    const unsigned char *p =
        klr_peek(g->cursor, g->at, CHUNK_HEAD + IHDR_LEN + CHUNK_CRC);
    if (p == NULL)
        return truncated(g);
    if (klr_be32(p) != IHDR_LEN || klr_be32(p + 4) != TYPE_IHDR)
        return damage(g, KLR_DETAIL_PNG_IHDR, &c);
    const unsigned char *data = p + CHUNK_HEAD;
    uint32_t width = klr_be32(data), height = klr_be32(data + 4);
    if (width <= MAX_NUMBER && height <= MAX_NUMBER) {
        g->info->width = width;
        g->info->height = height;
    }
    g->colour_type = data[9];
    g->at += CHUNK_HEAD + IHDR_LEN + CHUNK_CRC;
    if (!ihdr_is_valid(data))
        return damage(g, KLR_DETAIL_PNG_IHDR, &c);
    if (ihdr_crc(data) != klr_be32(data + IHDR_LEN))
        return damage(g, KLR_DETAIL_PNG_IHDR_CRC, &c);
    if (width > MAX_LIBPNG_SIDE || height > MAX_LIBPNG_SIDE)
        klr_odd(g->info, KLR_DETAIL_PNG_SIDE, c.at);
    return true;
}

/* Xcode puts a chunk of its own before IHDR and leaves out the zlib header. */
static bool
take_first_chunk(png *g)
{
    const unsigned char *p = klr_peek(g->cursor, g->at, CHUNK_HEAD);
    if (p == NULL || klr_be32(p + 4) != TYPE_CGBI || klr_be32(p) > MAX_NUMBER)
        return take_ihdr(g);
    uint64_t at = g->at;
    g->at += CHUNK_HEAD + (uint64_t)klr_be32(p) + CHUNK_CRC;
    (void)take_ihdr(g);
    return klr_damage(g->info, KLR_DETAIL_PNG_APPLE, at);
}

/* 1 to 256 entries of three bytes (PNG, 11.2.2); only a palette image needs them. */
static bool
take_plte(png *g, const chunk *c)
{
    if (g->palette_seen)
        return damage(g, KLR_DETAIL_PNG_PLTE, c);
    g->palette_seen = true;
    if (g->colour_type != COLOUR_PALETTE)
        return true;
    if (c->len == 0 || c->len > MAX_PALETTE * 3 || c->len % 3 != 0)
        return damage(g, KLR_DETAIL_PNG_PLTE, c);
    if (g->header_only)
        return true;
    uint32_t crc = 0xFFFFFFFFu, left = 4 + c->len;
    for (uint64_t at = c->at + 4; left > 0;) {
        uint32_t n = left < KLR_PEEK_MAX ? left : KLR_PEEK_MAX;
        const unsigned char *p = klr_peek(g->cursor, at, n);
        if (p == NULL)
            return truncated(g);
        crc = crc_update(crc, p, n);
        at += n;
        left -= n;
    }
    const unsigned char *p = klr_peek(g->cursor, g->at - CHUNK_CRC, CHUNK_CRC);
    if (p == NULL)
        return truncated(g);
    return klr_be32(p) == (crc ^ 0xFFFFFFFFu) || damage(g, KLR_DETAIL_PNG_PLTE_CRC, c);
}

/* A chunk before the first IDAT; false: damage. */
static bool
take_early_chunk(png *g, const chunk *c)
{
    switch (c->type) {
    case TYPE_PLTE:
        return take_plte(g, c);
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
            return damage(g, KLR_DETAIL_PNG_NO_PLTE, c);
        g->data_seen = true;
        return true;
    default:
        return true;
    }
}

/*
 * Chunk by chunk, up to the first IDAT or to IEND. A critical chunk that is not
 * known makes an image unreadable (PNG, 5.4). Checksums of ancillary chunks are
 * not looked at: decoders only warn about them.
 */
static void
walk_chunks(png *g)
{
    for (;;) {
        chunk c;
        if (!take_chunk(g, &c))
            return;
        bool critical = (c.type >> 24 & 0x20) == 0;
        if (c.type == TYPE_IEND) {
            if (!g->data_seen)
                (void)damage(g, KLR_DETAIL_PNG_NO_IDAT, &c);
            else if (g->at > g->cursor->end)
                (void)truncated(g);
            return;
        }
        if (c.type == TYPE_IHDR) {
            (void)damage(g, KLR_DETAIL_PNG_SECOND_IHDR, &c);
            return;
        }
        if (critical && c.type != TYPE_IDAT && c.type != TYPE_PLTE) {
            (void)damage(g, KLR_DETAIL_PNG_CHUNK_CRITICAL, &c);
            return;
        }
        if (!g->data_seen && !take_early_chunk(g, &c))
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
    if (take_first_chunk(&g))
        walk_chunks(&g);
}
