/* model.c - what a client must do, as its host and its service see it */
#include "model.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

typedef enum job_state { NEW, ASKED, ACCEPTED, REFUSED, TAKEN } job_state;

typedef struct job {
    job_state state;
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
} job;

static struct {
    model_world world;
    klingrec_config config;
    uint64_t (*now_ms)(void);
    job jobs[MODEL_JOBS];
    unsigned asked; /* the jobs have numbers below this */
    /* of klingrec_submit() */
    unsigned submitting, accepted, taking, taken;
    unsigned blocking; /* accepted by other calls, and known */
    unsigned ended;    /* results seen, of all calls */
    unsigned in_flight, begun, retries;
    uint64_t drives, driven_ms, last_begun_ms;
    unsigned wakeups;
    bool shutting, shut;      /* a shutdown has begun, has returned */
    bool was_full;            /* a job was refused, and no call has freed space since */
    unsigned at_full;         /* wakeups then */
    uint64_t paused_until_ms; /* by Retry-After */
    unsigned order;
} m;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread bool may_release;

static void
enter(void)
{
    (void)pthread_mutex_lock(&lock);
}

static void
leave(void)
{
    (void)pthread_mutex_unlock(&lock);
}

void
model_begin(model_world world, const klingrec_config *config, uint64_t (*now_ms)(void))
{
    memset(&m, 0, sizeof m);
    m.world = world;
    m.config = *config;
    m.now_ms = now_ms;
}

bool
model_on_network(void)
{
    return m.world == MODEL_NETWORK;
}

bool
model_is_exact(void)
{
    return m.world == MODEL_VIRTUAL;
}

static job *
job_at(unsigned number)
{
    MUST(number < MODEL_JOBS && m.jobs[number].state != NEW, "job %u is of nobody",
         number);
    return &m.jobs[number];
}

/* Whether time may be later than a limit: exactly, or by what a busy machine takes. */
static uint64_t
late_ms(void)
{
    return model_is_exact() ? 0 : MODEL_LATE_MS;
}

static bool
checks_images(void)
{
    return (m.config.flags & KLINGREC_CLIENT_NO_CHECK) == 0;
}

static bool
is_retried(const job *j)
{
    return j->again == ALWAYS || (j->again == IF_UNSURE_IS_RETRIED &&
                                  (m.config.flags & KLINGREC_CLIENT_RETRY_UNSURE) != 0);
}

/* ---- Submitting --------------------------------------------------------------- */

void
model_call_begins(model_call *call, bool takes)
{
    enter();
    *call = (model_call){m.now_ms(), m.accepted, m.taken, m.ended, m.order, m.shut};
    m.taking += takes;
    leave();
}

void
model_ask(unsigned number, const model_job_facts *facts)
{
    enter();
    MUST(number < MODEL_JOBS, "too many jobs");
    job *j = &m.jobs[number];
    j->facts = *facts;
    j->state = ASKED;
    j->asked_ms = m.now_ms();
    j->deadline_ms = j->asked_ms + (facts->deadline_ms != 0 ? facts->deadline_ms
                                                            : m.config.deadline_ms);
    j->wakeups = m.wakeups;
    j->must = UINT64_MAX;
    j->may = m.shutting ? CANCEL_WAITING : CANCEL_NONE;
    m.asked = number >= m.asked ? number + 1 : m.asked;
    m.submitting += facts->by == BY_SUBMIT;
    leave();
}

static void
accept(job *j, unsigned number, klingrec_job id)
{
    MUST(id != 0, "job %u has no number", number);
    MUST(j->id == 0 || j->id == id, "job %u: its result has number %" PRIu64, number,
         j->id);
    for (unsigned i = 0; i < m.asked; i++)
        MUST(m.jobs[i].id != id || &m.jobs[i] == j, "jobs %u and %u have one number", i,
             number);
    j->id = id;
    j->state = j->state == TAKEN ? TAKEN : ACCEPTED;
    j->accepted_ms = m.now_ms();
    j->order = ++m.order;
}

