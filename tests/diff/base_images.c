/* SPDX-License-Identifier: MIT */
/* base_images.c - valid images of many kinds, encoded by libjpeg and libpng */
#include "base_images.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_JPEG
#include <jpeglib.h>
#endif
#ifdef HAVE_PNG
#include <png.h>
#endif

enum { WIDTH = 29, HEIGHT = 23, MAX_CHANNELS = 8 };

/* Not flat, so that the coded data has FF in it. */
static unsigned char
sample(size_t x, size_t y, size_t channel)
{
    return (unsigned char)(x * 37 + y * y * 11 + channel * 97 + (x * y >> 2));
}

#ifdef HAVE_JPEG
typedef struct jpeg_kind {
    int channels;
    bool progressive, arithmetic, raw_colours;
    unsigned restart;
    int sampling;
    bool thumbnail;
} jpeg_kind;

static const jpeg_kind jpeg_kinds[] = {
    {1, false, false, false, 0, 1, false}, {3, false, false, false, 0, 2, false},
    {3, false, false, false, 2, 1, true},  {3, true, false, false, 0, 2, false},
    {1, true, false, false, 1, 1, true},   {3, false, true, false, 0, 1, false},
    {3, true, true, false, 0, 1, false},   {4, false, false, false, 0, 1, false},
    {4, true, false, true, 0, 1, false},   {2, false, false, true, 0, 1, false},
    {3, false, false, true, 0, 1, false},
};

static size_t make_jpeg(const jpeg_kind *kind, unsigned char *bytes);

/* An Exif segment with an orientation, and a whole JPEG behind it. */
static void
write_thumbnail(struct jpeg_compress_struct *jpeg)
{
    static const unsigned char exif[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03"
                                        "\0\0\0\x01\0\x06\0\0\0\0\0";
    static unsigned char segment[BASE_MAX];
    jpeg_kind small = {1, false, false, false, 0, 1, false};
    memcpy(segment, exif, sizeof exif);
    size_t len = make_jpeg(&small, segment + sizeof exif);
    jpeg_write_marker(jpeg, JPEG_APP0 + 1, segment, (unsigned)(sizeof exif + len));
}

static size_t
make_jpeg(const jpeg_kind *kind, unsigned char *bytes)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned long len = 0;
    unsigned char *out = NULL;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &out, &len);
    jpeg.image_width = WIDTH;
    jpeg.image_height = HEIGHT;
    jpeg.input_components = kind->channels;
    jpeg.in_color_space = kind->channels == 1   ? JCS_GRAYSCALE
                          : kind->channels == 3 ? JCS_RGB
                          : kind->channels == 4 ? JCS_CMYK
                                                : JCS_UNKNOWN;
    jpeg_set_defaults(&jpeg);
    if (kind->raw_colours)
        jpeg_set_colorspace(&jpeg, jpeg.in_color_space);
    if (kind->progressive)
        jpeg_simple_progression(&jpeg);
    jpeg.arith_code = kind->arithmetic ? TRUE : FALSE;
    jpeg.restart_interval = kind->restart;
    jpeg.comp_info[0].h_samp_factor = kind->sampling;
    jpeg.comp_info[0].v_samp_factor = kind->sampling;
    jpeg_start_compress(&jpeg, TRUE);
    if (kind->thumbnail)
        write_thumbnail(&jpeg);
    while (jpeg.next_scanline < HEIGHT) {
        unsigned char row[WIDTH * MAX_CHANNELS];
        JSAMPROW rows[1] = {row};
        size_t channels = (size_t)kind->channels;
        for (size_t i = 0; i < WIDTH * channels; i++)
            row[i] = sample(i / channels, jpeg.next_scanline, i % channels);
        (void)jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    memcpy(bytes, out, len <= BASE_MAX ? len : 0);
    free(out);
    return len <= BASE_MAX ? (size_t)len : 0;
}
#endif

#ifdef HAVE_PNG
static const struct {
    int depth, colours, interlace;
    bool exif;
} png_kinds[] = {
    {8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, false},
    {1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_ADAM7, false},
    {16, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, true},
    {4, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, false},
    {8, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_ADAM7, true},
    {8, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_INTERLACE_NONE, false},
    {8, PNG_COLOR_TYPE_RGB_ALPHA, PNG_INTERLACE_NONE, false},
};

typedef struct png_output {
    unsigned char *bytes;
    size_t len;
} png_output;

static void
png_append(png_structp png, png_bytep from, size_t len)
{
    png_output *out = png_get_io_ptr(png);
    if (len > BASE_MAX - out->len)
        png_error(png, "too long");
    memcpy(out->bytes + out->len, from, len);
    out->len += len;
}

static void
png_flush_nothing(png_structp png)
{
    (void)png;
}

static size_t
make_png(size_t kind, unsigned char *bytes)
{
    static unsigned char exif[] = "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06"
                                  "\0\0\0\0\0\0";
    png_color palette[16];
    png_output out = {bytes, 0};
    int passes;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)) != 0)
        abort();
    memset(palette, 0x55, sizeof palette);
    png_set_write_fn(png, &out, png_append, png_flush_nothing);
    png_set_IHDR(png, info, WIDTH, HEIGHT, png_kinds[kind].depth,
                 png_kinds[kind].colours, png_kinds[kind].interlace,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (png_kinds[kind].colours == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 16);
    if (png_kinds[kind].exif)
        png_set_eXIf_1(png, info, sizeof exif - 1, exif);
    png_set_compression_buffer_size(png, 300); /* several IDAT */
    png_write_info(png, info);
    passes = png_set_interlace_handling(png);
    while (passes-- > 0)
        for (size_t y = 0; y < HEIGHT; y++) {
            unsigned char row[WIDTH * MAX_CHANNELS];
            for (size_t i = 0; i < sizeof row; i++)
                row[i] = sample(i, y, 0) & 0x0F;
            png_write_row(png, row);
        }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return out.len;
}
#endif

size_t
make_base(size_t index, unsigned char *bytes, bool *is_jpeg)
{
    *is_jpeg = true;
#ifdef HAVE_JPEG
    size_t jpegs = sizeof jpeg_kinds / sizeof jpeg_kinds[0];
    if (index < jpegs)
        return make_jpeg(&jpeg_kinds[index], bytes);
    index -= jpegs;
#endif
    *is_jpeg = false;
#ifdef HAVE_PNG
    if (index < sizeof png_kinds / sizeof png_kinds[0])
        return make_png(index, bytes);
#endif
    (void)index;
    (void)bytes;
    return 0;
}
