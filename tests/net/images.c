/* SPDX-License-Identifier: MIT */
/* images.c - images that are encoded by libjpeg and libpng */
#include "images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

static unsigned char *
make_pixels(unsigned width, unsigned height)
{
    unsigned char *pixels = malloc((size_t)width * height);
    unsigned state = width * 65537u + height;
    if (pixels == NULL)
        abort();
    for (size_t i = 0; i < (size_t)width * height; i++) {
        state = state * 1103515245u + 12345u;
        pixels[i] = (unsigned char)(state >> 16);
    }
    return pixels;
}

static image
make_png(const unsigned char *pixels, unsigned width, unsigned height)
{
    image made = {NULL, 0};
    png_image png;
    png_alloc_size_t size = 0;
    memset(&png, 0, sizeof png);
    png.version = PNG_IMAGE_VERSION;
    png.width = width;
    png.height = height;
    png.format = PNG_FORMAT_GRAY;
    if (png_image_write_to_memory(&png, NULL, &size, 0, pixels, 0, NULL) == 0 ||
        (made.data = malloc(size)) == NULL ||
        png_image_write_to_memory(&png, made.data, &size, 0, pixels, 0, NULL) == 0)
        abort();
    made.len = size;
    return made;
}

static image
make_jpeg(unsigned char *pixels, unsigned width, unsigned height)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors; /* its default handler exits the program */
    image made = {NULL, 0};
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &made.data, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (unsigned y = 0; y < height; y++) {
        JSAMPROW line = pixels + (size_t)y * width;
        (void)jpeg_write_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    made.len = size;
    return made;
}

image
image_make(image_kind kind, unsigned width, unsigned height)
{
    unsigned char *pixels = make_pixels(width, height);
    image made = kind == IMAGE_PNG ? make_png(pixels, width, height)
                                   : make_jpeg(pixels, width, height);
    free(pixels);
    return made;
}

void
image_write(const image *made, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(made->data, 1, made->len, file) != made->len ||
        fclose(file) != 0)
        abort();
}

void
image_free(image *made)
{
    free(made->data);
    memset(made, 0, sizeof *made);
}
