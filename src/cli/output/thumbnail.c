/* SPDX-License-Identifier: MIT */
/* thumbnail.c - a small JPEG of an image, whatever the image contains */
#include "output/thumbnail.h"

#include "output/thumbnail_parts.h"

#include <stdlib.h>
#include <string.h>

const bool cli_thumbnail_is_built = true;

static bool
encode(struct text *jpeg, const struct shrink *shrink, const struct text *profile,
       uint32_t orientation)
{
    uint32_t width, height;
    cli_shrink_size(shrink, orientation, &width, &height);
    unsigned char *rgb = cli_resize(NULL, (size_t)width * height, 3);
    cli_shrink_write(shrink, orientation, rgb);
    bool good = cli_thumbnail_encode(jpeg, profile, rgb, width, height);
    free(rgb);
    return good;
}

enum thumbnail
cli_thumbnail_add(struct text *jpeg, const unsigned char *bytes, size_t len,
                  const klingrec_image_info *info, uint32_t side)
{
    struct shrink shrink;
    struct text profile = {0};
    memset(&shrink, 0, sizeof shrink);
    if ((uint64_t)info->width * info->height > SHRINK_PIXELS_MAX)
        return THUMBNAIL_TOO_LARGE;
    enum thumbnail made =
        info->format == KLINGREC_FORMAT_PNG
            ? cli_thumbnail_from_png(&shrink, bytes, len, side)
            : cli_thumbnail_from_jpeg(&shrink, &profile, bytes, len, side);
    if (made == THUMBNAIL_MADE && !encode(jpeg, &shrink, &profile, info->orientation))
        made = THUMBNAIL_DAMAGED;
    cli_shrink_free(&shrink);
    cli_text_free(&profile);
    return made;
}
