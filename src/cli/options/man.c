/* SPDX-License-Identifier: MIT */
/* man.c - the manual page, generated from the tables */
#include "options/man.h"

#include "base/exits.h"
#include "options/options.h"

#include <string.h>

enum { LINE = 72 };

/* In mdoc a line that starts with "." or "'" is a request, and a backslash starts an
   escape sequence. */
static void
put_escaped(FILE *file, const char *at, size_t len)
{
    if (len > 0 && (*at == '.' || *at == '\''))
        fputs("\\&", file);
    for (; len > 0; at++, len--)
        if (*at == '\\')
            fputs("\\e", file);
        else if (*at == '-')
            fputs("\\-", file);
        else
            fputc(*at, file);
}

/* In the quotes of an argument. */
static void
put_quoted(FILE *file, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '"')
            fputs("\\(dq", file);
        else
            put_escaped(file, text, 1);
}

/* Short lines, and a new line for every sentence, as mandoc -Tlint requires. */
static void
put_text(FILE *file, const char *text, const char *end)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column > 0 && column + len > LINE) {
            fputc('\n', file);
            column = 0;
        }
        if (column > 0)
            fputc(' ', file);
        put_escaped(file, text, len);
        column += len + 1;
        bool ends =
            len > 0 && text[len - 1] == '.' && strncmp(text + len - 3, "...", 3) != 0;
        text += len + strspn(text + len, " ");
        if (ends && *text != '\0') {
            fputc('\n', file);
            column = 0;
        }
    }
    fprintf(file, "%s\n", end);
}

/* The last sentence says which commands have it, unless all do. */
static void
put_option(FILE *file, const struct option *option)
{
    const char *before = "Of";
    fputs(".It", file);
    if (option->letter != 0)
        fprintf(file, " Fl %c ,", option->letter);
    fputs(" Fl \\-", file);
    put_escaped(file, option->name, strlen(option->name));
    if (option->value != NULL)
        fprintf(file, " Ar %s", option->value);
    fputc('\n', file);
    put_text(file, option->help, ".");
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        if ((option->commands & (unsigned)row->command) == 0)
            continue;
        fprintf(file, "%s %s", before, row->name);
        before = " and";
    }
    if (option->commands != 0)
        fputs(".\n", file);
}

static void
put_options(FILE *file)
{
    fputs(".Sh OPTIONS\n", file);
    for (int group = 0; group < GROUPS; group++) {
        const struct option *row = NULL;
        fprintf(file, ".Ss %s\n.Bl -tag -width Ds\n", cli_options_group_titles[group]);
        while ((row = cli_options_next(row, (enum option_group)group, COMMAND_NONE)) !=
               NULL)
            put_option(file, row);
        fputs(".El\n", file);
    }
}

static void
put_examples(FILE *file)
{
    fputs(".Sh EXAMPLES\n", file);
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        fprintf(file, ".Ss %s\n.Bl -tag -width Ds\n", row->name);
        for (int i = 0; i < EXAMPLES; i++) {
            fputs(".It Li \"", file);
            put_quoted(file, row->examples[i].line);
            fputs("\"\n", file);
            put_text(file, row->examples[i].what, ".");
        }
        fputs(".El\n", file);
    }
}

static void
put_commands(FILE *file)
{
    fputs(".Bl -tag -width Ds\n", file);
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        fprintf(file, ".It Cm %s%s%s\n", row->name, row->inputs[0] ? " Ar " : "",
                row->inputs);
        put_text(file, row->help, "");
    }
    fputs(".El\n", file);
}

static void
put_synopsis(FILE *file)
{
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        fprintf(file, ".Nm\n.Cm %s\n.Op Ar option ...\n", row->name);
        if (row->inputs[0] != '\0')
            fprintf(file, ".Ar %s\n", row->inputs);
    }
}

static void
put_exits(FILE *file)
{
    fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", file);
#define PUT_EXIT(name, code, meaning)                                                  \
    fprintf(file, ".It %d\n", code);                                                   \
    put_text(file, meaning, ".");
    EXITS(PUT_EXIT)
#undef PUT_EXIT
    fputs(".El\n.Pp\n", file);
    put_text(file, EXITS_ORDER, "");
}

void
cli_man_print(FILE *file)
{
    fputs(".Dd November 23, 2026\n.Dt KLINGREC 1\n.Os\n.Sh NAME\n.Nm klingrec\n"
          ".Nd ",
          file);
    fprintf(file, "%s\n.Sh SYNOPSIS\n", cli_program_summary);
    put_synopsis(file);
    fputs(".Sh DESCRIPTION\n", file);
    put_commands(file);
    fputs(".Pp\n", file);
    put_text(file, "Arguments after -- are not options.", "");
    put_options(file);
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev COMETAPI_KEY\n"
          "The key, if\n.Fl \\-key\\-file\nand\n.Fl \\-key\\-command\nare not "
          "given.\n.It Ev CREDENTIALS_DIRECTORY\nA folder, whose file\n"
          ".Pa klingrec\\-key\nis used before that variable.\n.It Ev NO_COLOR , TERM\n"
          "No colours if\n.Ev NO_COLOR\nis not empty or\n.Ev TERM\nis dumb.\n.El\n",
          file);
    put_exits(file);
    put_examples(file);
}