void
model_submitted(const model_call *call, unsigned number, klingrec_status status,
                klingrec_job id)
{
    enter();
    job *j = job_at(number);
    m.submitting--;
    if (status == KLINGREC_OK) {
        MUST(!call->shut, "job %u is accepted after the shutdown", number);
        accept(j, number, id);
        m.accepted++;
        MUST((int)(m.accepted - m.taken - m.taking) <= (int)m.config.max_queued,
             "job %u is one more than max_queued", number);
    } else {
        MUST(id == 0 && j->begun == 0 && j->state == ASKED,
             "job %u is refused, and known", number);
        MUST(j->released == 0, "job %u is refused, and released", number);
        j->state = REFUSED;
        if (status == KLINGREC_ERR_QUEUE_FULL) {
            MUST(m.accepted + m.submitting - call->taken >= m.config.max_queued,
                 "job %u is refused, and there is space", number);
            MUST(!call->shut, "job %u: QUEUE_FULL after the shutdown", number);
            m.was_full = true;
            m.at_full = m.wakeups;
        } else {
            MUST(status == KLINGREC_ERR_CANCELED, "job %u is refused: %s", number,
                 klingrec_status_name(status));
            MUST(m.shutting, "job %u: CANCELED before a shutdown", number);
        }
    }
    leave();
}

/* ---- What a result may say ---------------------------------------------------- */

/* With time for another attempt, and with retries left of what the client allows
   itself: 50 of all jobs together. */
static bool
retry_is_due(const job *j, uint64_t now_ms)
{
    enum { LONGEST_DELAY_MS = 33000, RETRIES_MIN = 20 };
    return is_retried(j) && j->begun < m.config.max_attempts && j->may == CANCEL_NONE &&
           m.retries < RETRIES_MIN && now_ms + LONGEST_DELAY_MS < j->deadline_ms;
}

static bool
attempt_is_over(const job *j, uint64_t now_ms)
{
    return now_ms >= j->limit_ms || now_ms >= j->deadline_ms;
}

/* Why a job without an attempt may have ended. */
static bool
explains_no_attempt(const job *j, klingrec_status status, uint64_t now_ms)
{
    bool bad = !j->facts.good_image && checks_images();
    return (status == KLINGREC_ERR_CANCELED && j->may != CANCEL_NONE) ||
           (status == KLINGREC_ERR_TIMEOUT && now_ms >= j->deadline_ms) ||
           (status == KLINGREC_ERR_IMAGE_FORMAT && bad);
}

/* The same where the last attempt and its end are known. */
static bool
explains_exactly(const job *j, klingrec_status status, uint64_t now_ms)
{
    if (j->begun == 0)
        return explains_no_attempt(j, status, now_ms);
    bool over = attempt_is_over(j, j->ended_ms);
    if (j->last_by_client && !over)
        return status == KLINGREC_ERR_CANCELED && j->may == CANCEL_NOW;
    if (j->last_by_client && status == KLINGREC_ERR_CANCELED && j->may == CANCEL_NOW)
        return true;
    /* It ended by itself, or at its limit. */
    klingrec_status due = j->last_by_client ? KLINGREC_ERR_TIMEOUT : j->last->status;
    if (status == due && !retry_is_due(j, now_ms))
        return true;
    return is_retried(j) &&
           ((status == KLINGREC_ERR_CANCELED && j->may != CANCEL_NONE) ||
            (status == KLINGREC_ERR_TIMEOUT && now_ms >= j->deadline_ms));
}

/* A network may lose any attempt, and the service may see one that the client has given
   up. */
