/* receiving.c - results: stored in the journal, then printed */
#include "commands/sending.h"

#include "base/exits.h"

static void
store_answer(struct sending *sending, klingrec_result *result)
{
    struct row *row = klingrec_result_user_data(result);
    row->answer = cli_answer_from_result(result);
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

/* Marks are committed before the requests are sent, because the library sends only
   inside klingrec_poll(). Answers are committed before they are printed. */
klingrec_status
cli_sending_poll(struct sending *sending, int timeout_ms)
{
    struct row *rows[SENDING_JOBS_MAX];
    klingrec_result *result;
    size_t count = 0;
    if (!cli_journal_commit(sending->run.journal)) {
        /* Without marks nothing may be sent. */
        sending->run.exit = cli_exit_worse(sending->run.exit, EXIT_OUTPUT);
        return KLINGREC_IDLE;
    }
    klingrec_status status = klingrec_poll(sending->client, timeout_ms, &result);
    klingrec_status first = status;
    while (status == KLINGREC_OK) {
        rows[count++] = klingrec_result_user_data(result);
        store_answer(sending, result);
        status = count < SENDING_JOBS_MAX ? klingrec_poll(sending->client, 0, &result)
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
