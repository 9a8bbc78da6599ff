/* SPDX-License-Identifier: MIT */
/* queue.h - which job may start an attempt, when, and whether it gets another */
#ifndef KLR_QUEUE_H
#define KLR_QUEUE_H

#include "answer/classify.h"

/*
 * The schedule of one client: how many attempts run at once, how many start per
 * minute, when a failed one is tried again. It does no I/O and knows no clock:
 * `now_ms` is in milliseconds of any monotonic clock, `random` any 32 random bits.
 */

typedef enum klr_task_state {
    KLR_TASK_OUT,     /* not in the queue */
    KLR_TASK_READY,   /* waits for its turn */
    KLR_TASK_DELAYED, /* waits for due_ms, to be tried again */
    KLR_TASK_RUNNING  /* an attempt is under way */
} klr_task_state;

/* The part of a job that the schedule needs. */
typedef struct klr_task {
    struct klr_task *prev;
    struct klr_task *next;
    uint64_t due_ms;
    uint64_t deadline_at_ms; /* over all attempts and waits */
    uint64_t started_ms;     /* the attempt that runs, or ran last */
    uint32_t attempts;       /* started so far */
    bool took_tokens;        /* for its last retry; a success gives them back */
    bool no_retry;           /* it is canceled: no further attempt begins */
    klr_task_state state;
    klingrec_status retry_cause; /* how the attempt ended that is tried again */
} klr_task;

typedef struct klr_task_list {
    klr_task *first;
    klr_task *last;
} klr_task_list;

typedef struct klr_policy {
    uint32_t max_in_flight;
    uint32_t max_per_minute; /* 0: no limit */
    uint32_t max_attempts;
    bool retry_unsure;
} klr_policy;

typedef struct klr_queue {
    klr_policy policy;
    klr_task_list ready;
    klr_task_list delayed;
    uint32_t running;
    uint32_t limit_milli;       /* attempts that may run at once, times 1000 */
    uint64_t limit_lowered_ms;  /* when; 429s of older attempts do not count */
    uint64_t next_start_us;     /* by max_per_minute */
    uint64_t paused_until_ms;   /* the server said when to come back */
    uint64_t held_until_ms;     /* admit() said when to ask again */
    uint64_t deadline_bound_ms; /* no waiting task's deadline is before this */
    uint32_t retry_tokens;
} klr_queue;

void klr_queue_init(klr_queue *queue, const klr_policy *policy);

/* A new task, ready at once; its deadline_at_ms is set. */
void klr_queue_add(klr_queue *queue, klr_task *task);

/* The next task whose attempt may begin now, or NULL. It counts as running until
   klr_queue_ended(), klr_queue_drop() or klr_queue_defer(). */
klr_task *klr_queue_pop(klr_queue *queue, uint64_t now_ms);

/* The attempt of a popped task begins. */
void klr_queue_begin(klr_queue *queue, klr_task *task, uint64_t now_ms);

/* A popped task is out, without an attempt: its image was refused. */
void klr_queue_drop(klr_queue *queue, klr_task *task);

/* A popped task may not begin yet: it waits where it came from, as the first again, and
   nothing begins before `until_ms`. */
void klr_queue_defer(klr_queue *queue, klr_task *task, uint64_t until_ms);

/* Take out a waiting task whose deadline has passed; NULL: there is none. */
klr_task *klr_queue_pop_expired(klr_queue *queue, uint64_t now_ms);

/* Take a waiting task out. */
void klr_queue_remove(klr_queue *queue, klr_task *task);

/*
 * A running task's attempt ended with this verdict. true: it waits in the queue for its
 * next attempt, until due_ms; false: it is out, and this attempt was the last.
 */
bool klr_queue_ended(klr_queue *queue, klr_task *task, const klr_verdict *verdict,
                     uint32_t retry_after_ms, uint64_t now_ms, uint32_t random);

/* The earliest time at which klr_queue_pop() or klr_queue_pop_expired() may find
   something; UINT64_MAX: not before something else happens. */
uint64_t klr_queue_next_event_ms(const klr_queue *queue, uint64_t now_ms);

#endif
