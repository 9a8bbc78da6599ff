/* SPDX-License-Identifier: MIT */
/* report_images.c - the images of a report, as they are now */
#include "commands/report_images.h"

#include "base/base64.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/pool.h"
#include "base/progress.h"
#include "input/input.h"
#include "output/thumbnail.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The page stays below some 150 MB: of many images the thumbnails are smaller. */
enum { SIDE = 400, SIDE_OF_MANY = 256, MANY = 2000 };
enum { FILE_BYTES_MAX = 32 << 20, IN_ELEMENT = 100, AT_A_TIME = 50 };

/* ---- The list ------------------------------------------------------------------ */

static struct report_image *
add(struct report_images *images)
{
    if (images->count == images->size) {
        images->size = images->size * 2 + 64;
        images->at = cli_resize(images->at, images->size, sizeof *images->at);
    }
    struct report_image *image = &images->at[images->count++];
    memset(image, 0, sizeof *image);
    return image;
}

static bool
is_file(const char *name)
{
    return *name != '\0' && !cli_input_is_url(name) && !cli_input_is_stdin(name);
}

void
cli_report_add_row(struct report_images *images, const struct row *row)
{
    struct report_image *image = add(images);
    if (!is_file(row->input))
        return;
    image->name = cli_copy_text(row->input);
    image->has_digest = true;
    memcpy(image->digest, row->digest, DIGEST_BYTES);
}

/* jansson has a defect when memory is short; with this it never is. */
static void *
allocate(size_t size)
{
    return cli_resize(NULL, size, 1);
}

static uint64_t
number_of(const json_t *image, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(image, key));
    return value > 0 ? (uint64_t)value : 0;
}

static void
set_from_record(struct report_image *image, const json_t *record)
{
    const json_t *recorded = json_object_get(record, "image");
    const char *bytes = json_string_value(json_object_get(record, "input_bytes"));
    const char *name = json_string_value(json_object_get(record, "input"));
    struct text exact = {0};
    if (bytes != NULL) {
        bool good = cli_base64_read(&exact, bytes) && exact.len > 0;
        name = good && strlen(exact.at) == exact.len ? exact.at : NULL;
    }
    if (name != NULL && is_file(name))
        image->name = cli_copy_text(name);
    cli_text_free(&exact);
    image->bytes = number_of(recorded, "bytes");
    image->width = (uint32_t)number_of(recorded, "width");
    image->height = (uint32_t)number_of(recorded, "height");
}

void
cli_report_add_line(struct report_images *images, const char *line, size_t len)
{
    struct report_image *image = add(images);
    size_t mark = len >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    json_set_alloc_funcs(allocate, free);
    json_t *record = json_loadb(line + mark, len - mark, 0, NULL);
    set_from_record(image, record);
    json_decref(record);
}

/* ---- One image ----------------------------------------------------------------- */

static void
reserve(struct text *text, size_t size)
{
    text->at = cli_resize(NULL, size, 1);
    text->size = size;
}

/* NULL, or why the file cannot be read, as a line of the page. */
static const char *
load(const char *name, struct text *bytes)
{
    struct file_info info;
    int file = cli_file_open(name, FILE_EXAMINE);
    if (file < 0)
        return errno == ENOENT || errno == ENOTDIR ? "!the file is no longer there"
                                                   : "!the file cannot be read";
    const char *why = NULL;
    if (!cli_file_info_of(file, &info) || info.kind != FILE_REGULAR)
        why = "!not a file any more";
    else if (info.bytes > FILE_BYTES_MAX)
        why = "-too large for a thumbnail";
    if (why == NULL)
        reserve(bytes, (size_t)info.bytes + 1); /* one more: it may have grown */
    while (why == NULL && bytes->len < bytes->size) {
        ptrdiff_t n =
            cli_file_read(file, bytes->at + bytes->len, bytes->size - bytes->len);
        if (n == 0)
            break;
        if (n > 0)
            bytes->len += (size_t)n;
        else if (errno != EINTR)
            why = "!the file cannot be read";
    }
    cli_file_close(file);
    return why;
}

