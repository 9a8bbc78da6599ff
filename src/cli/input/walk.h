/* walk.h - the files of a folder and of all folders in it */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include <stdbool.h>

/* path dies with the call. error: NULL, or why the folder `path` cannot be walked.
   False stops the walk. */
typedef bool (*walk_fn)(void *user, const char *path, const char *error);

bool cli_walk_is_folder(const char *path);

/* In the order of the names' bytes; hidden names and links to folders are left out. */
bool cli_walk(const char *folder, bool all, walk_fn fn, void *user);

#endif
