/* SPDX-License-Identifier: MIT */
/* thumbnail_none.c - a program without libjpeg and libpng makes no thumbnails */
#include "output/thumbnail.h"

const bool cli_thumbnail_is_built = false;

enum thumbnail
cli_thumbnail_add(struct text *jpeg, const unsigned char *bytes, size_t len,
                  const klingrec_image_info *info, uint32_t side)
{
    (void)jpeg;
    (void)bytes;
    (void)len;
    (void)info;
    (void)side;
    return THUMBNAIL_DAMAGED;
}
