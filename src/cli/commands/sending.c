/* sending.c - loads the next image, looks it up in the journal, and submits it */
#include "commands/sending.h"

#include "base/clock.h"
#include "base/exits.h"
#include "base/interrupt.h"

#include <stdlib.h>
#include <string.h>

static void
release(void *user)
{
    struct row *row = user;
    free(row->bytes);
    row->bytes = NULL;
}

static void
submit(struct sending *sending, struct row *row, struct load *load)
{
    klingrec_request request = klingrec_request_url(row->input);
    if (load->bytes != NULL) {
        request = klingrec_request_bytes(load->bytes, load->len);
        request.release = release;
        request.release_user = row;
        row->bytes = load->bytes;
        load->bytes = NULL; /* owned by the row from here on */
    }
    request.user_data = row;
    klingrec_status status = klingrec_submit(sending->client, &request, NULL);
    sending->run.tally.calls++;
    row->state = ROW_RUNNING;
    row->sent = true;
    if (status == KLINGREC_OK) {
        sending->running[sending->running_count++] = row;
        return;
    }
    release(row);
    row->answer = cli_answer_fail(status, klingrec_status_string(status), NULL);
    if (sending->run.journal != NULL && !cli_journal_keep(sending->run.journal, row))
        sending->run.stop = true;
    cli_run_settle(&sending->run, row);
}

/* An equal image is in flight: this row gets the same answer. */
static void
join(struct sending *sending, struct row *row)
{
    for (size_t i = 0; i < sending->running_count; i++) {
        struct row *other = sending->running[i];
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
    run->tally.known++;
    if (row->answer != NULL) /* the journal does not have it */
        row->answer->image.orientation = sending->load.info.orientation;
    if (state == JOURNAL_SENT)
        join(sending, row);
    else
        cli_run_settle(run, row);
    return true;
}

const char cli_sending_refused[] = "not sent: an earlier error affects all images";

/* Loads the next input; it is settled if it need not be sent. */
static void
load_next(struct sending *sending)
{
    struct run *run = &sending->run;
    uint32_t max_calls = run->options->max_calls;
    if (run->journal != NULL &&
        !cli_journal_reserve(run->journal, sending->running_count + 1)) {
        run->exit = cli_exit_worse(run->exit, EXIT_OUTPUT);
        run->stop = true;
        return;
    }
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

/* A slot is acquired before the row is submitted, so that a row that waits for it has
   no running deadline and no mark in the journal. */
static void
send_row(struct sending *sending)
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
    if (run->journal != NULL && !cli_journal_mark(run->journal, row))
        run->stop = true;
    else
        submit(sending, row, &sending->load);
    cli_load_free(&sending->load);
}

bool
cli_sending_may_start(const struct sending *sending)
{
    const struct run *run = &sending->run;
    return !run->stop && !cli_interrupted() &&
           (sending->row != NULL || run->started < run->rows.count) &&
           sending->running_count < run->options->jobs;
}

void
cli_sending_start(struct sending *sending)
{
    struct run *run = &sending->run;
    sending->wait_ms = 0;
    sending->busy = false;
    while (cli_sending_may_start(sending) && sending->wait_ms == 0 && !sending->busy) {
        int64_t start_ms = cli_now_ms();
        if (sending->row == NULL)
            load_next(sending);
        sending->reading_ms = (int)(cli_now_ms() - start_ms);
        if (sending->row != NULL)
            send_row(sending);
        else /* requests in flight made no progress meanwhile: poll for as long */
            sending->busy = sending->running_count > 0;
        cli_run_show(run);
    }
}
