/* SPDX-License-Identifier: MIT */
/* images.h - images that are encoded by libjpeg and libpng */
#ifndef NET_IMAGES_H
#define NET_IMAGES_H

#include <stddef.h>

typedef enum image_kind { IMAGE_PNG, IMAGE_JPEG } image_kind;

typedef struct image {
    unsigned char *data;
    size_t len;
} image;

/* Noise cannot be compressed, so the file is about as large as the pixels. */
image image_make(image_kind kind, unsigned width, unsigned height);
void image_write(const image *made, const char *path);
void image_free(image *made);

#endif
