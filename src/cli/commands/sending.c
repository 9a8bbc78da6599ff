/* SPDX-License-Identifier: MIT */
/* sending.c - loads images, looks them up in the journal, marks and submits them */
#include "commands/sending.h"

#include "base/clock.h"
#include "base/exits.h"
#include "base/interrupt.h"

#include <stdlib.h>
#include <string.h>

enum { AHEAD_BYTES = 8 * 1024 * 1024 };

static void
release(void *user)
{
    struct row *row = user;
    free(row->bytes);
    row->bytes = NULL;
}

static void
submit(struct sending *sending, struct row *row)
{
    klingrec_request request = klingrec_request_url(row->input);
    if (row->bytes != NULL) {
        request = klingrec_request_bytes(row->bytes, row->len);
        request.release = release;
        request.release_user = row;
    }
    request.user_data = row;
    klingrec_status status = klingrec_submit(sending->client, &request, NULL);
    row->sent = true;
    row->state = status == KLINGREC_OK ? ROW_RUNNING : ROW_ANSWERED;
    sending->running_count += status == KLINGREC_OK;
    if (status == KLINGREC_OK)
        return;
    release(row);
    row->answer = cli_answer_fail(status, klingrec_status_string(status), NULL);
}

/* An equal image is active: this row gets the same answer. */
static void
join(struct sending *sending, struct row *row)
{
    for (size_t i = 0; i < sending->active_count; i++) {
        struct row *other = sending->active[i];
        if (memcmp(other->digest, row->digest, DIGEST_BYTES) == 0) {
            row->state = ROW_RUNNING;
            row->same = other->same;
            other->same = row;
        }
    }
}

/* Did this run send an equal image? After a lost answer its copies are not sent. */
static bool
was_sent(const struct run *run, const unsigned char *digest)
{
    for (size_t i = 0; i < run->started; i++)
        if (run->rows.at[i].sent &&
            memcmp(run->rows.at[i].digest, digest, DIGEST_BYTES) == 0)
            return true;
    return false;
}

/* True: the row is not to be sent, because the journal has it or cannot be read. */
static bool
is_known(struct sending *sending, struct row *row)
{
    struct run *run = &sending->run;
    enum journal_state state;
    if (run->journal == NULL)
        return false;
    if (!cli_journal_find(run->journal, row, &state, &row->answer)) {
        run->stop = true;
        return true;
    }
    if (state == JOURNAL_UNSURE && run->options->retry_unsure &&
        !was_sent(run, row->digest)) {
        cli_answer_free(row->answer);
        row->answer = NULL;
        return false;
    }
    if (state == JOURNAL_MISSING)
        return false;
    run->tally.known += state != JOURNAL_UNSURE;
    if (row->answer != NULL) /* the journal does not have it */
        row->answer->image.orientation = sending->load.info.orientation;
    if (state == JOURNAL_SENT)
        join(sending, row);
    else
        cli_run_settle(run, row);
    return true;
}

const char cli_sending_refused[] = "not sent: an earlier error affects all images";

/* On a nearly full disk rows are marked one by one. */
static bool
reserve(struct sending *sending)
{
    struct run *run = &sending->run;
    if (run->journal == NULL ||
        cli_journal_reserve(run->journal, sending->active_count + 1))
        return true;
    sending->is_full = sending->active_count > 0;
    if (sending->is_full)
        return false;
    cli_journal_say_full(run->journal);
    run->exit = cli_exit_worse(run->exit, EXIT_OUTPUT);
    run->stop = true;
    return false;
}

/* Loads the next input; it is settled if it need not be sent. */
static void
load_next(struct sending *sending)
{
    struct run *run = &sending->run;
    uint32_t max_calls = run->options->max_calls;
    if (!reserve(sending))
        return;
    struct row *row = &run->rows.at[run->started++];
    if (!cli_load_row(&sending->load, row)) {
        if (row->answer != NULL)
            cli_run_settle(run, row);
    } else if (is_known(sending, row)) {
        cli_load_free(&sending->load);
    } else if (run->refused) {
        cli_load_free(&sending->load);
        cli_run_skip(run, row, cli_sending_refused);
    } else if (max_calls > 0 && run->tally.calls >= max_calls) {
        cli_load_free(&sending->load);
        run->tally.over++;
        cli_run_skip(run, row, "not sent: --max-calls was reached");
    } else {
        sending->row = row;
    }
}

