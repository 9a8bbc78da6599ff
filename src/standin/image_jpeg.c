/* SPDX-License-Identifier: MIT */
/* image_jpeg.c - decode a JPEG with libjpeg */
#include "image.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum { SCANS_MAX = 100 }; /* programs write at most about ten */

/* The state is outside of the function that calls setjmp(): its local variables would
 * be indeterminate after longjmp(). */
struct job {
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf escape;
    JSAMPROW row;
    bool damaged;
};

static void
on_error(j_common_ptr jpeg)
{
    struct job *job = jpeg->client_data;
    longjmp(job->escape, 1);
}

/* After lost data libjpeg only warns and goes on. These five warnings do not affect the
 * pixels; all others mean damage. */
static void
on_message(j_common_ptr jpeg, int level)
{
    struct job *job = jpeg->client_data;
    int code = jpeg->err->msg_code;
    if (level >= 0)
        return;
    if (code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM &&
        code != JWRN_JFIF_MAJOR && code != JWRN_BOGUS_PROGRESSION &&
        code != JWRN_TOO_MUCH_DATA)
        job->damaged = true;
}

/* A scan can be a few bytes and still go over all pixels: without a limit a small file
 * takes minutes, and no signal ends the program meanwhile. */
static void
on_progress(j_common_ptr jpeg)
{
    struct job *job = jpeg->client_data;
    if (job->jpeg.input_scan_number > SCANS_MAX)
        longjmp(job->escape, 1);
}

static void
on_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void
find_marker(struct job *job, struct image *image)
{
    static const char key[] = IMAGE_MARKER ":";
    const size_t key_len = sizeof key - 1;
    const struct jpeg_marker_struct *at = job->jpeg.marker_list;
    for (; at != NULL && !image->marked; at = at->next) {
        const char *text = (const char *)at->data;
        size_t len = at->data_length;
        if (len < key_len || memcmp(text, key, key_len) != 0)
            continue;
        text += key_len;
        len -= key_len;
        for (; len != 0 && *text == ' '; len--)
            text++;
        standin_image_mark(image, text, len);
    }
}

/* The colours are not used, so the fastest settings are enough. */
static void
read_pixels(struct job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    jpeg->out_color_space = jpeg->jpeg_color_space;
    jpeg->do_fancy_upsampling = FALSE;
    jpeg->dct_method = JDCT_IFAST;
    jpeg_start_decompress(jpeg);
    job->row = malloc((size_t)jpeg->output_width * (size_t)jpeg->output_components);
    if (job->row == NULL)
        longjmp(job->escape, 1);
    while (jpeg->output_scanline < jpeg->output_height)
        jpeg_read_scanlines(jpeg, &job->row, 1);
    jpeg_finish_decompress(jpeg);
}

static enum image_verdict
decode(struct job *job, const unsigned char *data, size_t len, struct image *image)
{
    if (setjmp(job->escape) != 0)
        return IMAGE_DAMAGED;
    jpeg_create_decompress(&job->jpeg);
    job->progress.progress_monitor = on_progress;
    job->jpeg.progress = &job->progress;
    jpeg_mem_src(&job->jpeg, data, (unsigned long)len);
    jpeg_save_markers(&job->jpeg, JPEG_COM, 0xffff);
    jpeg_read_header(&job->jpeg, TRUE);
    image->width = job->jpeg.image_width;
    image->height = job->jpeg.image_height;
    if (standin_image_too_many_pixels(image->width, image->height))
        return IMAGE_TOO_MANY_PIXELS;
    find_marker(job, image);
    read_pixels(job);
    return job->damaged ? IMAGE_DAMAGED : IMAGE_GOOD;
}

enum image_verdict
standin_image_decode_jpeg(const unsigned char *data, size_t len, struct image *image)
{
    struct job job;
    memset(&job, 0, sizeof job);
    image->format = "jpeg";
    job.jpeg.err = jpeg_std_error(&job.errors);
    job.jpeg.client_data = &job;
    job.errors.error_exit = on_error;
    job.errors.emit_message = on_message;
    job.errors.output_message = on_output;
    enum image_verdict verdict = decode(&job, data, len, image);
    jpeg_destroy_decompress(&job.jpeg);
    free(job.row);
    return verdict;
}
