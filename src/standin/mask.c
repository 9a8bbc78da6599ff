/* SPDX-License-Identifier: MIT */
/* mask.c - draws the masks that the URLs of Kling's shape name: white on black, without
 * any relation to the image */
#include "mask.h"

#include "image.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/* An ellipse. The image goes from 0 to 1000 in both directions. */
struct shape {
    uint32_t region;
    int x, y, half_width, half_height;
};

static const struct shape shapes[] = {
    {REGION_HEAD, 500, 250, 160, 200},   {REGION_FACE, 500, 280, 110, 140},
    {REGION_CLOTH, 500, 750, 330, 290},  {REGION_OBJECT, 500, 250, 160, 200},
    {REGION_OBJECT, 500, 750, 330, 290},
};

struct job {
    png_structp png;
    png_infop info;
    unsigned char *row;
    uint32_t region, width, height;
};

void
standin_mask_path(struct text *text, const char *word, uint32_t width, uint32_t height)
{
    standin_text_printf(text, "/standin/mask/%ux%u/%s_seg.png",
                        width > 0 ? width : MASK_SIDE, width > 0 ? height : MASK_SIDE,
                        word);
}

static bool
parse(const char *path, struct job *job)
{
    char word[8];
    int end = 0;
    if (sscanf(path, "/standin/mask/%9ux%9u/%7[a-z]_seg.png%n", &job->width,
               &job->height, word, &end) != 3 ||
        end == 0 || path[end] != '\0')
        return false;
    return standin_regions_parse(word, &job->region) && job->region != 0 &&
           job->width > 0 && job->height > 0 &&
           !standin_image_too_many_pixels(job->width, job->height);
}

/* Cannot overflow: the numbers are below 1000, their squares' products below 2^40. */
static bool
is_inside(const struct shape *shape, int x, int y)
{
    int64_t dx = x - shape->x, dy = y - shape->y;
    int64_t a = shape->half_width, b = shape->half_height;
    return dx * dx * b * b + dy * dy * a * a <= a * a * b * b;
}

static void
draw_row(struct job *job, uint32_t y)
{
    int down = (int)((uint64_t)y * 1000 / job->height);
    memset(job->row, 0, job->width);
    for (uint32_t x = 0; x < job->width; x++) {
        int right = (int)((uint64_t)x * 1000 / job->width);
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
            if (shapes[i].region == job->region && is_inside(&shapes[i], right, down))
                job->row[x] = 255;
    }
}

static void
on_write(png_structp png, png_bytep bytes, size_t len)
{
    standin_text_add(png_get_io_ptr(png), bytes, len);
}

static void
on_error(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static bool
encode(struct job *job, struct text *out)
{
    if (setjmp(png_jmpbuf(job->png)) != 0)
        return false;
    png_set_write_fn(job->png, out, on_write, NULL);
    png_set_compression_level(job->png, 1);
    png_set_IHDR(job->png, job->info, job->width, job->height, 8, PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(job->png, job->info);
    for (uint32_t y = 0; y < job->height; y++) {
        draw_row(job, y);
        png_write_row(job->png, job->row);
    }
    png_write_end(job->png, NULL);
    return !out->failed;
}

bool
standin_mask_draw(const char *path, struct text *png)
{
    struct job job = {0};
    if (!parse(path, &job))
        return false;
    job.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, NULL);
    if (job.png != NULL)
        job.info = png_create_info_struct(job.png);
    job.row = malloc(job.width);
    bool good = job.info != NULL && job.row != NULL && encode(&job, png);
    png_destroy_write_struct(&job.png, &job.info);
    free(job.row);
    return good;
}
