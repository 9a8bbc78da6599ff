/* SPDX-License-Identifier: MIT */
/* walk.h - the files of a folder, recursively */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include "options/options.h"

/* path is valid during the call only. below: its part below the folder that is walked.
   error: NULL, or why the folder `path` cannot be read. Return false to stop the walk.
 */
typedef bool (*walk_fn)(void *user, const char *path, const char *below,
                        const char *error);

bool cli_walk_is_folder(const char *path);

/* Files are visited in byte order of their names. Hidden names, links to folders, what
   the options leave out, and the folders of --copy-to, --link-to and --save-regions are
   skipped. False: fn stopped the walk. */
bool cli_walk(const char *folder, const struct options *options, walk_fn fn,
              void *user);

/* Warns that the walk of a folder found nothing. */
void cli_walk_say_empty(const char *folder, const struct options *options);

#endif
