/* options.c - the command line into struct options, or what is wrong with it */
#include "options/options.h"

#include "base/memory.h"
#include "base/say.h"
#include "base/suggest.h"
#include "options/option_value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What follows "=" is never shown: it may be a key in the wrong place. */
static bool
unknown_option(const char *name, size_t len)
{
    struct suggestion near = cli_suggest_for(name, len);
    for (const struct option *option = cli_options_table; option->name != NULL;
         option++)
        if (option->kind != OPTION_REFUSED)
            cli_suggest_offer(&near, option->name);
    if (near.best != NULL)
        cli_say_error("there is no option --%.*s; did you mean --%s?", (int)len, name,
                      near.best);
    else
        cli_say_error("there is no option --%.*s; klingrec --help lists all", (int)len,
                      name);
    return false;
}

/* value: what stood behind "=" or the letter; NULL: nothing. */
static bool
take(struct parser *parser, const struct option *option, const char *value)
{
    if (option->kind == OPTION_REFUSED) {
        cli_say_error("--%s does not exist: %s", option->name, option->help);
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
take_long(struct parser *parser, const char *arg)
{
    size_t len = strcspn(arg, "=");
    const struct option *option = find_name(arg, len);
    if (option == NULL)
        return unknown_option(arg, len);
    return take(parser, option, arg[len] == '=' ? arg + len + 1 : NULL);
}

/* "-qj4": flags first, then one option with the rest as its value. */
static bool
take_letters(struct parser *parser, const char *arg)
{
    for (; *arg != '\0'; arg++) {
        const struct option *option = find_letter(*arg);
        if (option == NULL) {
            cli_say_error("there is no option -%c; klingrec --help lists all", *arg);
            return false;
        }
        if (option->kind != OPTION_FLAG)
            return take(parser, option, arg[1] != '\0' ? arg + 1 : NULL);
        if (!take(parser, option, NULL))
            return false;
    }
    return true;
}

/* ---- The whole -------------------------------------------------------------- */

static bool
take_command(struct options *options, const char *name)
{
    struct suggestion near = cli_suggest_for(name, strlen(name));
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            options->command = row->command;
            return true;
        }
        cli_suggest_offer(&near, row->name);
    }
    if (near.best == NULL && (strstr(name, "://") != NULL || access(name, F_OK) == 0))
        cli_say_error("'%s' is no command; did you mean klingrec recognize '%s'?", name,
                      name);
    else if (near.best != NULL)
        cli_say_error("'%s' is no command; did you mean klingrec %s?", name, near.best);
    else
        cli_say_error("'%s' is no command; klingrec --help lists all", name);
    return false;
}

static bool
take_argument(struct parser *parser, bool *only_inputs)
{
    struct options *options = parser->options;
    const char *arg = parser->argv[parser->at];
    if (!*only_inputs && strcmp(arg, "--") == 0) {
        *only_inputs = true;
        return true;
    }
    if (!*only_inputs && strncmp(arg, "--", 2) == 0)
        return take_long(parser, arg + 2);
    if (!*only_inputs && arg[0] == '-' && arg[1] != '\0')
        return take_letters(parser, arg + 1);
    if (options->command == COMMAND_NONE)
        return take_command(options, arg);
    options->inputs[options->input_count++] = arg;
    return true;
}

const char *
cli_options_command_name(unsigned command)
{
    for (const struct command_text *row = cli_commands; row->name != NULL; row++)
        if ((command & (unsigned)row->command) != 0)
            return row->name;
    return "";
}

bool
cli_options_known(const struct option *option, enum command command)
{
    return option->kind != OPTION_REFUSED &&
           (option->commands == 0 || (option->commands & (unsigned)command) != 0);
}

bool
cli_options_begins_group(const struct option *option)
{
    if (option->kind == OPTION_REFUSED)
        return false;
    for (const struct option *row = cli_options_table; row != option; row++)
        if (row->kind != OPTION_REFUSED && row->commands == option->commands)
            return false;
    return true;
}

void
cli_options_group_title(const struct option *option, char *buf, size_t len)
{
    const char *before = "";
    snprintf(buf, len, "Options of %s", option->commands == 0 ? "all commands" : "");
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        size_t at = strlen(buf);
        if ((option->commands & (unsigned)row->command) == 0)
            continue;
        snprintf(buf + at, len - at, "%s%s", before, row->name);
        before = ", ";
    }
}

/* An option may stand before the command, so this is asked when all is read. */
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

static bool
was_given(const struct parser *parser, const char *name)
{
    return parser->given[find_name(name, strlen(name)) - cli_options_table];
}

/* Who names a file for its format need not name the format too. */
static void
format_from_name(struct options *options)
{
    static const struct {
        const char *ending;
        enum format format;
    } table[] = {{".ndjson", FORMAT_NDJSON},
                 {".jsonl", FORMAT_NDJSON},
                 {".json", FORMAT_NDJSON},
                 {".csv", FORMAT_CSV},
                 {".tsv", FORMAT_TSV}};
    size_t len = strlen(options->output);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t n = strlen(table[i].ending);
        if (len > n && strcasecmp(options->output + len - n, table[i].ending) == 0)
            options->format = table[i].format;
    }
}

