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
            len > 0 && text[len - 1] == '.' && strncmp(text + len - 3, "...", 3);
        text += len + strspn(text + len, " ");
        if (ends && *text != '\0') {
            fputc('\n', file);
            column = 0;
        }
    }
    fprintf(file, "%s\n", end);
}

static void
put_option(FILE *file, const struct option *option)
{
    fputs(".It", file);
    if (option->letter != 0)
        fprintf(file, " Fl %c ,", option->letter);
    fputs(" Fl \\-", file);
    put_escaped(file, option->name, strlen(option->name));
    if (option->value != NULL)
        fprintf(file, " Ar %s", option->value);
    fputc('\n', file);
    put_text(file, option->help, ".");
}

static void
put_options(FILE *file)
{
    char title[80];
    for (const struct option *row = cli_options_table; row->name != NULL; row++) {
        if (!cli_options_begins_group(row))
            continue;
        cli_options_group_title(row, title, sizeof title);
        fprintf(file, ".Ss %s\n.Bl -tag -width Ds\n", title);
        for (const struct option *same = row; same->name != NULL; same++)
            if (same->kind != OPTION_REFUSED && same->commands == row->commands)
                put_option(file, same);
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
        bool plain = row->command == COMMAND_HELP || row->command == COMMAND_MAN ||
                     row->command == COMMAND_COMPLETIONS;
        fprintf(file, ".Nm\n.Cm %s\n%s", row->name, plain ? "" : ".Op Ar option ...\n");
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
    fputs(".El\n", file);
}

void
cli_man_print(FILE *file)
{
    fputs(".Dd November 23, 2026\n.Dt KLINGREC 1\n.Os\n.Sh NAME\n.Nm klingrec\n"
          ".Nd ask Kling's image recognition what images contain\n.Sh SYNOPSIS\n",
          file);
    put_synopsis(file);
    fputs(".Sh DESCRIPTION\n", file);
    put_commands(file);
    fputs(".Pp\n", file);
    put_text(file,
             "The image - is one image on standard input. Arguments after -- are not "
             "options.",
             "");
    put_options(file);
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev COMETAPI_KEY\n"
          "The key, if\n.Fl \\-key\\-file\nis not given.\n.It Ev NO_COLOR , TERM\n"
          "No colours if\n.Ev NO_COLOR\nis not empty or\n.Ev TERM\nis dumb.\n.El\n",
          file);
    put_exits(file);
    fputs(
        ".Sh EXAMPLES\nSend all images of a folder; later runs send only new images:\n"
        ".Pp\n.Dl klingrec recognize -r art/ -o found.csv --format csv\n",
        file);
}
