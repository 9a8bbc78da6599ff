/* walk.c - the files of a folder, recursively */
#include "input/walk.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 128 };

enum kind { KIND_OTHER, KIND_FILE, KIND_FOLDER };

struct walker {
    walk_fn fn;
    void *user;
    bool all;
    struct text path; /* of the current entry */
};

struct entry {
    char *name;
    unsigned char type;
};

struct entries {
    struct entry *at;
    size_t count;
    size_t size;
};

bool
cli_walk_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
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
static enum kind
kind_of_link(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return KIND_FILE;
    return S_ISREG(info.st_mode) ? KIND_FILE : KIND_OTHER;
}

/* Most file systems return the type with the name, which saves a call per file. */
static enum kind
kind_of(const char *path, unsigned char type)
{
    struct stat info;
    if (type == DT_REG)
        return KIND_FILE;
    if (type == DT_DIR)
        return KIND_FOLDER;
    if (type == DT_LNK)
        return kind_of_link(path);
    if (type != DT_UNKNOWN || lstat(path, &info) != 0)
        return KIND_OTHER;
    if (S_ISLNK(info.st_mode))
        return kind_of_link(path);
    return S_ISREG(info.st_mode)   ? KIND_FILE
           : S_ISDIR(info.st_mode) ? KIND_FOLDER
                                   : KIND_OTHER;
}

static int
compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static void
add_entry(struct entries *entries, const struct dirent *found)
{
    if (entries->count == entries->size) {
        entries->size = entries->size * 2 + 64;
        entries->at = cli_resize(entries->at, entries->size, sizeof *entries->at);
    }
    struct entry *entry = &entries->at[entries->count++];
    entry->name = cli_copy_text(found->d_name);
    entry->type = found->d_type;
}

/* Files without an image extension are not stored. Returns 0 or an errno value. */
static int
read_folder(const struct walker *walker, struct entries *entries)
{
    DIR *dir = opendir(walker->path.at);
    struct dirent *found;
    if (dir == NULL)
        return errno;
    while (errno = 0, (found = readdir(dir)) != NULL) {
        const char *name = found->d_name;
        bool is_file = found->d_type == DT_REG || found->d_type == DT_LNK;
        if (name[0] != '.' && (walker->all || !is_file || has_image_extension(name)))
            add_entry(entries, found);
    }
    int error = errno;
    closedir(dir);
    return error;
}

static bool walk_folder(struct walker *walker, unsigned depth);

static bool
walk_entry(struct walker *walker, const struct entry *entry, unsigned depth)
{
    enum kind kind = kind_of(walker->path.at, entry->type);
    if (kind == KIND_FOLDER)
        return walk_folder(walker, depth + 1);
    if (kind == KIND_FILE && (walker->all || has_image_extension(entry->name)))
        return walker->fn(walker->user, walker->path.at, NULL);
    return true;
}

static bool
walk_folder(struct walker *walker, unsigned depth)
{
    struct entries entries = {NULL, 0, 0};
    size_t len = walker->path.len;
    bool more = true;

    int error = depth < DEPTH_MAX ? read_folder(walker, &entries) : ELOOP;
    if (error != 0)
        more = walker->fn(walker->user, walker->path.at,
                          error == ELOOP ? "folders are nested too deeply"
                                         : strerror(error));
    if (entries.count > 1)
        qsort(entries.at, entries.count, sizeof *entries.at, compare);
    for (size_t i = 0; i < entries.count; i++) {
        if (more) {
            if (walker->path.at[len - 1] != '/')
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
cli_walk(const char *folder, bool all, walk_fn fn, void *user)
{
    struct walker walker = {fn, user, all, {NULL, 0, 0}};
    cli_text_puts(&walker.path, folder);
    bool more = walk_folder(&walker, 0);
    cli_text_free(&walker.path);
    return more;
}
