/* thumbnail_parts.h - shared by the files thumbnail*.c */
#ifndef CLI_THUMBNAIL_PARTS_H
#define CLI_THUMBNAIL_PARTS_H

#include "output/shrink.h"
#include "output/thumbnail.h"

/* Decodes an image into `shrink`, and begins it. False: not even one row can be
   decoded, or it would take too much memory or time. */
bool cli_thumbnail_from_jpeg(struct shrink *shrink, const unsigned char *bytes,
                             size_t len, uint32_t side);
bool cli_thumbnail_from_png(struct shrink *shrink, const unsigned char *bytes,
                            size_t len, uint32_t side);

/* Appends a JPEG of RGB pixels. */
bool cli_thumbnail_encode(struct text *jpeg, unsigned char *rgb, uint32_t width,
                          uint32_t height);

#endif
