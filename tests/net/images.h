/* images.h - real images, made by the libraries that others decode them with */
#ifndef NET_IMAGES_H
#define NET_IMAGES_H

#include <stddef.h>

typedef enum image_kind { IMAGE_PNG, IMAGE_JPEG } image_kind;

typedef struct image {
    unsigned char *data;
    size_t len;
} image;

/* Of noise, so that megabytes of pixels are megabytes of file. */
image image_make(image_kind kind, unsigned width, unsigned height);
void image_write(const image *made, const char *path);
void image_free(image *made);

#endif
