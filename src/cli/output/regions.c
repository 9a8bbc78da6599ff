/* SPDX-License-Identifier: MIT */
/* regions.c - --save-regions: the cut-outs that answers name, in a folder */
#include "output/regions.h"

#include "base/exits.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/say.h"
#include "input/input.h"
#include "input/walk.h"
#include "output/folder.h"
#include "output/output.h"
#include "output/regions_name.h"
#include "output/webp.h"
#include "service/connect.h"
#include "service/fetch.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A cut-out of 64 megapixels has fewer. */
enum { BYTES_MAX = 128 * 1024 * 1024 };

struct region_file {
    struct fetch fetch; /* the first member, so that it stands for the whole */
    char *path;         /* without an extension */
    char *part;
    FILE *file; /* the part, open and locked until it has its name */
    int error;  /* errno of a write */
    bool is_named;
};

/* ---- Beginning ----------------------------------------------------------------- */

/* Is the input this folder, or a file in it? */
static bool
is_of(const char *input, const struct file_info *folder)
{
    struct file_info found;
    if (cli_input_is_url(input) || cli_input_is_stdin(input) ||
        !cli_file_info(input, &found))
        return false;
    if (found.kind == FILE_FOLDER)
        return cli_file_is_same(&found, folder);
    char *parent = cli_path_folder(input);
    bool is_parent = cli_file_info(parent, &found) && cli_file_is_same(&found, folder);
    free(parent);
    return is_parent;
}

/* Its files would be images to send the next time: of the folder, or of "*.png". */
static bool
holds_inputs(const struct options *options, const char *folder)
{
    struct file_info to;
    if (!cli_file_info(folder, &to))
        return false;
    for (size_t i = 0; i < options->input_count; i++)
        if (is_of(options->inputs[i], &to)) {
            cli_say_error("--save-regions: '%s' is a folder of images to send; use "
                          "another one, or one inside it",
                          folder);
            return true;
        }
    return false;
}

int
cli_regions_begin(struct regions *regions, const struct options *options)
{
    memset(regions, 0, sizeof *regions);
    regions->options = options;
    if (options->save_regions == NULL)
        return EXIT_GOOD;
    if (holds_inputs(options, options->save_regions) ||
        !cli_fetch_is_possible(options, "--save-regions"))
        return EXIT_USAGE;
    if (options->dry_run)
        return EXIT_GOOD;
    int code = cli_folder_begin("--save-regions", options->save_regions);
    if (code == EXIT_GOOD)
        regions->folder = options->save_regions;
    return code;
}

/* ---- The list ------------------------------------------------------------------ */

static void
add_file(struct regions *regions, const char *path, const char *url)
{
    if (regions->count == regions->size) {
        regions->size = regions->size * 2 + 64;
        regions->at = cli_resize(regions->at, regions->size, sizeof *regions->at);
    }
    struct region_file *file = &regions->at[regions->count++];
    memset(file, 0, sizeof *file);
    file->fetch.url = cli_copy_text(url);
    file->fetch.max_bytes = BYTES_MAX;
    file->path = cli_copy_text(path);
}

/* The list is the answer's own, as in the journal: "name", "contained", "url". */
void
cli_regions_add(struct regions *regions, const struct row *row)
{
    unsigned counts[REGION_KINDS + 1] = {0};
    struct text path = {0};
    if (regions->folder == NULL)
        return;
    cli_text_puts(&path, regions->folder);
    cli_text_puts(&path, "/");
    cli_regions_add_name(&path, row, cli_connect_endpoint(regions->options));
    size_t len = path.len;
    json_t *list = json_loads(row->answer->region_list, 0, NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *region = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(region, "name"));
        const char *url = json_string_value(json_object_get(region, "url"));
        if (name == NULL || !json_is_true(json_object_get(region, "contained")))
            continue;
        path.len = len;
        cli_regions_add_kind(&path, name, counts);
        if (url != NULL && url[0] != '\0')
            add_file(regions, path.at, url);
        else
            regions->nameless++;
    }
    json_decref(list);
    cli_text_free(&path);
}