static bool
explains_roughly(unsigned number, const job *j, const klingrec_result *result,
                 uint64_t now_ms)
{
    klingrec_status status = klingrec_result_status(result);
    unsigned attempt = service_attempt_of(number, klingrec_result_request_id(result));
    unsigned attempts = klingrec_result_attempts(result);
    if (explains_no_attempt(j, status, now_ms))
        return true;
    if (attempt >= 1 && attempt <= j->begun &&
        status == service_course_of(number, attempt)->status)
        return true;
    if (status == KLINGREC_ERR_TIMEOUT)
        return attempts > 0 && now_ms >= j->asked_ms + m.config.attempt_timeout_ms;
    return (status == KLINGREC_ERR_TRANSFER || status == KLINGREC_ERR_CONNECT) &&
           (j->lost || attempts > j->begun);
}

static void
judge_answer(unsigned number, const klingrec_result *result, unsigned attempt)
{
    const service_course *course = service_course_of(number, attempt);
    MUST(klingrec_result_http_status(result) == course->http_status &&
             klingrec_result_service_code(result) == course->code,
         "job %u has another answer than attempt %u", number, attempt);
    MUST(course->status == KLINGREC_OK ? service_has_regions(number, attempt, result)
                                       : klingrec_result_region_count(result) == 0,
         "job %u has other regions than attempt %u", number, attempt);
    MUST(course->status == KLINGREC_OK ||
             (klingrec_result_service_message(result) != NULL &&
              strcmp(klingrec_result_service_message(result), course->name) == 0),
         "job %u: another message than that of attempt %u", number, attempt);
}

/* No request is still under way here but on a network. */
static klingrec_delivery
exact_delivery(const job *j)
{
    return j->lost            ? KLINGREC_DELIVERY_UNSURE
           : j->answered != 0 ? KLINGREC_DELIVERY_ANSWERED
                              : KLINGREC_DELIVERY_NOT_SENT;
}

static void
judge_delivery(unsigned number, const job *j)
{
    if (!model_on_network()) {
        MUST(j->delivery == exact_delivery(j), "job %u: delivery %d where %d is true",
             number, (int)j->delivery, (int)exact_delivery(j));
        MUST(j->attempts == j->begun, "job %u: %u attempts, and %u began", number,
             j->attempts, j->begun);
        return;
    }
    MUST(j->attempts >= j->begun, "job %u: %u attempts, and %u arrived", number,
         j->attempts, j->begun);
    MUST(j->begun == 0 || j->delivery != KLINGREC_DELIVERY_NOT_SENT,
         "job %u arrived, and is NOT_SENT", number);
    MUST(j->delivery != KLINGREC_DELIVERY_ANSWERED ||
             (j->answered == j->begun && j->begun > 0),
         "job %u: %u arrived, %u answered, and all are said to be", number, j->begun,
         j->answered);
    MUST(j->delivery != KLINGREC_DELIVERY_UNSURE || j->lost ||
             j->attempts > j->answered || j->may != CANCEL_NONE || j->attempts > 1 ||
             j->status == KLINGREC_ERR_TIMEOUT,
         "job %u: all is answered, and said to be UNSURE", number);
}

static void
judge_finality(unsigned number, const klingrec_result *result)
{
    klingrec_finality due =
        klingrec_result_status(result) == KLINGREC_OK ? KLINGREC_FINALITY_FINAL
        : klingrec_result_delivery(result) == KLINGREC_DELIVERY_UNSURE
            ? KLINGREC_FINALITY_IN_DOUBT
        : klingrec_result_status(result) == KLINGREC_ERR_REFUSED
            ? KLINGREC_FINALITY_FINAL
            : KLINGREC_FINALITY_OPEN;
    MUST(klingrec_result_finality(result) == due, "job %u: finality %d where %d is due",
         number, (int)klingrec_result_finality(result), (int)due);
}

