/* SPDX-License-Identifier: MIT */
/* queue.c - which job may start an attempt, when, and whether it gets another */
#include "base/build.h"

#include "client/queue.h"

enum {
    FIRST_DELAY_MS = 1000,
    DELAY_CAP_MS = 30000,
    /* A retry takes tokens. Its success gives them back, and a success at the first
       attempt gives one. A server that always fails gets at most 50 retries. */
    TOKENS_MAX = 500,
    TOKENS_PER_RETRY = 10,
    TOKENS_PER_SUCCESS = 1
};

/* ---- Lists ------------------------------------------------------------------ */

static void
append(klr_task_list *list, klr_task *task)
{
    task->prev = list->last;
    task->next = NULL;
    if (list->last != NULL)
        list->last->next = task;
    else
        list->first = task;
    list->last = task;
}

static void
prepend(klr_task_list *list, klr_task *task)
{
    task->prev = NULL;
    task->next = list->first;
    if (list->first != NULL)
        list->first->prev = task;
    else
        list->last = task;
    list->first = task;
}

static void
unlink_task(klr_task_list *list, klr_task *task)
{
    if (task->prev != NULL)
        task->prev->next = task->next;
    else
        list->first = task->next;
    if (task->next != NULL)
        task->next->prev = task->prev;
    else
        list->last = task->prev;
    task->prev = task->next = NULL;
}

/* ---- Adding and removing ---------------------------------------------------- */

void
klr_queue_init(klr_queue *queue, const klr_policy *policy)
{
    memset(queue, 0, sizeof *queue);
    queue->policy = *policy;
    queue->limit_milli = policy->max_in_flight * 1000;
    queue->deadline_bound_ms = UINT64_MAX;
    queue->retry_tokens = TOKENS_MAX;
}

static void
put_task(klr_queue *queue, klr_task *task, klr_task_state state,
         void (*into)(klr_task_list *list, klr_task *task))
{
    into(state == KLR_TASK_READY ? &queue->ready : &queue->delayed, task);
    task->state = state;
    if (task->deadline_at_ms < queue->deadline_bound_ms)
        queue->deadline_bound_ms = task->deadline_at_ms;
}

void
klr_queue_add(klr_queue *queue, klr_task *task)
{
    put_task(queue, task, KLR_TASK_READY, append);
}

static void
give_tokens(klr_queue *queue, uint32_t tokens)
{
    queue->retry_tokens = queue->retry_tokens + tokens < TOKENS_MAX
                              ? queue->retry_tokens + tokens
                              : TOKENS_MAX;
}

static void
detach(klr_queue *queue, klr_task *task)
{
    if (task->state == KLR_TASK_READY)
        unlink_task(&queue->ready, task);
    else if (task->state == KLR_TASK_DELAYED)
        unlink_task(&queue->delayed, task);
    task->state = KLR_TASK_OUT;
}

void
klr_queue_remove(klr_queue *queue, klr_task *task)
{
    if (task->state == KLR_TASK_DELAYED) /* its retry took tokens and never begins */
        give_tokens(queue, TOKENS_PER_RETRY);
    detach(queue, task);
}

static klr_task *
find_expired(klr_queue *queue, klr_task_list *list, uint64_t now_ms)
{
    for (klr_task *task = list->first; task != NULL; task = task->next) {
        if (task->deadline_at_ms <= now_ms)
            return task;
        if (task->deadline_at_ms < queue->deadline_bound_ms)
            queue->deadline_bound_ms = task->deadline_at_ms;
    }
    return NULL;
}

klr_task *
klr_queue_pop_expired(klr_queue *queue, uint64_t now_ms)
{
    /* The bound may be too early, but never too late: the lists are searched only when
       it has passed. */
    uint64_t bound_ms = queue->deadline_bound_ms;
    if (now_ms < bound_ms)
        return NULL;
    queue->deadline_bound_ms = UINT64_MAX;
    klr_task *task = find_expired(queue, &queue->ready, now_ms);
    if (task == NULL)
        task = find_expired(queue, &queue->delayed, now_ms);
    if (task == NULL)
        return NULL;
    queue->deadline_bound_ms = bound_ms; /* more may have expired */
    klr_queue_remove(queue, task);
    return task;
}

/* ---- Starting --------------------------------------------------------------- */

/* The earliest time at which anything may start, if something is ready. */
static uint64_t
start_allowed_ms(const klr_queue *queue)
{
    uint64_t at_ms = (queue->next_start_us + 999) / 1000;
    if (at_ms < queue->paused_until_ms)
        at_ms = queue->paused_until_ms;
    return at_ms < queue->held_until_ms ? queue->held_until_ms : at_ms;
}

static bool
has_capacity(const klr_queue *queue)
{
    return queue->running < queue->limit_milli / 1000;
}

/* Tasks that were tried before go first: they have waited longest. */
static klr_task *
first_to_start(klr_queue *queue, uint64_t now_ms)
{
    for (klr_task *task = queue->delayed.first; task != NULL; task = task->next)
        if (task->due_ms <= now_ms)
            return task;
    return queue->ready.first;
}

klr_task *
klr_queue_pop(klr_queue *queue, uint64_t now_ms)
{
    if (!has_capacity(queue) || now_ms < start_allowed_ms(queue))
        return NULL;
    klr_task *task = first_to_start(queue, now_ms);
    if (task == NULL)
        return NULL;

    detach(queue, task);
    task->state = KLR_TASK_RUNNING;
    queue->running++;
    return task;
}

