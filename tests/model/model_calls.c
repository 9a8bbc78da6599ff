/* SPDX-License-Identifier: MIT */
/* model_calls.c - what the calls of a host may return */
#include "model_state.h"

static __thread bool may_release;

/* ---- Submitting --------------------------------------------------------------- */

void
model_call_begins(model_call *call, bool takes)
{
    model_enter();
    *call = (model_call){model.now_ms(), model.accepted, model.taken,
                         model.ended,    model.order,    model.shut};
    model.taking += takes;
    model_leave();
}

void
model_ask(unsigned number, const model_job_facts *facts)
{
    model_enter();
    MUST(number < MODEL_JOBS, "too many jobs");
    model_job *j = &model.jobs[number];
    j->facts = *facts;
    j->state = ASKED;
    j->asked_ms = model.now_ms();
    j->deadline_ms = j->asked_ms + (facts->deadline_ms != 0 ? facts->deadline_ms
                                                            : model.config.deadline_ms);
    j->wakeups = model.wakeups;
    j->must = UINT64_MAX;
    j->may = model.shutting ? CANCEL_WAITING : CANCEL_NONE;
    model.asked = number >= model.asked ? number + 1 : model.asked;
    model.submitting += facts->by == BY_SUBMIT;
    model_leave();
}

void
model_accept(model_job *j, unsigned number, klingrec_job id)
{
    MUST(id != 0, "job %u has no number", number);
    MUST(j->id == 0 || j->id == id, "job %u: its result has number %" PRIu64, number,
         j->id);
    for (unsigned i = 0; i < model.asked; i++)
        MUST(model.jobs[i].id != id || &model.jobs[i] == j,
             "jobs %u and %u have one number", i, number);
    j->id = id;
    j->state = j->state == TAKEN ? TAKEN : ACCEPTED;
    j->accepted_ms = model.now_ms();
    j->order = ++model.order;
}

void
model_submitted(const model_call *call, unsigned number, klingrec_status status,
                klingrec_job id)
{
    model_enter();
    model_job *j = model_job_at(number);
    model.submitting--;
    if (status == KLINGREC_OK) {
        MUST(!call->shut, "job %u is accepted after the shutdown", number);
        model_accept(j, number, id);
        model.accepted++;
        MUST((int)(model.accepted - model.taken - model.taking) <=
                 (int)model.config.max_queued,
             "job %u is one more than max_queued", number);
    } else {
        MUST(id == 0 && j->begun == 0 && j->state == ASKED,
             "job %u is refused, and known", number);
        MUST(j->released == 0, "job %u is refused, and released", number);
        j->state = REFUSED;
        if (status == KLINGREC_ERR_QUEUE_FULL) {
            MUST(model.accepted + model.submitting - call->taken >=
                     model.config.max_queued,
                 "job %u is refused, and there is space", number);
            MUST(!call->shut, "job %u: QUEUE_FULL after the shutdown", number);
            model.was_full = true;
            model.at_full = model.wakeups;
        } else {
            MUST(status == KLINGREC_ERR_CANCELED, "job %u is refused: %s", number,
                 klingrec_status_name(status));
            MUST(model.shutting, "job %u: CANCELED before a shutdown", number);
        }
    }
    model_leave();
}

/* ---- Taking results ----------------------------------------------------------- */

/* After a call that had nothing to hand out at time now, no job may be over. */
static void
expect_none_overdue(uint64_t now_ms)
{
    for (unsigned i = 0; i < model.asked; i++) {
        const model_job *j = &model.jobs[i];
        MUST(j->state != ACCEPTED || j->deadline_ms + model_late_ms() >= now_ms,
             "job %u is not over at its deadline", i);
        MUST(j->state != ACCEPTED || !j->in_flight || model_on_network() ||
                 j->begun_ms + model.config.attempt_timeout_ms + model_late_ms() >=
                     now_ms,
             "job %u: its attempt is not over at its limit", i);
    }
}

void
model_taken(const model_call *call, bool waits, int timeout_ms, klingrec_status status,
            const klingrec_result *result)
{
    model_enter();
    uint64_t now_ms = model.now_ms();
    model.taking--;
    waits = waits && model.config.run == KLINGREC_RUN_THREAD;
    MUST((status == KLINGREC_OK) == (result != NULL), "a call returns %s and %s",
         klingrec_status_name(status), result != NULL ? "a result" : "no result");
    int most = (int)(model.accepted + model.submitting - call->taken);
    int least = (int)(call->accepted - model.taken - model.taking);
    if (status == KLINGREC_OK) {
        model.taken++;
        model_judge(BY_SUBMIT, result);
        MUST(!model_is_exact() || !model.was_full || model.shutting ||
                 model.wakeups > model.at_full,
             "there is space again, and nobody is told");
        model.was_full = false;
    } else if (status == KLINGREC_IDLE) {
        MUST(least <= 0, "IDLE with %d jobs", least);
        MUST(!waits || model.shutting, "klingrec_wait() is IDLE before a shutdown");
    } else {
        MUST(status == KLINGREC_PENDING, "a call returns %s",
             klingrec_status_name(status));
        MUST(timeout_ms >= 0, "PENDING without a limit");
        MUST(now_ms + 1 >= call->at_ms + (uint64_t)timeout_ms + model_is_exact(),
             "PENDING before the time is over");
        MUST(waits ? !call->shut || most > 0 : most > 0, "PENDING without a job");
        expect_none_overdue(now_ms);
    }
    MUST(timeout_ms < 0 ||
             now_ms <= call->at_ms + (uint64_t)timeout_ms + model_late_ms(),
         "a wait of %d ms took %" PRIu64, timeout_ms, now_ms - call->at_ms);
    model_leave();
}

