/* options_agree.c - what two options say together, and which files they name */
#include "options/options_agree.h"

#include "base/memory.h"
#include "base/say.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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

static bool
was_given(const bool given[OPTIONS_MAX], const char *name)
{
    const struct option *row = cli_options_table;
    while (strcmp(row->name, name) != 0)
        row++;
    return given[row - cli_options_table];
}

/* What two options say together. */
bool
cli_options_agree(struct options *options, const bool given[OPTIONS_MAX])
{
    const char *journal = options->journal;
    if (options->output != NULL && strcmp(options->output, "-") == 0)
        options->output = NULL; /* standard output, as without it */
    const char *output = options->output;
    bool has_format = was_given(given, "format");
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
    if (options->shard[1] == 0 && was_given(given, "shard-by")) {
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