static void
judge_times(unsigned number, const job *j, const klingrec_result *result,
            uint64_t now_ms)
{
    uint64_t all_ms = klingrec_result_elapsed_ms(result, KLINGREC_PHASE_ALL),
             sum_ms = 0;
    for (uint32_t phase = KLINGREC_PHASE_QUEUE; phase <= KLINGREC_PHASE_WAIT; phase++)
        sum_ms += klingrec_result_elapsed_ms(result, phase);
    MUST(sum_ms == all_ms, "job %u: its phases take %" PRIu64 " of %" PRIu64 " ms",
         number, sum_ms, all_ms);
    MUST(all_ms <= now_ms - j->asked_ms + 1, "job %u took longer than it was there",
         number);
    /* The client's own thread and a blocking call are never late; the machine may be.
     */
    MUST((m.config.run == KLINGREC_RUN_CALLER &&
          (!model_is_exact() || j->facts.by != BY_RECOGNIZE)) ||
             j->asked_ms + all_ms <= j->deadline_ms + late_ms(),
         "job %u ended %" PRIu64 " ms after it began, late", number, all_ms);
}

static void
judge(model_by by, const klingrec_result *result)
{
    unsigned number = (unsigned)(uintptr_t)klingrec_result_user_data(result);
    klingrec_status status = klingrec_result_status(result);
    uint64_t now_ms = m.now_ms();
    job *j = job_at(number);
    MUST(j->state == ASKED || j->state == ACCEPTED, "job %u has a second result",
         number);
    MUST(j->facts.by == by, "job %u is another call's", number);
    accept(j, number, klingrec_result_job(result));
    j->state = TAKEN;
    MUST(!model_is_exact() || m.wakeups > j->wakeups,
         "job %u is over, and nobody is told", number);
    MUST(!j->in_flight || model_on_network(), "job %u is still in flight", number);
    MUST(j->released == j->facts.borrowed, "job %u is released %u times", number,
         j->released);
    j->status = status;
    j->delivery = klingrec_result_delivery(result);
    j->attempts = klingrec_result_attempts(result);
    MUST(model_on_network() ? explains_roughly(number, j, result, now_ms)
                            : explains_exactly(j, status, now_ms),
         "job %u cannot end with %s", number, klingrec_status_name(status));
    MUST(!j->cancel_wins || status == KLINGREC_ERR_CANCELED,
         "job %u is canceled, and %s", number, klingrec_status_name(status));
    MUST(j->attempts <= m.config.max_attempts, "job %u: %u attempts", number,
         j->attempts);
    unsigned attempt = service_attempt_of(number, klingrec_result_request_id(result));
    MUST(attempt == 0 ? klingrec_result_request_id(result) == NULL
                      : attempt <= j->begun,
         "job %u has the answer %s", number, klingrec_result_request_id(result));
    if (attempt != 0 && status == service_course_of(number, attempt)->status)
        judge_answer(number, result, attempt);
    MUST(status != KLINGREC_OK || attempt != 0, "job %u succeeded without an answer",
         number);
    MUST(model_on_network() || status != KLINGREC_OK || attempt == j->begun,
         "job %u has an older answer", number);
    judge_delivery(number, j);
    judge_finality(number, result);
    judge_times(number, j, result, now_ms);
    m.ended++;
}

/* ---- Taking results ----------------------------------------------------------- */

/* After a call that had nothing to hand out at time now, no job may be over. */
static void
expect_none_overdue(uint64_t now_ms)
{
    for (unsigned i = 0; i < m.asked; i++) {
        const job *j = &m.jobs[i];
        MUST(j->state != ACCEPTED || j->deadline_ms + late_ms() >= now_ms,
             "job %u is not over at its deadline", i);
        MUST(j->state != ACCEPTED || !j->in_flight || model_on_network() ||
                 j->begun_ms + m.config.attempt_timeout_ms + late_ms() >= now_ms,
             "job %u: its attempt is not over at its limit", i);
    }
}

