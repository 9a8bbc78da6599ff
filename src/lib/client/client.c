/* SPDX-License-Identifier: MIT */
/* client.c - the calls that submit jobs and take their results */
#include "base/build.h"

#include "client/client.h"

#include "base/abi.h"
#include "client/engine.h"
#include "client/process.h"

bool
klr_client_is_usable(const klingrec_client *client)
{
    return client != NULL && !klr_process_is_foreign(client);
}

/* What exit() does to a client that has a thread, a client without one does in its next
   call. */
static void
heed_exit(klingrec_client *client)
{
    if (client->threaded || client->shared.stopping || !klr_process_is_exiting())
        return;
    client->shared.stopping = true;
    klr_shared_cancel(client, NULL, 0, KLR_CANCEL_NOW);
    klr_engine_cancel_running(client);
}

/* ---- Submitting ------------------------------------------------------------- */

static bool
is_full(klingrec_client *client, const klr_waiter *waiter)
{
    klr_shared_enter(client);
    bool full = klr_shared_is_open(client) && !klr_shared_has_capacity(client, waiter);
    klr_shared_leave(client);
    return full;
}

klingrec_status
klr_client_submit(klingrec_client *client, klr_waiter *waiter,
                  const klingrec_request *request, bool borrow, klingrec_job *id)
{
    klingrec_request known;
    uint32_t detail;
    klr_job *job;

    if (id != NULL)
        *id = 0;
    if (!klr_client_is_usable(client))
        return KLINGREC_ERR_ARGUMENT;
    heed_exit(client);
    klingrec_status status = klr_request_import(&known, request, &detail);
    if (status != KLINGREC_OK)
        return status;
    if (is_full(client, waiter)) /* before 10 MB are copied for nothing */
        return KLINGREC_ERR_QUEUE_FULL;
    status = klr_job_new(client, &known, !borrow && known.release == NULL, &job);
    if (status != KLINGREC_OK)
        return status;
    uint32_t limit_ms =
        known.deadline_ms != 0 ? known.deadline_ms : client->deadline_ms;
    job->submitted_ms = client->clock_ms();
    job->task.deadline_at_ms = job->submitted_ms + limit_ms;

    klr_shared_enter(client);
    status = klr_shared_accept(client, waiter, job);
    klingrec_job accepted = job->id; /* from here on another thread may free the job */
    klr_shared_leave_and_wake(client, status == KLINGREC_OK);
    if (status != KLINGREC_OK) {
        job->request.release = NULL;
        klr_job_free(client, job);
        return status;
    }
    if (id != NULL)
        *id = accepted;
    return KLINGREC_OK;
}

void *
klr_client_release_refused(const klingrec_request *request, klingrec_status status)
{
    klingrec_request known;
    uint32_t detail;
    if (request == NULL ||
        klr_request_import(&known, request, &detail) == KLINGREC_ERR_ABI)
        return NULL;
    if (known.release != NULL && status != KLINGREC_ERR_ABI) /* of its reader */
        known.release(known.release_user);
    return known.user_data;
}

/* ---- Taking results --------------------------------------------------------- */

/* Under the lock: whether a result may come. until_shutdown: also of jobs that other
   threads submit during the call, which is possible only with a thread. */
static bool
result_may_come(const klingrec_client *client, const klr_waiter *waiter,
                bool until_shutdown)
{
    return waiter->outstanding > 0 ||
           (until_shutdown && client->threaded && klr_shared_is_open(client));
}

/* Under the lock. Without a thread this runs the engine if no job has finished. */
static klr_job *
wait_for_job(klingrec_client *client, klr_waiter *waiter, uint64_t until_ms,
             bool until_shutdown)
{
    klr_job *job = klr_shared_pop(client, waiter);
    bool stepped = false;
    while (job == NULL && result_may_come(client, waiter, until_shutdown)) {
        bool late = until_ms != UINT64_MAX && client->clock_ms() >= until_ms;
        if (late && (client->threaded || stepped))
            break;
        if (client->threaded)
            klr_lock_wait(&client->shared.lock, until_ms);
        else
            klr_engine_step(client, until_ms);
        stepped = true;
        job = klr_shared_pop(client, waiter);
    }
    return job;
}

