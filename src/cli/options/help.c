/* SPDX-License-Identifier: MIT */
/* help.c - help texts, generated from the tables */
#include "options/help.h"

#include "base/exits.h"

#include <string.h>

enum { LEFT = 26, WIDE = 60, MOST = 80 };

static const struct command_text *
find_command(enum command command)
{
    const struct command_text *row = cli_commands;
    while (row->name != NULL && row->command != command)
        row++;
    return row;
}

static void
print_usage(FILE *file, enum command command)
{
    const struct command_text *row = find_command(command);
    if (command == COMMAND_NONE)
        fputs("Usage: klingrec COMMAND [OPTION]... [ARGUMENT]...\n", file);
    else
        fprintf(file, "Usage: klingrec %s [OPTION]...%s%s\n", row->name,
                row->inputs[0] != '\0' ? " " : "", row->inputs);
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

static void
print_options(const struct screen *screen, enum command command)
{
    for (int group = 0; group < GROUPS; group++) {
        const struct option *row =
            cli_options_next(NULL, (enum option_group)group, command);
        if (row != NULL)
            fprintf(screen->file, "\n%s:\n", cli_options_group_titles[group]);
        for (; row != NULL;
             row = cli_options_next(row, (enum option_group)group, command))
            print_option(screen, row);
    }
}

static void
print_examples(const struct screen *screen, const char *title,
               const struct example *examples, int count)
{
    fprintf(screen->file, "\n%s:\n", title);
    for (int i = 0; i < count; i++) {
        fprintf(screen->file, "  %s\n      ", examples[i].line);
        cli_screen_wrap(screen, examples[i].what, 6, 6);
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
    cli_screen_wrap(screen, EXITS_ORDER, 0, 0);
}

static void
print_text(const struct screen *screen, const char *text)
{
    fputc('\n', screen->file);
    cli_screen_wrap(screen, text, 0, 0);
}

static void
print_commands(const struct screen *screen)
{
    static const struct example begin[] = {
        {"klingrec check art/", "which images the service would refuse"},
        {"klingrec recognize -n -r art/", "what would be sent; sends nothing"},
    };
    fputs("\nCommands:\n", screen->file);
    for (const struct command_text *row = cli_commands; row->name != NULL; row++)
        print_pair(screen, row->name, row->summary);
    print_examples(screen, "To begin", begin, sizeof begin / sizeof begin[0]);
    print_text(screen, "klingrec COMMAND --help has examples and all options of a "
                       "command. klingrec man prints the manual page.");
}

void
cli_help_print(FILE *file, enum command command)
{
    struct screen screen = cli_screen_of(file, COLOR_NEVER);
    if (screen.width == 0 || screen.width > MOST)
        screen.width = MOST;
    if (command == COMMAND_NONE) {
        fputs("klingrec: ", file);
        cli_screen_wrap(&screen, cli_program_summary, sizeof "klingrec: " - 1, 2);
        fputc('\n', file);
    }
    print_usage(file, command);
    if (command == COMMAND_NONE) {
        print_commands(&screen);
    } else {
        print_text(&screen, find_command(command)->help);
        print_examples(&screen, "Examples", find_command(command)->examples, EXAMPLES);
        print_options(&screen, command);
        print_text(&screen, "Arguments after -- are not options.");
    }
    print_exits(&screen);
}

void
cli_help_print_usage(FILE *file)
{
    print_usage(file, COMMAND_NONE);
    for (const struct command_text *row = cli_commands; row->name != NULL; row++)
        fprintf(file, "       klingrec %s%s%s\n", row->name,
                row->inputs[0] != '\0' ? " " : "", row->inputs);
    fputs("Try klingrec --help.\n", file);
}
