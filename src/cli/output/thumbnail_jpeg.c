/* SPDX-License-Identifier: MIT */
/* thumbnail_jpeg.c - decodes and encodes JPEG with libjpeg */
#include "output/thumbnail_parts.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/*
 * A progressive image needs two bytes for each coefficient, and every scan goes over
 * all of them: a file of some KB could ask for gigabytes and hours. So memory and scans
 * have limits. 128 MB are enough for 40 megapixels; encoders make about ten scans.
 */
enum { COEFFICIENT_BYTES_MAX = 128 << 20, SCANS_MAX = 100, QUALITY = 80 };

/* The profiles of Display P3 and Adobe RGB have some 600 bytes. The common profile of
   sRGB has 3 KB, and says what a browser assumes without it. */
enum { PROFILE_BYTES_MAX = 1024, ICC_HEADER_BYTES = 128, ICC_SPACE_AT = 16 };

/* Local variables of the function that calls setjmp() have no certain value after
   longjmp(), so this belongs to its caller. */
struct work {
    union {
        struct jpeg_common_struct common;
        struct jpeg_decompress_struct in;
        struct jpeg_compress_struct out;
    } jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    unsigned char *row;
    unsigned char *made;
    unsigned long made_len;
    unsigned char *profile;
    uint32_t rows; /* decoded so far */
    bool is_too_large;
};

static void
on_error(j_common_ptr jpeg)
{
    struct work *work = jpeg->client_data;
    if (jpeg->err->msg_code == JERR_NO_BACKING_STORE) /* max_memory_to_use */
        work->is_too_large = true;
    longjmp(work->escape, 1);
}

static void
on_message(j_common_ptr jpeg, int level)
{
    (void)jpeg;
    (void)level;
}

static void
on_progress(j_common_ptr jpeg)
{
    struct work *work = jpeg->client_data;
    work->is_too_large = work->jpeg.in.input_scan_number > SCANS_MAX;
    if (work->is_too_large)
        on_error(jpeg);
}

static void
begin(struct work *work)
{
    memset(work, 0, sizeof *work);
    work->jpeg.common.err = jpeg_std_error(&work->errors);
    work->jpeg.common.client_data = work;
    work->errors.error_exit = on_error;
    work->errors.emit_message = on_message;
    work->progress.progress_monitor = on_progress;
}

/* ---- Decoding ------------------------------------------------------------------ */

/* libjpeg reduces to a half, a quarter or an eighth while it decodes, which saves most
   of the time. */
static void
choose_scale(struct jpeg_decompress_struct *jpeg, uint32_t side)
{
    uint32_t longest =
        jpeg->image_width > jpeg->image_height ? jpeg->image_width : jpeg->image_height;
    jpeg->scale_num = 1;
    jpeg->scale_denom = 8;
    while (jpeg->scale_denom > 1 && longest / jpeg->scale_denom < side)
        jpeg->scale_denom /= 2;
}

/* Of Adobe's CMYK, which is stored inverted. */
static void
convert_from_cmyk(unsigned char *row, uint32_t pixels)
{
    for (uint32_t i = 0; i < pixels; i++)
        for (uint32_t c = 0; c < 3; c++)
            row[i * 3 + c] = (unsigned char)(row[i * 4 + c] * row[i * 4 + 3] / 255);
}

static void
read_rows(struct work *work, struct shrink *shrink)
{
    struct jpeg_decompress_struct *jpeg = &work->jpeg.in;
    bool is_cmyk = jpeg->out_color_space == JCS_CMYK;
    work->row = cli_resize(NULL, jpeg->output_width, (size_t)jpeg->output_components);
    for (; work->rows < jpeg->output_height; work->rows++) {
        if (jpeg_read_scanlines(jpeg, &work->row, 1) != 1)
            return;
        if (is_cmyk)
            convert_from_cmyk(work->row, jpeg->output_width);
        cli_shrink_add(shrink, &(struct shrink_row){work->row, 3, work->rows, 0, 1,
                                                    jpeg->output_width});
    }
}

