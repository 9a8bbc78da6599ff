/* SPDX-License-Identifier: MIT */
/* shrink.c - reduces an image row by row: each pixel is the mean of an area */
#include "output/shrink.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 4, OPAQUE = 255, SQUARE = 8, LIGHT = 255, DARK = 229 };

static uint32_t
scaled(uint32_t length, uint32_t longest, uint32_t side)
{
    if (longest <= side)
        return length;
    uint32_t result = (uint32_t)(((uint64_t)length * side + longest / 2) / longest);
    return result > 0 ? result : 1;
}

void
cli_shrink_begin(struct shrink *shrink, uint32_t width, uint32_t height, uint32_t side)
{
    uint32_t longest = width > height ? width : height;
    shrink->from_width = width;
    shrink->from_height = height;
    shrink->width = scaled(width, longest, side);
    shrink->height = scaled(height, longest, side);
    size_t line = (size_t)shrink->width * CHANNELS;
    shrink->sums = cli_resize(NULL, line * shrink->height, sizeof *shrink->sums);
    shrink->line = cli_resize(NULL, line, sizeof *shrink->line);
    memset(shrink->sums, 0, line * shrink->height * sizeof *shrink->sums);
}

/* Pixel `at` of `from` covers one or two pixels of `to`: the first one from the result
   on, by `weight` parts of `to`, and the next one by the rest. */
static uint32_t
cover(uint32_t at, uint32_t from, uint32_t to, uint32_t *weight)
{
    uint64_t begin = (uint64_t)at * to;
    uint32_t first = (uint32_t)(begin / from);
    uint64_t left = (uint64_t)(first + 1) * from - begin;
    *weight = left < to ? (uint32_t)left : to;
    return first;
}

static void
add_pixel(uint64_t *sums, const unsigned char *pixel, unsigned channels,
          uint32_t weight)
{
    uint64_t alpha = (uint64_t)weight * (channels == CHANNELS ? pixel[3] : OPAQUE);
    for (unsigned c = 0; c < 3; c++)
        sums[c] += pixel[c] * alpha;
    sums[3] += alpha;
}

/* A sum is at most 255 * 255 * pixels of the image, which is less than 2 to the 43rd.
 */
static void
add_line(struct shrink *shrink, uint32_t y, uint32_t weight)
{
    size_t line = (size_t)shrink->width * CHANNELS;
    uint64_t *sums = shrink->sums + y * line;
    for (size_t i = 0; weight > 0 && i < line; i++)
        sums[i] += shrink->line[i] * weight;
}

void
cli_shrink_add(struct shrink *shrink, const struct shrink_row *row)
{
    uint32_t weight, x = row->x;
    const unsigned char *pixel = row->pixels;
    memset(shrink->line, 0, (size_t)shrink->width * CHANNELS * sizeof *shrink->line);
    for (uint32_t i = 0; i < row->count; i++, x += row->step, pixel += row->channels) {
        uint32_t at = cover(x, shrink->from_width, shrink->width, &weight);
        uint64_t *sums = shrink->line + (size_t)at * CHANNELS;
        add_pixel(sums, pixel, row->channels, weight);
        if (weight < shrink->width)
            add_pixel(sums + CHANNELS, pixel, row->channels, shrink->width - weight);
    }
    uint32_t y = cover(row->y, shrink->from_height, shrink->height, &weight);
    add_line(shrink, y, weight);
    if (weight < shrink->height)
        add_line(shrink, y + 1, shrink->height - weight);
}

static bool
is_turned(uint32_t orientation)
{
    return orientation >= 5 && orientation <= 8;
}

void
cli_shrink_size(const struct shrink *shrink, uint32_t orientation, uint32_t *width,
                uint32_t *height)
{
    *width = is_turned(orientation) ? shrink->height : shrink->width;
    *height = is_turned(orientation) ? shrink->width : shrink->height;
}

/* Where an upright pixel is in the image as stored (TIFF 6.0, Orientation). */
static size_t
find_stored(const struct shrink *shrink, uint32_t orientation, uint32_t x, uint32_t y)
{
    uint32_t column = is_turned(orientation) ? y : x;
    uint32_t line = is_turned(orientation) ? x : y;
    if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        column = shrink->width - 1 - column;
    if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        line = shrink->height - 1 - line;
    return (size_t)line * shrink->width + column;
}

void
cli_shrink_write(const struct shrink *shrink, uint32_t orientation, unsigned char *rgb)
{
    uint32_t width, height;
    cli_shrink_size(shrink, orientation, &width, &height);
    uint64_t full = (uint64_t)OPAQUE * shrink->from_width * shrink->from_height;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            const uint64_t *sums =
                shrink->sums + find_stored(shrink, orientation, x, y) * CHANNELS;
            uint64_t back = (x / SQUARE + y / SQUARE) % 2 == 0 ? LIGHT : DARK;
            for (unsigned c = 0; c < 3; c++)
                *rgb++ = (unsigned char)((sums[c] + back * (full - sums[3])) / full);
        }
}

void
cli_shrink_free(struct shrink *shrink)
{
    free(shrink->sums);
    free(shrink->line);
}
