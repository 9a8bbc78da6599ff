/* SPDX-License-Identifier: MIT */
/* model.c - what the model knows, and prints */
#include "model_state.h"

#include <pthread.h>
#include <stdio.h>

model_state model;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
model_enter(void)
{
    (void)pthread_mutex_lock(&lock);
}

void
model_leave(void)
{
    (void)pthread_mutex_unlock(&lock);
}

void
model_begin(model_world world, const klingrec_config *config, uint64_t (*now_ms)(void))
{
    memset(&model, 0, sizeof model);
    model.world = world;
    model.config = *config;
    model.now_ms = now_ms;
}

bool
model_on_network(void)
{
    return model.world == MODEL_NETWORK;
}

bool
model_is_exact(void)
{
    return model.world == MODEL_VIRTUAL;
}

model_job *
model_job_at(unsigned number)
{
    MUST(number < MODEL_JOBS && model.jobs[number].state != NEW, "job %u is of nobody",
         number);
    return &model.jobs[number];
}

uint64_t
model_late_ms(void)
{
    return model_is_exact() ? 0 : MODEL_LATE_MS;
}

bool
model_checks_images(void)
{
    return (model.config.flags & KLINGREC_CLIENT_NO_CHECK) == 0;
}

bool
model_is_retried(const model_job *j)
{
    return j->again == ALWAYS ||
           (j->again == IF_UNSURE_IS_RETRIED &&
            (model.config.flags & KLINGREC_CLIENT_RETRY_UNSURE) != 0);
}

bool
model_is_over(const model_job *j, uint64_t now_ms)
{
    return now_ms >= j->limit_ms || now_ms >= j->deadline_ms;
}

/* ---- Printing ----------------------------------------------------------------- */

void
model_print(void)
{
    static const char *const states[] = {"", "asked", "accepted", "refused", "taken"};
    static const char *const cancels[] = {"", ", drained", ", canceled"};
    for (unsigned i = 0; i < model.asked; i++) {
        const model_job *j = &model.jobs[i];
        if (j->state == NEW)
            continue;
        fprintf(stderr,
                "  job %u: %s, number %" PRIu64 ", asked at %" PRIu64
                ", deadline %" PRIu64 ", %u attempts, %u answered%s%s%s%s%s%s\n",
                i, states[j->state], j->id, j->asked_ms, j->deadline_ms, j->begun,
                j->answered, j->in_flight ? ", in flight" : "",
                j->last != NULL ? ", last: " : "", j->last != NULL ? j->last->name : "",
                j->last_by_client ? ", stopped" : "", cancels[j->may],
                j->released > 0 ? ", released" : "");
    }
}
