/* SPDX-License-Identifier: MIT */
/* shared.h - what callers and the engine share of a client, and its lock */
#ifndef KLR_SHARED_H
#define KLR_SHARED_H

#include "base/sys.h"
#include "client/job.h"

/* Under the lock when the client has a thread. */
typedef struct klr_shared {
    klr_lock lock;
    klr_job_list inbox;  /* submitted, and not yet seen by the engine */
    klr_job_list outbox; /* finished, and not yet handed to their waiters */
    klr_job *newest;     /* of all jobs that were accepted and not handed out */
    klingrec_job last_id;
    klr_waiter polled;    /* klingrec_poll() and klingrec_wait() */
    klr_event ready;      /* set while `polled` has a finished job */
    bool has_ready;       /* `ready` is open: klingrec_client_fd() */
    klingrec_stats stats; /* as the engine last saw them */
    bool cancel_changed;  /* the engine has to look at klr_job.cancel */
    bool wants_warm_up;   /* klingrec_warm_up() */
    bool woken;           /* the engine is woken, and has not received yet */
    bool stopping;        /* the thread has to end */
    bool shut_down;       /* klingrec_shutdown(): no job is accepted any more */
    bool was_full;        /* a submit was refused; wakeup() when there is space again */
} klr_shared;

/* No-ops for a client that has no thread. */
void klr_shared_enter(klingrec_client *client);
void klr_shared_leave(klingrec_client *client);
/* Leave; changed: wake the engine, so that it receives what has changed. */
void klr_shared_leave_and_wake(klingrec_client *client, bool changed);

/* Cancel all jobs and end the library's thread when they have been handed out. */
void klr_shared_stop(klingrec_client *client);

/* ---- Under the lock --------------------------------------------------------- */

/* Whether the client accepts jobs at all. */
bool klr_shared_is_open(const klingrec_client *client);

/* Whether this waiter may have another job. */
bool klr_shared_has_capacity(klingrec_client *client, const klr_waiter *waiter);

/* From here on the job leads to exactly one result. ERR_QUEUE_FULL, or ERR_CANCELED: no
   job is accepted any more. */
klingrec_status klr_shared_accept(klingrec_client *client, klr_waiter *waiter,
                                  klr_job *job);

/* A job has finished, and its waiter may take it. */
void klr_shared_publish(klingrec_client *client, klr_job *job);

/* The first finished job of this waiter, which is no longer the client's; or NULL. */
klr_job *klr_shared_pop(klingrec_client *client, klr_waiter *waiter);

/* Cancel a waiter's job, unless it is canceled more strictly. waiter NULL: everybody's;
   id 0: all jobs. */
void klr_shared_cancel(klingrec_client *client, const klr_waiter *waiter,
                       klingrec_job id, klr_cancel how);

#endif