static bool
has_changed(const struct report_image *image, const struct text *bytes,
            const klingrec_image_info *now)
{
    unsigned char digest[DIGEST_BYTES];
    if (image->has_digest) {
        cli_digest(bytes->at, bytes->len, "", 0, digest);
        return memcmp(digest, image->digest, DIGEST_BYTES) != 0;
    }
    return (image->bytes != 0 && image->bytes != bytes->len) ||
           (image->width != 0 && image->width != now->width) ||
           (image->height != 0 && image->height != now->height);
}

static const char *
add_thumbnail(struct text *jpeg, const struct text *bytes,
              const klingrec_image_info *info, uint32_t side)
{
    switch (info->format) {
    case KLINGREC_FORMAT_JPEG:
    case KLINGREC_FORMAT_PNG:
        break;
    case KLINGREC_FORMAT_GIF:
    case KLINGREC_FORMAT_WEBP:
    case KLINGREC_FORMAT_BMP:
    case KLINGREC_FORMAT_AVIF:
        return NULL;
    default:
        return "-not an image that browsers show";
    }
    if (!cli_thumbnail_is_built)
        return NULL;
    switch (cli_thumbnail_add(jpeg, (const unsigned char *)bytes->at, bytes->len, info,
                              side)) {
    case THUMBNAIL_MADE:
        return NULL;
    case THUMBNAIL_TOO_LARGE:
        return "-too large for a thumbnail";
    case THUMBNAIL_DAMAGED:
        break;
    }
    return "-it cannot be decoded";
}

static void
put_line(struct text *line, const struct report_image *image, uint32_t side)
{
    struct text bytes = {0}, jpeg = {0};
    klingrec_image_info info = klingrec_image_info_default();
    const char *why = load(image->name, &bytes);
    if (why == NULL) {
        klingrec_request request = klingrec_request_bytes(bytes.at, bytes.len);
        request.flags = KLINGREC_REQUEST_HEADER_ONLY;
        (void)klingrec_check(&request, NULL, &info);
        why = has_changed(image, &bytes, &info)
                  ? "!changed since it was recognised"
                  : add_thumbnail(&jpeg, &bytes, &info, side);
    }
    if (why != NULL)
        cli_text_puts(line, why);
    else
        cli_base64_add(line, jpeg.at, jpeg.len);
    cli_text_free(&bytes);
    cli_text_free(&jpeg);
}

/* ---- All images ---------------------------------------------------------------- */

struct batch {
    const struct report_image *images;
    uint32_t side;
    struct text lines[AT_A_TIME];
};

static void
make(void *user, size_t number)
{
    struct batch *batch = user;
    if (batch->images[number].name != NULL)
        put_line(&batch->lines[number], &batch->images[number], batch->side);
}

static void
put_batch(FILE *file, struct batch *batch, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text *line = &batch->lines[i];
        if ((first + i) % IN_ELEMENT == 0)
            fprintf(file, "%s<script class=\"thumbnails\" type=\"text/plain\">",
                    first + i > 0 ? "</script>\n" : "");
        if (line->at != NULL)
            fwrite(line->at, 1, line->len, file);
        fputc('\n', file);
        cli_text_free(line);
    }
}

bool
cli_report_put_images(FILE *file, const struct report_images *images, bool quiet)
{
    struct batch batch;
    memset(&batch, 0, sizeof batch);
    batch.side = images->count > MANY ? SIDE_OF_MANY : SIDE;
    cli_progress_begin(images->count, quiet);
    for (size_t at = 0; at < images->count && !ferror(file) && !cli_interrupted();
         at += AT_A_TIME) {
        size_t left = images->count - at;
        size_t count = left < AT_A_TIME ? left : AT_A_TIME;
        batch.images = images->at + at;
        cli_pool_run(count, make, &batch);
        put_batch(file, &batch, at, count);
        cli_progress_show(at + count, 0);
    }
    if (images->count > 0)
        fputs("</script>\n", file);
    cli_progress_end();
    return !cli_interrupted();
}

void
cli_report_free_images(struct report_images *images)
{
    for (size_t i = 0; i < images->count; i++)
        free(images->at[i].name);
    free(images->at);
}
