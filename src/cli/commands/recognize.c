/* recognize.c - the command recognize: several images in flight */
#include "commands/recognize.h"

#include "base/clock.h"
#include "base/exits.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/say.h"
#include "commands/plan.h"
#include "commands/run.h"
#include "input/input.h"
#include "input/load.h"
#include "output/output.h"
#include "service/connect.h"
#include "service/rate.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    POLL_MS = 100, /* after a signal this passes at most */
    JOBS_MOST = 256
};

struct sending {
    struct run run;
    klingrec_client *client;
    struct rate *rate;
    struct row *row;  /* checked, not known, and waits for its turn; or NULL */
    struct load load; /* of that row */
    uint32_t wait_ms; /* until it may ask again */
    bool busy;        /* there is more to do without waiting, */
    int reading_ms;   /* and this is how long the last of it took */
    struct row *running[JOBS_MOST];
    size_t running_count;
    bool told; /* that a signal came */
    bool canceled;
};

/* ---- In --------------------------------------------------------------------- */

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

static const char refused[] =
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
        cli_run_skip(run, row, refused);
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
        cli_run_skip(run, row, refused);
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

static bool
may_start(const struct sending *sending)
{
    const struct run *run = &sending->run;
    return !run->stop && !cli_interrupted() &&
           (sending->row != NULL || run->started < run->rows.count) &&
           sending->running_count < run->options->jobs;
}