klingrec_status
klr_client_poll(klingrec_client *client, klr_waiter *waiter, uint64_t until_ms,
                bool until_shutdown, klingrec_result **out)
{
    *out = NULL;
    heed_exit(client);
    klr_shared_enter(client);
    klr_job *job = wait_for_job(client, waiter, until_ms, until_shutdown);
    bool idle = !result_may_come(client, waiter, until_shutdown);
    klingrec_wakeup_fn wakeup = NULL; /* the worker clears it when it stops */
    if (client->shared.was_full && job != NULL && waiter == &client->shared.polled &&
        klr_shared_is_open(client)) {
        client->shared.was_full = false;
        wakeup = client->wakeup;
    }
    klr_shared_leave(client);
    if (wakeup != NULL)
        wakeup(client->wakeup_user);
    if (job == NULL)
        return idle ? KLINGREC_IDLE : KLINGREC_PENDING;
    *out = job->result;
    job->result = NULL;
    klr_job_free(client, job); /* calls release() on this thread */
    return KLINGREC_OK;
}

klingrec_status
klr_client_cancel(klingrec_client *client, const klr_waiter *waiter, klingrec_job id,
                  klr_cancel how)
{
    klr_shared_enter(client);
    /* To cancel a job that was just polled is a race, and no error. */
    bool known = id <= client->shared.last_id;
    klr_shared_cancel(client, waiter, id, how);
    klr_shared_leave_and_wake(client, client->shared.cancel_changed);
    return known ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT;
}

/* ---- The public calls ------------------------------------------------------- */

klingrec_status
klingrec_recognize(klingrec_client *client, const klingrec_request *request,
                   klingrec_result **out)
{
    klr_waiter self = {0};

    if (out == NULL) {
        (void)klr_client_release_refused(request, KLINGREC_ERR_ARGUMENT);
        return KLINGREC_ERR_ARGUMENT;
    }
    *out = NULL;
    klingrec_status status = klr_client_submit(client, &self, request, true, NULL);
    if (status == KLINGREC_OK) {
        (void)klr_client_poll(client, &self, UINT64_MAX, false, out);
        return klingrec_result_status(*out);
    }
    void *user_data = klr_client_release_refused(request, status);
    klr_alloc alloc = client != NULL ? client->alloc : klr_alloc_from(NULL, NULL);
    *out = klr_result_new(&alloc);
    if (*out != NULL) {
        (*out)->user_data = user_data;
        klr_result_finish(*out, status, NULL);
    }
    return status;
}

klingrec_status
klingrec_submit(klingrec_client *client, const klingrec_request *request,
                klingrec_job *job)
{
    return klr_client_submit(client, client != NULL ? &client->shared.polled : NULL,
                             request, false, job);
}

static klingrec_status
poll_client(klingrec_client *client, int timeout_ms, bool until_shutdown,
            klingrec_result **out)
{
    if (out != NULL)
        *out = NULL;
    if (!klr_client_is_usable(client) || out == NULL)
        return KLINGREC_ERR_ARGUMENT;
    uint64_t until_ms =
        timeout_ms < 0 ? UINT64_MAX : client->clock_ms() + (uint64_t)timeout_ms;
    return klr_client_poll(client, &client->shared.polled, until_ms, until_shutdown,
                           out);
}

klingrec_status
klingrec_poll(klingrec_client *client, int timeout_ms, klingrec_result **out)
{
    return poll_client(client, timeout_ms, false, out);
}

klingrec_status
klingrec_wait(klingrec_client *client, int timeout_ms, klingrec_result **out)
{
    return poll_client(client, timeout_ms, true, out);
}

klingrec_status
klingrec_cancel(klingrec_client *client, klingrec_job job)
{
    if (!klr_client_is_usable(client))
        return KLINGREC_ERR_ARGUMENT;
    return klr_client_cancel(client, &client->shared.polled, job, KLR_CANCEL_NOW);
}

klingrec_status
klingrec_cancel_waiting(klingrec_client *client)
{
    if (!klr_client_is_usable(client))
        return KLINGREC_ERR_ARGUMENT;
    return klr_client_cancel(client, &client->shared.polled, 0, KLR_CANCEL_WAITING);
}

