/* SPDX-License-Identifier: MIT */
/* plan.c - recognize --dry-run: what would be sent, what not, and the calls */
#include "commands/plan.h"

#include "base/exits.h"
#include "base/interrupt.h"
#include "base/say.h"
#include "commands/run.h"
#include "input/load.h"
#include "service/connect.h"

#include <inttypes.h>
#include <string.h>

void
cli_plan_cost(const struct options *options, size_t calls, char *buf, size_t len)
{
    /* Cannot overflow: the price has 32 bits and the number of calls fewer. */
    uint64_t all = (uint64_t)calls * options->price;
    buf[0] = '\0';
    if (options->price == 0)
        return;
    snprintf(buf, len, ", cost %" PRIu64 ".%06u", all / 1000000,
             (unsigned)(all % 1000000));
    size_t end = strlen(buf), least = end - 4; /* two decimals, and those not 0 */
    while (end > least && buf[end - 1] == '0')
        buf[--end] = '\0';
}

/* The dry run marks rows in the journal as a real run does, to detect equal images; the
   marks are never committed. */
static enum plan
plan_of(struct run *run, const struct row *row)
{
    enum journal_state state = JOURNAL_MISSING;
    struct answer *answer = NULL;
    const struct options *options = run->options;
    if (run->journal != NULL && !cli_journal_find(run->journal, row, &state, &answer))
        run->stop = true;
    cli_answer_free(answer);
    if (state == JOURNAL_ANSWERED)
        return PLAN_ANSWERED;
    if (state == JOURNAL_SENT)
        return PLAN_SAME;
    if (state == JOURNAL_UNSURE && !options->retry_unsure)
        return PLAN_UNSURE;
    if (options->max_calls > 0 && run->tally.calls >= options->max_calls)
        return PLAN_OVER;
    if (run->journal != NULL && !cli_journal_mark(run->journal, row))
        run->stop = true;
    return PLAN_SEND;
}

static void
plan_row(struct run *run, struct row *row)
{
    struct load load;
    row->plan = PLAN_REFUSE;
    if (cli_load_row(&load, row)) {
        row->plan = plan_of(run, row);
        row->answer =
            cli_answer_fail(KLINGREC_OK, NULL, load.bytes ? &load.info : NULL);
    }
    cli_load_free(&load);
    if (row->answer == NULL)
        return; /* interrupted */
    run->tally.calls += row->plan == PLAN_SEND;
    run->tally.over += row->plan == PLAN_OVER;
    run->tally.known += row->plan == PLAN_ANSWERED || row->plan == PLAN_SAME;
    run->tally.unsure += row->plan == PLAN_UNSURE;
    cli_run_settle(run, row);
}

static void
summarise(const struct run *run)
{
    const struct tally *tally = &run->tally;
    char cost[60];
    cli_plan_cost(run->options, tally->calls, cost, sizeof cost);
    cli_say_note(
        "%zu image%s: %zu would be sent%s, %zu not acceptable, %zu already answered or "
        "same as another",
        run->rows.count, run->rows.count == 1 ? "" : "s", tally->calls, cost,
        tally->done - tally->good, tally->known);
    cli_breakdown_print(&run->breakdown);
    if (tally->over > 0)
        cli_say_note("%zu more would not be sent because of --max-calls %u",
                     tally->over, run->options->max_calls);
    if (tally->unsure > 0)
        cli_say_note(
            "%zu may be billed without a usable answer; use --retry-unsure to send "
            "them again",
            tally->unsure);
}

int
cli_plan(const struct options *options)
{
    struct run run;
    int code = cli_connect_check(options);
    if (code != EXIT_GOOD)
        return code;
    run.exit = code = cli_run_begin(&run, options);
    for (; code == EXIT_GOOD && run.started < run.rows.count; run.started++) {
        if (run.stop || cli_interrupted())
            break;
        plan_row(&run, &run.rows.at[run.started]);
        cli_run_show(&run);
    }
    if (cli_interrupted())
        run.begun = false; /* incomplete: --output keeps its old content */
    if (code == EXIT_GOOD && !cli_interrupted())
        summarise(&run);
    return cli_run_finish(&run);
}
