/* SPDX-License-Identifier: MIT */
/* say.h - messages on standard error */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "base/screen.h"

#if defined(__MINGW32__) /* mingw-w64 formats as C99 asks, not as Windows does */
#define SAY_FORMAT(text, args) __attribute__((format(gnu_printf, text, args)))
#elif defined(__GNUC__)
#define SAY_FORMAT(text, args) __attribute__((format(printf, text, args)))
#else
#define SAY_FORMAT(text, args)
#endif

/* Before this call: no colour, not quiet. */
void cli_say_setup(enum color_wish wish, bool quiet);

/* One line each; harmful characters are escaped. Quiet silences all but errors. */
void cli_say_error(const char *format, ...) SAY_FORMAT(1, 2);
void cli_say_warning(const char *format, ...) SAY_FORMAT(1, 2);
void cli_say_note(const char *format, ...) SAY_FORMAT(1, 2);

#endif