void
model_taken(const model_call *call, bool waits, int timeout_ms, klingrec_status status,
            const klingrec_result *result)
{
    enter();
    uint64_t now_ms = m.now_ms();
    m.taking--;
    waits = waits && m.config.run == KLINGREC_RUN_THREAD;
    MUST((status == KLINGREC_OK) == (result != NULL), "a call returns %s and %s",
         klingrec_status_name(status), result != NULL ? "a result" : "no result");
    int most = (int)(m.accepted + m.submitting - call->taken);
    int least = (int)(call->accepted - m.taken - m.taking);
    if (status == KLINGREC_OK) {
        m.taken++;
        judge(BY_SUBMIT, result);
        MUST(!model_is_exact() || !m.was_full || m.shutting || m.wakeups > m.at_full,
             "there is space again, and nobody is told");
        m.was_full = false;
    } else if (status == KLINGREC_IDLE) {
        MUST(least <= 0, "IDLE with %d jobs", least);
        MUST(!waits || m.shutting, "klingrec_wait() is IDLE before a shutdown");
    } else {
        MUST(status == KLINGREC_PENDING, "a call returns %s",
             klingrec_status_name(status));
        MUST(timeout_ms >= 0, "PENDING without a limit");
        MUST(now_ms + 1 >= call->at_ms + (uint64_t)timeout_ms + model_is_exact(),
             "PENDING before the time is over");
        MUST(waits ? !call->shut || most > 0 : most > 0, "PENDING without a job");
        expect_none_overdue(now_ms);
    }
    MUST(timeout_ms < 0 || now_ms <= call->at_ms + (uint64_t)timeout_ms + late_ms(),
         "a wait of %d ms took %" PRIu64, timeout_ms, now_ms - call->at_ms);
    leave();
}

void
model_recognized(const model_call *call, unsigned number, klingrec_status status,
                 const klingrec_result *result)
{
    enter();
    MUST(result != NULL && klingrec_result_status(result) == status,
         "klingrec_recognize() returns %s and another result",
         klingrec_status_name(status));
    if (klingrec_result_job(result) != 0) {
        MUST(!call->shut, "job %u is accepted after the shutdown", number);
        MUST((unsigned)(uintptr_t)klingrec_result_user_data(result) == number,
             "job %u has the result of another", number);
        m.blocking++;
        judge(BY_RECOGNIZE, result);
    } else {
        job *j = job_at(number);
        MUST(status == KLINGREC_ERR_CANCELED && m.shutting, "job %u is refused: %s",
             number, klingrec_status_name(status));
        MUST(j->released == j->facts.borrowed, "job %u is refused, and not released",
             number);
        j->state = REFUSED;
    }
    leave();
}

static void
cancel_job(job *j, model_cancel how)
{
    if (j->state != NEW && j->state != TAKEN && j->may < how)
        j->may = how;
}

void
model_batch_result(unsigned batch, bool goes_on, const klingrec_result *result)
{
    enter();
    m.blocking++;
    judge(BY_BATCH, result);
    klingrec_status status = klingrec_result_status(result);
    model_cancel how = !goes_on ? CANCEL_NOW
                       : status == KLINGREC_ERR_AUTH || status == KLINGREC_ERR_ACCOUNT
                           ? CANCEL_WAITING
                           : CANCEL_NONE;
    for (unsigned i = 0; i < m.asked; i++)
        if (m.jobs[i].facts.by == BY_BATCH && m.jobs[i].facts.batch == batch) {
            cancel_job(&m.jobs[i], how);
            if (model_is_exact() && how != CANCEL_NONE)
                m.jobs[i].must = 0;
        }
    leave();
}

void
model_batch_ended(unsigned batch, klingrec_status due, klingrec_status status)
{
    enter();
    bool refused = false;
    for (unsigned i = 0; i < m.asked; i++) {
        job *j = &m.jobs[i];
        if (j->facts.by != BY_BATCH || j->facts.batch != batch || j->state != ASKED)
            continue;
        MUST(m.shutting && !refused, "job %u of a batch has no result", i);
        MUST(j->released == j->facts.borrowed,
             "job %u of a batch is refused, and not released", i);
        j->state = REFUSED;
        refused = true;
        due = KLINGREC_ERR_CANCELED; /* the batch ended there */
    }
    MUST(status == due, "a batch ends with %s, not %s", klingrec_status_name(status),
         klingrec_status_name(due));
    leave();
}

