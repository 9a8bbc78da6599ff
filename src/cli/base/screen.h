/* screen.h - what the output goes to: its width, colours and characters */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum color_wish { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct screen {
    FILE *file;
    size_t width; /* 0: no terminal, so lines are never broken */
    bool color;
    bool ascii; /* a terminal that does not say it knows UTF-8 */
};

struct screen cli_screen_of(FILE *file, enum color_wish wish);

/* SGR codes; nothing without colour. */
#define SCREEN_RED    "31"
#define SCREEN_GREEN  "32"
#define SCREEN_YELLOW "33"
#define SCREEN_DIM    "2"
#define SCREEN_BOLD   "1"
void cli_screen_begin(const struct screen *screen, const char *sgr);
void cli_screen_end(const struct screen *screen, const char *sgr);

/*
 * Print safe text from column `at` on, broken at blanks into lines of the screen's
 * width that begin with indent blanks, and end the line.
 */
void cli_screen_wrap(const struct screen *screen, const char *safe, size_t at,
                     size_t indent);

#endif
