/* SPDX-License-Identifier: MIT */
/* check.c - the command check: checks files and folders against the rules, sends
 * nothing */
#include "commands/check.h"

#include "base/exits.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/say.h"
#include "base/utf8.h"
#include "commands/checking.h"
#include "input/input.h"
#include "input/walk.h"
#include "output/collect.h"
#include "output/events.h"
#include "output/output.h"
#include "output/writer.h"

#include <string.h>

struct run {
    const struct options *options;
    struct checking *checking;
    struct screen screen; /* for messages */
    struct writer writer; /* for records */
    struct collect collect;
    struct breakdown breakdown;
    klingrec_limits limits;
    size_t good;
    size_t at_limit; /* good, but exactly at a limit of the service */
    size_t bad;
    struct text safe; /* a buffer for every line */
};

static size_t
count(const struct run *run)
{
    return run->good + run->bad;
}

/* ---- Output ----------------------------------------------------------------- */

/* Also after a success a record has a message, with the format and the size. */
static void
print_record(struct run *run, const struct checked *checked, const char *message,
             const klingrec_image_info *info)
{
    struct row row;
    memset(&row, 0, sizeof row);
    row.index = count(run);
    row.input = checked->input;
    row.answer = cli_answer_fail(checked->status, message, info);
    row.answer->elapsed_ms = checked->elapsed_ms;
    cli_writer_row(&run->writer, &row);
    cli_answer_free(row.answer);
}

/* "hero.png: error: ...", the format that editors and build servers recognise. */
static void
print_line(struct run *run, const char *input, const char *label, const char *sgr,
           const char *message)
{
    const struct screen *screen = &run->screen;
    size_t labeled = strlen(label) + 2;
    cli_text_clear(&run->safe);
    cli_utf8_add_safe(&run->safe, input, screen->ascii);
    size_t columns = cli_utf8_columns(run->safe.at) + 2;
    bool fits = screen->width == 0 || columns + labeled <= screen->width;
    fprintf(screen->file, fits ? "%s: " : "%s:\n    ", run->safe.at);
    columns = fits ? columns : 4;
    cli_screen_begin(screen, sgr);
    fputs(label, screen->file);
    cli_screen_end(screen, sgr);
    fputs(": ", screen->file);
    cli_text_clear(&run->safe);
    cli_utf8_add_safe(&run->safe, message, screen->ascii);
    cli_screen_wrap(screen, run->safe.at, columns + labeled, 4);
}

/* Usually thousands of images are good; no message is made that is not shown. */
static void
explain(const struct run *run, const struct checked *checked, char *message, size_t len)
{
    const klingrec_image_info *info = &checked->info;
    message[0] = '\0';
    if (checked->error != NULL)
        snprintf(message, len, "%s", checked->error);
    else if (checked->status == KLINGREC_OK && info->edge_rules == 0 &&
             !run->options->verbose && run->options->format == FORMAT_TABLE)
        return;
    else if (klingrec_image_explain(info, &run->limits, message, len) == 0)
        snprintf(message, len, "%s", klingrec_status_string(checked->status));
    size_t at = strlen(message);
    if (info->orientation > 1)
        snprintf(message + at, len - at, "; EXIF orientation %u",
                 (unsigned)info->orientation);
}

static bool
may_continue(const struct run *run)
{
    return !cli_interrupted() && !ferror(cli_output_file()) && !run->collect.is_broken;
}

static bool
report(void *user, const struct checked *checked)
{
    struct run *run = user;
    char message[1024];
    klingrec_status status = checked->status;
    bool is_image = status == KLINGREC_OK || status / 100 == -3;
    const klingrec_image_info *info =
        checked->error == NULL && is_image ? &checked->info : NULL;
    bool good = status == KLINGREC_OK;
    bool edge = good && info != NULL && info->edge_rules != 0;
    explain(run, checked, message, sizeof message);
    if (run->options->format != FORMAT_TABLE)
        print_record(run, checked, message, info);
    else if (!good)
        print_line(run, checked->input, "error", SCREEN_RED, message);
    else if (edge)
        print_line(run, checked->input, "warning", SCREEN_YELLOW, message);
    else if (run->options->verbose)
        print_line(run, checked->input, "good", SCREEN_GREEN, message);
    cli_breakdown_add(&run->breakdown, status, info);
    if (good && checked->below != NULL)
        cli_collect_add(&run->collect, checked->input, checked->below, checked->digest);
    run->good += good;
    run->at_limit += edge;
    run->bad += !good;
    cli_events_progress(count(run), run->bad, 0);
    return may_continue(run);
}

/* ---- Inputs ----------------------------------------------------------------- */