/* ---- Canceling ---------------------------------------------------------------- */

static bool
concerns(const job *j, unsigned job_number, unsigned number, bool shutdown)
{
    return shutdown ||
           (j->facts.by == BY_SUBMIT && (job_number == 0 || job_number == number));
}

/* Whether the job has not ended by anything that came before this cancellation. */
static bool
cancel_decides(const job *j, uint64_t now_ms)
{
    if (j->in_flight)
        return !attempt_is_over(j, now_ms);
    return j->begun == 0 && (j->facts.good_image || !checks_images()) &&
           now_ms < j->deadline_ms;
}

/* The number to cancel; UINT64_MAX: the client has not given it out yet. */
static klingrec_job
id_of(unsigned number)
{
    if (number == 0)
        return 0;
    const job *j = &m.jobs[number];
    return number < m.asked && j->facts.by == BY_SUBMIT && j->id != 0 ? j->id
                                                                      : UINT64_MAX;
}

klingrec_job
model_cancel_begins(unsigned number, model_cancel how, bool shutdown)
{
    enter();
    klingrec_job id = id_of(number);
    m.shutting = m.shutting || shutdown;
    for (unsigned i = 0; i < m.asked && id != UINT64_MAX; i++) {
        job *j = &m.jobs[i];
        if (!concerns(j, number, i, shutdown))
            continue;
        cancel_job(j, how);
        if (model_is_exact() && j->state == ACCEPTED &&
            (how == CANCEL_NOW || !j->in_flight) && cancel_decides(j, m.now_ms()))
            j->cancel_wins = true;
    }
    leave();
    return id;
}

void
model_cancel_ended(const model_call *call, unsigned number, model_cancel how,
                   bool shutdown)
{
    enter();
    m.shut = m.shut || shutdown;
    MUST(!shutdown || !model_is_exact() || !m.was_full || m.wakeups > m.at_full,
         "there will be no space, and nobody is told");
    m.was_full = m.was_full && !shutdown;
    for (unsigned i = 0; i < m.asked; i++) {
        job *j = &m.jobs[i];
        if (!concerns(j, number, i, shutdown))
            continue;
        cancel_job(j, how);
        /* Others may have been accepted behind the cancellation. */
        if (j->state == ACCEPTED && j->order <= call->order && j->must == UINT64_MAX)
            j->must = m.drives;
    }
    leave();
}

void
model_warmed(const model_call *call, klingrec_status status)
{
    enter();
    if (m.config.run == KLINGREC_RUN_CALLER)
        MUST(status == KLINGREC_ERR_ARGUMENT, "a warm-up without a thread");
    else
        MUST((status == KLINGREC_OK && !call->shut) ||
                 (status == KLINGREC_ERR_CANCELED && m.shutting),
             "a warm-up returns %s", klingrec_status_name(status));
    leave();
}

/* ---- Counting ----------------------------------------------------------------- */

void
model_pending(const model_call *call, size_t pending)
{
    enter();
    int least = (int)(call->accepted - m.taken - m.taking);
    int most = (int)(m.accepted + m.submitting - call->taken);
    MUST((int)pending >= least && (int)pending <= most, "%zu pending, not %d to %d",
         pending, least, most);
    leave();
}

void
model_stats(const model_call *call, const klingrec_stats *stats)
{
    enter();
    uint64_t ended = stats->succeeded + stats->canceled + stats->failed;
    MUST(stats->submitted >= call->accepted && ended <= stats->submitted,
         "%" PRIu64 " submitted, %" PRIu64 " ended", stats->submitted, ended);
    MUST(ended >= call->ended, "%" PRIu64 " ended, and %u results were taken", ended,
         call->ended);
    MUST(stats->answered + stats->unsure <= ended, "more deliveries than jobs");
    MUST(model_on_network() || stats->attempts <= m.begun,
         "%" PRIu64 " attempts, and %u began", stats->attempts, m.begun);
    leave();
}

