/* SPDX-License-Identifier: MIT */
/* model.h - what a client must do, as its host and its service see it */
#ifndef MODEL_H
#define MODEL_H

#include "service.h"

#include <klingrec/klingrec.h>

/*
 * The model shares no code with the client. It knows of each job what the host did with
 * it and what the service saw of it, and ends the program as soon as a call returns
 * what the header does not permit. All functions are for any thread; none of them calls
 * the client, so hooks and servers may use them.
 */

enum { MODEL_JOBS = 1024, MODEL_LATE_MS = 5000 };

typedef enum model_world {
    MODEL_VIRTUAL, /* the transport in memory, one thread, virtual time: all is exact */
    MODEL_MEMORY,  /* the same with the client's thread, in real time */
    MODEL_NETWORK  /* the built-in transport: the service sees whole requests only */
} model_world;

typedef enum model_by { BY_SUBMIT, BY_RECOGNIZE, BY_BATCH } model_by;

typedef enum model_cancel {
    CANCEL_NONE,
    CANCEL_WAITING, /* drained, or shut down */
    CANCEL_NOW
} model_cancel;

void model_begin(model_world world, const klingrec_config *config,
                 uint64_t (*now_ms)(void));
bool model_on_network(void);
bool model_is_exact(void); /* in virtual time */

/* Ends the program with what is known of it. */
void model_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));
#define MUST(condition, ...)                                                           \
    do {                                                                               \
        if (!(condition))                                                              \
            model_fail(__VA_ARGS__);                                                   \
    } while (0)

/* ---- The host ---------------------------------------------------------------- */

/* What was certain when a call began. */
typedef struct model_call {
    uint64_t at_ms;
    unsigned accepted, taken, ended, order;
    bool shut;
} model_call;

/* A job before the call that hands it to the client. */
typedef struct model_job_facts {
    model_by by;
    bool borrowed, is_url, good_image; /* a URL is good */
    uint32_t deadline_ms;              /* 0: the client's */
    unsigned batch;
} model_job_facts;

void model_ask(unsigned job, const model_job_facts *facts);
void model_submitted(const model_call *call, unsigned job, klingrec_status status,
                     klingrec_job id);
/* takes: it is klingrec_poll() or klingrec_wait(). */
void model_call_begins(model_call *call, bool takes);
void model_taken(const model_call *call, bool waits, int timeout_ms,
                 klingrec_status status, const klingrec_result *result);
void model_recognized(const model_call *call, unsigned job, klingrec_status status,
                      const klingrec_result *result);
void model_batch_result(unsigned batch, bool goes_on, const klingrec_result *result);
/* due: the first reason to stop that the host knows. */
void model_batch_ended(unsigned batch, klingrec_status due, klingrec_status status);

/* job 0: all of klingrec_submit(). Returns the number to cancel; UINT64_MAX: the client
   has not given it out, and nothing is canceled. */
klingrec_job model_cancel_begins(unsigned job, model_cancel how, bool shutdown);
void model_cancel_ended(const model_call *call, unsigned job, model_cancel how,
                        bool shutdown);
void model_warmed(const model_call *call, klingrec_status status);

void model_pending(const model_call *call, size_t pending);
void model_stats(const model_call *call, const klingrec_stats *stats);
/* A job of klingrec_submit() that was not taken yet, if that is certain. */
bool model_has_waiting(void);
/* The next time limit of a job or an attempt, in virtual time; UINT64_MAX: none. */
uint64_t model_next_limit_ms(void);

/* release(): the calls in which it may run say so before and after. */
void model_may_release(bool may);
void model_released(unsigned job);
void model_woken(void);
unsigned model_wakeups(void);

/* Nothing else runs. freed: the client is gone, else all results are taken. */
void model_quiet(bool freed, const klingrec_stats *stats);

/* ---- The service ------------------------------------------------------------- */

/* An attempt begins, or a whole request has arrived. Returns its course; *attempt is
   its number from 1 on. */
const service_course *model_attempt_begins(unsigned job, unsigned *attempt);
/* admit(): what it returns. */
uint32_t model_admit(void);
/* by_client: it was canceled. sent: the whole request. On a network: a whole answer
   was sent. */
void model_attempt_ends(unsigned job, bool by_client, bool sent, bool answered);
/* The transport in memory has done what was due, and the client goes on. */
void model_driven(void);
/* Nothing woke the client for this long. */
void model_slept(uint64_t ms);

/* For failures: what is known of the jobs. */
void model_print(void);

#endif
