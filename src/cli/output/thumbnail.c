/* thumbnail.c - a small JPEG of an image, whatever the image contains */
#include "output/thumbnail.h"

#include "output/thumbnail_parts.h"

#include <stdlib.h>
#include <string.h>

const bool cli_thumbnail_is_built = true;

static bool
encode(struct text *jpeg, const struct shrink *shrink, uint32_t orientation)
{
    bool is_turned = orientation >= 5 && orientation <= 8;
    unsigned char *rgb = cli_resize(NULL, (size_t)shrink->width * shrink->height, 3);
    cli_shrink_write(shrink, orientation, rgb);
    bool good = is_turned
                    ? cli_thumbnail_encode(jpeg, rgb, shrink->height, shrink->width)
                    : cli_thumbnail_encode(jpeg, rgb, shrink->width, shrink->height);
    free(rgb);
    return good;
}

enum thumbnail
cli_thumbnail_add(struct text *jpeg, const unsigned char *bytes, size_t len,
                  const klingrec_image_info *info, uint32_t side)
{
    struct shrink shrink;
    memset(&shrink, 0, sizeof shrink);
    if ((uint64_t)info->width * info->height > SHRINK_PIXELS_MAX)
        return THUMBNAIL_TOO_LARGE;
    bool good = info->format == KLINGREC_FORMAT_PNG
                    ? cli_thumbnail_from_png(&shrink, bytes, len, side)
                    : cli_thumbnail_from_jpeg(&shrink, bytes, len, side);
    good = good && encode(jpeg, &shrink, info->orientation);
    cli_shrink_free(&shrink);
    return good ? THUMBNAIL_MADE : THUMBNAIL_DAMAGED;
}