bool
model_has_waiting(void)
{
    enter();
    bool has = m.accepted > m.taken + m.taking;
    leave();
    return has;
}

void
model_may_release(bool may)
{
    may_release = may;
}

void
model_released(unsigned number)
{
    enter();
    job *j = job_at(number);
    MUST(j->facts.borrowed, "job %u lent nothing", number);
    MUST(j->released++ == 0, "job %u is released twice", number);
    MUST(may_release, "job %u is released on another thread, or in another call",
         number);
    MUST(!j->in_flight || model_on_network(), "job %u is released in flight", number);
    leave();
}

void
model_woken(void)
{
    enter();
    m.wakeups++;
    leave();
}

unsigned
model_wakeups(void)
{
    enter();
    unsigned wakeups = m.wakeups;
    leave();
    return wakeups;
}

static void
judge_totals(const klingrec_stats *stats)
{
    klingrec_stats due = klingrec_stats_default();
    uint64_t with_attempt = 0;
    for (unsigned i = 0; i < m.asked; i++) {
        const job *j = &m.jobs[i];
        if (j->state != TAKEN)
            continue;
        due.submitted++;
        due.succeeded += j->status == KLINGREC_OK;
        due.canceled += j->status == KLINGREC_ERR_CANCELED;
        due.answered += j->delivery == KLINGREC_DELIVERY_ANSWERED;
        due.unsure += j->delivery == KLINGREC_DELIVERY_UNSURE;
        due.attempts += j->attempts;
        with_attempt += j->attempts > 0;
    }
    due.failed = due.submitted - due.succeeded - due.canceled;
    MUST(stats->submitted == due.submitted && stats->succeeded == due.succeeded &&
             stats->canceled == due.canceled && stats->failed == due.failed &&
             stats->answered == due.answered && stats->unsure == due.unsure &&
             stats->attempts == due.attempts,
         "the counters are wrong: %" PRIu64 " submitted, %" PRIu64
         " succeeded, %" PRIu64 " canceled, %" PRIu64 " failed, %" PRIu64
         " answered, %" PRIu64 " unsure, %" PRIu64 " attempts",
         stats->submitted, stats->succeeded, stats->canceled, stats->failed,
         stats->answered, stats->unsure, stats->attempts);
    /* A retry that is counted may be canceled before it begins. */
    uint64_t retries =
        stats->retries_network + stats->retries_rate_limit + stats->retries_server;
    MUST(retries >= due.attempts - with_attempt,
         "%" PRIu64 " retries of %" PRIu64 " attempts", retries, due.attempts);
}

void
model_quiet(bool freed, const klingrec_stats *stats)
{
    enter();
    MUST(m.in_flight == 0 || model_on_network() || !freed,
         "%u attempts after the client's end", m.in_flight);
    for (unsigned i = 0; i < m.asked; i++) {
        const job *j = &m.jobs[i];
        MUST(freed || (j->state != ASKED && j->state != ACCEPTED),
             "job %u has no result", i);
        if (freed)
            MUST(j->released == (j->facts.borrowed && j->state != REFUSED) ||
                     (j->state == REFUSED && j->facts.by != BY_SUBMIT),
                 "job %u is released %u times at the end", i, j->released);
        if (freed && j->state == TAKEN)
            judge_delivery(i, j);
    }
    if (stats != NULL)
        judge_totals(stats);
    leave();
}

/* ---- The service -------------------------------------------------------------- */

