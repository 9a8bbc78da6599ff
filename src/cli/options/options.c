/* SPDX-License-Identifier: MIT */
/* options.c - parses the command line into struct options */
#include "options/options.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/say.h"
#include "base/suggest.h"
#include "options/option_value.h"
#include "options/options_agree.h"

#include <stdlib.h>
#include <string.h>

struct parser {
    char **argv;
    int argc;
    int at;
    struct options *options;
    bool given[OPTIONS_MAX]; /* for each row of the table */
};

/* ---- Names ------------------------------------------------------------------ */

static const struct option *
find_name(const char *name, size_t len)
{
    const struct option *option = cli_options_table;
    while (option->name != NULL &&
           (strlen(option->name) != len || memcmp(option->name, name, len) != 0))
        option++;
    return option->name != NULL ? option : NULL;
}

static const struct option *
find_letter(char letter)
{
    const struct option *option = cli_options_table;
    while (option->name != NULL && (option->letter == 0 || option->letter != letter))
        option++;
    return option->name != NULL ? option : NULL;
}

/* Is the argument a name that the shell put there, as for *.png? Then it is reported.
 */
static bool
is_file_name(const struct parser *parser)
{
    const char *arg = parser->argv[parser->at];
    if (!cli_file_exists(arg))
        return false;
    cli_say_error(
        "'%s' is not an option, but there is a file of this name; put -- before "
        "the names of files",
        arg);
    return true;
}

/* The value after "=" is never shown: it may be a key. */
static bool
unknown_option(const struct parser *parser, const char *name, size_t len)
{
    if (is_file_name(parser))
        return false;
    struct suggestion near = cli_suggest_for(name, len);
    for (const struct option *option = cli_options_table; option->name != NULL;
         option++)
        if (option->kind != OPTION_REFUSED)
            cli_suggest_offer(&near, option->name);
    if (near.best != NULL)
        cli_say_error("unknown option --%.*s; did you mean --%s?", (int)len, name,
                      near.best);
    else
        cli_say_error("unknown option --%.*s; see klingrec --help", (int)len, name);
    return false;
}

/* value: the text after "=" or after the letter; NULL: none. */
static bool
set_option(struct parser *parser, const struct option *option, const char *value)
{
    if (option->kind == OPTION_REFUSED) {
        cli_say_error("--%s is not supported: %s", option->name, option->help);
        return false;
    }
    if (option->kind == OPTION_FLAG && value != NULL) {
        cli_say_error("--%s takes no value", option->name);
        return false;
    }
    if (option->kind != OPTION_FLAG && value == NULL) {
        if (parser->at + 1 >= parser->argc) {
            cli_say_error("--%s needs a value: --%s %s", option->name, option->name,
                          option->value);
            return false;
        }
        value = parser->argv[++parser->at];
    }
    parser->given[option - cli_options_table] = true;
    return cli_option_set(parser->options, option, value);
}

static bool
parse_long(struct parser *parser, const char *arg)
{
    size_t len = strcspn(arg, "=");
    const struct option *option = find_name(arg, len);
    if (option == NULL)
        return unknown_option(parser, arg, len);
    return set_option(parser, option, arg[len] == '=' ? arg + len + 1 : NULL);
}

/* "-qj4": flags, then one option with the rest of the argument as its value. */
static bool
parse_letters(struct parser *parser, const char *arg)
{
    for (; *arg != '\0'; arg++) {
        const struct option *option = find_letter(*arg);
        if (option == NULL) {
            if (is_file_name(parser))
                return false;
            cli_say_error("unknown option -%c; see klingrec --help", *arg);
            return false;
        }
        if (option->kind != OPTION_FLAG)
            return set_option(parser, option, arg[1] != '\0' ? arg + 1 : NULL);
        if (!set_option(parser, option, NULL))
            return false;
    }
    return true;
}

/* ---- The whole -------------------------------------------------------------- */

static bool
set_command(struct options *options, const char *name)
{
    struct suggestion near = cli_suggest_for(name, strlen(name));
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            options->command = row->command;
            return true;
        }
        cli_suggest_offer(&near, row->name);
    }
    if (near.best == NULL && (strstr(name, "://") != NULL || cli_file_exists(name)))
        cli_say_error("'%s' is not a command; did you mean klingrec recognize '%s'?",
                      name, name);
    else if (near.best != NULL)
        cli_say_error("'%s' is not a command; did you mean klingrec %s?", name,
                      near.best);
    else
        cli_say_error("'%s' is not a command; see klingrec --help", name);
    return false;
}

static bool
parse_argument(struct parser *parser, bool *only_inputs)
{
    struct options *options = parser->options;
    const char *arg = parser->argv[parser->at];
    if (!*only_inputs && strcmp(arg, "--") == 0) {
        *only_inputs = true;
        return true;
    }
    if (!*only_inputs && strncmp(arg, "--", 2) == 0)
        return parse_long(parser, arg + 2);
    if (!*only_inputs && arg[0] == '-' && arg[1] != '\0')
        return parse_letters(parser, arg + 1);
    if (options->command == COMMAND_NONE)
        return set_command(options, arg);
    options->inputs[options->input_count++] = arg;
    return true;
}

/* Options may precede the command, so this is checked after all are parsed. */
static bool
options_belong(const struct parser *parser)
{
    enum command command = parser->options->command;
    if (command == COMMAND_NONE || command == COMMAND_HELP)
        return true;
    for (const struct option *row = cli_options_table; row->name != NULL; row++)
        if (parser->given[row - cli_options_table] &&
            !cli_options_known(row, command)) {
            cli_say_error("--%s is an option of %s, not of %s", row->name,
                          cli_options_command_name(row->commands),
                          cli_options_command_name((unsigned)command));
            return false;
        }
    return true;
}

static void
set_defaults(struct options *options)
{
    memset(options, 0, sizeof *options);
    for (const struct option *row = cli_options_table; row->name != NULL; row++)
        if (row->kind == OPTION_NUMBER || row->kind == OPTION_SECONDS ||
            row->kind == OPTION_BYTES || row->kind == OPTION_CHOICE)
            memcpy((char *)options + row->offset, &row->initial, sizeof row->initial);
}

bool
cli_options_parse(int argc, char **argv, struct options *options)
{
    struct parser parser = {argv, argc, 1, options, {false}};
    bool only_inputs = false;

    set_defaults(options);
    options->inputs = cli_resize(NULL, (size_t)argc + 1, sizeof *options->inputs);
    for (; parser.at < argc; parser.at++)
        if (!parse_argument(&parser, &only_inputs))
            return false;
    return options->help || options->version ||
           (options_belong(&parser) && cli_options_agree(options, parser.given));
}

void
cli_options_free(struct options *options)
{
    free(options->inputs);
    free(options->list);
    free(options->include.at);
    free(options->exclude.at);
    options->inputs = NULL;
    options->list = NULL;
}
