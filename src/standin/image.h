/* image.h - a real decode of the picture that was sent */
#ifndef STANDIN_IMAGE_H
#define STANDIN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The key of the marker: in a PNG a text chunk of this name, in a JPEG a comment
 * that begins with it and a colon. */
#define IMAGE_MARKER "klingrec-standin"

enum {
    IMAGE_MARKER_MAX = 256,
    /* A local server decodes for whoever asks: it must not be made to work for
     * minutes by a small file that unfolds. */
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

/* Decode every pixel, so that a cut or damaged file is seen. */
enum image_verdict standin_image_decode(const unsigned char *data, size_t len,
                                        struct image *image);

/* For the two decoders: keep what stands behind the key. Too long is cut. */
void standin_image_mark(struct image *image, const char *text, size_t len);
bool standin_image_too_many_pixels(uint32_t width, uint32_t height);
enum image_verdict standin_image_decode_png(const unsigned char *data, size_t len,
                                            struct image *image);
enum image_verdict standin_image_decode_jpeg(const unsigned char *data, size_t len,
                                             struct image *image);

#endif /* STANDIN_IMAGE_H */
