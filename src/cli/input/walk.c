/* SPDX-License-Identifier: MIT */
/* walk.c - the files of a folder, recursively */
#include "input/walk.h"

#include "base/files.h"
#include "base/glob.h"
#include "base/memory.h"
#include "base/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 128 };

struct walker {
    walk_fn fn;
    void *user;
    const struct options *options;
    struct file_info filled[2]; /* the folders into which images are put */
    size_t filled_count;
    size_t below;     /* where the path below the walked folder begins */
    struct text path; /* of the current entry */
};

struct entry {
    char *name;
    enum entry_kind kind;
};

struct entries {
    struct entry *at;
    size_t count;
    size_t size;
};

bool
cli_walk_is_folder(const char *path)
{
    struct file_info info;
    return cli_file_info(path, &info) && info.kind == FILE_FOLDER;
}

static bool
has_image_extension(const char *name)
{
    static const char *const endings[] = {
        ".jpg",  ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic",
        ".avif", ".jxl",  ".psd", ".tga", ".dds",  ".ktx", ".exr", ".svg",
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* A link to a file counts as a file; so does a broken link, so that it is reported. */
static enum entry_kind
kind_of_link(const char *path)
{
    struct file_info info;
    return !cli_file_info(path, &info) || info.kind == FILE_REGULAR ? ENTRY_FILE
                                                                    : ENTRY_OTHER;
}

static int
compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return strcmp(left->name, right->name);
}

struct reader {
    const struct walker *walker;
    struct entries *entries;
};

/* Files without an image extension are not stored. */
static void
add_entry(void *user, const char *name, enum entry_kind kind)
{
    const struct reader *reader = user;
    struct entries *entries = reader->entries;
    bool is_file = kind == ENTRY_FILE || kind == ENTRY_LINK;
    if (name[0] == '.' ||
        (is_file && !reader->walker->options->all && !has_image_extension(name)))
        return;
    if (entries->count == entries->size) {
        entries->size = entries->size * 2 + 64;
        entries->at = cli_resize(entries->at, entries->size, sizeof *entries->at);
    }
    struct entry *entry = &entries->at[entries->count++];
    entry->name = cli_copy_text(name);
    entry->kind = kind;
}

/* Returns 0 or an errno value. */
static int
read_folder(const struct walker *walker, struct entries *entries)
{
    struct reader reader = {walker, entries};
    return cli_folder_each(walker->path.at, add_entry, &reader) ? 0 : errno;
}

static bool
is_one_of(const struct texts *patterns, const char *below, const char *name)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (cli_glob_matches(patterns->at[i],
                             cli_glob_is_path(patterns->at[i]) ? below : name))
            return true;
    return false;
}

static bool
is_left_out(const struct walker *walker, const struct entry *entry)
{
    const struct options *options = walker->options;
    const char *below = walker->path.at + walker->below;
    struct file_info info;
    if (is_one_of(&options->exclude, below, entry->name))
        return true;
    if (entry->kind != ENTRY_FOLDER)
        return options->include.count > 0 &&
               !is_one_of(&options->include, below, entry->name);
    bool is_filled = false;
    if (walker->filled_count > 0 && cli_file_info(walker->path.at, &info))
        for (size_t i = 0; i < walker->filled_count; i++)
            is_filled = is_filled || cli_file_is_same(&info, &walker->filled[i]);
    return is_filled;
}

static bool walk_folder(struct walker *walker, unsigned depth);

static bool
walk_entry(struct walker *walker, const struct entry *entry, unsigned depth)
{
    if (is_left_out(walker, entry))
        return true;
    enum entry_kind kind =
        entry->kind == ENTRY_LINK ? kind_of_link(walker->path.at) : entry->kind;
    if (kind == ENTRY_FOLDER)
        return walk_folder(walker, depth + 1);
    if (kind == ENTRY_FILE)
        return walker->fn(walker->user, walker->path.at,
                          walker->path.at + walker->below, NULL);
    return true;
}

static bool
walk_folder(struct walker *walker, unsigned depth)
{
    struct entries entries = {NULL, 0, 0};
    size_t len = walker->path.len;
    bool more = true;
    char why[60];

    int error = depth < DEPTH_MAX ? read_folder(walker, &entries) : ELOOP;
    if (error == ELOOP)
        snprintf(why, sizeof why, "folders are nested more than %d deep", DEPTH_MAX);
    if (error != 0)
        more = walker->fn(walker->user, walker->path.at, NULL,
                          error == ELOOP ? why : strerror(error));
    if (entries.count > 1)
        qsort(entries.at, entries.count, sizeof *entries.at, compare);
    for (size_t i = 0; i < entries.count; i++) {
        if (more) {
            if (!cli_path_is_separator(walker->path.at[len - 1]))
                cli_text_puts(&walker->path, "/");
            cli_text_puts(&walker->path, entries.at[i].name);
            more = walk_entry(walker, &entries.at[i], depth);
            walker->path.len = len;
            walker->path.at[len] = '\0';
        }
        free(entries.at[i].name);
    }
    free(entries.at);
    return more;
}

bool
cli_walk(const char *folder, const struct options *options, walk_fn fn, void *user)
{
    struct walker walker;
    const char *to[] = {
        options->copy_to != NULL ? options->copy_to : options->link_to,
        options->save_regions,
    };
    memset(&walker, 0, sizeof walker);
    walker.fn = fn;
    walker.user = user;
    walker.options = options;
    for (size_t i = 0; i < sizeof to / sizeof to[0]; i++)
        if (to[i] != NULL && cli_file_info(to[i], &walker.filled[walker.filled_count]))
            walker.filled_count++;
    cli_text_puts(&walker.path, folder);
    walker.below = walker.path.len;
    walker.below += !cli_path_is_separator(folder[walker.path.len - 1]);
    bool more = walk_folder(&walker, 0);
    cli_text_free(&walker.path);
    return more;
}

void
cli_walk_say_empty(const char *folder, const struct options *options)
{
    bool is_chosen = options->include.count + options->exclude.count > 0;
    cli_say_warning("%s: contains no file%s%s", folder,
                    options->all ? "" : " with an image extension",
                    is_chosen ? " that --include and --exclude leave" : "");
}
