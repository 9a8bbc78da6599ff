/* SPDX-License-Identifier: MIT */
/* base_images.h - valid images of many kinds, encoded by libjpeg and libpng */
#ifndef BASE_IMAGES_H
#define BASE_IMAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { BASE_MAX = 1 << 16 };

/* Image number `index` into bytes (BASE_MAX of them); 0: there are no more. */
size_t make_base(size_t index, unsigned char *bytes, bool *is_jpeg);

#endif
