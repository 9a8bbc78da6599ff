/* SPDX-License-Identifier: MIT */
/* receiving.c - results: stored in the journal, then printed */
#include "commands/sending.h"

#include "base/clock.h"
#include "base/exits.h"
#include "base/interrupt.h"

enum {
    PACE_MS = 10,   /* between two commits, if requests can go on meanwhile */
    STORING_MS = 1, /* how often it is asked whether a commit has ended */
    LOADS_MAX = 64  /* after so many inputs, which may all be known, a commit is due */
};

static void
settle(struct sending *sending, struct row *row)
{
    struct answer *answer = row->answer;
    struct row *next = row->same;
    for (struct row *same = next; same != NULL; same = same->same)
        same->answer = cli_answer_share(answer);
    for (; row != NULL; row = next) {
        next = row->same;
        cli_run_settle(&sending->run, row);
    }
}

static void
settle_all(struct sending *sending, enum row_state state)
{
    size_t left = 0;
    for (size_t i = 0; i < sending->active_count; i++)
        if (sending->active[i]->state == state)
            settle(sending, sending->active[i]);
        else
            sending->active[left++] = sending->active[i];
    sending->active_count = left;
}

/* ---- The journal ------------------------------------------------------------ */

/* Twice the rows that were answered between two commits: while the marks of some are
   stored, the others are sent. More if requests were missing, and gradually fewer if
   there were too many. */
static void
adapt_ahead_max(struct sending *sending)
{
    size_t enough = (sending->starved ? 3 : 2) * sending->answered + 1;
    size_t fewer = sending->ahead_max - (sending->ahead_max + 7) / 8;
    size_t rows = enough > fewer ? enough : fewer;
    sending->ahead_max = rows < SENDING_AHEAD_MAX ? rows : SENDING_AHEAD_MAX;
}

/* Rows are submitted after their marks are on the disk, and printed after their answers
   are. */
static void
take_stored(struct sending *sending)
{
    struct run *run = &sending->run;
    if (run->journal == NULL)
        settle_all(sending, ROW_ANSWERED);
    bool waits = sending->running_count + cli_sending_count(sending, ROW_READY) == 0;
    if (!sending->is_storing || !cli_journal_is_stored(run->journal, waits))
        return;
    sending->is_storing = sending->is_full = false;
    if (cli_run_journal_failed(run)) {
        run->exit = cli_exit_worse(run->exit, EXIT_OUTPUT);
        run->stop = true; /* without marks nothing may be sent */
    }
    for (size_t i = 0; i < sending->active_count; i++)
        if (sending->active[i]->state == ROW_MARKED)
            sending->active[i]->state = ROW_READY;
    settle_all(sending, ROW_KEPT);
}

/* The answers come last: cli_journal_find() must not see one that is not on the disk.
 */
static void
store(struct sending *sending)
{
    struct run *run = &sending->run;
    bool is_new = false;
    for (size_t i = 0; i < sending->active_count; i++) {
        struct row *row = sending->active[i];
        is_new = is_new || row->state == ROW_MARKED || row->state == ROW_ANSWERED;
        if (row->state != ROW_ANSWERED)
            continue;
        row->state = ROW_KEPT;
        if (!cli_journal_keep(run->journal, row))
            run->stop = true;
    }
    if (!is_new)
        return;
    cli_journal_store(run->journal);
    adapt_ahead_max(sending);
    sending->stored_ms = cli_now_ms();
    sending->is_storing = true;
    sending->starved = false;
    sending->answered = 0;
    sending->loaded = 0;
}

/* ---- Results ---------------------------------------------------------------- */

static void
take_answer(struct sending *sending, klingrec_result *result)
{
    struct row *row = klingrec_result_user_data(result);
    row->answer = cli_answer_from_result(result);
    klingrec_result_free(result);
    row->state = ROW_ANSWERED;
    sending->running_count--;
    sending->answered++;
    sending->run.tally.sent += row->answer->delivery != KLINGREC_DELIVERY_NOT_SENT;
}

static klingrec_status
receive(struct sending *sending, int timeout_ms)
{
    klingrec_result *result;
    klingrec_status status = klingrec_poll(sending->client, timeout_ms, &result);
    klingrec_status first = status;
    for (; status == KLINGREC_OK; status = klingrec_poll(sending->client, 0, &result))
        take_answer(sending, result);
    return first;
}

/* Could more requests be in flight? */
static bool
is_starving(const struct sending *sending)
{
    const struct run *run = &sending->run;
    return sending->running_count < run->options->jobs &&
           run->started < run->rows.count;
}

/* Is it time to store? */
static bool
is_due(const struct sending *sending)
{
    bool loads_next = cli_sending_may_load(sending) && sending->wait_ms == 0 &&
                      sending->reading_ms == 0 && sending->loaded < LOADS_MAX;
    return !loads_next && (is_starving(sending) || sending->running_count == 0 ||
                           cli_now_ms() - sending->stored_ms >= PACE_MS);
}

/* If the next turn has something to do at once, this one does not wait. But requests in
   flight made no progress while an input was read, so they get as long. */
static int
shorten_wait(const struct sending *sending, int timeout_ms)
{
    int most = timeout_ms;
    if (sending->is_storing)
        most = STORING_MS;
    else if (sending->wait_ms > 0)
        most = sending->wait_ms < (uint32_t)most ? (int)sending->wait_ms : most;
    else if (cli_sending_may_load(sending))
        most = sending->reading_ms;
    else if (cli_sending_count(sending, ROW_ANSWERED) +
                 cli_sending_count(sending, ROW_MARKED) >
             0)
        most = PACE_MS;
    return most < timeout_ms ? most : timeout_ms;
}

klingrec_status
cli_sending_turn(struct sending *sending, int timeout_ms)
{
    struct run *run = &sending->run;
    klingrec_status status = KLINGREC_PENDING;
    if (!sending->is_storing)
        cli_sending_load(sending);
    cli_sending_submit(sending);
    sending->starved = sending->starved || is_starving(sending);
    if (run->journal != NULL && !cli_run_journal_failed(run) && !sending->is_storing &&
        is_due(sending))
        store(sending);
    if (cli_run_journal_failed(run) && sending->running_count == 0)
        return KLINGREC_IDLE;
    timeout_ms = shorten_wait(sending, timeout_ms);
    if (sending->running_count > 0)
        status = receive(sending, timeout_ms);
    else if (sending->wait_ms > 0 && !sending->is_storing)
        cli_interrupt_sleep(timeout_ms);
    take_stored(sending);
    return status;
}

static void
wait_until_stored(struct sending *sending)
{
    if (sending->run.journal != NULL)
        (void)cli_journal_is_stored(sending->run.journal, true);
    take_stored(sending);
}

void
cli_sending_end(struct sending *sending)
{
    sending->run.stop = true;
    wait_until_stored(sending);
    store(sending);
    wait_until_stored(sending);
    cli_sending_submit(sending); /* removes the marks that are left */
}
