/* SPDX-License-Identifier: MIT */
/* collect.c - --copy-to and --link-to: the images that qualify, in a folder */
#include "output/collect.h"

#include "base/exits.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/say.h"
#include "input/input.h"
#include "input/load.h"
#include "input/walk.h"
#include "output/folder.h"
#include "output/output.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 65536, SHOWN_MAX = 3, STEP_MS = 20, BUSY_MS = 60000 };

static bool
same_bytes(int a, int b)
{
    static char left[BLOCK], right[BLOCK];
    for (;;) {
        ptrdiff_t n = cli_file_read(a, left, sizeof left), m = 0;
        while (n > 0 && m < n) {
            ptrdiff_t more = cli_file_read(b, right + m, (size_t)(n - m));
            if (more <= 0)
                return false;
            m += more;
        }
        if (n <= 0 || memcmp(left, right, (size_t)n) != 0)
            return n == 0 && cli_file_read(b, right, 1) == 0;
    }
}

/* Is there the same image already? For a link it must be the same file. */
static bool
is_present(const struct collect *collect, const char *input, const char *path)
{
    struct file_info from, to;
    if (!cli_file_info(input, &from) || !cli_file_info(path, &to))
        return false;
    if (cli_file_is_same(&from, &to))
        return true;
    if (collect->is_link || from.bytes != to.bytes || to.kind != FILE_REGULAR)
        return false;
    int a = cli_file_open(input, FILE_EXAMINE), b = cli_file_open(path, FILE_EXAMINE);
    bool good = a >= 0 && b >= 0 && same_bytes(a, b);
    if (a >= 0)
        cli_file_close(a);
    if (b >= 0)
        cli_file_close(b);
    return good;
}

/* ---- Copies and links --------------------------------------------------------- */

/* Functions below return 0, an errno value, or: */
enum { CHANGED = -1 };

/* The error of a write. */
static int
fail(struct collect *collect, int error)
{
    collect->is_broken = collect->is_broken || cli_folder_is_broken(error);
    return error;
}

/* A file without an end may have replaced the image, so it ends where images do. */
static int
copy_bytes(struct collect *collect, const char *input, FILE *to)
{
    static char block[BLOCK];
    int error = 0, from = cli_file_open(input, FILE_EXAMINE);
    size_t copied = 0;
    bool good = true;
    ptrdiff_t n = -1;
    while (from >= 0 && good && copied <= collect->max_bytes &&
           (n = cli_file_read(from, block, sizeof block)) > 0) {
        good = fwrite(block, 1, (size_t)n, to) == (size_t)n;
        copied += (size_t)n;
    }
    if (!good)
        error = fail(collect, errno);
    else if (n < 0)
        error = errno;
    else if (copied > collect->max_bytes)
        error = CHANGED;
    if (from >= 0)
        cli_file_close(from);
    if (fclose(to) != 0 && error == 0) /* some errors occur only then */
        error = fail(collect, errno);
    return error;
}

static bool
has_digest(const char *path, size_t max_bytes, const unsigned char *digest)
{
    unsigned char found[DIGEST_BYTES];
    struct load load;
    if (!cli_load_file(&load, path, max_bytes))
        return false;
    cli_digest(load.bytes, load.len, "", 0, found);
    cli_load_free(&load);
    return memcmp(found, digest, sizeof found) == 0;
}

static int
write_part(struct collect *collect, const char *input, const char *part,
           const unsigned char *digest)
{
    int fd = cli_file_open(part, FILE_REPLACE);
    FILE *file = fd >= 0 ? cli_file_stream(fd) : NULL;
    if (file == NULL)
        return fail(collect, errno);
    int error = copy_bytes(collect, input, file);
    return error != 0 || has_digest(part, collect->max_bytes, digest) ? error : CHANGED;
}

