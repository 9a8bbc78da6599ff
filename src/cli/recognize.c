/* recognize.c - the command recognize: several images in flight, rows in order */
#include "recognize.h"

#include "connect.h"
#include "exits.h"
#include "input.h"
#include "interrupt.h"
#include "memory.h"
#include "output.h"
#include "row.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

enum {
    POLL_MS = 100 /* after a signal this passes at most */
};

struct run {
    const struct options *options;
    klingrec_client *client;
    struct row *rows;
    size_t count;
    size_t started; /* rows before this one have been submitted or have failed */
    size_t printed; /* of the table: rows before this one are out */
    struct table table;
    struct input_bytes bytes;
    bool stop; /* no new image; what runs goes on */
    bool canceled;
    int exit;
};

/* ---- Out -------------------------------------------------------------------- */

/* Rows come in any order and leave in that of the arguments. */
static void
print_rows(struct run *run, bool all)
{
    for (; run->printed < run->count; run->printed++) {
        struct row *row = &run->rows[run->printed];
        if (row->state != ROW_DONE && !all)
            return;
        if (row->state == ROW_DONE)
            table_row(&run->table, row);
    }
}

static void
finish(struct run *run, struct row *row, const klingrec_result *result)
{
    run->exit = exit_worse(run->exit, exit_of_status(row->status));
    if (run->options->json)
        row_json(row, result, stdout);
    else
        print_rows(run, false);
    if (!output_flush()) {
        run->exit = exit_worse(run->exit, EXIT_OUTPUT);
        run->stop = true;
    }
    /* A key or account that is refused once is refused for every image. */
    if (exit_of_status(row->status) == EXIT_KEY)
        run->stop = true;
}

/* ---- In --------------------------------------------------------------------- */

/* The bytes of standard input are the run's; the library need not copy them. */
static void
keep(void *user)
{
    (void)user;
}

static bool
make_request(struct run *run, struct row *row, klingrec_request *request)
{
    if (input_is_url(row->input)) {
        *request = klingrec_request_url(row->input);
    } else if (input_is_stdin(row->input)) {
        input_read_stdin(&run->bytes, KLINGREC_MAX_BYTES);
        if (run->bytes.status != KLINGREC_OK) {
            row_fail(row, run->bytes.status, run->bytes.message);
            return false;
        }
        *request = klingrec_request_bytes(run->bytes.at, run->bytes.len);
        request->release = keep;
    } else {
        *request = klingrec_request_file(row->input);
    }
    request->user_data = row;
    return true;
}

/* False: the client is full; later there is room. */
static bool
start(struct run *run, struct row *row)
{
    klingrec_request request = klingrec_request_default();
    if (klingrec_pending(run->client) >= run->options->jobs)
        return false;
    run->started++;
    if (make_request(run, row, &request)) {
        row->state = ROW_RUNNING;
        klingrec_status status = klingrec_submit(run->client, &request, NULL);
        if (status != KLINGREC_OK)
            row_fail(row, status, klingrec_status_string(status));
    }
    if (row->state == ROW_DONE)
        finish(run, row, NULL);
    return true;
}

static void
start_some(struct run *run)
{
    while (!run->stop && !interrupted() && run->started < run->count)
        if (!start(run, &run->rows[run->started]))
            return;
}

/* Once: nobody reads the output any more, or a person said so. */
static void
cancel_when_told(struct run *run)
{
    bool told = interrupted() || run->exit == EXIT_OUTPUT;
    if (told && !run->canceled) {
        run->canceled = true;
        run->stop = true;
        (void)klingrec_cancel(run->client, 0);
    }
}

static void
work(struct run *run)
{
    klingrec_result *result;
    klingrec_status status = KLINGREC_OK;
    start_some(run);
    while (status != KLINGREC_IDLE) {
        cancel_when_told(run);
        status = klingrec_poll(run->client, POLL_MS, &result);
        if (status == KLINGREC_OK) {
            struct row *row = klingrec_result_user_data(result);
            row_take(row, result);
            finish(run, row, result);
            klingrec_result_free(result);
        } else if (status < 0) {
            say_error("no more results: %s", klingrec_status_string(status));
            run->exit = exit_worse(run->exit, EXIT_TROUBLE);
            return;
        }
        start_some(run);
        if (klingrec_pending(run->client) > 0)
            status = KLINGREC_OK;
    }
}

/* ---- The whole -------------------------------------------------------------- */

/* The table is silent about them, the summary counts them. */
static void
print_unsent(struct run *run)
{
    for (; run->started < run->count; run->started++) {
        struct row *row = &run->rows[run->started];
        row_fail(row, KLINGREC_ERR_CANCELED,
                 interrupted() ? "not sent: interrupted before its turn"
                               : "not sent: an error that concerns all images came "
                                 "before its turn");
        if (run->options->json)
            row_json(row, NULL, stdout);
        row->state = ROW_WAITING;
    }
    if (!run->options->json)
        print_rows(run, true);
}

static void
summarise(const struct run *run)
{
    size_t good = 0, done = 0, unsure = 0;
    for (size_t i = 0; i < run->count; i++) {
        const struct row *row = &run->rows[i];
        done += row->state == ROW_DONE;
        good += row->state == ROW_DONE && row->status == KLINGREC_OK;
        unsure += row->unsure;
    }
    if (run->count > 1 && done == run->count)
        say_note("%zu images: %zu recognised, %zu not", run->count, good, done - good);
    else if (done < run->count)
        say_note("%zu images: %zu recognised, %zu not, %zu never sent", run->count,
                 good, done - good, run->count - done);
    if (unsure > 0)
        say_warning("%zu of them lost the answer after sending and may be on the bill",
                    unsure);
}

static void
prepare(struct run *run)
{
    struct screen screen = screen_of(stdout, (enum color_wish)run->options->color);
    run->count = run->options->input_count;
    run->rows = resize(NULL, run->count, sizeof *run->rows);
    memset(run->rows, 0, run->count * sizeof *run->rows);
    for (size_t i = 0; i < run->count; i++) {
        run->rows[i].index = i;
        run->rows[i].input = run->options->inputs[i];
    }
    if (!run->options->json)
        table_begin(&run->table, &screen, run->rows, run->count);
}

int
recognize(const struct options *options)
{
    struct run run;
    memset(&run, 0, sizeof run);
    run.options = options;
    if (!input_check_stdin(options))
        return EXIT_USAGE;
    int code = connect_client(options, &run.client);
    if (code != EXIT_GOOD)
        return interrupted() ? EXIT_INTERRUPTED : code;

    prepare(&run);
    /* What nobody will read is not paid for either. */
    if (output_flush())
        work(&run);
    else
        run.exit = EXIT_OUTPUT;
    print_unsent(&run);
    if (interrupted())
        run.exit = exit_worse(run.exit, EXIT_INTERRUPTED);
    if (!output_flush())
        run.exit = exit_worse(run.exit, EXIT_OUTPUT);
    summarise(&run);
    klingrec_client_free(run.client);
    for (size_t i = 0; i < run.count; i++)
        row_free(&run.rows[i]);
    free(run.rows);
    input_free(&run.bytes);
    return run.exit;
}
