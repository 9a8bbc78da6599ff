/* help.c - help texts, generated from the tables */
#include "options/help.h"

#include "base/exits.h"

#include <string.h>

enum { LEFT = 26, WIDE = 60, MOST = 80 };

static void
print_usage(FILE *file, enum command command)
{
    const char *word = "Usage:";
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        if (command != COMMAND_NONE && row->command != command)
            continue;
        bool plain = row->command == COMMAND_HELP || row->command == COMMAND_MAN ||
                     row->command == COMMAND_COMPLETIONS;
        fprintf(file, "%-6s klingrec %s%s%s%s\n", word, row->name,
                plain ? "" : " [OPTION]...", row->inputs[0] != '\0' ? " " : "",
                row->inputs);
        word = "";
    }
}

/* Two columns on a wide screen, else one below the other. */
static void
print_pair(const struct screen *screen, const char *left, const char *right)
{
    size_t len = strlen(left) + 2;
    if (screen->width < WIDE) {
        fprintf(screen->file, "  %s\n      ", left);
        cli_screen_wrap(screen, right, 6, 6);
        return;
    }
    fprintf(screen->file, "  %s", left);
    if (len + 1 > LEFT) {
        fputc('\n', screen->file);
        len = 0;
    }
    fprintf(screen->file, "%*s", (int)(LEFT - len), "");
    cli_screen_wrap(screen, right, LEFT, LEFT);
}

static void
print_option(const struct screen *screen, const struct option *option)
{
    char left[64];
    char letter[] = "-?, ";
    letter[1] = option->letter;
    snprintf(left, sizeof left, "%s--%s%s%s", option->letter != 0 ? letter : "    ",
             option->name, option->value != NULL ? " " : "",
             option->value != NULL ? option->value : "");
    print_pair(screen, left, option->help);
}

/* The options of one command, or all groups. */
static void
print_options(const struct screen *screen, enum command command)
{
    char title[80];
    if (command != COMMAND_NONE)
        fprintf(screen->file, "\nOptions of %s:\n",
                cli_options_command_name((unsigned)command));
    for (const struct option *row = cli_options_table; row->name != NULL; row++)
        if (command != COMMAND_NONE && cli_options_known(row, command))
            print_option(screen, row);
    for (const struct option *row = cli_options_table; row->name != NULL; row++) {
        if (command != COMMAND_NONE || !cli_options_begins_group(row))
            continue;
        cli_options_group_title(row, title, sizeof title - 1);
        strcat(title, ":");
        fputc('\n', screen->file);
        cli_screen_wrap(screen, title, 0, 2);
        for (const struct option *same = row; same->name != NULL; same++)
            if (same->kind != OPTION_REFUSED && same->commands == row->commands)
                print_option(screen, same);
    }
}

static void
print_exits(const struct screen *screen)
{
    fputs("\nExit codes:\n", screen->file);
#define PRINT_EXIT(name, code, meaning)                                                \
    fprintf(screen->file, "  %3d  ", code);                                            \
    cli_screen_wrap(screen, meaning, 7, 7);
    EXITS(PRINT_EXIT)
#undef PRINT_EXIT
    cli_screen_wrap(
        screen, "If several apply, the first of 130, 5, 3, 6, 4 and 1 is used.", 0, 0);
}

static void
print_text(const struct screen *screen, const char *text)
{
    fputc('\n', screen->file);
    cli_screen_wrap(screen, text, 0, 0);
}

void
cli_help_print(FILE *file, enum command command)
{
    struct screen screen = cli_screen_of(file, COLOR_NEVER);
    if (screen.width == 0 || screen.width > MOST)
        screen.width = MOST;
    print_usage(file, command);
    fputc('\n', file);
    for (const struct command_text *row = cli_commands; row->name != NULL; row++)
        if (row->command == command || command == COMMAND_NONE)
            print_pair(&screen, row->name, row->help);
    print_text(&screen, "The IMAGE - is one image on standard input. Arguments after "
                        "-- are not options.");
    print_options(&screen, command);
    print_exits(&screen);
}

void
cli_help_print_usage(FILE *file)
{
    print_usage(file, COMMAND_NONE);
    fputs("Try klingrec --help.\n", file);
}
