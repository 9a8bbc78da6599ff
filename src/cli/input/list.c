/* SPDX-License-Identifier: MIT */
/* list.c - the list of all inputs: --files-from, folders, shards */
#include "input/list.h"

#include "base/files.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/say.h"
#include "base/slurp.h"
#include "input/input.h"
#include "input/load.h"
#include "input/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- --files-from ----------------------------------------------------------- */

static bool
add_name(struct options *options, const char *name)
{
    if (cli_input_is_stdin(name)) {
        cli_say_error("--files-from: - is not allowed in a list; write ./- for a file "
                      "of that name");
        return false;
    }
    options->inputs =
        cli_resize(options->inputs, options->input_count + 1, sizeof *options->inputs);
    options->inputs[options->input_count++] = name;
    return true;
}

/* Lines may end with CRLF, and empty lines are skipped. A NUL list is taken literally.
 */
static bool
split(struct options *options, char *at, size_t len)
{
    char end = options->null ? '\0' : '\n';
    if (!options->null && memchr(at, '\0', len) != NULL) {
        cli_say_error("--files-from: '%s' contains a NUL; is --null missing?",
                      options->files_from);
        return false;
    }
    char *last = at + len;
    if (!options->null && len >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3; /* a byte order mark, as written by editors on Windows */
    while (at < last) {
        char *stop = memchr(at, end, (size_t)(last - at));
        stop = stop != NULL ? stop : last;
        *stop = '\0';
        if (!options->null && stop > at && stop[-1] == '\r')
            stop[-1] = '\0';
        if (*at != '\0' && !add_name(options, at))
            return false;
        at = stop + 1;
    }
    return true;
}

bool
cli_list_read(struct options *options)
{
    struct text text = {0};
    if (options->files_from == NULL)
        return true;
    if (strcmp(options->files_from, "-") == 0 && options->key_file != NULL &&
        strcmp(options->key_file, "-") == 0) {
        cli_say_error(
            "--key-file - and --files-from - cannot both read standard input");
        return false;
    }
    bool good = cli_slurp(&text, options->files_from, "--files-from");
    options->list = text.at;
    return good && split(options, text.at, text.len);
}

static const char needs_recursive[] =
    "this is a folder; use --recursive (-r) to search it";

/* ---- Rows ------------------------------------------------------------------- */

/* FNV-1a, 64 bits. Its low bits are weak, and the part is a remainder; so the upper
   half is folded into the lower one. */
static uint64_t
hash_name(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash ^ hash >> 32;
}

/* The first eight bytes of the digest, big-endian. */
static bool
hash_content(const char *input, uint64_t *hash)
{
    unsigned char digest[DIGEST_BYTES];
    if (!cli_load_digest(input, digest))
        return false;
    *hash = 0;
    for (size_t i = 0; i < 8; i++)
        *hash = *hash << 8 | digest[i];
    return true;
}

/* Must not change: all machines and versions have to agree on the parts. */
static bool
is_in_shard(const struct options *options, const char *input)
{
    const uint32_t *shard = options->shard;
    uint64_t hash;
    if (shard[1] < 2)
        return true;
    if (options->shard_by != SHARD_BY_CONTENT || !hash_content(input, &hash))
        hash = hash_name(input);
    return hash % shard[1] == shard[0];
}

struct collector {
    struct rows *rows;
    const struct options *options;
};

static bool
add_row(void *user, const char *input, const char *below, const char *error)
{
    struct collector *collector = user;
    struct rows *rows = collector->rows;
    size_t index = rows->all++;
    if (!is_in_shard(collector->options, input))
        return !cli_interrupted();
    if (rows->count == rows->size) {
        rows->size = rows->size * 2 + 64;
        rows->at = cli_resize(rows->at, rows->size, sizeof *rows->at);
    }
    struct row *row = &rows->at[rows->count++];
    memset(row, 0, sizeof *row);
    row->index = index;
    row->input = cli_copy_text(input);
    row->below = row->input + (below - input);
    row->error = error != NULL ? cli_copy_text(error) : NULL;
    return !cli_interrupted();
}

static bool
visit(void *user, const char *path, const char *below, const char *error)
{
    char message[200];
    if (error == NULL)
        return add_row(user, path, below, NULL);
    snprintf(message, sizeof message, "the folder cannot be read: %s", error);
    return add_row(user, path, path, message);
}

/* NULL: none. */
static const char *
mistake_of(const struct options *options, const char *input)
{
    struct file_info info;
    if (cli_input_is_stdin(input) || cli_input_is_url(input))
        return NULL;
    if (!cli_file_info(input, &info))
        return strerror(errno);
    return info.kind == FILE_FOLDER && !options->recursive ? needs_recursive : NULL;
}

void
cli_list_report_mistakes(const struct options *options)
{
    enum { SHOWN_MAX = 3 };
    size_t count = 0;
    for (size_t i = 0; i < options->input_count; i++) {
        const char *mistake = mistake_of(options, options->inputs[i]);
        if (mistake != NULL && count++ < SHOWN_MAX)
            cli_say_error("'%s': %s", options->inputs[i], mistake);
    }
    if (count > SHOWN_MAX)
        cli_say_error("%zu more inputs have such errors", count - SHOWN_MAX);
}

void
cli_list_rows(struct rows *rows, const struct options *options)
{
    struct collector collector = {rows, options};
    memset(rows, 0, sizeof *rows);
    for (size_t i = 0; i < options->input_count && !cli_interrupted(); i++) {
        const char *input = options->inputs[i];
        size_t before = rows->all;
        bool is_folder = !cli_input_is_url(input) && cli_walk_is_folder(input);
        if (!is_folder)
            (void)add_row(&collector, input, cli_path_name(input), NULL);
        else if (!options->recursive)
            (void)add_row(&collector, input, input, needs_recursive);
        else if (cli_walk(input, options, visit, &collector) && rows->all == before)
            cli_walk_say_empty(input, options);
    }
}

void
cli_list_free(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        cli_answer_free(rows->at[i].answer);
        cli_answer_free(rows->at[i].refusal);
        free((void *)(uintptr_t)rows->at[i].input);
        free((void *)(uintptr_t)rows->at[i].error);
    }
    free(rows->at);
    memset(rows, 0, sizeof *rows);
}