/* ---- One file ------------------------------------------------------------------ */

static const char *const endings[] = {".png", ".jpg", ".webp"};
enum { ENDINGS = sizeof endings / sizeof endings[0] };

/* It has its name since it was complete. */
static bool
is_present(const struct region_file *file)
{
    struct text path = {0};
    bool found = false;
    for (size_t i = 0; i < ENDINGS && !found; i++) {
        cli_text_clear(&path);
        cli_text_puts(&path, file->path);
        cli_text_puts(&path, endings[i]);
        found = cli_file_exists(path.at);
    }
    cli_text_free(&path);
    return found;
}

static void
report(struct regions *regions, const struct region_file *file, int exit,
       const char *why)
{
    regions->failed++;
    regions->exit = cli_exit_worse(regions->exit, exit);
    cli_say_error("--save-regions: '%s' is not saved: %s", file->path, why);
}

static void
report_write(struct regions *regions, const struct region_file *file, int error)
{
    report(regions, file, EXIT_OUTPUT, strerror(error));
    regions->is_broken = regions->is_broken || cli_folder_is_broken(error);
}

static bool
open_part(struct regions *regions, struct region_file *file)
{
    struct text part = {0};
    cli_folder_part_name(&part, file->path);
    file->part = part.at;
    int fd = cli_folder_create_for(file->path, strlen(regions->folder))
                 ? cli_output_open_part(part.at)
                 : -1;
    file->file = fd >= 0 ? cli_file_stream(fd) : NULL;
    if (file->file == NULL && errno == EBUSY)
        report(regions, file, EXIT_TROUBLE, "another klingrec is fetching it");
    else if (file->file == NULL)
        report_write(regions, file, errno);
    return file->file != NULL;
}

/* Once it has its name, the part may be that of another process. */
static void
close_part(struct region_file *file)
{
    if (!file->is_named)
        cli_file_remove(file->part);
    (void)fclose(file->file);
    file->file = NULL;
}

/* On the disk before it gets its name, by which the next run recognises it. */
static bool
flush(struct region_file *file)
{
    errno = 0;
    bool good = fflush(file->file) == 0 && cli_file_sync(fileno(file->file));
    file->error = good ? 0 : errno;
    return good;
}

/* The ending of the name, or NULL: the file is no whole image. The rules for images to
   send do not apply. */
static const char *
ending_of(const char *path, char *why, size_t len)
{
    klingrec_request request = klingrec_request_file(path);
    klingrec_limits limits = klingrec_limits_default();
    klingrec_image_info info = klingrec_image_info_default();
    limits.max_bytes = BYTES_MAX;
    limits.min_side = 1;
    limits.max_aspect_milli = UINT32_MAX;
    klingrec_status status = klingrec_check(&request, &limits, &info);
    bool is_webp = info.format == KLINGREC_FORMAT_WEBP;
    if (is_webp && cli_webp_is_whole(path, info.bytes))
        return endings[2];
    if (status == KLINGREC_OK)
        return endings[info.format == KLINGREC_FORMAT_PNG ? 0 : 1];
    if ((info.broken_rules & KLINGREC_RULE_FORMAT) != 0)
        snprintf(why, len,
                 is_webp ? "%s: it is damaged or truncated" : "its format is %s",
                 klingrec_format_name(info.format));
    else if (klingrec_image_explain(&info, &limits, why, len) == 0)
        snprintf(why, len, "%s", klingrec_status_string(status));
    return NULL;
}

/* Another process may have saved the same at this moment. A link to no file also has
   the name. */
static void
name_part(struct region_file *file, const char *ending)
{
    struct text path = {0};
    cli_text_puts(&path, file->path);
    cli_text_puts(&path, ending);
    file->is_named = cli_file_rename_new(file->part, path.at);
    file->error = file->is_named ? 0 : errno;
    if (file->error == EEXIST && cli_file_exists(path.at))
        file->error = 0;
    cli_text_free(&path);
}

/* ---- Fetching ------------------------------------------------------------------ */

