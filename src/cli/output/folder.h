/* SPDX-License-Identifier: MIT */
/* folder.h - files that are put into a folder of the user and never replace one */
#ifndef CLI_FOLDER_H
#define CLI_FOLDER_H

#include "base/memory.h"

/* Creates the folder, if it is missing. Returns the exit code; if it is not 0, no file
   can be created there, which is reported. */
int cli_folder_begin(const char *option, const char *folder);

/* Creates the folders in the path of a file. The first `own` bytes are the user's
   folder; a link behind them could lead out of it. False with errno. */
bool cli_folder_create_for(const char *path, size_t own);

/* Whether this error of creating a file there concerns the folder, so that each further
   file would fail, and not only this name. */
bool cli_folder_is_broken(int error);

/* The name under which a file is written until it is complete. It follows from the
   path, so that killed runs leave no more than one. */
void cli_folder_part_name(struct text *part, const char *path);

/* Removes what a killed run left under that name; not what another process writes. */
void cli_folder_drop_part(const char *path);

#endif
