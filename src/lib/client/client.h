/* client.h - the client and its jobs: where the two halves of the library meet */
#ifndef KLR_CLIENT_H
#define KLR_CLIENT_H

#include "answer/result.h"
#include "base/log.h"
#include "base/sys.h"
#include "client/queue.h"

/* Somebody who takes results: klingrec_poll(), or one blocking or batch call. */
typedef struct klr_waiter {
    size_t outstanding; /* jobs accepted and not yet taken */
} klr_waiter;

/* What a job needs from its first attempt on. One that waits has none of it: ten
   thousand of those shall fit into 4 MiB. */
typedef struct klr_attempt {
    klr_source source;
    klr_body body;
    klingrec_exchange exchange;
    char *bearer; /* "Bearer ..." of this attempt when the token is asked for */
    uint64_t deadline;
    bool source_open;
} klr_attempt;

typedef struct klr_job {
    klr_task task;         /* first: the queue hands out its tasks */
    struct klr_job *next;  /* in whichever list the job is */
    struct klr_job *older; /* in the list of all jobs */
    struct klr_job *newer;
    klingrec_job id;
    klr_waiter *waiter;
    klingrec_request request; /* its data is the copy, or borrowed */
    void *copy;
    size_t copy_size;
    klr_attempt *attempt; /* NULL before the first one and when all is over */
    klingrec_status stop; /* why the engine ends the attempt; OK: it does not */
    bool canceled;        /* under the lock */
    bool let_run;         /* under the lock: but not an attempt that runs */
    bool last;            /* the attempt that runs is the last */
    klingrec_result *result;
} klr_job;

typedef struct klr_job_list {
    klr_job *first;
    klr_job *last;
} klr_job_list;

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
    uint64_t (*clock)(void); /* milliseconds; tests put their own here */

    /* The engine's own: on the caller's thread, or on the worker's alone. */
    klr_queue queue;
    klr_job_list running;
    klr_job_list finished;
    uint64_t random;

    /* Shared between the callers and the worker, under the lock when threaded. */
    klr_lock lock;
    klr_job_list inbox;
    klr_job_list outbox;
    klr_job *newest; /* of all jobs that were accepted and not taken */
    klr_waiter polled;
    klingrec_job last_id;
    bool cancel_requested;
    bool woken; /* the worker will look at the above again, if it waits or not */
    bool stopping;

    /* process.c's own, under its lock. */
    klingrec_client *before;
    klingrec_client *behind;
    uint32_t generation;
    klr_thread thread;
    bool runs;    /* the thread is not joined */
    bool ended;   /* the thread has only to return */
    bool freeing; /* somebody joins it */
};

/* No wait of the worker's is longer, so that nothing hangs where no wake-up comes
   through. One look a second is nothing beside a request; where there is none it was
   measured as 0.2 ms of CPU time, a five-thousandth of a core. */
enum { KLR_WORKER_WAIT_MS = 1000 };

/* ---- job.c: one job from its request to its result -------------------------- */

/* copy: keep the request's data; else it is borrowed until the job is freed. */
klingrec_status klr_job_new(klingrec_client *client, const klingrec_request *request,
                            bool copy, klr_job **out);
/* Calls the request's release(). The result is freed too, unless it was taken. */
void klr_job_free(klingrec_client *client, klr_job *job);

/*
 * Before its first attempt a job's image is opened and checked; later this does
 * nothing. Not OK: the job is concluded.
 */
klingrec_status klr_job_prepare(klingrec_client *client, klr_job *job);

/*
 * Begin an attempt. OK: it runs, or has ended already. Else nothing has begun, and
 * the job is concluded.
 */
klingrec_status klr_job_start(klingrec_client *client, klr_job *job);

/* What the attempt's end means; adds it to the result. The exchange is gone. */
klr_verdict klr_job_ended(klingrec_client *client, klr_job *job);

/* Fill in the result; the attempt and its source are gone. detail may be NULL. */
void klr_job_conclude(klingrec_client *client, klr_job *job, klingrec_status status,
                      const char *detail);

/* Why the image could not be read while it was sent, as one line. */
void klr_job_explain_source(const klr_job *job, char *buf, size_t size);

void klr_job_list_add(klr_job_list *list, klr_job *job);
klr_job *klr_job_list_take(klr_job_list *list);

/* ---- engine.c: all jobs of a client ----------------------------------------- */

/*
 * Take in what was submitted or canceled, start what may start, do I/O, hand out
 * what has finished. Waits for I/O until then at most, and not at all when a
 * result comes of it sooner.
 */
void klr_engine_step(klingrec_client *client, uint64_t until);

/* End every attempt that runs. For the client's end. */
void klr_engine_abandon(klingrec_client *client);

/* ---- worker.c: the engine on a thread of its own ---------------------------- */

/* OK, or ERR_SYSTEM: no thread, or none that can be woken. */
klingrec_status klr_worker_start(klingrec_client *client);
/* Cancel all jobs; the thread ends when it has handed them out. */
void klr_worker_ask_to_stop(klingrec_client *client);

/* ---- process.c: the clients of this process, exit() and fork() -------------- */

/* Before its thread begins. own_transport: libcurl does not serve it. false: there is
   no memory. */
bool klr_process_add(klingrec_client *client, bool own_transport);
/* Start its thread. false: there is none, or this process is exiting. */
bool klr_process_start(klingrec_client *client, void *(*run)(void *));
/* The thread's last word. */
void klr_process_ended(klingrec_client *client);
/* Whether the client was made by the process that this one is a fork() of: what it has
   is in use there, and its thread and perhaps its lock are not here. */
bool klr_process_is_foreign(const klingrec_client *client);
/* Stop the thread and join it. false: that cannot be, and nothing may be freed. */
bool klr_process_stop(klingrec_client *client);
/* When its transport is closed. */
void klr_process_remove(klingrec_client *client);

/* ---- client.c --------------------------------------------------------------- */

/* No-ops for a client that has no thread. */
void klr_client_enter(klingrec_client *client);
void klr_client_leave(klingrec_client *client);

/* Whether it is there, and this process's own. */
bool klr_client_is_usable(const klingrec_client *client);
/* As klingrec_submit(), for any waiter; borrow: data lives until the result. */
klingrec_status klr_client_submit(klingrec_client *client, klr_waiter *waiter,
                                  const klingrec_request *request, bool borrow,
                                  klingrec_job *id);
/* As klingrec_poll(), for any waiter; until is a time of the client's clock. */
klingrec_status klr_client_take(klingrec_client *client, klr_waiter *waiter,
                                uint64_t until, klingrec_result **out);
/* As klingrec_cancel(), for one waiter's jobs. let_run: what runs may end. */
klingrec_status klr_client_cancel(klingrec_client *client, const klr_waiter *waiter,
                                  klingrec_job id, bool let_run);

#endif
