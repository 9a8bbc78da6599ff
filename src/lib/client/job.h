/* SPDX-License-Identifier: MIT */
/* job.h - one job from its request to its result */
#ifndef KLR_JOB_H
#define KLR_JOB_H

#include "answer/result.h"
#include "client/queue.h"

/* A caller that takes results: klingrec_poll() and klingrec_wait(), or one blocking
   call or batch. */
typedef struct klr_waiter {
    size_t outstanding; /* jobs accepted and not yet handed out */
    size_t finished;    /* of these */
} klr_waiter;

/* What a job needs from its first attempt on. A waiting job has none of it: 10,000 of
   them must fit into 4 MiB. */
typedef struct klr_attempt {
    klr_source source;
    unsigned char *memory; /* KLR_LOAD_MAX bytes for a small image, or NULL */
    klr_body body;
    klingrec_exchange exchange;
    char *bearer; /* "Bearer ..." of this attempt when the token is asked for */
    uint64_t started_ms;
    uint64_t deadline_at_ms;
    bool source_open;
} klr_attempt;

/* Whether the host has canceled a job. It may change to a later value only. */
typedef enum klr_cancel {
    KLR_CANCEL_NONE,
    KLR_CANCEL_WAITING, /* no further attempt begins; one that runs may end */
    KLR_CANCEL_NOW      /* one that runs is stopped, too */
} klr_cancel;

typedef struct klr_job {
    klr_task task;         /* first: the queue hands out its tasks */
    struct klr_job *next;  /* in whichever list the job is */
    struct klr_job *older; /* in the list of all jobs */
    struct klr_job *newer;
    klingrec_job id;
    klr_waiter *waiter;
    klingrec_request request; /* its data is borrowed, or a copy behind this struct */
    size_t size;              /* of this struct and the copy */
    klr_attempt *attempt;     /* NULL before the first one and when the job has ended */
    klingrec_status stop;     /* why the engine ends the attempt; OK: it does not */
    klr_cancel cancel;        /* under the lock */
    uint64_t submitted_ms;
    klingrec_result *result;
} klr_job;

typedef struct klr_job_list {
    klr_job *first;
    klr_job *last;
} klr_job_list;

/* copy: keep the request's data; else it is borrowed until the job is freed. */
klingrec_status klr_job_new(klingrec_client *client, const klingrec_request *request,
                            bool copy, klr_job **out);
/* Calls the request's release(). The result is freed too, unless it was handed out. */
void klr_job_free(klingrec_client *client, klr_job *job);

/* Fill in the result; the attempt and its source are gone. why may be NULL. */
void klr_job_finish(klingrec_client *client, klr_job *job, klingrec_status status,
                    const char *why);

void klr_job_list_add(klr_job_list *list, klr_job *job);
klr_job *klr_job_list_pop(klr_job_list *list);

#endif