const service_course *
model_attempt_begins(unsigned number, unsigned *attempt)
{
    enter();
    uint64_t now_ms = m.now_ms();
    job *j = job_at(number);
    *attempt = ++j->begun;
    MUST(j->state == ASKED || j->state == ACCEPTED || model_on_network(),
         "an attempt of job %u, which has ended", number);
    MUST(j->facts.good_image || !checks_images(), "job %u: its image is sent", number);
    MUST(j->begun <= m.config.max_attempts, "job %u: attempt %u", number, j->begun);
    MUST(j->last == NULL || is_retried(j), "job %u is tried again after \"%s\"", number,
         j->last->name);
    MUST(now_ms < j->deadline_ms + late_ms(), "job %u begins at its deadline", number);
    const service_course *course = service_course_of(number, j->begun);
    if (!model_on_network()) {
        MUST(!j->in_flight, "job %u is in flight twice", number);
        MUST(j->must == UINT64_MAX || (!model_is_exact() && m.drives <= j->must),
             "job %u begins after it was canceled", number);
        MUST(m.in_flight < m.config.max_in_flight,
             "job %u is one more than "
             "max_in_flight",
             number);
        MUST(!model_is_exact() || m.begun == 0 || m.config.max_per_minute == 0 ||
                 now_ms >= m.last_begun_ms + 60000 / m.config.max_per_minute,
             "job %u begins too early for max_per_minute", number);
        j->in_flight = !course->never_begun;
        m.in_flight += j->in_flight;
    }
    j->last = course;
    j->again = course->again;
    j->last_by_client = false;
    /* The client may have given up before its answer. */
    if (model_on_network() && j->again == NEVER)
        j->again = IF_UNSURE_IS_RETRIED;
    j->begun_ms = now_ms;
    /* The client looked at its clock between its last drive() and now. */
    uint64_t least_ms = m.driven_ms > j->asked_ms ? m.driven_ms : j->asked_ms;
    j->limit_ms = (model_is_exact() ? now_ms : least_ms) + m.config.attempt_timeout_ms;
    m.last_begun_ms = now_ms;
    m.begun++;
    m.retries += j->begun > 1;
    /* On a network it is lost until an answer was sent. */
    if (model_on_network() && (course->effect == LOST || course->unsure))
        j->lost = true;
    leave();
    return course;
}

void
model_attempt_ends(unsigned number, bool by_client, bool sent, bool answered)
{
    enter();
    job *j = job_at(number);
    j->answered += answered;
    if (!model_on_network()) {
        MUST(j->in_flight, "job %u ends without an attempt", number);
        j->in_flight = false;
        m.in_flight--;
        j->last_by_client = by_client;
        if (by_client)
            j->again = sent ? IF_UNSURE_IS_RETRIED : ALWAYS;
        j->ended_ms = m.now_ms();
        uint64_t again_ms = j->ended_ms + j->last->retry_after_s * 1000;
        if (answered && again_ms > m.paused_until_ms)
            m.paused_until_ms = again_ms;
        j->lost = j->lost || (answered ? j->last->unsure : sent);
        j->cancel_wins = j->cancel_wins && by_client;
    }
    leave();
}

void
model_driven(void)
{
    enter();
    m.drives++;
    m.driven_ms = m.now_ms();
    leave();
}

void
model_slept(uint64_t ms)
{
    enter();
    uint64_t now_ms = m.now_ms();
    for (unsigned i = 0; i < m.asked; i++) {
        const job *j = &m.jobs[i];
        MUST(j->state != ACCEPTED || j->begun > 0 || m.in_flight > 0 ||
                 m.wakeups != j->wakeups || /* it may have ended */
                 now_ms - j->accepted_ms < ms / 2 || m.paused_until_ms + ms > now_ms,
             "the client sleeps, and job %u waits", i);
    }
    leave();
}

/* ---- Printing ----------------------------------------------------------------- */

void
model_print(void)
{
    static const char *const states[] = {"", "asked", "accepted", "refused", "taken"};
    static const char *const cancels[] = {"", ", drained", ", canceled"};
    for (unsigned i = 0; i < m.asked; i++) {
        const job *j = &m.jobs[i];
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
