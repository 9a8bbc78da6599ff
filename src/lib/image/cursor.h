/* SPDX-License-Identifier: MIT */
/* cursor.h - bounds-checked access to an image's bytes */
#ifndef KLR_CURSOR_H
#define KLR_CURSOR_H

#include "image/source.h"

enum {
    KLR_PEEK_MAX = 512,       /* the most bytes of one klr_peek() */
    KLR_READ_FIRST = 4096,    /* the first read: it contains most headers */
    KLR_READ_HOP = 512,       /* later reads: a segment's head */
    KLR_CURSOR_WINDOW = 32768 /* bytes of the window, and of reads ahead */
};

/*
 * A window on the image. For an image in memory it is the whole image; otherwise it is
 * a buffer of the caller that moves over the image. No byte outside of the image is
 * accessed, whatever the offsets are. A read that fails ends the image.
 */
typedef struct klr_cursor {
    const unsigned char *bytes; /* image bytes base to base + have */
    size_t have;
    uint64_t base;
    uint64_t end; /* bytes from this offset on are not accessible */
    klr_source *source;
    unsigned char *window;  /* NULL: bytes is the whole image */
    size_t read_size;       /* what the next read asks for */
    klingrec_status status; /* OK, or that of the read that failed */
} klr_cursor;

/* window has KLR_CURSOR_WINDOW bytes and lives as long as the cursor. */
void klr_cursor_init(klr_cursor *cursor, klr_source *source, uint64_t end,
                     unsigned char *window);

/* From now on read for a walk over all bytes, not for jumps. */
void klr_cursor_read_ahead(klr_cursor *cursor);

/* Move the window: klr_peek() when the bytes are not in it. */
const unsigned char *klr_cursor_move(klr_cursor *cursor, uint64_t offset, size_t n);

/*
 * The n bytes (at most KLR_PEEK_MAX) at offset, valid until the next call, or NULL
 * when the image ends before that.
 */
static inline const unsigned char *
klr_peek(klr_cursor *cursor, uint64_t offset, size_t n)
{
    /* An offset before the window wraps around and is larger than `have`. */
    uint64_t skip = offset - cursor->base;
    if (skip <= cursor->have && n <= cursor->have - (size_t)skip)
        return cursor->bytes + skip;
    return klr_cursor_move(cursor, offset, n);
}

/* All bytes at offset that are in the window: *n of them, at least `least`; or NULL. */
static inline const unsigned char *
klr_run(klr_cursor *cursor, uint64_t offset, size_t least, size_t *n)
{
    const unsigned char *bytes = klr_peek(cursor, offset, least);
    *n = bytes != NULL ? cursor->have - (size_t)(offset - cursor->base) : 0;
    return bytes;
}

static inline uint32_t
klr_be16(const unsigned char *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t
klr_be32(const unsigned char *p)
{
    return klr_be16(p) << 16 | klr_be16(p + 2);
}

static inline uint32_t
klr_le16(const unsigned char *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t
klr_le32(const unsigned char *p)
{
    return klr_le16(p + 2) << 16 | klr_le16(p);
}

#endif