static struct fetch *
next(void *user)
{
    struct regions *regions = user;
    while (regions->next < regions->count && !regions->is_broken) {
        struct region_file *file = &regions->at[regions->next++];
        if (is_present(file)) {
            regions->present++;
            cli_folder_drop_part(file->path);
        } else if (open_part(regions, file)) {
            return &file->fetch;
        }
    }
    return NULL;
}

static bool
take(void *user, struct fetch *fetch, const void *bytes, size_t len)
{
    struct region_file *file = (struct region_file *)(void *)fetch;
    (void)user;
    errno = 0;
    bool good = fwrite(bytes, 1, len, file->file) == len;
    file->error = good ? 0 : errno;
    return good;
}

static void
finish(struct regions *regions, struct region_file *file)
{
    char why[512] = "";
    const char *ending = NULL;
    const struct fetch *fetch = &file->fetch;
    if (fetch->status == KLINGREC_OK && flush(file))
        ending = ending_of(file->part, why, sizeof why);
    if (ending != NULL)
        name_part(file, ending);
    regions->saved += file->is_named;
    regions->present += ending != NULL && !file->is_named && file->error == 0;
    if (file->error != 0)
        report_write(regions, file, file->error);
    else if (fetch->status != KLINGREC_OK)
        report(regions, file, EXIT_TROUBLE, fetch->message);
    else if (ending == NULL)
        report(regions, file, EXIT_TROUBLE, why);
}

static bool
done(void *user, struct fetch *fetch)
{
    struct regions *regions = user;
    struct region_file *file = (struct region_file *)(void *)fetch;
    if (!fetch->is_interrupted)
        finish(regions, file);
    close_part(file);
    cli_progress_show(regions->saved + regions->present + regions->failed,
                      regions->failed);
    return false;
}

/* ---- The whole ----------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
    const struct region_file *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static void
free_file(struct region_file *file)
{
    free(file->fetch.url);
    free(file->path);
    free(file->part);
}

/* Files of one image that was found in two folders under one name. */
static void
drop_equal(struct regions *regions)
{
    size_t kept = 0;
    if (regions->count > 1)
        qsort(regions->at, regions->count, sizeof *regions->at, compare);
    for (size_t i = 0; i < regions->count; i++)
        if (kept > 0 && compare(&regions->at[kept - 1], &regions->at[i]) == 0)
            free_file(&regions->at[i]);
        else
            regions->at[kept++] = regions->at[i];
    regions->count = kept;
}

static void
summarise(const struct regions *regions)
{
    char more[3][60] = {"", "", ""};
    size_t seen = regions->saved + regions->present + regions->failed;
    size_t missing = regions->count - seen;
    if (regions->failed > 0)
        snprintf(more[0], sizeof more[0], ", %zu could not be", regions->failed);
    if (missing > 0)
        snprintf(more[1], sizeof more[1], ", %zu not fetched", missing);
    if (regions->nameless > 0)
        snprintf(more[2], sizeof more[2], ", %zu %s no URL", regions->nameless,
                 regions->nameless == 1 ? "has" : "have");
    cli_say_note("%zu cut-out%s saved to '%s', %zu were there already%s%s%s",
                 regions->saved, regions->saved == 1 ? "" : "s", regions->folder,
                 regions->present, more[0], more[1], more[2]);
    if (regions->failed + missing > 0)
        cli_say_note("run the same command again to fetch what is missing; the service "
                     "keeps it for 30 days");
}

int
cli_regions_save(struct regions *regions)
{
    const struct fetch_calls calls = {next, take, done, regions};
    if (regions->folder == NULL)
        return EXIT_GOOD;
    drop_equal(regions);
    cli_progress_begin(regions->count, regions->options->quiet);
    if (regions->count > 0)
        cli_fetch_all(regions->options, &calls);
    cli_progress_end();
    summarise(regions);
    for (size_t i = 0; i < regions->count; i++)
        free_file(&regions->at[i]);
    free(regions->at);
    regions->at = NULL;
    return regions->exit;
}