void
klr_queue_begin(klr_queue *queue, klr_task *task, uint64_t now_ms)
{
    uint64_t per_minute = queue->policy.max_per_minute;
    task->started_ms = now_ms;
    task->attempts++;
    if (per_minute != 0)
        queue->next_start_us = now_ms * 1000 + (60000000 + per_minute - 1) / per_minute;
}

uint64_t
klr_queue_next_event_ms(const klr_queue *queue, uint64_t now_ms)
{
    uint64_t start_ms = queue->ready.first != NULL ? now_ms : UINT64_MAX;
    for (const klr_task *task = queue->delayed.first; task != NULL; task = task->next)
        if (task->due_ms < start_ms)
            start_ms = task->due_ms;
    if (start_ms != UINT64_MAX && start_ms < start_allowed_ms(queue))
        start_ms = start_allowed_ms(queue);
    if (!has_capacity(queue))
        start_ms = UINT64_MAX;
    return start_ms < queue->deadline_bound_ms ? start_ms : queue->deadline_bound_ms;
}

/* ---- Ending ----------------------------------------------------------------- */

/* Additive increase: one more attempt at once for every round of successes. */
static void
raise_limit(klr_queue *queue)
{
    uint32_t max = queue->policy.max_in_flight * 1000;
    uint32_t limit = queue->limit_milli + 1000000 / queue->limit_milli;
    queue->limit_milli = limit < max ? limit : max;
}

/* Multiplicative decrease, once for all attempts that were under way together. */
static void
lower_limit(klr_queue *queue, const klr_task *task, uint64_t now_ms)
{
    if (task->started_ms < queue->limit_lowered_ms)
        return;
    queue->limit_milli = queue->limit_milli > 2000 ? queue->limit_milli / 2 : 1000;
    queue->limit_lowered_ms = now_ms + 1;
}

/* Exponential backoff with jitter over all but the first second. */
static uint32_t
retry_delay_ms(uint32_t attempts, uint32_t retry_after_ms, uint32_t random)
{
    uint32_t ceiling_ms = DELAY_CAP_MS;
    if (attempts < 5) /* 2^5 seconds are over the cap */
        ceiling_ms = (uint32_t)FIRST_DELAY_MS << attempts;
    uint32_t spread_ms = ceiling_ms - FIRST_DELAY_MS + 1;
    uint32_t delay_ms = FIRST_DELAY_MS + random % spread_ms;
    if (retry_after_ms <= delay_ms)
        return delay_ms;
    /* Spread the retries, and begin none before the time that the server named. */
    uint32_t extra_ms = random % FIRST_DELAY_MS;
    return retry_after_ms < UINT32_MAX - extra_ms ? retry_after_ms + extra_ms
                                                  : UINT32_MAX;
}

static bool
may_retry(const klr_queue *queue, const klr_task *task, klr_retry retry)
{
    if (retry == KLR_RETRY_NEVER || task->no_retry ||
        (retry == KLR_RETRY_UNSURE && !queue->policy.retry_unsure))
        return false;
    return task->attempts < queue->policy.max_attempts &&
           queue->retry_tokens >= TOKENS_PER_RETRY;
}

void
klr_queue_drop(klr_queue *queue, klr_task *task)
{
    queue->running--;
    task->state = KLR_TASK_OUT;
}

void
klr_queue_defer(klr_queue *queue, klr_task *task, uint64_t until_ms)
{
    klr_queue_drop(queue, task);
    put_task(queue, task, task->attempts > 0 ? KLR_TASK_DELAYED : KLR_TASK_READY,
             prepend);
    queue->held_until_ms = until_ms;
}

bool
klr_queue_ended(klr_queue *queue, klr_task *task, const klr_verdict *verdict,
                uint32_t retry_after_ms, uint64_t now_ms, uint32_t random)
{
    klr_queue_drop(queue, task);
    if (verdict->status == KLINGREC_OK) {
        raise_limit(queue);
        give_tokens(queue, task->took_tokens ? TOKENS_PER_RETRY : TOKENS_PER_SUCCESS);
        return false;
    }
    if (verdict->status == KLINGREC_ERR_RATE_LIMIT)
        lower_limit(queue, task, now_ms);
    /* Retry-After holds for all jobs, but a server's wrong clock must not stop them for
       hours. */
    uint64_t pause_ms =
        now_ms +
        (retry_after_ms < DELAY_CAP_MS ? retry_after_ms : (uint32_t)DELAY_CAP_MS);
    if (verdict->retry != KLR_RETRY_NEVER && retry_after_ms > 0 &&
        pause_ms > queue->paused_until_ms)
        queue->paused_until_ms = pause_ms;
    if (!may_retry(queue, task, verdict->retry))
        return false;

    uint64_t due_ms = now_ms + retry_delay_ms(task->attempts, retry_after_ms, random);
    if (due_ms >= task->deadline_at_ms)
        return false;
    queue->retry_tokens -= TOKENS_PER_RETRY;
    task->took_tokens = true;
    task->retry_cause = verdict->status;
    task->due_ms = due_ms;
    put_task(queue, task, KLR_TASK_DELAYED, append);
    return true;
}