/* The part is locked until it has its name: another process must not write into it. */
static int
copy(struct collect *collect, const char *input, const char *path,
     const unsigned char *digest)
{
    struct text part = {0};
    cli_folder_part_name(&part, path);
    int lock = cli_output_open_part(part.at);
    int error =
        lock < 0 ? fail(collect, errno) : write_part(collect, input, part.at, digest);
    if (error == 0 && !cli_file_rename_new(part.at, path))
        error = fail(collect, errno);
    if (lock >= 0) {
        if (error != 0)
            cli_file_remove(part.at);
        cli_file_close(lock);
    }
    cli_text_free(&part);
    return error;
}

static int
put(struct collect *collect, const char *input, const char *path,
    const unsigned char *digest)
{
    if (!cli_folder_create_for(path, strlen(collect->folder)))
        return fail(collect, errno);
    if (!collect->is_link)
        return copy(collect, input, path, digest);
    return cli_file_link(input, path) ? 0 : fail(collect, errno);
}

/* Another process may put an image of this name there at the same time. */
static int
put_unless_present(struct collect *collect, const char *input, const char *path,
                   const unsigned char *digest, bool *is_there)
{
    int error = 0;
    for (int ms = 0;; ms += STEP_MS) {
        *is_there = is_present(collect, input, path);
        error = *is_there ? 0 : put(collect, input, path, digest);
        if (error != EBUSY || ms >= BUSY_MS || cli_interrupted())
            break;
        cli_interrupt_sleep(STEP_MS);
    }
    *is_there = *is_there || (error == EEXIST && is_present(collect, input, path));
    if (*is_there && !collect->is_link)
        cli_folder_drop_part(path);
    return *is_there ? 0 : error;
}

/* ---- The whole --------------------------------------------------------------- */

int
cli_collect_begin(struct collect *collect, const struct options *options)
{
    memset(collect, 0, sizeof *collect);
    collect->is_link = options->link_to != NULL;
    collect->option = collect->is_link ? "--link-to" : "--copy-to";
    collect->max_bytes =
        options->max_bytes != 0 ? options->max_bytes : KLINGREC_MAX_BYTES;
    const char *folder = collect->is_link ? options->link_to : options->copy_to;
    if (folder == NULL)
        return EXIT_GOOD;
    for (size_t i = 0; i < options->input_count; i++)
        if (cli_input_is_url(options->inputs[i]) ||
            cli_input_is_stdin(options->inputs[i])) {
            cli_say_error("%s takes files only, and '%s' is none", collect->option,
                          options->inputs[i]);
            return EXIT_USAGE;
        }
    if (options->dry_run)
        return EXIT_GOOD;
    int code = cli_folder_begin(collect->option, folder);
    if (code == EXIT_GOOD)
        collect->folder = folder;
    return code;
}

void
cli_collect_add(struct collect *collect, const char *input, const char *below,
                const unsigned char *digest)
{
    struct text path = {0};
    if (collect->folder == NULL)
        return;
    cli_text_puts(&path, collect->folder);
    cli_text_puts(&path, "/");
    cli_text_puts(&path, below);
    bool is_there;
    int error = put_unless_present(collect, input, path.at, digest, &is_there);
    collect->present += is_there;
    collect->done += !is_there && error == 0;
    if (error != 0 && collect->failed++ < SHOWN_MAX)
        cli_say_error("%s: '%s' is not in '%s': %s", collect->option, input, path.at,
                      error == CHANGED  ? "the file was changed meanwhile"
                      : error == EEXIST ? "there is another file of this name"
                                        : strerror(error));
    cli_text_free(&path);
}

int
cli_collect_end(const struct collect *collect)
{
    char failed[60] = "";
    if (collect->folder == NULL)
        return EXIT_GOOD;
    if (collect->failed > 0)
        snprintf(failed, sizeof failed, ", %zu could not be", collect->failed);
    cli_say_note("%zu %s to '%s', %zu were there already%s", collect->done,
                 collect->is_link ? "linked" : "copied", collect->folder,
                 collect->present, failed);
    return collect->failed > 0 ? EXIT_OUTPUT : EXIT_GOOD;
}
