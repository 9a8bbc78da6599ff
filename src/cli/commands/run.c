/* SPDX-License-Identifier: MIT */
/* run.c - the state and the output of recognize, with and without --dry-run */
#include "commands/run.h"

#include "base/exits.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/say.h"
#include "commands/urls.h"
#include "input/input.h"
#include "output/events.h"
#include "output/output.h"
#include "service/connect.h"
#include "service/fetch.h"

#include <string.h>

/* ---- Beginning -------------------------------------------------------------- */

static bool
open_journal(struct run *run)
{
    const struct options *options = run->options;
    struct text beside = {0};
    const char *path = options->journal;
    if (path == NULL && options->output != NULL && !options->no_journal) {
        cli_text_puts(&beside, options->output);
        cli_text_puts(&beside, ".journal");
        path = beside.at;
    }
    if (path != NULL)
        run->journal =
            cli_journal_open(path, cli_connect_endpoint(options), options->dry_run);
    cli_text_free(&beside);
    return path == NULL || run->journal != NULL;
}

int
cli_run_begin(struct run *run, const struct options *options)
{
    memset(run, 0, sizeof *run);
    run->options = options;
    run->writer.options = options;
    run->writer.fields = cli_fields_choose(options->fields    ? options->fields
                                           : options->dry_run ? cli_fields_of_plan
                                                              : cli_fields_of_answer);
    if (options->check_urls && !cli_fetch_is_possible(options, "--check-urls"))
        return EXIT_USAGE;
    if (options->output != NULL && !cli_output_may_replace(options->output))
        return EXIT_OUTPUT;
    if (options->output != NULL && options->dry_run &&
        cli_file_exists(options->output)) {
        cli_say_error(
            "--output: a dry run would replace '%s'; use another FILE, and --journal "
            "'%s.journal'",
            options->output, options->output);
        return EXIT_USAGE;
    }
    int code = cli_collect_begin(&run->collect, options);
    if (code == EXIT_GOOD)
        code = cli_regions_begin(&run->regions, options);
    if (code == EXIT_GOOD && !cli_events_open(options->progress))
        code = cli_interrupted() ? EXIT_INTERRUPTED : EXIT_OUTPUT;
    if (code != EXIT_GOOD)
        return code;
    /* The journal is opened first: its lock also protects the output from a second run.
     */
    if (!open_journal(run) ||
        (options->output != NULL && !cli_output_open(options->output)))
        return EXIT_OUTPUT;
    cli_list_rows(&run->rows, options);
    if (options->check_urls)
        cli_urls_check(run);
    if (cli_interrupted()) /* the list may be incomplete */
        return EXIT_INTERRUPTED;
    run->writer.file = cli_output_file();
    cli_writer_begin(&run->writer, run->rows.at, run->rows.count);
    run->begun = cli_output_flush();
    return run->begun ? EXIT_GOOD : EXIT_OUTPUT;
}

/* ---- Rows ------------------------------------------------------------------- */

static void
print_row(struct run *run, struct row *row)
{
    if (run->lost)
        return;
    if (run->options->output == NULL)
        cli_progress_hide();
    if (!row->unsent || run->options->format != FORMAT_TABLE)
        cli_writer_row(&run->writer, row);
    if (cli_output_flush()) {
        cli_answer_free(row->answer);
        row->answer = NULL;
    } else {
        run->exit = cli_exit_worse(run->exit, EXIT_OUTPUT);
        run->stop = run->lost = true;
    }
}

/* With --ordered a row is printed after all rows before it. */
static void
print_rows(struct run *run, struct row *row)
{
    if (!run->options->ordered && run->options->format != FORMAT_TABLE) {
        print_row(run, row);
        return;
    }
    while (run->printed < run->rows.count &&
           run->rows.at[run->printed].state == ROW_DONE)
        print_row(run, &run->rows.at[run->printed++]);
}

static void
count(struct run *run, const struct row *row)
{
    struct tally *tally = &run->tally;
    const struct answer *answer = row->answer;
    bool unfit = cli_row_qualifies(row, run->options->require) == 0;
    tally->done++;
    cli_breakdown_add(&run->breakdown, answer->status,
                      answer->has_image ? &answer->image : NULL);
    tally->good += answer->status == KLINGREC_OK;
    tally->unfit += unfit;
    tally->unsure += answer->finality == KLINGREC_FINALITY_IN_DOUBT;
    run->exit = cli_exit_worse(run->exit, cli_exit_of_status(answer->status));
    if (unfit)
        run->exit = cli_exit_worse(run->exit, EXIT_IMAGES);
    if (answer->finality == KLINGREC_FINALITY_IN_DOUBT)
        run->exit = cli_exit_worse(run->exit, EXIT_TROUBLE);
    /* A refused key or account is refused for every image. With a journal the run goes
       on, for the images that are answered there. */
    if (cli_exit_of_status(answer->status) == EXIT_KEY) {
        run->refused = true;
        run->stop = run->stop || run->journal == NULL;
    }
}

/* If the folder cannot be written, nothing more is sent, as for the output. */
static void
collect(struct run *run, const struct row *row)
{
    if (!cli_row_is_selected(row, run->options->require))
        return;
    cli_collect_add(&run->collect, row->input, row->below, row->digest);
    cli_regions_add(&run->regions, row);
    run->stop = run->stop || run->collect.is_broken;
}