void
model_recognized(const model_call *call, unsigned number, klingrec_status status,
                 const klingrec_result *result)
{
    model_enter();
    MUST(result != NULL && klingrec_result_status(result) == status,
         "klingrec_recognize() returns %s and another result",
         klingrec_status_name(status));
    if (klingrec_result_job(result) != 0) {
        MUST(!call->shut, "job %u is accepted after the shutdown", number);
        MUST((unsigned)(uintptr_t)klingrec_result_user_data(result) == number,
             "job %u has the result of another", number);
        model_judge(BY_RECOGNIZE, result);
    } else {
        model_job *j = model_job_at(number);
        MUST(status == KLINGREC_ERR_CANCELED && model.shutting, "job %u is refused: %s",
             number, klingrec_status_name(status));
        MUST(j->released == j->facts.borrowed, "job %u is refused, and not released",
             number);
        j->state = REFUSED;
    }
    model_leave();
}

static void
cancel_job(model_job *j, model_cancel how)
{
    if (j->state != NEW && j->state != TAKEN && j->may < how)
        j->may = how;
}

void
model_batch_result(unsigned batch, bool goes_on, const klingrec_result *result)
{
    model_enter();
    model_judge(BY_BATCH, result);
    klingrec_status status = klingrec_result_status(result);
    model_cancel how = !goes_on ? CANCEL_NOW
                       : status == KLINGREC_ERR_AUTH || status == KLINGREC_ERR_ACCOUNT
                           ? CANCEL_WAITING
                           : CANCEL_NONE;
    for (unsigned i = 0; i < model.asked; i++)
        if (model.jobs[i].facts.by == BY_BATCH && model.jobs[i].facts.batch == batch) {
            cancel_job(&model.jobs[i], how);
            if (model_is_exact() && how != CANCEL_NONE)
                model.jobs[i].must = 0;
        }
    model_leave();
}

void
model_batch_ended(unsigned batch, klingrec_status due, klingrec_status status)
{
    model_enter();
    bool refused = false;
    for (unsigned i = 0; i < model.asked; i++) {
        model_job *j = &model.jobs[i];
        if (j->facts.by != BY_BATCH || j->facts.batch != batch || j->state != ASKED)
            continue;
        MUST(model.shutting && !refused, "job %u of a batch has no result", i);
        MUST(j->released == j->facts.borrowed,
             "job %u of a batch is refused, and not released", i);
        j->state = REFUSED;
        refused = true;
        due = KLINGREC_ERR_CANCELED; /* the batch ended there */
    }
    MUST(status == due, "a batch ends with %s, not %s", klingrec_status_name(status),
         klingrec_status_name(due));
    model_leave();
}

/* ---- Canceling ---------------------------------------------------------------- */

static bool
concerns(const model_job *j, unsigned job_number, unsigned number, bool shutdown)
{
    return shutdown ||
           (j->facts.by == BY_SUBMIT && (job_number == 0 || job_number == number));
}

/* Whether the job has not ended by anything that came before this cancellation. */
static bool
cancel_decides(const model_job *j, uint64_t now_ms)
{
    if (j->in_flight)
        return !model_is_over(j, now_ms);
    return j->begun == 0 && (j->facts.good_image || !model_checks_images()) &&
           now_ms < j->deadline_ms;
}

/* The number to cancel; UINT64_MAX: the client has not given it out yet. */
static klingrec_job
id_of(unsigned number)
{
    if (number == 0)
        return 0;
    const model_job *j = &model.jobs[number];
    return number < model.asked && j->facts.by == BY_SUBMIT && j->id != 0 ? j->id
                                                                          : UINT64_MAX;
}

klingrec_job
model_cancel_begins(unsigned number, model_cancel how, bool shutdown)
{
    model_enter();
    klingrec_job id = id_of(number);
    model.shutting = model.shutting || shutdown;
    for (unsigned i = 0; i < model.asked && id != UINT64_MAX; i++) {
        model_job *j = &model.jobs[i];
        if (!concerns(j, number, i, shutdown))
            continue;
        cancel_job(j, how);
        if (model_is_exact() && j->state == ACCEPTED &&
            (how == CANCEL_NOW || !j->in_flight) && cancel_decides(j, model.now_ms()))
            j->cancel_wins = true;
    }
    model_leave();
    return id;
}

