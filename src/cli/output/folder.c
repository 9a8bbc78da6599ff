/* SPDX-License-Identifier: MIT */
/* folder.c - files that are put into a folder of the user and never replace one */
#include "output/folder.h"

#include "base/digest.h"
#include "base/exits.h"
#include "base/files.h"
#include "base/say.h"
#include "input/walk.h"
#include "output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool
cli_folder_create_for(const char *path, size_t own)
{
    char *folder = cli_path_folder(path);
    size_t len = strlen(folder);
    bool good = true;
    for (size_t i = cli_path_root(folder) + 1; good && i <= len; i++) {
        char end = folder[i];
        if (end != '\0' && !cli_path_is_separator(end))
            continue;
        folder[i] = '\0';
        good = cli_walk_is_folder(folder) || cli_folder_create(folder) ||
               (errno == EEXIST && cli_walk_is_folder(folder)); /* created meanwhile */
        if (good && i > own && cli_path_is_link(folder)) {
            errno = ENOTDIR;
            good = false;
        }
        folder[i] = end;
    }
    free(folder);
    return good;
}

int
cli_folder_begin(const char *option, const char *folder)
{
    struct text inside = {0};
    cli_text_puts(&inside, folder);
    cli_text_puts(&inside, "/.");
    bool good =
        cli_folder_create_for(inside.at, inside.len) && cli_file_may_create_in(folder);
    cli_text_free(&inside);
    if (good)
        return EXIT_GOOD;
    cli_say_error("%s: no file can be created in '%s': %s", option, folder,
                  strerror(errno));
    return EXIT_OUTPUT;
}

bool
cli_folder_is_broken(int error)
{
    switch (error) {
    case EBUSY: /* another process writes this file */
    case EEXIST:
    case EILSEQ:
    case EINVAL: /* the disk does not take a character of the name */
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
        return false;
    default:
        return true;
    }
}

/* Short, because the path may be as long as the system allows. */
void
cli_folder_part_name(struct text *part, const char *path)
{
    unsigned char digest[DIGEST_BYTES];
    char name[40];
    char *folder = cli_path_folder(path);
    cli_digest(path, strlen(path), "", 0, digest);
    cli_text_puts(part, folder);
    snprintf(name, sizeof name, "/.klingrec-%02x%02x%02x%02x%02x%02x.part", digest[0],
             digest[1], digest[2], digest[3], digest[4], digest[5]);
    cli_text_puts(part, name);
    free(folder);
}

void
cli_folder_drop_part(const char *path)
{
    struct text part = {0};
    cli_folder_part_name(&part, path);
    int fd = cli_file_exists(part.at) ? cli_output_open_part(part.at) : -1;
    if (fd >= 0) {
        cli_file_remove(part.at);
        cli_file_close(fd);
    }
    cli_text_free(&part);
}