/* A slot is acquired before the row is marked, so that a row that waits for it has no
   running deadline and no mark in the journal. */
static void
mark_row(struct sending *sending)
{
    struct run *run = &sending->run;
    struct row *row = sending->row;
    if (run->refused) {
        sending->row = NULL;
        cli_load_free(&sending->load);
        cli_run_skip(run, row, cli_sending_refused);
        return;
    }
    sending->wait_ms = cli_rate_acquire(sending->rate);
    if (sending->wait_ms > 0) {
        run->stop = run->stop || cli_rate_failed(sending->rate);
        return;
    }
    sending->row = NULL;
    if (run->journal != NULL && !cli_journal_mark(run->journal, row)) {
        run->stop = true;
        cli_load_free(&sending->load);
        return;
    }
    row->bytes = sending->load.bytes;
    row->len = sending->load.len;
    sending->load.bytes = NULL; /* owned by the row from here on */
    row->state = run->journal != NULL ? ROW_MARKED : ROW_READY;
    sending->active[sending->active_count++] = row;
    run->tally.calls++;
}

size_t
cli_sending_count(const struct sending *sending, enum row_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < sending->active_count; i++)
        count += sending->active[i]->state == state;
    return count;
}

/* The images of rows that are marked ahead are in memory, so these have a limit of
   bytes too. With a limit of the rate there is time enough to mark each row alone. */
static bool
has_room(const struct sending *sending)
{
    const struct options *options = sending->run.options;
    size_t count = 0, bytes = 0;
    for (size_t i = 0; i < sending->active_count; i++) {
        const struct row *row = sending->active[i];
        bool is_unsent = row->state == ROW_MARKED || row->state == ROW_READY;
        count += is_unsent || row->state == ROW_RUNNING;
        bytes += is_unsent ? row->len : 0;
    }
    bool may_be_ahead = options->rate == 0 && bytes < AHEAD_BYTES;
    return sending->active_count < SENDING_ACTIVE_MAX &&
           count < options->jobs + (may_be_ahead ? sending->ahead_max : 0);
}

bool
cli_sending_may_load(const struct sending *sending)
{
    const struct run *run = &sending->run;
    return !run->stop && !sending->is_full && !cli_interrupted() &&
           (sending->row != NULL || run->started < run->rows.count) &&
           has_room(sending);
}

void
cli_sending_load(struct sending *sending)
{
    sending->wait_ms = 0;
    sending->reading_ms = 0;
    while (cli_sending_may_load(sending)) {
        int64_t start_ms = cli_now_ms();
        if (sending->row == NULL)
            load_next(sending);
        int64_t spent_ms = cli_now_ms() - start_ms;
        /* Less than a millisecond may be counted as one. */
        sending->reading_ms = spent_ms > 1 ? (int)spent_ms : 0;
        if (sending->row != NULL)
            mark_row(sending);
        cli_run_show(&sending->run);
        sending->loaded++;
        if (sending->active_count > 0 || sending->reading_ms > 0 ||
            sending->wait_ms > 0)
            return;
    }
}

/* The rows that would get its answer are not sent either. */
static void
drop(struct sending *sending, struct row *row)
{
    struct run *run = &sending->run;
    const char *why = cli_interrupted() ? "not sent: interrupted" : cli_sending_refused;
    if (run->journal != NULL && !cli_run_journal_failed(run))
        (void)cli_journal_forget(run->journal, row);
    release(row);
    for (struct row *next; row != NULL; row = next) {
        next = row->same;
        run->tally.known -= row->state == ROW_RUNNING; /* is_known() counted it */
        cli_run_skip(run, row, why);
    }
}

void
cli_sending_submit(struct sending *sending)
{
    const struct run *run = &sending->run;
    bool may_send = !run->stop && !run->refused && !cli_interrupted();
    size_t left = 0;
    for (size_t i = 0; i < sending->active_count; i++) {
        struct row *row = sending->active[i];
        if (row->state == ROW_READY && !may_send) {
            drop(sending, row);
            continue;
        }
        if (row->state == ROW_READY && sending->running_count < run->options->jobs)
            submit(sending, row);
        sending->active[left++] = row;
    }
    sending->active_count = left;
}
