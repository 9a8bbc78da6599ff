/* SPDX-License-Identifier: MIT */
/* reference_decoders.c - the verdicts of other decoders on an image */
#include "reference_decoders.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_JPEG
#include <jerror.h>
#include <jpeglib.h>
#endif
#ifdef HAVE_PNG
#include <png.h>
#endif
#ifdef HAVE_SPNG
#include <spng.h>
#endif

#ifdef HAVE_JPEG
typedef struct jpeg_trap {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    char why[96];
    bool warned;
    bool ran_out;
} jpeg_trap;

static void
jpeg_refused(j_common_ptr jpeg)
{
    jpeg_trap *trap = (jpeg_trap *)(void *)jpeg->err;
    char text[JMSG_LENGTH_MAX];
    trap->manager.format_message(jpeg, text);
    (void)snprintf(trap->why, sizeof trap->why, "%.90s", text);
    longjmp(trap->back, 1);
}

static void
jpeg_warned(j_common_ptr jpeg, int level)
{
    jpeg_trap *trap = (jpeg_trap *)(void *)jpeg->err;
    if (level >= 0)
        return;
    trap->warned = true;
    if (jpeg->err->msg_code == JWRN_JPEG_EOF)
        trap->ran_out = true;
}

static void
jpeg_open(struct jpeg_decompress_struct *jpeg, jpeg_trap *trap)
{
    memset(jpeg, 0, sizeof *jpeg);
    memset(trap, 0, sizeof *trap);
    jpeg->err = jpeg_std_error(&trap->manager);
    trap->manager.error_exit = jpeg_refused;
    trap->manager.emit_message = jpeg_warned;
}

static void
read_jpeg(const unsigned char *bytes, size_t len, verdict *found)
{
    struct jpeg_decompress_struct jpeg;
    jpeg_trap trap;
    jpeg_open(&jpeg, &trap);
    if (setjmp(trap.back) == 0) {
        jpeg_create_decompress(&jpeg);
        jpeg_mem_src(&jpeg, bytes, (unsigned long)len);
        found->accepted = jpeg_read_header(&jpeg, TRUE) == JPEG_HEADER_OK;
        found->width = jpeg.image_width;
        found->height = jpeg.image_height;
    } else {
        memcpy(found->why, trap.why, sizeof found->why);
    }
    jpeg_destroy_decompress(&jpeg);
}

static decoding
decode_jpeg(const unsigned char *bytes, size_t len)
{
    enum { MAX_PIXELS = 1 << 20 };
    static JSAMPLE row[MAX_PIXELS * 10];
    struct jpeg_decompress_struct jpeg;
    jpeg_trap trap;
    volatile decoding found = DECODE_UNKNOWN;
    jpeg_open(&jpeg, &trap);
    if (setjmp(trap.back) == 0) {
        jpeg_create_decompress(&jpeg);
        jpeg_mem_src(&jpeg, bytes, (unsigned long)len);
        (void)jpeg_read_header(&jpeg, TRUE);
        if ((uint64_t)jpeg.image_width * jpeg.image_height <= MAX_PIXELS) {
            jpeg.out_color_space = jpeg.jpeg_color_space;
            (void)jpeg_start_decompress(&jpeg);
            while (jpeg.output_scanline < jpeg.output_height) {
                JSAMPROW rows[1] = {row};
                (void)jpeg_read_scanlines(&jpeg, rows, 1);
            }
            (void)jpeg_finish_decompress(&jpeg);
            found = trap.ran_out  ? DECODE_CUT_OFF
                    : trap.warned ? DECODE_WARNED
                                  : DECODE_CLEAN;
        }
    } else {
        found = trap.ran_out ? DECODE_CUT_OFF : DECODE_FAILED;
    }
    jpeg_destroy_decompress(&jpeg);
    return found;
}
#endif

#ifdef HAVE_PNG
typedef struct png_input {
    const unsigned char *bytes;
    size_t left;
    bool ran_out;
} png_input;