static void
start_some(struct sending *sending)
{
    struct run *run = &sending->run;
    sending->wait_ms = 0;
    sending->busy = false;
    while (may_start(sending) && sending->wait_ms == 0 && !sending->busy) {
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

/* ---- Out -------------------------------------------------------------------- */

static void
take(struct sending *sending, klingrec_result *result)
{
    struct row *row = klingrec_result_user_data(result);
    row->answer = cli_answer_take(result);
    klingrec_result_free(result);
    sending->run.tally.sent += row->answer->delivery != KLINGREC_DELIVERY_NOT_SENT;
    if (sending->run.journal != NULL && !cli_journal_keep(sending->run.journal, row))
        sending->run.stop = true;
}

static void
settle(struct sending *sending, struct row *row)
{
    struct answer *answer = row->answer;
    struct row *next = row->same;
    for (size_t i = 0; i < sending->running_count; i++)
        if (sending->running[i] == row)
            sending->running[i] = sending->running[--sending->running_count];
    for (struct row *same = next; same != NULL; same = same->same)
        same->answer = cli_answer_share(answer);
    for (; row != NULL; row = next) {
        next = row->same;
        cli_run_settle(&sending->run, row);
    }
}

/* An answer is in the journal for good before anybody sees it, and a mark is before
   the request leaves: the library sends nothing outside of klingrec_poll(). */
static klingrec_status
poll_some(struct sending *sending, int timeout_ms)
{
    struct row *rows[JOBS_MOST];
    klingrec_result *result;
    size_t count = 0;
    if (!cli_journal_commit(sending->run.journal)) {
        /* Without its marks nothing may leave. */
        sending->run.exit = cli_exit_worse(sending->run.exit, EXIT_OUTPUT);
        return KLINGREC_IDLE;
    }
    klingrec_status status = klingrec_poll(sending->client, timeout_ms, &result);
    klingrec_status first = status;
    while (status == KLINGREC_OK) {
        rows[count++] = klingrec_result_user_data(result);
        take(sending, result);
        status = count < JOBS_MOST ? klingrec_poll(sending->client, 0, &result)
                                   : KLINGREC_PENDING;
    }
    if (!cli_journal_commit(sending->run.journal)) {
        sending->run.exit = cli_exit_worse(sending->run.exit, EXIT_OUTPUT);
        sending->run.stop = true;
    }
    for (size_t i = 0; i < count; i++)
        settle(sending, rows[i]);
    return first;
}

/* Nobody will ever see the answers that are on their way. */
static bool
is_lost(struct run *run)
{
    return run->exit == EXIT_OUTPUT &&
           (run->journal == NULL || !cli_journal_commit(run->journal));
}

/* The first signal lets come what is paid for; the second one does not. */
static void
heed_signals(struct sending *sending)
{
    bool give_up = cli_interrupted_twice() || is_lost(&sending->run);
    if (cli_interrupted() && !sending->told) {
        sending->told = true;
        sending->run.stop = true;
        (void)klingrec_cancel_waiting(sending->client);
        if (sending->running_count > 0 && !cli_interrupted_twice())
            cli_say_note("interrupted: waiting for what is on its way; a second signal "
                         "leaves without it");
    }
    if (cli_rate_failed(sending->rate) && !sending->told) {
        sending->told = true;
        sending->run.stop = true;
        (void)klingrec_cancel_waiting(sending->client); /* retries have no turns either */
    }
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
    start_some(sending);
    while (sending->running_count > 0 || may_start(sending)) {
        uint32_t wait_ms = sending->wait_ms;
        int timeout_ms = wait_ms > 0 && wait_ms < POLL_MS ? (int)wait_ms : POLL_MS;
        if (sending->busy && sending->reading_ms < timeout_ms)
            timeout_ms = sending->reading_ms;
        klingrec_status status = KLINGREC_PENDING;
        heed_signals(sending);
        if (sending->running_count > 0)
            status = poll_some(sending, timeout_ms);
        else
            (void)poll(NULL, 0, timeout_ms); /* a signal ends it */
        if (status < 0)
            cli_say_error("no more results: %s", klingrec_status_string(status));
        if (status < 0 || status == KLINGREC_IDLE) {
            run->exit = cli_exit_worse(run->exit, EXIT_TROUBLE);
            return;
        }
        start_some(sending);
        cli_progress_show(run->tally.done, run->tally.done - run->tally.good);
    }
}

/* ---- The whole -------------------------------------------------------------- */

/* Only when the journal or the library failed: it may be on its way, or may not. */
static void
give_up(struct run *run, struct row *row)
{
    row->answer =
        cli_answer_fail(KLINGREC_ERR_CANCELED,
                        "given up before the answer came; it may have been sent", NULL);
    row->answer->delivery = KLINGREC_DELIVERY_UNSURE;
    row->answer->finality = KLINGREC_FINALITY_IN_DOUBT;
    run->tally.sent++;
    cli_run_settle(run, row);
}

/* The table is silent about rows that had no turn, the summary counts them. */
static void
skip_rest(struct run *run)
{
    const char *why =
        cli_interrupted() ? "not sent: interrupted before its turn" : refused;
    for (size_t i = 0; i < run->rows.count; i++)
        if (run->rows.at[i].state == ROW_RUNNING)
            give_up(run, &run->rows.at[i]);
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
        snprintf(more, sizeof more, ", %zu never sent", tally->unsent);
    if (run->rows.count > 1 || tally->unsent > 0)
        cli_say_note("%zu image%s: %zu recognised, %zu not%s", run->rows.count,
                     run->rows.count == 1 ? "" : "s", tally->good, failed, more);
    if (run->options->require != 0)
        cli_say_note("%zu qualify, %zu do not", tally->good - tally->unfit,
                     tally->unfit);
    cli_plan_cost(run->options, tally->sent, cost, sizeof cost);
    if (run->journal != NULL || cost[0] != '\0')
        cli_say_note("sent: %zu%s; known, or equal to another one: %zu", tally->sent,
                     cost, tally->known);
    if (tally->over > 0)
        cli_say_note("--max-calls %u was reached, which leaves %zu for later",
                     run->options->max_calls, tally->over);
    if (tally->unsure > 0)
        cli_say_warning("%zu of them lost the answer after sending and may be on the "
                        "bill%s",
                        tally->unsure,
                        run->journal != NULL ? "; --retry-unsure asks again" : "");
}

/* The limit is the account's: without a file in which to take turns, every part has
   its share of it. */
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
    sending.rate = cli_rate_open(own_rate(options), options->rate_file);
    int code = sending.rate != NULL
                   ? cli_connect_client(options, sending.rate, &sending.client)
                   : EXIT_USAGE;
    if (code != EXIT_GOOD) {
        cli_rate_close(sending.rate);
        return cli_interrupted() ? EXIT_INTERRUPTED : code;
    }
    /* What nobody will read is not paid for either. */
    run->exit = cli_run_begin(run, options);
    code = run->exit;
    if (code == EXIT_GOOD) {
        cli_progress_begin(run->rows.count, options->quiet);
        work(&sending);
        skip_rest(run);
        cli_progress_end();
        summarise(run);
    }
    cli_load_free(&sending.load);
    klingrec_client_free(sending.client);
    if (cli_rate_failed(sending.rate))
        run->exit = cli_exit_worse(run->exit, EXIT_TROUBLE);
    cli_rate_close(sending.rate);
    return cli_run_end(run);
}
