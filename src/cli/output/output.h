/* SPDX-License-Identifier: MIT */
/* output.h - standard output, or the file of --output */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* False: the name exists and is not a regular file, or is an image, which is probably a
   mistake; the error is reported. */
bool cli_output_may_replace(const char *name);

/* Is there an image of this name? In `-o *.png` the first one would be replaced by
   mistake. */
bool cli_output_is_image(const char *path);

/* Opens and locks a file that will be renamed, so that no other process writes it.
   Returns a descriptor, or -1 with errno. */
int cli_output_open_part(const char *path);

/* Directs output to the file `name`.part, which cli_output_commit() renames to `name`.
   So `name` has either the complete output or its old content. False: the error is
   reported. */
bool cli_output_open(const char *name);

/* The stream to write to. */
FILE *cli_output_file(void);

/* Flushes the output. False: a write error; the first one is reported. */
bool cli_output_flush(void);

/* The output is complete: renames the file. Without cli_output_open() only flushes. */
bool cli_output_commit(void);

/* The last call. Also closes standard output, because some errors occur only then. */
bool cli_output_close(void);

#endif
