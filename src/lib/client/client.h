/* SPDX-License-Identifier: MIT */
/* client.h - the state of a client */
#ifndef KLR_CLIENT_H
#define KLR_CLIENT_H

#include "base/log.h"
#include "client/queue.h"
#include "client/shared.h"

#include <klingrec/transport.h>

struct klingrec_client {
    klr_alloc alloc;
    klr_log log;
    klingrec_limits limits;
    klr_arena texts;
    const char *endpoint;
    const char *user_agent;
    char *bearer; /* "Bearer KEY"; NULL when token is asked */
    klingrec_token_fn token;
    void *token_user;
    klingrec_wakeup_fn wakeup;
    void *wakeup_user;
    klingrec_admit_fn admit;
    void *admit_user;
    klingrec_thread_fn thread_start;
    void *thread_start_user;
    klingrec_transport transport;
    uint32_t attempt_timeout_ms;
    uint32_t deadline_ms;
    uint32_t max_queued;
    uint32_t flags;
    bool threaded;
    uint64_t (*clock_ms)(void); /* monotonic; tests replace it */

    /* Used by the engine alone: on the caller's thread, or on the library's. */
    klr_queue queue;
    klr_job_list running;
    klr_job_list finished;
    klr_attempt *spare_attempt; /* for reuse; NULL: there is none */
    klingrec_stats stats;
    uint64_t random;

    klr_shared shared;

    /* Used by process.c, under its lock. */
    klingrec_client *prev;
    klingrec_client *next;
    uint32_t generation;
    klr_thread thread;
    bool runs;    /* the thread was started, and is not joined yet */
    bool ended;   /* the thread does nothing any more but return */
    bool freeing; /* klingrec_client_free() joins it */
};

/* Not NULL, and made by this process. */
bool klr_client_is_usable(const klingrec_client *client);
/* As klingrec_submit(), for any waiter; borrow: data lives until the result. */
klingrec_status klr_client_submit(klingrec_client *client, klr_waiter *waiter,
                                  const klingrec_request *request, bool borrow,
                                  klingrec_job *id);
/* Call release for a request that klr_client_submit() refused with this status, except
   with ERR_ABI. Returns its user_data, NULL if it cannot be read. */
void *klr_client_release_refused(const klingrec_request *request,
                                 klingrec_status status);
/* As klingrec_poll(), for any waiter; until_ms is a time of the client's clock.
   until_shutdown: as klingrec_wait(). */
klingrec_status klr_client_poll(klingrec_client *client, klr_waiter *waiter,
                                uint64_t until_ms, bool until_shutdown,
                                klingrec_result **out);
/* As klingrec_cancel() and klingrec_cancel_waiting(), for one waiter's jobs; id 0: all
   of them. */
klingrec_status klr_client_cancel(klingrec_client *client, const klr_waiter *waiter,
                                  klingrec_job id, klr_cancel how);

#endif
