/* SPDX-License-Identifier: MIT */
/* thumbnail.h - a small JPEG of an image, whatever the image contains */
#ifndef CLI_THUMBNAIL_H
#define CLI_THUMBNAIL_H

#include "base/memory.h"

#include <klingrec/klingrec.h>

/* Is the program built with libjpeg and libpng? */
extern const bool cli_thumbnail_is_built;

enum thumbnail { THUMBNAIL_MADE, THUMBNAIL_DAMAGED, THUMBNAIL_TOO_LARGE };

/*
 * Appends a JPEG whose longest side has at most `side` pixels, upright. info: of the
 * same bytes. Of damaged images it shows what can be decoded. Memory and time have a
 * limit that no image can exceed. It may be called from several threads at a time.
 */
enum thumbnail cli_thumbnail_add(struct text *jpeg, const unsigned char *bytes,
                                 size_t len, const klingrec_image_info *info,
                                 uint32_t side);

#endif