static bool
visit(void *user, const char *path, const char *below, const char *error)
{
    struct run *run = user;
    char message[200];
    if (error != NULL)
        snprintf(message, sizeof message, "the folder cannot be read: %s", error);
    cli_checking_add(run->checking, path, below, KLINGREC_ERR_FILE,
                     error != NULL ? message : NULL);
    return may_continue(run);
}

static void
check_stdin(struct run *run)
{
    struct input_bytes bytes;
    size_t max_bytes =
        run->limits.max_bytes != 0 ? run->limits.max_bytes : KLINGREC_MAX_BYTES;
    cli_input_read_stdin(&bytes, max_bytes);
    klingrec_request request = klingrec_request_bytes(bytes.at, bytes.len);
    if (bytes.status == KLINGREC_OK)
        cli_checking_now(run->checking, "-", &request);
    else if (bytes.status != KLINGREC_ERR_CANCELED)
        cli_checking_add(run->checking, "-", NULL, bytes.status, bytes.message);
    cli_input_free(&bytes);
}

static void
check_folder(struct run *run, const char *folder)
{
    size_t before = cli_checking_count(run->checking);
    if (cli_walk(folder, run->options, visit, run) &&
        cli_checking_count(run->checking) == before)
        cli_walk_say_empty(folder, run->options);
}

/* ---- The command ------------------------------------------------------------ */

static void
summarise(const struct run *run)
{
    char at_limit[60] = "";
    if (run->at_limit > 0)
        snprintf(at_limit, sizeof at_limit, " (%zu at a limit)", run->at_limit);
    cli_say_note("%zu checked: %zu acceptable%s, %zu not acceptable%s", count(run),
                 run->good, at_limit, run->bad,
                 cli_interrupted() ? "; interrupted" : "");
    cli_breakdown_print(&run->breakdown);
    const struct event_count counts[] = {
        {"images", count(run)},      {"good", run->good}, {"failed", run->bad},
        {"at_limit", run->at_limit}, {NULL, 0},
    };
    cli_events_summary(counts, &run->breakdown);
}

static bool
inputs_are_local(const struct options *options)
{
    for (size_t i = 0; i < options->input_count; i++)
        if (cli_input_is_url(options->inputs[i])) {
            cli_say_error("%s: check uses no network; recognize -n --check-urls checks "
                          "URLs and sends nothing to the service",
                          options->inputs[i]);
            return false;
        }
    return true;
}

static int
begin(struct run *run, const struct options *options)
{
    memset(run, 0, sizeof *run);
    run->options = options;
    run->writer.options = options;
    run->writer.fields = cli_fields_choose(
        options->fields != NULL ? options->fields : cli_fields_of_check);
    run->limits = klingrec_limits_default();
    run->limits.min_side = options->min_side;
    run->limits.max_bytes = options->max_bytes;
    if (!inputs_are_local(options) || !cli_input_check_stdin(options))
        return EXIT_USAGE;
    int code = cli_collect_begin(&run->collect, options);
    if (code == EXIT_GOOD && !cli_events_open(options->progress))
        code = cli_interrupted() ? EXIT_INTERRUPTED : EXIT_OUTPUT;
    if (code == EXIT_GOOD && options->output != NULL &&
        !cli_output_open(options->output))
        code = EXIT_OUTPUT;
    if (code != EXIT_GOOD)
        return code;
    run->screen = cli_screen_of(cli_output_file(), (enum color_wish)options->color);
    run->writer.file = cli_output_file();
    if (options->format != FORMAT_TABLE)
        cli_writer_begin(&run->writer, NULL, 0);
    return EXIT_GOOD;
}

static void
work(struct run *run)
{
    const struct options *options = run->options;
    run->checking = cli_checking_begin(options, &run->limits, report, run);
    for (size_t i = 0; i < options->input_count && may_continue(run); i++) {
        const char *input = options->inputs[i];
        if (cli_input_is_stdin(input))
            check_stdin(run);
        else if (cli_walk_is_folder(input))
            check_folder(run, input);
        else
            (void)visit(run, input, cli_path_name(input), NULL);
    }
    cli_checking_end(run->checking);
}

int
cli_check(const struct options *options)
{
    struct run run;
    int code = begin(&run, options);
    if (code != EXIT_GOOD)
        return code;
    work(&run);
    if (run.bad > 0)
        code = EXIT_IMAGES;
    if (cli_interrupted())
        code = cli_exit_worse(code, EXIT_INTERRUPTED);
    else if (!run.collect.is_broken && !cli_output_commit())
        code = cli_exit_worse(code, EXIT_OUTPUT);
    summarise(&run);
    code = cli_exit_worse(code, cli_collect_end(&run.collect));
    cli_writer_free(&run.writer);
    cli_text_free(&run.safe);
    return code;
}