klingrec_status
klingrec_shutdown(klingrec_client *client)
{
    if (!klr_client_is_usable(client))
        return KLINGREC_ERR_ARGUMENT;
    klr_shared_enter(client);
    /* A host that waits for space in the queue must learn that none will come. */
    bool tell = client->shared.was_full && klr_shared_is_open(client);
    klingrec_wakeup_fn wakeup = tell ? client->wakeup : NULL;
    client->shared.was_full = false;
    client->shared.shut_down = true;
    klr_shared_cancel(client, NULL, 0, KLR_CANCEL_WAITING);
    klr_shared_leave_and_wake(client, true);
    if (client->threaded) /* ends klingrec_wait() in other threads */
        klr_lock_notify(&client->shared.lock);
    if (wakeup != NULL)
        wakeup(client->wakeup_user);
    return KLINGREC_OK;
}

size_t
klingrec_pending(const klingrec_client *client)
{
    /* Locking writes to the client, even when it is only read. */
    klingrec_client *shared = (klingrec_client *)(uintptr_t)client;
    if (!klr_client_is_usable(client))
        return 0;
    klr_shared_enter(shared);
    size_t pending = client->shared.polled.outstanding;
    klr_shared_leave(shared);
    return pending;
}

klingrec_status
klingrec_warm_up(klingrec_client *client)
{
    if (!klr_client_is_usable(client) || !client->threaded)
        return KLINGREC_ERR_ARGUMENT;
    klr_shared_enter(client);
    bool open = klr_shared_is_open(client);
    client->shared.wants_warm_up = open;
    klr_shared_leave_and_wake(client, open);
    return open ? KLINGREC_OK : KLINGREC_ERR_CANCELED;
}

klingrec_status
klingrec_client_fd(klingrec_client *client, intptr_t *fd)
{
    if (fd == NULL)
        return KLINGREC_ERR_ARGUMENT;
    *fd = -1;
    if (!klr_client_is_usable(client) || !client->threaded)
        return KLINGREC_ERR_ARGUMENT;
    klr_shared *shared = &client->shared;
    klr_shared_enter(client);
    if (!shared->has_ready && klr_event_open(&shared->ready)) {
        shared->has_ready = true;
        if (shared->polled.finished > 0)
            klr_event_set(&shared->ready);
    }
    if (shared->has_ready)
        *fd = shared->ready.fd;
    klr_shared_leave(client);
    return *fd >= 0 ? KLINGREC_OK : KLINGREC_ERR_SYSTEM;
}

klingrec_status
klingrec_client_fds(klingrec_client *client, klingrec_fd *fds, size_t capacity,
                    size_t *count, int *timeout_ms)
{
    if (count != NULL)
        *count = 0;
    if (timeout_ms != NULL)
        *timeout_ms = 0;
    if (count == NULL || timeout_ms == NULL || (fds == NULL && capacity > 0) ||
        !klr_client_is_usable(client) || client->threaded ||
        client->transport.fds == NULL)
        return KLINGREC_ERR_ARGUMENT;
    *timeout_ms = -1;
    if (client->shared.newest == NULL) /* klingrec_poll() does nothing then */
        return KLINGREC_OK;
    *timeout_ms = klr_engine_timeout_ms(client);
    *count = client->transport.fds(client->transport.user, fds, capacity, timeout_ms);
    return KLINGREC_OK;
}

klingrec_status
klingrec_client_stats(const klingrec_client *client, klingrec_stats *stats)
{
    klingrec_client *shared = (klingrec_client *)(uintptr_t)client;
    klingrec_stats own, now;
    if (!klr_client_is_usable(client) || stats == NULL)
        return KLINGREC_ERR_ARGUMENT;
    klingrec_status status = klr_abi_import(&own, sizeof own, KLR_STATS_FIRST, stats);
    if (status != KLINGREC_OK)
        return status;
    klr_shared_enter(shared);
    now = client->shared.stats;
    now.submitted = client->shared.last_id;
    klr_shared_leave(shared);
    now.size = stats->size; /* copy the fields that both versions have */
    memcpy(stats, &now, now.size < sizeof now ? now.size : sizeof now);
    return KLINGREC_OK;
}
