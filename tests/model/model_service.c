/* SPDX-License-Identifier: MIT */
/* model_service.c - what a service may see */
#include "model_state.h"

/* Each permission is for one attempt, and each wait is kept. */
uint32_t
model_admit(void)
{
    model_enter();
    uint64_t now_ms = model.now_ms();
    uint32_t random = service_hash(model.asked_to_admit++, 0, 4);
    uint32_t most_ms = model_is_exact() ? 500 : 5;
    MUST(now_ms >= model.held_until_ms, "admit() is called too early");
    uint32_t wait_ms = random % 2 == 0 ? 0 : 1 + (random >> 1) % most_ms;
    model.held_until_ms = now_ms + wait_ms;
    model.admitted = wait_ms == 0;
    model_leave();
    return wait_ms;
}

/* What a transport sees, and a network hides. */
static void
expect_may_begin(unsigned number, const model_job *j, uint64_t now_ms)
{
    const klingrec_config *config = &model.config;
    MUST(!j->in_flight, "job %u is in flight twice", number);
    MUST(now_ms >= j->again_ms, "job %u is tried again too early", number);
    MUST(model.admitted || config->admit == NULL, "job %u begins and is not admitted",
         number);
    MUST(j->must == UINT64_MAX || (!model_is_exact() && model.drives <= j->must),
         "job %u begins after it was canceled", number);
    MUST(model.in_flight < config->max_in_flight,
         "job %u is one more than max_in_flight", number);
    MUST(!model_is_exact() || model.begun == 0 || config->max_per_minute == 0 ||
             now_ms >= model.last_begun_ms + 60000 / config->max_per_minute,
         "job %u begins too early for max_per_minute", number);
}

const service_course *
model_attempt_begins(unsigned number, unsigned *attempt)
{
    model_enter();
    uint64_t now_ms = model.now_ms();
    model_job *j = model_job_at(number);
    *attempt = ++j->begun;
    MUST(j->state == ASKED || j->state == ACCEPTED || model_on_network(),
         "an attempt of job %u, which has ended", number);
    MUST(j->facts.good_image || !model_checks_images(), "job %u: its image is sent",
         number);
    MUST(j->begun <= model.config.max_attempts, "job %u: attempt %u", number, j->begun);
    MUST(j->last == NULL || model_is_retried(j), "job %u is tried again after \"%s\"",
         number, j->last->name);
    MUST(now_ms < j->deadline_ms + model_late_ms(), "job %u begins at its deadline",
         number);
    const service_course *course = service_course_of(number, j->begun);
    if (!model_on_network()) {
        expect_may_begin(number, j, now_ms);
        model.admitted = false;
        j->in_flight = !course->never_begun;
        model.in_flight += j->in_flight;
    }
    j->last = course;
    j->again = course->again;
    j->last_by_client = false;
    /* The client may have given up before its answer. */
    if (model_on_network() && j->again == NEVER)
        j->again = IF_UNSURE_IS_RETRIED;
    j->begun_ms = now_ms;
    /* The client looked at its clock between its last drive() and now. */
    uint64_t least_ms = model.driven_ms > j->asked_ms ? model.driven_ms : j->asked_ms;
    j->limit_ms =
        (model_is_exact() ? now_ms : least_ms) + model.config.attempt_timeout_ms;
    model.last_begun_ms = now_ms;
    model.begun++;
    model.retries += j->begun > 1;
    /* On a network it is lost until an answer was sent. */
    if (model_on_network() && (course->effect == LOST || course->unsure))
        j->lost = true;
    model_leave();
    return course;
}

void
model_attempt_ends(unsigned number, bool by_client, bool sent, bool answered)
{
    model_enter();
    model_job *j = model_job_at(number);
    j->answered += answered;
    if (!model_on_network()) {
        MUST(j->in_flight, "job %u ends without an attempt", number);
        j->in_flight = false;
        model.in_flight--;
        j->last_by_client = by_client;
        if (by_client)
            j->again = sent ? IF_UNSURE_IS_RETRIED : ALWAYS;
        j->ended_ms = model.now_ms();
        uint64_t wait_ms = answered ? j->last->retry_after_s * 1000 : 0;
        j->again_ms = j->ended_ms + (wait_ms > 1000 ? wait_ms : 1000);
        if (j->ended_ms + wait_ms > model.paused_until_ms)
            model.paused_until_ms = j->ended_ms + wait_ms;
        j->lost = j->lost || (answered ? j->last->unsure : sent);
        j->cancel_wins = j->cancel_wins && by_client;
    }
    model_leave();
}

void
model_driven(void)
{
    model_enter();
    model.drives++;
    model.driven_ms = model.now_ms();
    model_leave();
}

void
model_slept(uint64_t ms)
{
    model_enter();
    uint64_t now_ms = model.now_ms();
    for (unsigned i = 0; i < model.asked; i++) {
        const model_job *j = &model.jobs[i];
        MUST(j->state != ACCEPTED || j->begun > 0 || model.in_flight > 0 ||
                 model.wakeups != j->wakeups || /* it may have ended */
                 now_ms - j->accepted_ms < ms / 2 ||
                 model.paused_until_ms + ms > now_ms,
             "the client sleeps, and job %u waits", i);
    }
    model_leave();
}