static void
png_refused(png_structp png, png_const_charp text)
{
    char *why = png_get_error_ptr(png);
    (void)snprintf(why, sizeof((verdict *)0)->why, "%.90s", text);
    png_longjmp(png, 1);
}

static void
png_warned(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void
png_more(png_structp png, png_bytep to, size_t len)
{
    png_input *input = png_get_io_ptr(png);
    input->ran_out = len > input->left;
    if (input->ran_out)
        png_error(png, "end of input");
    memcpy(to, input->bytes, len);
    input->bytes += len;
    input->left -= len;
}

static void
read_png(const unsigned char *bytes, size_t len, verdict *found)
{
    png_input input = {bytes, len, false};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, found->why,
                                             png_refused, png_warned);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_set_read_fn(png, &input, png_more);
        png_read_info(png, info);
        found->accepted = true;
        found->width = png_get_image_width(png, info);
        found->height = png_get_image_height(png, info);
    }
    png_destroy_read_struct(&png, &info, NULL);
}

static decoding
decode_png(const unsigned char *bytes, size_t len)
{
    enum { MAX_SIDE = 4096 };
    char why[96];
    volatile decoding found = DECODE_FAILED;
    png_input input = {bytes, len, false};
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, why, png_refused, png_warned);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_set_read_fn(png, &input, png_more);
        png_set_user_limits(png, MAX_SIDE, MAX_SIDE);
        png_read_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
        found = DECODE_CLEAN;
    }
    png_destroy_read_struct(&png, &info, NULL);
    return input.ran_out ? DECODE_CUT_OFF : found;
}
#endif

#ifdef HAVE_SPNG
static void
read_spng(const unsigned char *bytes, size_t len, verdict *found)
{
    struct spng_ihdr ihdr;
    spng_ctx *ctx = spng_ctx_new(0);
    int error = spng_set_png_buffer(ctx, bytes, len);
    if (error == 0)
        error = spng_get_ihdr(ctx, &ihdr);
    if (error == 0) {
        found->accepted = true;
        found->width = ihdr.width;
        found->height = ihdr.height;
    } else {
        (void)snprintf(found->why, sizeof found->why, "%.90s", spng_strerror(error));
    }
    spng_ctx_free(ctx);
}
#endif

#ifdef HAVE_STB
/* Declared here: the header brings 7000 lines that do not pass our warnings. */
int stbi_info_from_memory(const unsigned char *bytes, int len, int *x, int *y,
                          int *comp);
const char *stbi_failure_reason(void);

static void
read_stb(const unsigned char *bytes, size_t len, verdict *found)
{
    int width = 0, height = 0, components = 0;
    found->accepted =
        stbi_info_from_memory(bytes, (int)len, &width, &height, &components) == 1;
    found->width = (uint32_t)width;
    found->height = (uint32_t)height;
    if (!found->accepted)
        (void)snprintf(found->why, sizeof found->why, "%.90s", stbi_failure_reason());
}
#endif

const reference references[] = {
#ifdef HAVE_JPEG
    {"libjpeg", true, true, read_jpeg},
#endif
#ifdef HAVE_PNG
    {"libpng", false, true, read_png},
#endif
#ifdef HAVE_SPNG
    {"spng", false, false, read_spng},
#endif
#ifdef HAVE_STB
    {"stb", true, false, read_stb},     {"stb", false, false, read_stb},
#endif
    {NULL, false, false, NULL},
};

decoding
reference_decode(bool is_jpeg, const unsigned char *bytes, size_t len)
{
#ifdef HAVE_JPEG
    if (is_jpeg)
        return decode_jpeg(bytes, len);
#endif
#ifdef HAVE_PNG
    if (!is_jpeg)
        return decode_png(bytes, len);
#endif
    (void)is_jpeg;
    (void)bytes;
    (void)len;
    return DECODE_UNKNOWN;
}
