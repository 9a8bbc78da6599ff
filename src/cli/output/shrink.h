/* SPDX-License-Identifier: MIT */
/* shrink.h - reduces an image row by row: each pixel is the mean of an area */
#ifndef CLI_SHRINK_H
#define CLI_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows come in any order, so that an interlaced image needs no buffer of its own.
 */
struct shrink {
    uint32_t from_width, from_height;
    uint32_t width, height;
    uint64_t *sums; /* 4 for each pixel of the result: red, green, blue, alpha */
    uint64_t *line; /* the sums of one row */
};

/* So many pixels at most, so that the sums cannot overflow. */
enum { SHRINK_PIXELS_MAX = 1 << 27 };

/* The result fits into a square of `side` pixels, and is not larger than the image. */
void cli_shrink_begin(struct shrink *shrink, uint32_t width, uint32_t height,
                      uint32_t side);

/* Adds count pixels of row y, at the columns x, x + step, x + 2 * step and so on.
   channels: 3 (RGB) or 4 (RGBA, not premultiplied). An interlaced row stands for one
   row as well. */
struct shrink_row {
    const unsigned char *pixels;
    unsigned channels;
    uint32_t y, x, step, count;
};
void cli_shrink_add(struct shrink *shrink, const struct shrink_row *row);

/* The size of the result when it is upright. */
void cli_shrink_size(const struct shrink *shrink, uint32_t orientation, uint32_t *width,
                     uint32_t *height);

/* Writes RGB, turned upright by an EXIF orientation, over a checkerboard where it is
   transparent: 3 bytes for each pixel of that size. */
void cli_shrink_write(const struct shrink *shrink, uint32_t orientation,
                      unsigned char *rgb);
void cli_shrink_free(struct shrink *shrink);

#endif
