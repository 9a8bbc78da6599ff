/* SPDX-License-Identifier: MIT */
/* thumbnail_png.c - decodes PNG with libpng */
#include "output/thumbnail_parts.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/* As in thumbnail_jpeg.c, it belongs to the caller of the function with setjmp(). */
struct work {
    png_structp png;
    png_infop info;
    png_bytep row;
    const unsigned char *bytes;
    size_t len;
    size_t at;
    uint32_t rows; /* decoded so far */
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
    struct work *work = png_get_io_ptr(png);
    if (len > work->len - work->at)
        png_error(png, "the file ends too early");
    memcpy(out, work->bytes + work->at, len);
    work->at += len;
}

/* All kinds of PNG become RGBA with 8 bits. */
static void
convert(const struct work *work)
{
    png_set_expand(work->png);
    png_set_scale_16(work->png);
    png_set_gray_to_rgb(work->png);
    png_set_add_alpha(work->png, 0xFF, PNG_FILLER_AFTER);
    png_read_update_info(work->png, work->info);
}

/* Which pixels a pass has (PNG, 8.2): of an image that is not interlaced, all. */
struct pass {
    uint32_t x, y, x_step, y_step;
};
static const struct pass whole = {0, 0, 1, 1};
static const struct pass adam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8},
                                    {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2},
                                    {0, 1, 1, 2}};
enum { PASSES = sizeof adam7 / sizeof adam7[0] };

/* The passes are added one by one, because a whole image might not fit into memory. */
static void
read_pass(struct work *work, struct shrink *shrink, const struct pass *pass)
{
    uint32_t width = shrink->from_width;
    struct shrink_row row = {work->row, 4, pass->y, pass->x, pass->x_step, 0};
    if (width <= pass->x)
        return; /* libpng leaves out such a pass, too */
    row.count = (width - pass->x + pass->x_step - 1) / pass->x_step;
    for (; row.y < shrink->from_height; row.y += pass->y_step) {
        png_read_row(work->png, work->row, NULL);
        cli_shrink_add(shrink, &row);
        work->rows++;
    }
}

static void
decode(struct work *work, struct shrink *shrink, uint32_t side)
{
    if (setjmp(png_jmpbuf(work->png)) != 0)
        return;
    png_set_read_fn(work->png, work, on_read);
    /* Without texts and profiles, which libpng would read into memory: their length may
       be a gigabyte, or they may be compressed. */
    png_set_keep_unknown_chunks(work->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(work->png, work->info);
    uint32_t width = png_get_image_width(work->png, work->info);
    uint32_t height = png_get_image_height(work->png, work->info);
    bool is_interlaced =
        png_get_interlace_type(work->png, work->info) != PNG_INTERLACE_NONE;
    if ((uint64_t)width * height > SHRINK_PIXELS_MAX)
        return;
    convert(work);
    work->row = cli_resize(NULL, png_get_rowbytes(work->png, work->info), 1);
    cli_shrink_begin(shrink, width, height, side);
    for (size_t i = 0; i < (is_interlaced ? PASSES : 1); i++)
        read_pass(work, shrink, is_interlaced ? &adam7[i] : &whole);
}

enum thumbnail
cli_thumbnail_from_png(struct shrink *shrink, const unsigned char *bytes, size_t len,
                       uint32_t side)
{
    struct work work = {.bytes = bytes, .len = len};
    work.png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
    if (work.png != NULL)
        work.info = png_create_info_struct(work.png);
    if (work.info != NULL)
        decode(&work, shrink, side);
    png_destroy_read_struct(&work.png, &work.info, NULL);
    free(work.row);
    return work.rows > 0 ? THUMBNAIL_MADE : THUMBNAIL_DAMAGED;
}
