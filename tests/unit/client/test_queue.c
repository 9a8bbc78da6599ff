/* SPDX-License-Identifier: MIT */
/* test_queue.c - the schedule, checked against its promises in random histories */
#include "../../between.h"
#include "../../sampling.h"
#include "client/queue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const klr_verdict good = {KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                                 KLR_RETRY_NEVER};
static const klr_verdict refused = {KLINGREC_ERR_REFUSED, KLINGREC_DELIVERY_ANSWERED,
                                    KLR_RETRY_NEVER};
static const klr_verdict server = {KLINGREC_ERR_SERVER, KLINGREC_DELIVERY_ANSWERED,
                                   KLR_RETRY_SAFE};
static const klr_verdict busy = {KLINGREC_ERR_RATE_LIMIT, KLINGREC_DELIVERY_ANSWERED,
                                 KLR_RETRY_SAFE};
static const klr_verdict lost = {KLINGREC_ERR_TRANSFER, KLINGREC_DELIVERY_UNSURE,
                                 KLR_RETRY_UNSURE};

static klr_queue
queue_of(uint32_t max_in_flight, uint32_t max_per_minute, uint32_t max_attempts)
{
    const klr_policy policy = {max_in_flight, max_per_minute, max_attempts, false};
    klr_queue queue;
    klr_queue_init(&queue, &policy);
    return queue;
}

/* A task whose attempt starts at once. */
static klr_task *
start(klr_queue *queue, uint64_t now)
{
    klr_task *task = klr_queue_pop(queue, now);
    if (task != NULL)
        klr_queue_begin(queue, task, now);
    return task;
}

static void
add(klr_queue *queue, klr_task *task, uint64_t deadline)
{
    memset(task, 0, sizeof *task);
    task->deadline_at_ms = deadline;
    klr_queue_add(queue, task);
}

/* ---- One thing at a time ---------------------------------------------------- */

static void
jobs_start_in_order_and_never_more_than_max_in_flight(void **state)
{
    (void)state;
    klr_queue queue = queue_of(2, 0, 3);
    klr_task tasks[3];
    for (size_t i = 0; i < 3; i++)
        add(&queue, &tasks[i], 1000000);
    assert_ptr_equal(start(&queue, 0), &tasks[0]);
    assert_ptr_equal(start(&queue, 0), &tasks[1]);
    assert_null(start(&queue, 0));
    assert_false(klr_queue_ended(&queue, &tasks[0], &good, 0, 5, 0));
    assert_ptr_equal(start(&queue, 5), &tasks[2]);
}

