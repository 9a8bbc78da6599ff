/* SPDX-License-Identifier: MIT */
/* wide_windows.h - UTF-8 and the UTF-16 of Windows, and its errors */
#ifndef CLI_WIDE_WINDOWS_H
#define CLI_WIDE_WINDOWS_H

#include <wchar.h>

/* A path for a call of Windows; also one of more than 260 characters. To be freed.
   NULL with errno: it is not UTF-8. */
wchar_t *cli_wide_path(const char *path);

/* To be freed. Halves of a surrogate pair become U+FFFD. */
char *cli_narrow(const wchar_t *wide);

/* Sets errno from GetLastError(). */
void cli_set_errno(void);

#endif
