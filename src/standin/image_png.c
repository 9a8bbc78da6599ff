/* SPDX-License-Identifier: MIT */
/* image_png.c - decode a PNG with libpng */
#include "image.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/* The state is outside of the function that calls setjmp(): its local variables would
 * be indeterminate after longjmp(). */
struct job {
    png_structp png;
    png_infop info;
    png_bytep row;
    const unsigned char *data;
    size_t len;
    size_t at;
};

static void
on_error(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void
on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void
on_read(png_structp png, png_bytep out, size_t len)
{
    struct job *job = png_get_io_ptr(png);
    if (len > job->len - job->at)
        png_error(png, "the file ends too early");
    memcpy(out, job->data + job->at, len);
    job->at += len;
}

static void
read_pixels(struct job *job)
{
    int passes = png_set_interlace_handling(job->png);
    png_read_update_info(job->png, job->info);
    job->row = calloc(1, png_get_rowbytes(job->png, job->info));
    if (job->row == NULL)
        png_error(job->png, "no memory");
    png_uint_32 height = png_get_image_height(job->png, job->info);
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < height; y++)
            png_read_row(job->png, job->row, NULL);
    png_read_end(job->png, job->info);
}

static void
find_marker(const struct job *job, struct image *image)
{
    png_textp texts;
    int count = 0;
    png_get_text(job->png, job->info, &texts, &count);
    for (int i = 0; i < count && !image->marked; i++)
        if (strcmp(texts[i].key, IMAGE_MARKER) == 0)
            standin_image_mark(image, texts[i].text, strlen(texts[i].text));
}

static enum image_verdict
decode(struct job *job, struct image *image)
{
    if (setjmp(png_jmpbuf(job->png)) != 0)
        return IMAGE_DAMAGED;
    png_set_read_fn(job->png, job, on_read);
    png_read_info(job->png, job->info);
    image->width = png_get_image_width(job->png, job->info);
    image->height = png_get_image_height(job->png, job->info);
    if (standin_image_too_many_pixels(image->width, image->height))
        return IMAGE_TOO_MANY_PIXELS;
    read_pixels(job);
    find_marker(job, image);
    return IMAGE_GOOD;
}

enum image_verdict
standin_image_decode_png(const unsigned char *data, size_t len, struct image *image)
{
    struct job job = {.data = data, .len = len};
    enum image_verdict verdict = IMAGE_DAMAGED;
    image->format = "png";
    job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
    if (job.png != NULL)
        job.info = png_create_info_struct(job.png);
    if (job.info != NULL)
        verdict = decode(&job, image);
    png_destroy_read_struct(&job.png, &job.info, NULL);
    free(job.row);
    return verdict;
}
