/* client.c - the calls that submit jobs and take their results */
#include "client/client.h"

#include "client/engine.h"
#include "client/process.h"

/* ---- The lock, which only a client with a thread needs ---------------------- */

void
klr_client_enter(klingrec_client *client)
{
    if (client->threaded)
        klr_lock_enter(&client->lock);
}

void
klr_client_leave(klingrec_client *client)
{
    if (client->threaded)
        klr_lock_leave(&client->lock);
}

/* Leave, and have the worker look at what has changed. Once is enough: whoever set
   `woken` has woken it, or is about to. If that fails the next one tries again, and the
   worker looks by itself before long. */
static void
leave_and_wake(klingrec_client *client, bool changed)
{
    bool wake = changed && client->threaded && !client->woken;
    client->woken = client->woken || changed;
    klr_client_leave(client);
    if (!wake || client->transport.wake(client->transport.user))
        return;
    klr_client_enter(client);
    client->woken = false;
    klr_client_leave(client);
}

bool
klr_client_is_usable(const klingrec_client *client)
{
    return client != NULL && !klr_process_is_foreign(client);
}

/* ---- In --------------------------------------------------------------------- */

/* Under the lock. Who waits for its own jobs bounds them itself. */
static bool
has_room(const klingrec_client *client, const klr_waiter *waiter)
{
    return waiter != &client->polled || waiter->outstanding < client->max_queued;
}

static bool
is_full(klingrec_client *client, const klr_waiter *waiter)
{
    klr_client_enter(client);
    bool accepts = !client->stopping && !client->shut; /* else accept() says so */
    bool full = accepts && !has_room(client, waiter);
    client->was_full = client->was_full || full;
    klr_client_leave(client);
    return full;
}

/* Under the lock: from here on the job leads to exactly one result. */
static klingrec_status
accept(klingrec_client *client, klr_waiter *waiter, klr_job *job)
{
    if (client->stopping || client->shut)
        return KLINGREC_ERR_CANCELED;
    if (!has_room(client, waiter)) {
        client->was_full = true;
        return KLINGREC_ERR_QUEUE_FULL;
    }
    job->id = ++client->last_id;
    job->result->job = job->id;
    job->waiter = waiter;
    waiter->outstanding++;
    job->older = client->newest;
    if (client->newest != NULL)
        client->newest->newer = job;
    client->newest = job;
    klr_job_list_add(&client->inbox, job);
    return KLINGREC_OK;
}

klingrec_status
klr_client_submit(klingrec_client *client, klr_waiter *waiter,
                  const klingrec_request *request, bool borrow, klingrec_job *id)
{
    klingrec_request taken;
    uint32_t detail;
    klr_job *job;

    if (id != NULL)
        *id = 0;
    if (!klr_client_is_usable(client))
        return KLINGREC_ERR_ARGUMENT;
    klingrec_status status = klr_request_take(&taken, request, &detail);
    if (status != KLINGREC_OK)
        return status;
    if (is_full(client, waiter)) /* before 10 MB are copied for nothing */
        return KLINGREC_ERR_QUEUE_FULL;
    status = klr_job_new(client, &taken, !borrow && taken.release == NULL, &job);
    if (status != KLINGREC_OK)
        return status;
    uint32_t limit = taken.deadline_ms != 0 ? taken.deadline_ms : client->deadline_ms;
    job->submitted = client->clock();
    job->task.deadline = job->submitted + limit;

    klr_client_enter(client);
    status = accept(client, waiter, job);
    klingrec_job accepted = job->id; /* once it is in, it may be gone at any time */
    leave_and_wake(client, status == KLINGREC_OK);
    if (status != KLINGREC_OK) {
        job->request.release = NULL;
        klr_job_free(client, job);
        return status;
    }
    if (id != NULL)
        *id = accepted;
    return KLINGREC_OK;
}

/* ---- Out -------------------------------------------------------------------- */

/* Under the lock: the first finished job of this waiter, no longer the client's. */
static klr_job *
take_finished(klingrec_client *client, klr_waiter *waiter)
{
    klr_job *before = NULL, *job = client->outbox.first;
    while (job != NULL && job->waiter != waiter) {
        before = job;
        job = job->next;
    }
    if (job == NULL)
        return NULL;
    if (before != NULL)
        before->next = job->next;
    else
        client->outbox.first = job->next;
    if (client->outbox.last == job)
        client->outbox.last = before;

    if (job->newer != NULL)
        job->newer->older = job->older;
    else
        client->newest = job->older;
    if (job->older != NULL)
        job->older->newer = job->newer;
    waiter->outstanding--;
    return job;
}

/* Under the lock. Without a thread nobody could submit anything meanwhile. */
static bool
may_come(const klingrec_client *client, const klr_waiter *waiter, bool stay)
{
    return waiter->outstanding > 0 ||
           (stay && client->threaded && !client->shut && !client->stopping);
}

/* Under the lock. */
static klr_job *
await(klingrec_client *client, klr_waiter *waiter, uint64_t until, bool stay)
{
    klr_job *job = take_finished(client, waiter);
    bool stepped = false;
    while (job == NULL && may_come(client, waiter, stay)) {
        bool late = until != UINT64_MAX && client->clock() >= until;
        if (late && (client->threaded || stepped))
            break;
        if (client->threaded)
            klr_lock_wait(&client->lock, until);
        else
            klr_engine_step(client, until);
        stepped = true;
        job = take_finished(client, waiter);
    }
    return job;
}

