/* SPDX-License-Identifier: MIT */
/* options_agree.c - checks of options that depend on each other */
#include "options/options_agree.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/say.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The extension of --output selects the format. False: it does not. */
static bool
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
        if (len > n && strcasecmp(options->output + len - n, table[i].ending) == 0) {
            options->format = table[i].format;
            return true;
        }
    }
    return false;
}

static bool
exists_as_both(const char *a, const char *b)
{
    struct file_info x, y;
    return cli_file_info(a, &x) && cli_file_info(b, &y) && cli_file_is_same(&x, &y);
}

/* Whether two paths name the same file; it need not exist yet: then the name and the
   folder are the same, as in "found.csv" and "./found.csv". */
static bool
same_file(const char *a, const char *b)
{
    if (strcmp(a, b) == 0 || exists_as_both(a, b))
        return true;
    char *folder = cli_path_folder(a), *other = cli_path_folder(b);
    bool same = cli_path_is_same_name(cli_path_name(a), cli_path_name(b)) &&
                exists_as_both(folder, other);
    free(folder);
    free(other);
    return same;
}

/* No file may be used for two purposes. */
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
        {"--progress", options->progress},
        {"--files-from", options->files_from},
        {"--key-file", options->key_file},
        {"--ca-file", options->ca_file},
    };
    enum { FILES = sizeof files / sizeof files[0], WRITTEN = 6 };
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

/* The output must not replace an input. */
static bool
inputs_stay(const struct options *options)
{
    if (options->output == NULL ||
        (options->command != COMMAND_MERGE && options->command != COMMAND_REPORT))
        return true;
    for (size_t i = 0; i < options->input_count; i++)
        if (same_file(options->output, options->inputs[i])) {
            cli_say_error("--output would replace the input '%s'", options->inputs[i]);
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

/* The format comes from --json, from --format, or from the name of --output. A table
   has no fields to choose from. */
static bool
set_format(struct options *options, bool is_given)
{
    bool has_format =
        options->command == COMMAND_RECOGNIZE || options->command == COMMAND_CHECK;
    if (options->json && is_given && options->format != FORMAT_NDJSON) {
        cli_say_error("--json means --format ndjson, but another --format is given");
        return false;
    }
    if (options->json)
        options->format = FORMAT_NDJSON;
    else if (has_format && options->output != NULL && !is_given &&
             !format_from_name(options)) {
        cli_say_error("--output: the name '%s' does not end in .ndjson, .jsonl, .json, "
                      ".csv or .tsv; add --format ndjson, csv, tsv, table or names",
                      options->output);
        return false;
    } else if (options->fields != NULL && options->output == NULL && !is_given)
        options->format = FORMAT_NDJSON;
    return true;
}

/* An option without the one that it depends on would have no effect. */
static const char *
find_conflict(const struct options *options, const bool given[OPTIONS_MAX])
{
    bool has_journal =
        options->journal != NULL || (options->output != NULL && !options->no_journal);
    const struct {
        bool applies;
        const char *message;
    } conflicts[] = {
        {options->fields != NULL &&
             (options->format == FORMAT_TABLE || options->format == FORMAT_NAMES),
         "--fields applies to ndjson, csv and tsv, not to --format table or names"},
        {options->dry_run && options->format == FORMAT_NAMES,
         "--format names needs answers, and a dry run has none"},
        {options->retry_unsure && !has_journal,
         "--retry-unsure needs a journal; add --journal FILE"},
        {options->save_regions != NULL && !has_journal,
         "--save-regions needs a journal, so that no answer is paid for twice; add "
         "--journal FILE"},
        {options->journal != NULL && options->no_journal,
         "--journal and --no-journal cannot be used together"},
        {options->shard[1] == 0 && was_given(given, "shard-by"),
         "--shard-by needs --shard I/N"},
        {options->rate_file != NULL && options->rate == 0,
         "--rate-file needs --rate N"},
        {options->key_file != NULL && options->key_command != NULL,
         "--key-file and --key-command cannot be used together"},
        {options->copy_to != NULL && options->link_to != NULL,
         "--copy-to and --link-to cannot be used together"},
        {options->include.count + options->exclude.count > 0 && !options->recursive &&
             options->command == COMMAND_RECOGNIZE,
         "--include and --exclude need --recursive"},
        {options->null && options->files_from == NULL,
         "--null needs --files-from FILE"},
    };
    for (size_t i = 0; i < sizeof conflicts / sizeof conflicts[0]; i++)
        if (conflicts[i].applies)
            return conflicts[i].message;
    return NULL;
}

bool
cli_options_agree(struct options *options, const bool given[OPTIONS_MAX])
{
    if (options->output != NULL && strcmp(options->output, "-") == 0)
        options->output = NULL; /* standard output, as without --output */
    if (!set_format(options, was_given(given, "format")))
        return false;
    const char *conflict = find_conflict(options, given);
    if (conflict != NULL)
        cli_say_error("%s", conflict);
    return conflict == NULL && files_differ(options) && inputs_stay(options);
}
