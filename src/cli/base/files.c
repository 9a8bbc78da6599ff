/* SPDX-License-Identifier: MIT */
/* files.c - parts of a path; the rest of files.h depends on the system */
#include "base/files.h"

const char *
cli_path_name(const char *path)
{
    const char *name = path + cli_path_root(path);
    for (const char *at = name; *at != '\0'; at++)
        if (cli_path_is_separator(*at))
            name = at + 1;
    return name;
}