klingrec_status
klr_client_take(klingrec_client *client, klr_waiter *waiter, uint64_t until, bool stay,
                klingrec_result **out)
{
    *out = NULL;
    klr_client_enter(client);
    klr_job *job = await(client, waiter, until, stay);
    bool idle = !may_come(client, waiter, stay);
    bool has_room_again = client->was_full && job != NULL && waiter == &client->polled;
    client->was_full = client->was_full && !has_room_again;
    klr_client_leave(client);
    if (has_room_again && client->wakeup != NULL)
        client->wakeup(client->wakeup_user);
    if (job == NULL)
        return idle ? KLINGREC_IDLE : KLINGREC_PENDING;
    *out = job->result;
    job->result = NULL;
    klr_job_free(client, job); /* calls release() on this thread */
    return KLINGREC_OK;
}

klingrec_status
klr_client_cancel(klingrec_client *client, const klr_waiter *waiter, klingrec_job id,
                  klr_wish wish)
{
    klr_client_enter(client);
    bool known = id <= client->last_id; /* one that was just polled is a fair race */
    for (klr_job *job = client->newest; job != NULL; job = job->older) {
        if (job->waiter != waiter || (id != 0 && job->id != id))
            continue;
        if (job->wish < wish)
            job->wish = wish;
        client->cancel_requested = true;
    }
    leave_and_wake(client, client->cancel_requested);
    return known ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT;
}

/* ---- Public ----------------------------------------------------------------- */

klingrec_status
klingrec_recognize(klingrec_client *client, const klingrec_request *request,
                   klingrec_result **out)
{
    klr_waiter self = {0};

    if (out == NULL)
        return KLINGREC_ERR_ARGUMENT;
    *out = NULL;
    klingrec_status status = klr_client_submit(client, &self, request, true, NULL);
    if (status == KLINGREC_OK) {
        (void)klr_client_take(client, &self, UINT64_MAX, false, out);
        return klingrec_result_status(*out);
    }
    if (status == KLINGREC_ERR_NOMEM && request->release != NULL)
        request->release(request->release_user);
    klr_alloc alloc = client != NULL ? client->alloc : klr_alloc_from(NULL, NULL);
    *out = klr_result_new(&alloc);
    if (*out != NULL)
        klr_result_conclude(*out, status, NULL);
    return status;
}

klingrec_status
klingrec_submit(klingrec_client *client, const klingrec_request *request,
                klingrec_job *job)
{
    return klr_client_submit(client, client != NULL ? &client->polled : NULL, request,
                             false, job);
}

static klingrec_status
take_polled(klingrec_client *client, int timeout_ms, bool stay, klingrec_result **out)
{
    if (out != NULL)
        *out = NULL;
    if (!klr_client_is_usable(client) || out == NULL)
        return KLINGREC_ERR_ARGUMENT;
    uint64_t until =
        timeout_ms < 0 ? UINT64_MAX : client->clock() + (uint64_t)timeout_ms;
    return klr_client_take(client, &client->polled, until, stay, out);
}

klingrec_status
klingrec_poll(klingrec_client *client, int timeout_ms, klingrec_result **out)
{
    return take_polled(client, timeout_ms, false, out);
}

klingrec_status
klingrec_wait(klingrec_client *client, int timeout_ms, klingrec_result **out)
{
    return take_polled(client, timeout_ms, true, out);
}

klingrec_status
klingrec_cancel(klingrec_client *client, klingrec_job job)
{
    if (!klr_client_is_usable(client))
        return KLINGREC_ERR_ARGUMENT;
    return klr_client_cancel(client, &client->polled, job, KLR_WISH_CANCELED);
}

klingrec_status
klingrec_cancel_waiting(klingrec_client *client)
{
    if (!klr_client_is_usable(client))
        return KLINGREC_ERR_ARGUMENT;
    return klr_client_cancel(client, &client->polled, 0, KLR_WISH_NO_ATTEMPT);
}

klingrec_status
klingrec_shutdown(klingrec_client *client)
{
    if (!klr_client_is_usable(client))
        return KLINGREC_ERR_ARGUMENT;
    klr_client_enter(client);
    client->shut = true;
    for (klr_job *job = client->newest; job != NULL; job = job->older)
        if (job->wish < KLR_WISH_NO_ATTEMPT)
            job->wish = KLR_WISH_NO_ATTEMPT;
    client->cancel_requested = true;
    leave_and_wake(client, true);
    if (client->threaded) /* who waits for jobs that nobody has submitted */
        klr_lock_notify(&client->lock);
    return KLINGREC_OK;
}

size_t
klingrec_pending(const klingrec_client *client)
{
    /* The lock is the one part of a client that looking at it changes. */
    klingrec_client *shared = (klingrec_client *)(uintptr_t)client;
    if (!klr_client_is_usable(client))
        return 0;
    klr_client_enter(shared);
    size_t pending = client->polled.outstanding;
    klr_client_leave(shared);
    return pending;
}
