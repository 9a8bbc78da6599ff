/* SPDX-License-Identifier: MIT */
/* image.c - selects the decoder */
#include "image.h"

#include <string.h>

void
standin_image_mark(struct image *image, const char *text, size_t len)
{
    if (len > sizeof image->marker - 1)
        len = sizeof image->marker - 1;
    memcpy(image->marker, text, len);
    image->marker[len] = '\0';
    image->marked = true;
}

bool
standin_image_too_many_pixels(uint32_t width, uint32_t height)
{
    return (uint64_t)width * height > IMAGE_PIXELS_MAX;
}

enum image_verdict
standin_image_decode(const unsigned char *data, size_t len, struct image *image)
{
    static const unsigned char png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const unsigned char jpeg[3] = {0xff, 0xd8, 0xff};
    memset(image, 0, sizeof *image);
    image->format = "";
    if (len >= sizeof png && memcmp(data, png, sizeof png) == 0)
        return standin_image_decode_png(data, len, image);
    if (len >= sizeof jpeg && memcmp(data, jpeg, sizeof jpeg) == 0)
        return standin_image_decode_jpeg(data, len, image);
    return IMAGE_UNKNOWN_FORMAT;
}