static void
the_first_retry_waits_one_to_two_seconds_and_the_last_at_most_thirty(void **state)
{
    (void)state;
    static const struct {
        uint32_t attempts, random, delay;
    } rows[] = {
        {1, 0, 1000},     {1, 1000, 2000},   {1, 1001, 1000},  {2, 3000, 4000},
        {2, 3001, 1000},  {3, 7000, 8000},   {3, 7001, 1000},  {4, 15000, 16000},
        {4, 15001, 1000}, {5, 29000, 30000}, {5, 29001, 1000}, {9, 29000, 30000},
        {9, 0, 1000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klr_queue queue = queue_of(1, 0, 100);
        klr_task task;
        add(&queue, &task, UINT64_MAX);
        task.attempts = rows[i].attempts - 1;
        assert_ptr_equal(start(&queue, 10), &task);
        assert_true(klr_queue_ended(&queue, &task, &server, 0, 10, rows[i].random));
        assert_int_equal(task.due_ms, 10 + rows[i].delay);
        assert_null(start(&queue, task.due_ms - 1));
        assert_int_equal(klr_queue_next_event_ms(&queue, 10), task.due_ms);
        assert_ptr_equal(start(&queue, task.due_ms), &task);
    }
}

static void
a_retry_waits_at_least_as_long_as_the_server_asks(void **state)
{
    (void)state;
    klr_queue queue = queue_of(1, 0, 3);
    klr_task task;
    add(&queue, &task, 1000000);
    (void)start(&queue, 0);
    assert_true(klr_queue_ended(&queue, &task, &busy, 7000, 0, 999));
    assert_between(task.due_ms, 7000, 7999);
}

static void
the_server_holds_back_the_others_also_when_the_job_is_not_wanted_any_more(void **state)
{
    (void)state;
    klr_queue queue = queue_of(2, 0, 3);
    klr_task tasks[2];
    add(&queue, &tasks[0], 1000000);
    assert_ptr_equal(start(&queue, 0), &tasks[0]);
    tasks[0].no_retry = true;
    assert_false(klr_queue_ended(&queue, &tasks[0], &busy, 7000, 0, 0));
    add(&queue, &tasks[1], 1000000);
    assert_null(start(&queue, 6999));
    assert_ptr_equal(start(&queue, 7000), &tasks[1]);
}

static void
the_time_of_a_final_refusal_delays_no_other_job(void **state)
{
    (void)state;
    klr_queue queue = queue_of(1, 0, 3);
    klr_task tasks[2];
    add(&queue, &tasks[0], 1000000);
    add(&queue, &tasks[1], 1000000);
    assert_ptr_equal(start(&queue, 0), &tasks[0]);
    assert_false(klr_queue_ended(&queue, &tasks[0], &refused, 7000, 0, 0));
    assert_ptr_equal(start(&queue, 0), &tasks[1]);
}

static void
a_retry_after_the_deadline_is_not_scheduled(void **state)
{
    (void)state;
    klr_queue queue = queue_of(1, 0, 3);
    klr_task task;
    add(&queue, &task, 1001);
    (void)start(&queue, 0);
    assert_true(klr_queue_ended(&queue, &task, &server, 0, 0, 0)); /* at 1000 */
    klr_queue_remove(&queue, &task);
    add(&queue, &task, 1000);
    (void)start(&queue, 0);
    assert_false(klr_queue_ended(&queue, &task, &server, 0, 0, 0));
}

static void
a_request_that_may_be_billed_is_retried_only_with_consent(void **state)
{
    (void)state;
    for (int leave = 0; leave <= 1; leave++) {
        klr_queue queue = queue_of(1, 0, 3);
        klr_task task;
        queue.policy.retry_unsure = leave != 0;
        add(&queue, &task, 1000000);
        (void)start(&queue, 0);
        assert_int_equal(klr_queue_ended(&queue, &task, &lost, 0, 0, 0), leave);
    }
}

static void
a_refusal_and_the_last_attempt_are_final(void **state)
{
    (void)state;
    klr_queue queue = queue_of(1, 0, 2);
    klr_task task;
    add(&queue, &task, 1000000);
    (void)start(&queue, 0);
    assert_false(klr_queue_ended(&queue, &task, &refused, 0, 0, 0));
    add(&queue, &task, 1000000);
    (void)start(&queue, 0);
    assert_true(klr_queue_ended(&queue, &task, &server, 0, 0, 0));
    (void)start(&queue, 5000);
    assert_false(klr_queue_ended(&queue, &task, &server, 0, 5000, 0));
}

static void
too_many_requests_halve_the_attempts_at_once_and_success_raises_them(void **state)
{
    (void)state;
    klr_queue queue = queue_of(8, 0, 1);
    klr_task tasks[8];
    for (size_t i = 0; i < 8; i++)
        add(&queue, &tasks[i], 1000000);
    for (size_t i = 0; i < 8; i++)
        (void)start(&queue, 0);
    for (size_t i = 0; i < 8; i++) /* refusals of the same time count once */
        (void)klr_queue_ended(&queue, &tasks[i], &busy, 0, 10, 0);
    assert_int_equal(queue.limit_milli, 4000);

    unsigned successes = 0;
    while (queue.limit_milli < 8000 && successes++ < 1000) {
        add(&queue, &tasks[0], 1000000);
        (void)start(&queue, 20);
        (void)klr_queue_ended(&queue, &tasks[0], &good, 0, 20, 0);
    }
    assert_between(successes, 4 + 5 + 6, 4 + 5 + 6 + 7 + 8);
}

static void
a_refused_image_uses_no_slot_of_the_rate_limit(void **state)
{
    (void)state;
    klr_queue queue = queue_of(1, 60, 3);
    klr_task bad, next;
    add(&queue, &bad, 1000000);
    add(&queue, &next, 1000000);
    assert_ptr_equal(klr_queue_pop(&queue, 100), &bad);
    klr_queue_drop(&queue, &bad);
    assert_int_equal(bad.attempts, 0);
    assert_ptr_equal(klr_queue_pop(&queue, 100), &next);
    klr_queue_drop(&queue, &next);
}

static void
a_task_that_was_put_off_is_still_the_next_one_and_nobody_starts_before_it(void **state)
{
    (void)state;
    klr_queue queue = queue_of(2, 60, 3);
    klr_task first, next;
    add(&queue, &first, 1000000);
    add(&queue, &next, 1000000);
    for (uint64_t now = 100; now < 400; now += 100) {
        assert_int_equal(klr_queue_next_event_ms(&queue, now), now);
        assert_ptr_equal(klr_queue_pop(&queue, now), &first);
        klr_queue_defer(&queue, &first, now + 100);
        assert_int_equal(first.attempts, 0);
        assert_null(start(&queue, now + 99));
    }
    assert_ptr_equal(start(&queue, 400), &first);
    assert_int_equal(klr_queue_next_event_ms(&queue, 400),
                     1400); /* its start counts for the rate limit */
    /* a postponed retry still precedes new tasks */
    assert_true(klr_queue_ended(&queue, &first, &server, 0, 400, 0));
    assert_ptr_equal(klr_queue_pop(&queue, 1400), &first);
    klr_queue_defer(&queue, &first, 1500);
    assert_int_equal(first.attempts, 1);
    assert_ptr_equal(start(&queue, 1500), &first);
    assert_int_equal(first.attempts, 2);
}

static void
postponed_retries_keep_their_order(void **state)
{
    (void)state;
    enum { COUNT = 10 };
    klr_queue queue = queue_of(COUNT, 0, 3);
    klr_task tasks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        add(&queue, &tasks[i], 1000000);
        assert_ptr_equal(start(&queue, 0), &tasks[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_true(klr_queue_ended(&queue, &tasks[i], &server, 0, i, 0));
    uint64_t now = 5000;
    for (size_t i = 0; i < COUNT; i++, now += 100) {
        assert_ptr_equal(klr_queue_pop(&queue, now), &tasks[i]);
        klr_queue_defer(&queue, &tasks[i], now + 50);
        assert_ptr_equal(start(&queue, now + 50), &tasks[i]);
    }
}

static void
a_retry_that_does_not_start_uses_no_budget(void **state)
{
    (void)state;
    klr_queue queue = queue_of(1, 0, 3);
    uint32_t before = queue.retry_tokens;
    klr_task task;
    add(&queue, &task, 1000000);
    (void)start(&queue, 0);
    assert_true(klr_queue_ended(&queue, &task, &server, 0, 0, 0));
    assert_true(queue.retry_tokens < before);
    klr_queue_remove(&queue, &task);
    assert_int_equal(queue.retry_tokens, before);

    add(&queue, &task, 1000000);
    (void)start(&queue, 2000);
    assert_true(klr_queue_ended(&queue, &task, &server, 0, 2000, 0));
    assert_ptr_equal(klr_queue_pop(&queue, 5000), &task);
    klr_queue_defer(&queue, &task, 5100);
    assert_true(queue.retry_tokens < before);
    assert_ptr_equal(klr_queue_pop_expired(&queue, 1000000), &task);
    assert_int_equal(queue.retry_tokens, before);
}

static void
a_postponed_task_can_expire_and_be_removed(void **state)
{
    (void)state;
    klr_queue queue = queue_of(2, 0, 3);
    klr_task first, next;
    add(&queue, &first, 500);
    add(&queue, &next, 1000000);
    (void)klr_queue_pop(&queue, 0);
    klr_queue_defer(&queue, &first, 600);
    assert_int_equal(klr_queue_next_event_ms(&queue, 0), 500);
    assert_ptr_equal(klr_queue_pop_expired(&queue, 500), &first);
    assert_null(start(&queue, 599));
    assert_ptr_equal(klr_queue_pop(&queue, 600), &next);
    klr_queue_defer(&queue, &next, 700);
    klr_queue_remove(&queue, &next);
    assert_null(start(&queue, 700));
}

static void
starts_are_spread_evenly_over_the_minute(void **state)
{
    (void)state;
    klr_queue queue = queue_of(100, 7, 3); /* 8571.43 ms apart */
    klr_task tasks[8];
    uint64_t at[8];
    for (size_t i = 0; i < 8; i++)
        add(&queue, &tasks[i], 1000000);
    uint64_t now = 0;
    for (size_t i = 0; i < 8; i++) {
        now = klr_queue_next_event_ms(&queue, now);
        assert_null(now > 0 ? start(&queue, now - 1) : NULL);
        assert_non_null(start(&queue, now));
        at[i] = now;
    }
    assert_true(at[7] - at[0] >= 60000);
    assert_true(at[7] - at[0] <= 60008);
}

/* An interval of 1000.02 us needs 2 ms, for times are whole milliseconds. */
static void
a_start_is_never_too_early_for_the_limit(void **state)
{
    (void)state;
    klr_queue queue = queue_of(2, 59999, 1);
    klr_task tasks[2];
    add(&queue, &tasks[0], 1000000);
    add(&queue, &tasks[1], 1000000);
    assert_ptr_equal(start(&queue, 0), &tasks[0]);
    assert_null(start(&queue, 1));
    assert_ptr_equal(start(&queue, 2), &tasks[1]);
}

static void
a_dead_server_sees_at_most_fifty_retries_of_a_thousand_jobs(void **state)
{
    (void)state;
    klr_queue queue = queue_of(4, 0, 3);
    static klr_task tasks[1000];
    uint32_t attempts = 0, ended = 0;
    uint64_t now = 0;
    for (size_t i = 0; i < 1000; i++)
        add(&queue, &tasks[i], UINT64_MAX);
    while (ended < 1000) {
        klr_task *task = start(&queue, now);
        if (task == NULL) {
            now = klr_queue_next_event_ms(&queue, now);
            assert_true(now != UINT64_MAX);
            continue;
        }
        attempts++;
        ended += !klr_queue_ended(&queue, task, &server, 0, now, attempts * 7919u);
    }
    assert_between(attempts, 1000, 1050);
}

static void
successes_restore_the_retry_budget(void **state)
{
    (void)state;
    klr_queue queue = queue_of(1, 0, 2);
    klr_task task;
    unsigned retries = 0;
    bool again = true;
    while (again) { /* until the budget is gone */
        add(&queue, &task, UINT64_MAX);
        (void)start(&queue, 0);
        again = klr_queue_ended(&queue, &task, &server, 0, 0, 0);
        retries += again;
        if (again) {
            assert_ptr_equal(start(&queue, task.due_ms), &task);
            (void)klr_queue_ended(&queue, &task, &refused, 0, task.due_ms, 0);
        }
    }
    assert_int_equal(retries, 50);
    for (int i = 0; i < 10; i++) { /* ten good first attempts are one retry */
        add(&queue, &task, UINT64_MAX);
        (void)start(&queue, 0);
        assert_false(klr_queue_ended(&queue, &task, &server, 0, 0, 0));
        add(&queue, &task, UINT64_MAX);
        (void)start(&queue, 0);
        (void)klr_queue_ended(&queue, &task, &good, 0, 0, 0);
    }
    for (int i = 0; i < 3; i++) { /* and a retry that succeeds has cost nothing */
        add(&queue, &task, UINT64_MAX);
        (void)start(&queue, 0);
        assert_true(klr_queue_ended(&queue, &task, &server, 0, 0, 0));
        (void)start(&queue, task.due_ms);
        assert_false(klr_queue_ended(&queue, &task, &good, 0, 0, 0));
    }
}

static void
a_refusal_with_a_time_delays_all_jobs_even_if_it_is_final(void **state)
{
    (void)state;
    klr_queue queue = queue_of(1, 0, 1);
    klr_task first, next;
    add(&queue, &first, 1000000);
    add(&queue, &next, 1000000);
    (void)start(&queue, 100);
    assert_false(klr_queue_ended(&queue, &first, &busy, 20000, 100, 0));
    assert_null(start(&queue, 20099));
    assert_int_equal(klr_queue_next_event_ms(&queue, 100), 20100);
    assert_ptr_equal(klr_queue_pop(&queue, 20100), &next);
    /* 30 s at most, whatever a wrong clock says */
    add(&queue, &first, 1000000);
    assert_false(klr_queue_ended(&queue, &next, &busy, 3600000, 20100, 0));
    assert_int_equal(klr_queue_next_event_ms(&queue, 20100), 50100);
}

/* ---- A million histories ---------------------------------------------------- */

enum { TASKS = 6, STEPS = 40 };

typedef struct history {
    klr_queue queue;
    klr_task tasks[TASKS];
    bool in[TASKS];
    uint64_t started_at[TASKS * 8];
    size_t starts;
    uint32_t running;
    uint64_t held_until;  /* nothing may start before */
    klr_task *first_held; /* the new task that was put off last, while it waits */
    uint64_t now;
    uint64_t random;
} history;

static uint32_t
draw(history *h, uint32_t below)
{
    h->random = h->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(h->random >> 33) % below;
}

static void
check_start(history *h, const klr_task *task)
{
    const klr_policy *policy = &h->queue.policy;
    size_t index = (size_t)(task - h->tasks);
    assert_true(h->in[index]);
    assert_true(++h->running <= policy->max_in_flight);
    assert_true(task->attempts <= policy->max_attempts);
    assert_true(task->attempts == 1 || task->due_ms <= h->now);
    /* In any minute at most max_per_minute, counted one by one. */
    h->started_at[h->starts++] = h->now;
    uint32_t in_minute = 0;
    for (size_t i = 0; i < h->starts; i++)
        in_minute += h->started_at[i] + 60000 > h->now;
    if (policy->max_per_minute != 0)
        assert_true(in_minute <= policy->max_per_minute);
}

static void
end_one(history *h)
{
    static const klr_verdict *const verdicts[] = {&good, &refused, &server, &busy,
                                                  &lost};
    uint32_t first = draw(h, TASKS);
    for (uint32_t k = 0; k < TASKS; k++) {
        uint32_t i = (first + k) % TASKS;
        klr_task *task = &h->tasks[i];
        if (task->state != KLR_TASK_RUNNING)
            continue;
        const klr_verdict *verdict = verdicts[draw(h, 5)];
        uint32_t wait = draw(h, 3) == 0 ? draw(h, 40000) : 0;
        bool again =
            klr_queue_ended(&h->queue, task, verdict, wait, h->now, draw(h, 1u << 30));
        h->running--;
        if (again) {
            assert_true(verdict->retry == KLR_RETRY_SAFE);
            assert_true(task->due_ms >= h->now + 1000 && task->due_ms >= h->now + wait);
            uint32_t most = task->attempts < 5 ? 1000u << task->attempts : 30000;
            assert_true(task->due_ms <=
                        h->now + (wait > most - 1000 ? wait + 1000 : most));
            assert_true(task->due_ms < task->deadline_at_ms);
        }
        h->in[i] = again;
        return;
    }
}

static void
expire(history *h)
{
    for (klr_task *task; (task = klr_queue_pop_expired(&h->queue, h->now)) != NULL;) {
        assert_true(task->deadline_at_ms <= h->now);
        h->in[task - h->tasks] = false;
    }
    for (uint32_t i = 0; i < TASKS; i++) /* every task is handled */
        if (h->in[i] && h->tasks[i].state != KLR_TASK_RUNNING)
            assert_true(h->tasks[i].deadline_at_ms > h->now);
}

/* Not admitted: as if it had never been popped, except for the wait. */
static bool
put_off(history *h, klr_task *task)
{
    uint32_t attempts = task->attempts;
    if (draw(h, 4) != 0)
        return false;
    h->held_until = h->now + 1 + draw(h, 3000);
    klr_queue_defer(&h->queue, task, h->held_until);
    assert_int_equal(task->attempts, attempts);
    assert_int_equal(h->queue.running, h->running);
    if (attempts == 0)
        h->first_held = task;
    return true;
}

static void
start_all(history *h)
{
    for (klr_task *task; (task = klr_queue_pop(&h->queue, h->now)) != NULL;) {
        assert_true(h->now >= h->held_until);
        /* Among new tasks, the postponed one is next. */
        if (task->attempts == 0 && h->first_held != NULL)
            assert_ptr_equal(task, h->first_held);
        if (task == h->first_held)
            h->first_held = NULL;
        if (put_off(h, task))
            continue;
        klr_queue_begin(&h->queue, task, h->now);
        check_start(h, task);
    }
}

static void
step(history *h)
{
    uint32_t i = draw(h, TASKS);
    switch (draw(h, 6)) {
    case 0:
        if (!h->in[i]) {
            add(&h->queue, &h->tasks[i], h->now + 1 + draw(h, 90000));
            h->in[i] = true;
        }
        break;
    case 1:
        if (h->in[i] && h->tasks[i].state != KLR_TASK_RUNNING) {
            klr_queue_remove(&h->queue, &h->tasks[i]);
            h->in[i] = false;
        }
        break;
    case 2:
    case 3:
        end_one(h);
        break;
    default: {
        /* Up to the announced event nothing may happen; then something should. */
        uint64_t next = klr_queue_next_event_ms(&h->queue, h->now);
        uint64_t quiet = next == UINT64_MAX ? h->now + 5000 : next;
        if (quiet > h->now + 1) {
            assert_null(start(&h->queue, quiet - 1));
            assert_null(klr_queue_pop_expired(&h->queue, quiet - 1));
        }
        if (quiet > h->now)
            h->now = quiet;
    }
    }
    expire(h);
    if (h->first_held != NULL && h->first_held->state != KLR_TASK_READY)
        h->first_held = NULL; /* removed or expired */
    start_all(h);
}

static void
a_million_random_histories_keep_every_promise(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 1000000; seed += thin()) {
        history h;
        memset(&h, 0, sizeof h);
        h.random = seed * 2654435761u + 1;
        h.queue = queue_of(1 + draw(&h, 4), draw(&h, 2) * (1 + draw(&h, 30)),
                           1 + draw(&h, 4));
        for (int i = 0; i < STEPS && h.starts < TASKS * 8 - TASKS; i++)
            step(&h);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_start_in_order_and_never_more_than_max_in_flight),
        cmocka_unit_test(
            the_first_retry_waits_one_to_two_seconds_and_the_last_at_most_thirty),
        cmocka_unit_test(a_retry_waits_at_least_as_long_as_the_server_asks),
        cmocka_unit_test(
            the_server_holds_back_the_others_also_when_the_job_is_not_wanted_any_more),
        cmocka_unit_test(the_time_of_a_final_refusal_delays_no_other_job),
        cmocka_unit_test(a_retry_after_the_deadline_is_not_scheduled),
        cmocka_unit_test(a_request_that_may_be_billed_is_retried_only_with_consent),
        cmocka_unit_test(a_refusal_and_the_last_attempt_are_final),
        cmocka_unit_test(
            too_many_requests_halve_the_attempts_at_once_and_success_raises_them),
        cmocka_unit_test(a_refused_image_uses_no_slot_of_the_rate_limit),
        cmocka_unit_test(
            a_task_that_was_put_off_is_still_the_next_one_and_nobody_starts_before_it),
        cmocka_unit_test(postponed_retries_keep_their_order),
        cmocka_unit_test(a_retry_that_does_not_start_uses_no_budget),
        cmocka_unit_test(a_postponed_task_can_expire_and_be_removed),
        cmocka_unit_test(starts_are_spread_evenly_over_the_minute),
        cmocka_unit_test(a_start_is_never_too_early_for_the_limit),
        cmocka_unit_test(a_dead_server_sees_at_most_fifty_retries_of_a_thousand_jobs),
        cmocka_unit_test(successes_restore_the_retry_budget),
        cmocka_unit_test(a_refusal_with_a_time_delays_all_jobs_even_if_it_is_final),
        cmocka_unit_test(a_million_random_histories_keep_every_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
