/* SPDX-License-Identifier: MIT */
/* model_state.h - what the model knows, for its parts; under its lock */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include "model.h"

#include <inttypes.h>

typedef enum model_job_state { NEW, ASKED, ACCEPTED, REFUSED, TAKEN } model_job_state;

typedef struct model_job {
    model_job_state state;
    model_job_facts facts;
    klingrec_job id;      /* 0: not known yet */
    uint64_t asked_ms;    /* its deadline counts from here or later */
    uint64_t accepted_ms; /* it is known to be accepted */
    uint64_t deadline_ms; /* at the earliest */
    unsigned wakeups;     /* when it was asked for */
    unsigned order;       /* of acceptances */
    unsigned released;

    /* what the service saw */
    unsigned begun;    /* attempts; on a network whole requests */
    unsigned answered; /* by a whole answer */
    bool in_flight;
    uint64_t begun_ms, ended_ms; /* the last one */
    uint64_t limit_ms;           /* of it, at the earliest */
    const service_course *last;
    uint64_t again_ms;   /* another one may begin then */
    service_again again; /* what the last one's end permits */
    bool last_by_client; /* the client canceled it */
    bool lost;           /* one was sent, and its result may be lost */

    /* what the host asked for */
    model_cancel may; /* a call that cancels it has begun */
    uint64_t must;    /* one has returned: the number of drives then, or UINT64_MAX */
    bool cancel_wins; /* no other status is possible any more */

    klingrec_status status;
    klingrec_delivery delivery;
    unsigned attempts;
} model_job;

typedef struct model_state {
    model_world world;
    klingrec_config config;
    uint64_t (*now_ms)(void);
    model_job jobs[MODEL_JOBS];
    unsigned asked; /* the jobs have numbers below this */
    /* of klingrec_submit() */
    unsigned submitting, accepted, taking, taken;
    unsigned ended; /* results seen, of all calls */
    unsigned in_flight, begun, retries;
    uint64_t drives, driven_ms, last_begun_ms;
    unsigned wakeups;
    bool shutting, shut;      /* a shutdown has begun, has returned */
    bool was_full;            /* a job was refused, and no call has freed space since */
    unsigned at_full;         /* wakeups then */
    uint64_t paused_until_ms; /* by Retry-After */
    uint64_t held_until_ms;   /* by admit() */
    unsigned asked_to_admit;
    bool admitted; /* and no attempt has begun since */
    unsigned order;
} model_state;

extern model_state model;

void model_enter(void);
void model_leave(void);

/* Ends the program if the number is no job's. */
model_job *model_job_at(unsigned number);
/* How late the end of a time limit may be seen: 0 in virtual time. */
uint64_t model_late_ms(void);
bool model_checks_images(void);
/* Whether the end of its last attempt permits another one. */
bool model_is_retried(const model_job *j);
/* Whether its last attempt has reached a limit at this time. */
bool model_is_over(const model_job *j, uint64_t now_ms);

/* A job is known to be accepted, and has this number. */
void model_accept(model_job *j, unsigned number, klingrec_job id);
/* A call hands out this result, of a job of that kind of call. */
void model_judge(model_by by, const klingrec_result *result);
/* Whether its delivery agrees with what the service saw until now. */
void model_judge_delivery(unsigned number, const model_job *j);
/* What klingrec_client_stats() says when all results are taken. */
void model_judge_totals(const klingrec_stats *stats);

#endif
