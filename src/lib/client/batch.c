/* SPDX-License-Identifier: MIT */
/* batch.c - many images through one client, on top of submit and poll */
#include "base/build.h"

#include "client/client.h"

#include "base/abi.h"

typedef struct batch_run {
    klingrec_client *client;
    klr_waiter self;
    klingrec_batch batch;
    klingrec_status status; /* why it ends early; OK: it does not */
    bool more;              /* next() may have another request */
} batch_run;

/* Twice max_in_flight: while some jobs wait for a retry, others can run, and
   max_in_flight still bounds the memory. */
static size_t
outstanding_max(const klingrec_client *client)
{
    return (size_t)client->queue.policy.max_in_flight * 2;
}

/* The first reason is kept; a later one may cancel the jobs more strictly. */
static void
stop(batch_run *run, klingrec_status status, klr_cancel how)
{
    if (run->status == KLINGREC_OK)
        run->status = status;
    run->more = false;
    (void)klr_client_cancel(run->client, &run->self, 0, how);
}

/* A newer program may put a larger request into it. */
typedef union request_space {
    klingrec_request request;
    unsigned char bytes[KLR_SANE_SIZE];
} request_space;

static void
submit_more(batch_run *run)
{
    while (run->more && run->self.outstanding < outstanding_max(run->client)) {
        request_space r;
        memset(&r, 0, sizeof r);
        r.request.size = sizeof r.request;
        run->more = run->batch.next(run->batch.user, &r.request);
        if (!run->more)
            return;
        klingrec_status status =
            klr_client_submit(run->client, &run->self, &r.request, false, NULL);
        if (status == KLINGREC_OK)
            continue;
        (void)klr_client_release_refused(&r.request, status);
        /* Running attempts may already be paid for, also after klingrec_shutdown(). */
        stop(run, status, KLR_CANCEL_WAITING);
    }
}

/* A key or an account that is refused once is refused for every image. */
static void
handle_result(batch_run *run, klingrec_result *result)
{
    klingrec_status status = klingrec_result_status(result);
    bool go_on = run->batch.done == NULL || run->batch.done(run->batch.user, result);
    klingrec_result_free(result);
    /* Running attempts end here too, unless the host stops the batch. */
    if (status == KLINGREC_ERR_AUTH || status == KLINGREC_ERR_ACCOUNT)
        stop(run, status, KLR_CANCEL_WAITING);
    if (!go_on)
        stop(run, KLINGREC_ERR_CANCELED, KLR_CANCEL_NOW);
}

klingrec_status
klingrec_run_batch(klingrec_client *client, const klingrec_batch *batch)
{
    batch_run run;
    klingrec_result *result;

    if (!klr_client_is_usable(client) || batch == NULL)
        return KLINGREC_ERR_ARGUMENT;
    memset(&run, 0, sizeof run);
    run.client = client;
    run.more = true;
    klingrec_status status =
        klr_abi_import(&run.batch, sizeof run.batch, KLR_BATCH_FIRST, batch);
    if (status != KLINGREC_OK)
        return status;
    if (run.batch.next == NULL)
        return KLINGREC_ERR_ARGUMENT;

    submit_more(&run);
    while (klr_client_poll(client, &run.self, UINT64_MAX, false, &result) ==
           KLINGREC_OK) {
        handle_result(&run, result);
        submit_more(&run);
    }
    return run.status;
}