void
model_cancel_ended(const model_call *call, unsigned number, model_cancel how,
                   bool shutdown)
{
    model_enter();
    model.shut = model.shut || shutdown;
    MUST(!shutdown || !model_is_exact() || !model.was_full ||
             model.wakeups > model.at_full,
         "there will be no space, and nobody is told");
    model.was_full = model.was_full && !shutdown;
    for (unsigned i = 0; i < model.asked; i++) {
        model_job *j = &model.jobs[i];
        if (!concerns(j, number, i, shutdown))
            continue;
        cancel_job(j, how);
        /* Others may have been accepted behind the cancellation. */
        if (j->state == ACCEPTED && j->order <= call->order && j->must == UINT64_MAX)
            j->must = model.drives;
    }
    model_leave();
}

void
model_warmed(const model_call *call, klingrec_status status)
{
    model_enter();
    if (model.config.run == KLINGREC_RUN_CALLER)
        MUST(status == KLINGREC_ERR_ARGUMENT, "a warm-up without a thread");
    else
        MUST((status == KLINGREC_OK && !call->shut) ||
                 (status == KLINGREC_ERR_CANCELED && model.shutting),
             "a warm-up returns %s", klingrec_status_name(status));
    model_leave();
}

/* ---- Counting ----------------------------------------------------------------- */

void
model_pending(const model_call *call, size_t pending)
{
    model_enter();
    int least = (int)(call->accepted - model.taken - model.taking);
    int most = (int)(model.accepted + model.submitting - call->taken);
    MUST((int)pending >= least && (int)pending <= most, "%zu pending, not %d to %d",
         pending, least, most);
    model_leave();
}

void
model_stats(const model_call *call, const klingrec_stats *stats)
{
    model_enter();
    uint64_t ended = stats->succeeded + stats->canceled + stats->failed;
    MUST(stats->submitted >= call->accepted && ended <= stats->submitted,
         "%" PRIu64 " submitted, %" PRIu64 " ended", stats->submitted, ended);
    MUST(ended >= call->ended, "%" PRIu64 " ended, and %u results were taken", ended,
         call->ended);
    MUST(stats->answered + stats->unsure <= ended, "more deliveries than jobs");
    MUST(model_on_network() || stats->attempts <= model.begun,
         "%" PRIu64 " attempts, and %u began", stats->attempts, model.begun);
    model_leave();
}

bool
model_has_waiting(void)
{
    model_enter();
    bool has = model.accepted > model.taken + model.taking;
    model_leave();
    return has;
}

uint64_t
model_next_limit_ms(void)
{
    uint64_t next_ms = UINT64_MAX;
    model_enter();
    for (unsigned i = 0; i < model.asked; i++) {
        const model_job *j = &model.jobs[i];
        uint64_t limit_ms =
            j->in_flight && j->limit_ms < j->deadline_ms ? j->limit_ms : j->deadline_ms;
        if (j->state == ACCEPTED && limit_ms < next_ms)
            next_ms = limit_ms;
    }
    model_leave();
    return next_ms;
}

void
model_may_release(bool may)
{
    may_release = may;
}

void
model_released(unsigned number)
{
    model_enter();
    model_job *j = model_job_at(number);
    MUST(j->facts.borrowed, "job %u lent nothing", number);
    MUST(j->released++ == 0, "job %u is released twice", number);
    MUST(may_release, "job %u is released on another thread, or in another call",
         number);
    MUST(!j->in_flight || model_on_network(), "job %u is released in flight", number);
    model_leave();
}

void
model_woken(void)
{
    model_enter();
    model.wakeups++;
    model_leave();
}

unsigned
model_wakeups(void)
{
    model_enter();
    unsigned wakeups = model.wakeups;
    model_leave();
    return wakeups;
}

void
model_quiet(bool freed, const klingrec_stats *stats)
{
    model_enter();
    MUST(model.in_flight == 0 || model_on_network() || !freed,
         "%u attempts after the client's end", model.in_flight);
    for (unsigned i = 0; i < model.asked; i++) {
        const model_job *j = &model.jobs[i];
        MUST(freed || (j->state != ASKED && j->state != ACCEPTED),
             "job %u has no result", i);
        if (freed)
            MUST(j->released == (j->facts.borrowed && j->state != REFUSED) ||
                     (j->state == REFUSED && j->facts.by != BY_SUBMIT),
                 "job %u is released %u times at the end", i, j->released);
        if (freed && j->state == TAKEN)
            model_judge_delivery(i, j);
    }
    if (stats != NULL)
        model_judge_totals(stats);
    model_leave();
}
