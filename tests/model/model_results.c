/* SPDX-License-Identifier: MIT */
/* model_results.c - what the result of a job may say */
#include "model_state.h"

/* With time for another attempt, and with retries left of what the client allows
   itself: 50 of all jobs together. */
static bool
retry_is_due(const model_job *j, uint64_t now_ms)
{
    enum { LONGEST_DELAY_MS = 33000, RETRIES_MIN = 20 };
    return model_is_retried(j) && j->begun < model.config.max_attempts &&
           j->may == CANCEL_NONE && model.retries < RETRIES_MIN &&
           now_ms + LONGEST_DELAY_MS < j->deadline_ms;
}

/* Why a job without an attempt may have ended. */
static bool
explains_no_attempt(const model_job *j, klingrec_status status, uint64_t now_ms)
{
    bool bad = !j->facts.good_image && model_checks_images();
    return (status == KLINGREC_ERR_CANCELED && j->may != CANCEL_NONE) ||
           (status == KLINGREC_ERR_TIMEOUT && now_ms >= j->deadline_ms) ||
           (status == KLINGREC_ERR_IMAGE_FORMAT && bad);
}

/* The same where the last attempt and its end are known. */
static bool
explains_exactly(const model_job *j, klingrec_status status, uint64_t now_ms)
{
    if (j->begun == 0)
        return explains_no_attempt(j, status, now_ms);
    bool over = model_is_over(j, j->ended_ms);
    if (j->last_by_client && !over)
        return status == KLINGREC_ERR_CANCELED && j->may == CANCEL_NOW;
    if (j->last_by_client && status == KLINGREC_ERR_CANCELED && j->may == CANCEL_NOW)
        return true;
    /* It ended by itself, or at its limit. */
    klingrec_status due = j->last_by_client ? KLINGREC_ERR_TIMEOUT : j->last->status;
    if (status == due && !retry_is_due(j, now_ms))
        return true;
    return model_is_retried(j) &&
           ((status == KLINGREC_ERR_CANCELED && j->may != CANCEL_NONE) ||
            (status == KLINGREC_ERR_TIMEOUT && now_ms >= j->deadline_ms));
}

/* A network may lose any attempt, and the service may see one that the client has given
   up. */
static bool
explains_roughly(unsigned number, const model_job *j, const klingrec_result *result,
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
        return attempts > 0 && now_ms >= j->asked_ms + model.config.attempt_timeout_ms;
    return (status == KLINGREC_ERR_TRANSFER || status == KLINGREC_ERR_CONNECT) &&
           (j->lost || attempts > j->begun);
}

static void
judge_answer(unsigned number, const klingrec_result *result, unsigned attempt)
{
    const service_course *course = service_course_of(number, attempt);
    MUST(klingrec_result_http_status(result) == course->http_status &&
             klingrec_result_service_code(result) == course->code &&
             klingrec_result_retry_after_ms(result) == course->retry_after_s * 1000,
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
exact_delivery(const model_job *j)
{
    return j->lost            ? KLINGREC_DELIVERY_UNSURE
           : j->answered != 0 ? KLINGREC_DELIVERY_ANSWERED
                              : KLINGREC_DELIVERY_NOT_SENT;
}

void
model_judge_delivery(unsigned number, const model_job *j)
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

/* What was checked has been found: a PNG of 300 x 300, or a text. */
static void
judge_image(unsigned number, const model_job *j, const klingrec_result *result)
{
    const klingrec_image_info *image = klingrec_result_image(result);
    bool checked = !j->facts.is_url && model_checks_images();
    if (j->attempts == 0 && j->status != KLINGREC_ERR_IMAGE_FORMAT) /* it may be */
        return;
    MUST((image != NULL) == checked, "job %u: its image is %schecked", number,
         checked ? "" : "not ");
    MUST(!checked || (image->width == (j->facts.good_image ? 300 : 0) &&
                      (image->format == KLINGREC_FORMAT_PNG) == j->facts.good_image),
         "job %u: another image was checked", number);
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
judge_times(unsigned number, const model_job *j, const klingrec_result *result,
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
    /* The client's thread and a blocking call are not late, but the machine may be. */
    MUST((model.config.run == KLINGREC_RUN_CALLER &&
          (!model_is_exact() || j->facts.by != BY_RECOGNIZE)) ||
             j->asked_ms + all_ms <= j->deadline_ms + model_late_ms(),
         "job %u ended %" PRIu64 " ms after it began, late", number, all_ms);
}

void
model_judge(model_by by, const klingrec_result *result)
{
    unsigned number = (unsigned)(uintptr_t)klingrec_result_user_data(result);
    klingrec_status status = klingrec_result_status(result);
    uint64_t now_ms = model.now_ms();
    model_job *j = model_job_at(number);
    MUST(j->state == ASKED || j->state == ACCEPTED, "job %u has a second result",
         number);
    MUST(j->facts.by == by, "job %u is another call's", number);
    model_accept(j, number, klingrec_result_job(result));
    j->state = TAKEN;
    MUST(!model_is_exact() || model.wakeups > j->wakeups,
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
    MUST(j->attempts <= model.config.max_attempts, "job %u: %u attempts", number,
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
    model_judge_delivery(number, j);
    judge_image(number, j, result);
    judge_finality(number, result);
    judge_times(number, j, result, now_ms);
    model.ended++;
}

/* ---- All of them ------------------------------------------------------------- */

void
model_judge_totals(const klingrec_stats *stats)
{
    klingrec_stats due = klingrec_stats_default();
    uint64_t with_attempt = 0;
    for (unsigned i = 0; i < model.asked; i++) {
        const model_job *j = &model.jobs[i];
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