/* Pixels are converted to RGB, so other profiles do not fit. */
static void
keep_profile(struct work *work, struct text *profile)
{
    unsigned len = 0;
    if (jpeg_read_icc_profile(&work->jpeg.in, &work->profile, &len) &&
        len >= ICC_HEADER_BYTES && len <= PROFILE_BYTES_MAX &&
        memcmp(work->profile + ICC_SPACE_AT, "RGB ", 4) == 0)
        cli_text_add(profile, (const char *)work->profile, len);
}

static void
decode(struct work *work, struct shrink *shrink, struct text *profile, uint32_t side)
{
    struct jpeg_decompress_struct *jpeg = &work->jpeg.in;
    jpeg_save_markers(jpeg, JPEG_APP0 + 2, 0xFFFF);
    jpeg_read_header(jpeg, TRUE);
    keep_profile(work, profile);
    choose_scale(jpeg, side);
    bool is_cmyk =
        jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
    jpeg->do_fancy_upsampling = FALSE;
    jpeg->do_block_smoothing = FALSE;
    jpeg_start_decompress(jpeg);
    if (jpeg->output_components != (is_cmyk ? 4 : 3) ||
        (uint64_t)jpeg->output_width * jpeg->output_height > SHRINK_PIXELS_MAX)
        return;
    cli_shrink_begin(shrink, jpeg->output_width, jpeg->output_height, side);
    read_rows(work, shrink);
}

static void
try_to_decode(struct work *work, const unsigned char *bytes, size_t len,
              struct shrink *shrink, struct text *profile, uint32_t side)
{
    if (setjmp(work->escape) != 0)
        return;
    jpeg_create_decompress(&work->jpeg.in);
    work->jpeg.common.progress = &work->progress;
    work->jpeg.common.mem->max_memory_to_use = COEFFICIENT_BYTES_MAX;
    jpeg_mem_src(&work->jpeg.in, bytes, (unsigned long)len);
    decode(work, shrink, profile, side);
}

enum thumbnail
cli_thumbnail_from_jpeg(struct shrink *shrink, struct text *profile,
                        const unsigned char *bytes, size_t len, uint32_t side)
{
    struct work work;
    begin(&work);
    try_to_decode(&work, bytes, len, shrink, profile, side);
    jpeg_destroy_decompress(&work.jpeg.in);
    free(work.row);
    free(work.profile);
    return work.rows > 0       ? THUMBNAIL_MADE
           : work.is_too_large ? THUMBNAIL_TOO_LARGE
                               : THUMBNAIL_DAMAGED;
}

/* ---- Encoding ------------------------------------------------------------------ */

static bool
encode(struct work *work, const struct text *profile, unsigned char *rgb,
       uint32_t width, uint32_t height)
{
    struct jpeg_compress_struct *jpeg = &work->jpeg.out;
    if (setjmp(work->escape) != 0)
        return false;
    jpeg_create_compress(jpeg);
    jpeg_mem_dest(jpeg, &work->made, &work->made_len);
    jpeg->image_width = width;
    jpeg->image_height = height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, QUALITY, TRUE);
    jpeg->optimize_coding = TRUE;
    jpeg_start_compress(jpeg, TRUE);
    if (profile->len > 0)
        jpeg_write_icc_profile(jpeg, (const JOCTET *)profile->at,
                               (unsigned)profile->len);
    for (uint32_t y = 0; y < height; y++) {
        JSAMPROW row = rgb + (size_t)y * width * 3;
        (void)jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
    return true;
}

bool
cli_thumbnail_encode(struct text *jpeg, const struct text *profile, unsigned char *rgb,
                     uint32_t width, uint32_t height)
{
    struct work work;
    begin(&work);
    bool good = encode(&work, profile, rgb, width, height);
    if (good)
        cli_text_add(jpeg, (const char *)work.made, (size_t)work.made_len);
    jpeg_destroy_compress(&work.jpeg.out);
    free(work.made);
    return good;
}
