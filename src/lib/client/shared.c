/* SPDX-License-Identifier: MIT */
/* shared.c - what callers and the engine share of a client, and its lock */
#include "base/build.h"

#include "client/shared.h"

#include "client/client.h"

void
klr_shared_enter(klingrec_client *client)
{
    if (client->threaded)
        klr_lock_enter(&client->shared.lock);
}

void
klr_shared_leave(klingrec_client *client)
{
    if (client->threaded)
        klr_lock_leave(&client->shared.lock);
}

/* One wake-up is enough: the caller that set `woken` has woken the engine, or is about
   to. If a wake-up fails, the next caller tries again, and the engine's wait ends after
   KLR_WORKER_WAIT_MS at the latest. */
void
klr_shared_leave_and_wake(klingrec_client *client, bool changed)
{
    klr_shared *shared = &client->shared;
    bool wake = changed && client->threaded && !shared->woken;
    shared->woken = shared->woken || changed;
    klr_shared_leave(client);
    if (!wake || client->transport.wake(client->transport.user))
        return;
    klr_shared_enter(client);
    shared->woken = false;
    klr_shared_leave(client);
}

bool
klr_shared_is_open(const klingrec_client *client)
{
    return !client->shared.stopping && !client->shared.shut_down;
}

/* Blocking calls and batches bound the number of their jobs themselves. */
bool
klr_shared_has_capacity(klingrec_client *client, const klr_waiter *waiter)
{
    klr_shared *shared = &client->shared;
    bool full = waiter == &shared->polled && waiter->outstanding >= client->max_queued;
    shared->was_full = shared->was_full || full;
    return !full;
}

klingrec_status
klr_shared_accept(klingrec_client *client, klr_waiter *waiter, klr_job *job)
{
    klr_shared *shared = &client->shared;
    if (!klr_shared_is_open(client))
        return KLINGREC_ERR_CANCELED;
    if (!klr_shared_has_capacity(client, waiter))
        return KLINGREC_ERR_QUEUE_FULL;
    job->id = ++shared->last_id;
    job->result->job = job->id;
    job->waiter = waiter;
    waiter->outstanding++;
    job->older = shared->newest;
    if (shared->newest != NULL)
        shared->newest->newer = job;
    shared->newest = job;
    klr_job_list_add(&shared->inbox, job);
    return KLINGREC_OK;
}

/* Call it after the number of the waiter's finished jobs has changed from `before`. */
static void
update_ready_event(klr_shared *shared, const klr_waiter *waiter, size_t before)
{
    if (waiter != &shared->polled || !shared->has_ready)
        return;
    if (before == 0)
        klr_event_set(&shared->ready);
    else if (waiter->finished == 0)
        klr_event_clear(&shared->ready);
}

void
klr_shared_publish(klingrec_client *client, klr_job *job)
{
    klr_waiter *waiter = job->waiter;
    klr_job_list_add(&client->shared.outbox, job);
    update_ready_event(&client->shared, waiter, waiter->finished++);
}

/* Remove the first job of this waiter from the outbox. */
static klr_job *
pop_finished(klr_job_list *outbox, const klr_waiter *waiter)
{
    klr_job *before = NULL, *job = outbox->first;
    while (job != NULL && job->waiter != waiter) {
        before = job;
        job = job->next;
    }
    if (job == NULL)
        return NULL;
    if (before != NULL)
        before->next = job->next;
    else
        outbox->first = job->next;
    if (outbox->last == job)
        outbox->last = before;
    return job;
}

klr_job *
klr_shared_pop(klingrec_client *client, klr_waiter *waiter)
{
    klr_shared *shared = &client->shared;
    klr_job *job = pop_finished(&shared->outbox, waiter);
    if (job == NULL)
        return NULL;
    if (job->newer != NULL)
        job->newer->older = job->older;
    else
        shared->newest = job->older;
    if (job->older != NULL)
        job->older->newer = job->newer;
    waiter->outstanding--;
    waiter->finished--;
    update_ready_event(shared, waiter, waiter->finished + 1);
    return job;
}

void
klr_shared_cancel(klingrec_client *client, const klr_waiter *waiter, klingrec_job id,
                  klr_cancel how)
{
    klr_shared *shared = &client->shared;
    /* Newer jobs have larger numbers. */
    for (klr_job *job = shared->newest; job != NULL && job->id >= id;
         job = job->older) {
        if ((waiter != NULL && job->waiter != waiter) || (id != 0 && job->id != id))
            continue;
        if (job->cancel < how)
            job->cancel = how;
        shared->cancel_changed = true;
    }
}

void
klr_shared_stop(klingrec_client *client)
{
    klr_shared_enter(client);
    client->shared.stopping = true;
    klr_shared_cancel(client, NULL, 0, KLR_CANCEL_NOW);
    klr_shared_leave(client);
    klr_lock_notify(&client->shared.lock); /* klingrec_wait() ends */
    (void)client->transport.wake(client->transport.user);
}
