/* SPDX-License-Identifier: MIT */
/* host.h - the host of a random program: its client, its calls */
#ifndef MODEL_HOST_H
#define MODEL_HOST_H

#include "program.h"

#include <pthread.h>

enum { HOST_STEP_JOBS = 8, HOST_KEPT_MAX = 16 };

typedef struct host_state {
    const program *program;
    klingrec_client *client;
    pthread_mutex_t turn; /* without a thread of the client's, one call at a time */
    intptr_t fd;
    pthread_mutex_t lock; /* of what follows */
    size_t allocated;
    klingrec_result *kept[HOST_KEPT_MAX]; /* freed after the client */
    unsigned kept_count;
} host_state;

extern host_state host;

/* Around each call: without a thread of the client's own, one at a time. */
void host_begin_turn(void);
void host_end_turn(void);

/* klingrec_poll() or klingrec_wait(). keep: the result is freed after the client. */
klingrec_status host_take(bool waits, int timeout_ms, bool keep);
/* As model_cancel_begins(). */
void host_cancel(unsigned number, model_cancel how, bool shutdown);
/* Whether the program has one thread. */
bool host_is_alone(void);

/* The steps. Jobs have numbers from `number` on; `at` is the step's own. */
void call_submit(unsigned number, const program_step *step);
void call_take(const program_step *step, bool waits);
void call_recognize(unsigned number, const program_step *step);
void call_batch(unsigned number, const program_step *step);
void call_cancel(unsigned at, const program_step *step);
void call_count(void);
void call_fd(const program_step *step);
void call_fds(void);
void call_warm_up(void);
void call_misuse(const program_step *step);

#endif