/* Whether two names are of one file, there or yet to come. */
static bool
same_file(const char *a, const char *b)
{
    struct stat x, y;
    if (strcmp(a, b) == 0)
        return true;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Each file of the command line serves one purpose. */
static bool
are_different(const struct options *options, const char *part, const char *beside)
{
    const struct {
        const char *option, *path;
    } files[] = {
        {"--output", options->output},
        {"FILE.part of --output FILE", part},
        {"FILE.journal of --output FILE", beside},
        {"--journal", options->journal},
        {"--rate-file", options->rate_file},
        {"--files-from", options->files_from},
        {"--key-file", options->key_file},
        {"--ca-file", options->ca_file},
    };
    enum { FILES = sizeof files / sizeof files[0], WRITTEN = 5 };
    for (size_t i = 0; i < WRITTEN; i++)
        for (size_t k = i + 1; k < FILES; k++)
            if (files[i].path != NULL && files[k].path != NULL &&
                same_file(files[i].path, files[k].path)) {
                cli_say_error("%s and %s are the same file, '%s'", files[i].option,
                              files[k].option, files[i].path);
                return false;
            }
    return true;
}

static bool
files_differ(const struct options *options)
{
    struct text part = {0}, beside = {0};
    if (options->output != NULL) {
        cli_text_puts(&part, options->output);
        cli_text_puts(&part, ".part");
    }
    if (options->output != NULL && options->command == COMMAND_RECOGNIZE &&
        options->journal == NULL && !options->no_journal) {
        cli_text_puts(&beside, options->output);
        cli_text_puts(&beside, ".journal");
    }
    bool good = are_different(options, part.at, beside.at);
    cli_text_free(&part);
    cli_text_free(&beside);
    return good;
}

/* What is made of files does not replace one of them. */
static bool
inputs_stay(const struct options *options)
{
    if (options->output == NULL ||
        (options->command != COMMAND_MERGE && options->command != COMMAND_REPORT))
        return true;
    for (size_t i = 0; i < options->input_count; i++)
        if (same_file(options->output, options->inputs[i])) {
            cli_say_error("--output would replace '%s', which is read",
                          options->inputs[i]);
            return false;
        }
    return true;
}

/* What two options say together. */
static bool
options_agree(const struct parser *parser)
{
    struct options *options = parser->options;
    const char *journal = options->journal;
    if (options->output != NULL && strcmp(options->output, "-") == 0)
        options->output = NULL; /* standard output, as without it */
    const char *output = options->output;
    bool has_format = was_given(parser, "format");
    if (options->json && has_format && options->format != FORMAT_NDJSON) {
        cli_say_error("--json is --format ndjson, and another --format is given");
        return false;
    }
    if (options->json)
        options->format = FORMAT_NDJSON;
    else if (output != NULL && !has_format)
        format_from_name(options);
    if (options->fields != NULL && options->format == FORMAT_TABLE) {
        cli_say_error("--fields chooses what ndjson, csv and tsv say; add --format");
        return false;
    }
    if (!files_differ(options) || !inputs_stay(options))
        return false;
    if (options->retry_unsure && journal == NULL &&
        (output == NULL || options->no_journal)) {
        cli_say_error(
            "--retry-unsure asks what a journal is unsure of; add --journal FILE");
        return false;
    }
    if (journal != NULL && options->no_journal) {
        cli_say_error("--journal and --no-journal do not go together");
        return false;
    }
    if (options->shard[1] == 0 && was_given(parser, "shard-by")) {
        cli_say_error("--shard-by chooses the part of --shard I/N, which is missing");
        return false;
    }
    if (options->rate_file != NULL && options->rate == 0) {
        cli_say_error("--rate-file shares what --rate N allows, which is missing");
        return false;
    }
    if (options->null && options->files_from == NULL) {
        cli_say_error(
            "--null is about the list of --files-from FILE, which is missing");
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
            memcpy((char *)options + row->at, &row->initial, sizeof row->initial);
}

bool
cli_options_parse(int argc, char **argv, struct options *options)
{
    struct parser parser = {argv, argc, 1, options, {false}};
    bool only_inputs = false;

    set_defaults(options);
    options->inputs = cli_resize(NULL, (size_t)argc + 1, sizeof *options->inputs);
    for (; parser.at < argc; parser.at++)
        if (!take_argument(&parser, &only_inputs))
            return false;
    return options->help || options->version ||
           (options_belong(&parser) && options_agree(&parser));
}

void
cli_options_free(struct options *options)
{
    free(options->inputs);
    free(options->list);
    options->inputs = NULL;
    options->list = NULL;
}
