/* SPDX-License-Identifier: MIT */
/* image.h - decodes the image of a request */
#ifndef STANDIN_IMAGE_H
#define STANDIN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The key of the marker: in a PNG a text chunk with this keyword, in a JPEG a comment
 * that begins with it and a colon. */
#define IMAGE_MARKER "klingrec-standin"

enum {
    IMAGE_MARKER_MAX = 256,
    /* A small file may decompress to a huge image; this bounds the time and memory. */
    IMAGE_PIXELS_MAX = 64 * 1024 * 1024
};

enum image_verdict {
    IMAGE_GOOD,
    IMAGE_UNKNOWN_FORMAT,
    IMAGE_DAMAGED,
    IMAGE_TOO_MANY_PIXELS
};

struct image {
    const char *format; /* "png", "jpeg", or "" */
    uint32_t width;
    uint32_t height;
    bool marked;
    char marker[IMAGE_MARKER_MAX];
};

/* Decodes all pixels, so that truncated and damaged files are detected. */
enum image_verdict standin_image_decode(const unsigned char *data, size_t len,
                                        struct image *image);

/* For the two decoders: stores the text after the key; a long text is truncated. */
void standin_image_mark(struct image *image, const char *text, size_t len);
bool standin_image_too_many_pixels(uint32_t width, uint32_t height);
enum image_verdict standin_image_decode_png(const unsigned char *data, size_t len,
                                            struct image *image);
enum image_verdict standin_image_decode_jpeg(const unsigned char *data, size_t len,
                                             struct image *image);

#endif /* STANDIN_IMAGE_H */
