/* walk.h - the files of a folder, recursively */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include <stdbool.h>

/* path is valid during the call only. error: NULL, or why the folder `path` cannot be
   read. Return false to stop the walk. */
typedef bool (*walk_fn)(void *user, const char *path, const char *error);

bool cli_walk_is_folder(const char *path);

/* Files are visited in byte order of their names; hidden names and links to folders are
   skipped. all: also files without an image extension. False: fn stopped the walk. */
bool cli_walk(const char *folder, bool all, walk_fn fn, void *user);

#endif
