/* SPDX-License-Identifier: MIT */
/* screen.h - the terminal: its width, colours and character set */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum color_wish { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct screen {
    FILE *file;
    size_t width; /* 0: not a terminal, so lines are not wrapped */
    bool color;
    bool ascii;    /* a terminal whose locale is not UTF-8 */
    bool controls; /* a terminal that understands control sequences */
};

struct screen cli_screen_of(FILE *file, enum color_wish wish);

/* SGR codes. Without colour nothing is written. */
#define SCREEN_RED    "31"
#define SCREEN_GREEN  "32"
#define SCREEN_YELLOW "33"
#define SCREEN_DIM    "2"
#define SCREEN_BOLD   "1"
void cli_screen_begin(const struct screen *screen, const char *sgr);
void cli_screen_end(const struct screen *screen, const char *sgr);

/*
 * Prints safe text from column `at` on and ends the line. Lines are wrapped at blanks
 * to the width of the screen; further lines are indented by `indent` columns.
 */
void cli_screen_wrap(const struct screen *screen, const char *safe, size_t at,
                     size_t indent);

#endif