static void
settle(struct run *run, struct row *row)
{
    row->state = ROW_DONE;
    print_rows(run, row);
}

void
cli_run_settle(struct run *run, struct row *row)
{
    count(run, row);
    collect(run, row);
    settle(run, row);
}

void
cli_run_skip(struct run *run, struct row *row, const char *why)
{
    row->answer = cli_answer_fail(KLINGREC_ERR_CANCELED, why, NULL);
    row->unsent = true;
    run->tally.unsent++;
    settle(run, row);
}

void
cli_run_show(const struct run *run)
{
    size_t done = run->tally.done, failed = done - run->tally.good;
    cli_progress_show(done, failed);
    cli_events_progress(done, failed, run->rows.count);
}

/* ---- Answers that the output did not get ------------------------------------- */

/* Without a journal, and not by --no-journal. */
static bool
may_rescue(const struct run *run)
{
    return run->journal == NULL && !run->options->no_journal;
}

bool
cli_run_journal_failed(const struct run *run)
{
    return run->journal != NULL && cli_journal_has_failed(run->journal);
}

bool
cli_run_can_store(struct run *run)
{
    if (!run->lost)
        return true;
    return run->journal != NULL ? !cli_run_journal_failed(run) : may_rescue(run);
}

static bool
is_paid(const struct row *row)
{
    return row->answer != NULL && row->answer->delivery != KLINGREC_DELIVERY_NOT_SENT &&
           row->answer->finality != KLINGREC_FINALITY_OPEN;
}

/* An answer of an earlier run, or of an equal image, is not replaced by a doubt. */
static bool
store(struct journal *journal, const struct row *row)
{
    enum journal_state state;
    struct answer *known;
    bool good = cli_journal_find(journal, row, &state, &known);
    bool is_worse = state == JOURNAL_ANSWERED &&
                    row->answer->finality == KLINGREC_FINALITY_IN_DOUBT;
    cli_answer_free(known);
    return good && (is_worse ||
                    (cli_journal_mark(journal, row) && cli_journal_keep(journal, row)));
}

/* The reader of the output is gone, as that of `| head -1`, or its disk is full. The
   answers are paid, so they go into a journal of their own. */
static void
rescue(struct run *run)
{
    static const char name[] = "klingrec.journal";
    struct journal *journal = NULL;
    size_t paid = 0;
    bool good = run->lost && may_rescue(run);
    if (!good)
        return;
    for (size_t i = 0; i < run->rows.count; i++) {
        if (!is_paid(&run->rows.at[i]))
            continue;
        if (paid++ == 0)
            journal = cli_journal_open(name, cli_connect_endpoint(run->options), false);
        good = good && journal != NULL && store(journal, &run->rows.at[i]);
    }
    good = good && cli_journal_commit(journal);
    cli_journal_close(journal);
    const char *s = paid == 1 ? "" : "s";
    if (paid > 0 && good)
        cli_say_error("the output did not get %zu answer%s, now in '%s'; to go on, add "
                      "--journal %s to the same command",
                      paid, s, name, name);
    else if (paid > 0)
        cli_say_error("the output did not get %zu answer%s, which may be billed", paid,
                      s);
}

/* ---- Ending ----------------------------------------------------------------- */

static void
write_summary(const struct run *run)
{
    const struct tally *tally = &run->tally;
    /* A dry run does not say which images qualify. */
    bool requires = run->options->require != 0 && !run->options->dry_run;
    const struct event_count counts[] = {
        {"images", run->rows.count},
        {"good", tally->good},
        {"failed", tally->done - tally->good},
        {"qualify", requires ? tally->good - tally->unfit : 0},
        {run->options->dry_run ? "would_send" : "sent",
         run->options->dry_run ? tally->calls : tally->sent},
        {"known", tally->known},
        {"unsure", tally->unsure},
        {"not_sent", tally->unsent},
        {"regions_saved", run->regions.saved},
        {"regions_present", run->regions.present},
        {"regions_failed", run->regions.failed},
        {NULL, 0},
    };
    cli_events_summary(counts, &run->breakdown);
}

int
cli_run_finish(struct run *run)
{
    if (run->tally.over > 0)
        run->exit = cli_exit_worse(run->exit, EXIT_CALLS);
    /* Also if the journal failed: then only the output has these answers. */
    if (run->begun) {
        bool kept = cli_journal_commit(run->journal);
        if (!cli_output_commit() || !kept)
            run->exit = cli_exit_worse(run->exit, EXIT_OUTPUT);
    }
    cli_progress_end();
    run->exit = cli_exit_worse(run->exit, cli_collect_end(&run->collect));
    rescue(run);
    /* When everything else is stored: these can be fetched another time. */
    if (run->begun)
        run->exit = cli_exit_worse(run->exit, cli_regions_save(&run->regions));
    if (cli_interrupted())
        run->exit = cli_exit_worse(run->exit, EXIT_INTERRUPTED);
    write_summary(run);
    cli_journal_close(run->journal);
    cli_writer_free(&run->writer);
    cli_list_free(&run->rows);
    return run->exit;
}
