/* SPDX-License-Identifier: MIT */
/* recognize.c - the command recognize: the loop around sending and receiving */
#include "commands/recognize.h"

#include "base/exits.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "base/say.h"
#include "commands/plan.h"
#include "commands/sending.h"
#include "input/list.h"
#include "service/connect.h"
#include "service/key.h"

#include <string.h>

enum { POLL_MS = 100 /* the longest time until a signal is noticed */ };

/* Begins no new attempt, and waits for requests in flight, which may be billed. */
static void
stop(struct sending *sending)
{
    if (sending->stopped)
        return;
    sending->stopped = true;
    sending->run.stop = true;
    (void)klingrec_cancel_waiting(sending->client);
    if (sending->running_count == 0 || cli_interrupted_twice())
        return;
    if (cli_interrupted())
        cli_say_note("interrupted: waiting for requests in flight; a second signal "
                     "ends at once");
    else if (sending->run.lost)
        cli_say_note("the output is closed: waiting for requests in flight; two "
                     "signals end at once");
    else if (cli_run_journal_failed(&sending->run))
        cli_say_note("the journal has failed: waiting for requests in flight, whose "
                     "answers only the output gets; two signals end at once");
}

/* The second signal does not wait, nor is an answer awaited that cannot be stored. */
static void
handle_signals(struct sending *sending)
{
    bool give_up = cli_interrupted_twice() || !cli_run_can_store(&sending->run);
    if (cli_interrupted() || sending->run.lost || cli_rate_failed(sending->rate) ||
        cli_run_journal_failed(&sending->run))
        stop(sending);
    else if (sending->run.stop || sending->run.refused)
        (void)klingrec_cancel_waiting(sending->client); /* jobs that wait for a retry */
    if (give_up && !sending->canceled) {
        sending->canceled = true;
        sending->run.stop = true;
        (void)klingrec_cancel(sending->client, 0);
    }
}

static void
work(struct sending *sending)
{
    struct run *run = &sending->run;
    while (sending->active_count > 0 || cli_sending_may_load(sending)) {
        handle_signals(sending);
        klingrec_status status = cli_sending_turn(sending, POLL_MS);
        if (status < 0)
            cli_say_error("cannot get results: %s", klingrec_status_string(status));
        if (status < 0 || status == KLINGREC_IDLE) {
            run->exit = cli_exit_worse(run->exit, EXIT_TROUBLE);
            return;
        }
        cli_run_show(run);
    }
}

/* Only after an error of the library: it may have been sent. */
static void
abandon(struct run *run, struct row *row)
{
    row->answer = cli_answer_fail(
        KLINGREC_ERR_CANCELED,
        "abandoned before the answer arrived; it may have been sent", NULL);
    row->answer->delivery = KLINGREC_DELIVERY_UNSURE;
    row->answer->finality = KLINGREC_FINALITY_IN_DOUBT;
    run->tally.sent++;
    cli_run_settle(run, row);
}

/* Rows that were not sent are not in the table, but in the summary. */
static void
skip_rest(struct run *run)
{
    const char *why = cli_interrupted() ? "not sent: interrupted" : cli_sending_refused;
    for (size_t i = 0; i < run->rows.count; i++)
        if (run->rows.at[i].state == ROW_RUNNING)
            abandon(run, &run->rows.at[i]);
        else if (run->rows.at[i].state == ROW_WAITING)
            cli_run_skip(run, &run->rows.at[i], why);
}

static void
summarise(const struct run *run)
{
    const struct tally *tally = &run->tally;
    char more[160] = "", cost[60];
    size_t failed = tally->done - tally->good;
    if (tally->unsent > 0)
        snprintf(more, sizeof more, ", %zu not sent", tally->unsent);
    if (run->rows.count > 1 || tally->unsent > 0)
        cli_say_note("%zu image%s: %zu recognised, %zu failed%s", run->rows.count,
                     run->rows.count == 1 ? "" : "s", tally->good, failed, more);
    cli_breakdown_print(&run->breakdown);
    if (run->options->require != 0)
        cli_say_note("%zu qualify, %zu do not", tally->good - tally->unfit,
                     tally->unfit);
    cli_plan_cost(run->options, tally->sent, cost, sizeof cost);
    if (run->journal != NULL || cost[0] != '\0')
        cli_say_note("%zu sent%s, %zu already answered or same as another", tally->sent,
                     cost, tally->known);
    if (tally->over > 0)
        cli_say_note("--max-calls %u was reached; %zu not sent",
                     run->options->max_calls, tally->over);
    if (tally->unsure > 0)
        cli_say_warning(
            "%zu sent without a usable answer may be billed%s", tally->unsure,
            run->journal != NULL ? "; use --retry-unsure to send them again" : "");
    if (cli_interrupted() && run->journal != NULL && tally->unsent > 0)
        cli_say_note("interrupted; run the same command again to continue");
}

/* The limit applies to all shards together. Without a shared file each shard gets an
   equal part of it. */
static uint32_t
own_rate(const struct options *options)
{
    uint32_t parts = options->shard[1];
    if (parts < 2 || options->rate_file != NULL)
        return options->rate;
    uint32_t rate = options->rate / parts;
    return rate == 0 && options->rate > 0 ? 1 : rate;
}

int
cli_recognize(const struct options *options)
{
    struct sending sending;
    struct run *run = &sending.run;
    memset(&sending, 0, sizeof sending);
    /* Without a key no row would tell them. */
    if (!cli_key_is_named(options))
        cli_list_report_mistakes(options);
    sending.rate = cli_rate_open(own_rate(options), options->rate_file);
    int code = sending.rate != NULL
                   ? cli_connect_client(options, sending.rate, &sending.client)
                   : EXIT_USAGE;
    if (code != EXIT_GOOD) {
        cli_rate_close(sending.rate);
        return cli_interrupted() ? EXIT_INTERRUPTED : code;
    }
    /* Nothing is sent if the output cannot be written. */
    run->exit = cli_run_begin(run, options);
    code = run->exit;
    if (code == EXIT_GOOD) {
        cli_progress_begin(run->rows.count, options->quiet);
        work(&sending);
        cli_sending_end(&sending);
        skip_rest(run);
        cli_progress_end();
        summarise(run);
    }
    cli_load_free(&sending.load);
    klingrec_client_free(sending.client);
    if (cli_rate_failed(sending.rate))
        run->exit = cli_exit_worse(run->exit, EXIT_TROUBLE);
    cli_rate_close(sending.rate);
    return cli_run_finish(run);
}
