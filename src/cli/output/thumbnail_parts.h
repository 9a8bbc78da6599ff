/* SPDX-License-Identifier: MIT */
/* thumbnail_parts.h - shared by the files thumbnail*.c */
#ifndef CLI_THUMBNAIL_PARTS_H
#define CLI_THUMBNAIL_PARTS_H

#include "output/shrink.h"
#include "output/thumbnail.h"

/* Decodes an image into `shrink`, and begins it. At least one row was decoded, or it is
   damaged. profile: gets the colour profile of a JPEG that is not in sRGB. */
enum thumbnail cli_thumbnail_from_jpeg(struct shrink *shrink, struct text *profile,
                                       const unsigned char *bytes, size_t len,
                                       uint32_t side);
enum thumbnail cli_thumbnail_from_png(struct shrink *shrink, const unsigned char *bytes,
                                      size_t len, uint32_t side);

/* Appends a JPEG of RGB pixels. */
bool cli_thumbnail_encode(struct text *jpeg, const struct text *profile,
                          unsigned char *rgb, uint32_t width, uint32_t height);

#endif
