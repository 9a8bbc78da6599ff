/* sending.c - the next image: loaded, looked up in the journal, and submitted */
#include "commands/sending.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/progress.h"

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
        load->bytes = NULL; /* the row's from here on */
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

/* An equal image is on its way: this row gets the same answer. */
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

/* An equal image, by this run: what got lost twice is not sent for every copy. */
static bool
was_sent(const struct run *run, const unsigned char *digest)
{
    for (size_t i = 0; i < run->started; i++)
        if (run->rows.at[i].sent &&
            memcmp(run->rows.at[i].digest, digest, DIGEST_BYTES) == 0)
            return true;
    return false;
}

/* True: the journal knows the row, so that nothing is to be sent. */
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
    if (state == JOURNAL_SENT)
        join(sending, row);
    else
        cli_run_settle(run, row);
    return true;
}

const char cli_sending_refused[] =
    "not sent: an error that concerns all images came before its turn";

/* The next input, as far as it can go without the service. */
static void
take_next(struct sending *sending)
{
    struct run *run = &sending->run;
    uint32_t most = run->options->max_calls;
    struct row *row = &run->rows.at[run->started++];
    if (!cli_load_row(&sending->load, row)) {
        if (row->answer != NULL)
            cli_run_settle(run, row);
    } else if (is_known(sending, row)) {
        cli_load_free(&sending->load);
    } else if (run->refused) {
        cli_load_free(&sending->load);
        cli_run_skip(run, row, cli_sending_refused);
    } else if (most > 0 && run->tally.calls >= most) {
        cli_load_free(&sending->load);
        run->tally.over++;
        cli_run_skip(run, row, "not sent: --max-calls was reached before its turn");
    } else {
        sending->row = row;
    }
}

/* The turn comes before the library has the row: what waits here has no deadline yet
   and no mark in the journal. */
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
    sending->wait_ms = cli_rate_take(sending->rate);
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
        int64_t before = cli_now_ms();
        if (sending->row == NULL)
            take_next(sending);
        sending->reading_ms = (int)(cli_now_ms() - before);
        if (sending->row != NULL)
            send_row(sending);
        else /* what is on its way did not move meanwhile: it gets as much time */
            sending->busy = sending->running_count > 0;
        cli_progress_show(run->tally.done, run->tally.done - run->tally.good);
    }
}
