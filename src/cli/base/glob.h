/* SPDX-License-Identifier: MIT */
/* glob.h - patterns of names, as in *.png */
#ifndef CLI_GLOB_H
#define CLI_GLOB_H

#include <stdbool.h>

/* "*" stands for any characters, separators included, "?" for one, "[a-z]" for one of a
   range, "[!a-z]" for one that is not in it. Small and capital letters of ASCII are
   equal, because endings of cameras are capital. */
bool cli_glob_matches(const char *pattern, const char *text);

/* Is the pattern one of a path and not of a name? */
bool cli_glob_is_path(const char *pattern);

#endif
