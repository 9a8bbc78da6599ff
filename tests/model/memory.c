/* SPDX-License-Identifier: MIT */
/* memory.c - the transport in memory of random programs, over the fake one: in virtual
   time, or in real time for the client's own thread */
#define _POSIX_C_SOURCE 200809L

#include "world.h"

#include "../fake/fake.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

/* An attempt. Its answer comes first, because a flight of the fake names that. */
typedef struct course {
    fake_answer answer;
    bool used;
    unsigned job;
    char body[SERVICE_TEXT_MAX];
    char retry_after[16];
} course;

static struct {
    fake state;
    void (*drive_fake)(void *user, int timeout_ms);
    bool real_time;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* of CLOCK_MONOTONIC */
    bool woken;
    course courses[FAKE_MAX];
} memory;

/* ---- Attempts ---------------------------------------------------------------- */

static course *
free_course(void)
{
    course *c = memory.courses;
    while (c->used)
        c++;
    return c;
}

static unsigned
job_of(klingrec_exchange *x)
{
    char text[160];
    size_t len = 0, got = 1;
    while (len < sizeof text && got > 0 && got != KLINGREC_BODY_FAILED) {
        got = klingrec_exchange_body_read(x, text + len, sizeof text - len);
        len += got != KLINGREC_BODY_FAILED ? got : 0;
    }
    MUST(klingrec_exchange_body_rewind(x), "the body cannot be sent again");
    return service_job_of(text, len);
}

static uint32_t
delay_ms(unsigned job, unsigned attempt)
{
    uint32_t random = service_hash(job, attempt, 3);
    if (memory.real_time)
        return random % 4;
    return random % (random % 4 == 0 ? 5000 : 50);
}

static const fake_answer *
answer(fake *self, klingrec_exchange *x, unsigned n)
{
    unsigned attempt, job = job_of(x);
    const service_course *due = model_attempt_begins(job, &attempt);
    course *c = free_course();
    (void)self;
    (void)n;
    fake_set_now(world_now_ms());
    c->used = !due->never_begun;
    c->job = job;
    service_write_body(job, attempt, c->body, sizeof c->body);
    (void)snprintf(c->retry_after, sizeof c->retry_after, "%u", due->retry_after_s);
    bool answered = due->effect == ANSWERED;
    c->answer = (fake_answer){
        .after_ms = due->hangs ? UINT32_MAX : delay_ms(job, attempt),
        .end = answered ? KLINGREC_OK : due->status,
        .sent = due->effect != UNSENT,
        .http_status = due->http_status,
        .body = answered ? c->body : NULL,
        .retry_after = due->retry_after_s > 0 ? c->retry_after : NULL,
        .start = due->never_begun ? due->status : KLINGREC_OK,
    };
    return &c->answer;
}

static void
ending(fake *self, const klingrec_exchange *x, klingrec_status end, bool sent)
{
    const fake_flight *flight = klingrec_exchange_data(x);
    course *c = (course *)(uintptr_t)flight->answer;
    (void)self;
    c->used = false;
    model_attempt_ends(c->job, end == KLINGREC_ERR_CANCELED, sent, end == KLINGREC_OK);
}

/* ---- The transport ----------------------------------------------------------- */

static uint64_t
earliest_ms(void)
{
    uint64_t due_ms = UINT64_MAX;
    for (size_t i = 0; i < FAKE_MAX; i++)
        if (memory.state.flights[i].x != NULL && memory.state.flights[i].due < due_ms)
            due_ms = memory.state.flights[i].due;
    return due_ms;
}

/* Returns whether it was woken. */
static bool
wait_until(uint64_t until_ms)
{
    const struct timespec at = {(time_t)(until_ms / 1000),
                                (long)(until_ms % 1000) * 1000000};
    (void)pthread_mutex_lock(&memory.lock);
    while (!memory.woken && world_now_ms() < until_ms)
        (void)pthread_cond_timedwait(&memory.changed, &memory.lock, &at);
    bool woken = memory.woken;
    memory.woken = false;
    (void)pthread_mutex_unlock(&memory.lock);
    return woken;
}

static void
drive(void *user, int timeout_ms)
{
    MUST(timeout_ms >= 0, "the client waits without a limit");
    if (memory.real_time) {
        uint64_t begin_ms = world_now_ms(), due_ms = earliest_ms();
        uint64_t until_ms = begin_ms + (uint64_t)timeout_ms;
        if (!wait_until(due_ms < until_ms ? due_ms : until_ms) && timeout_ms >= 500 &&
            until_ms <= due_ms)
            model_slept((unsigned)timeout_ms);
        fake_set_now(world_now_ms());
        timeout_ms = 0;
    }
    memory.drive_fake(user, timeout_ms);
    model_driven();
}

static bool
wake(void *user)
{
    (void)user;
    (void)pthread_mutex_lock(&memory.lock);
    memory.woken = true;
    (void)pthread_cond_signal(&memory.changed);
    (void)pthread_mutex_unlock(&memory.lock);
    return true;
}

static size_t
fds(void *user, klingrec_fd *to, size_t capacity, int *timeout_ms)
{
    uint64_t due_ms = earliest_ms(), now_ms = world_now_ms();
    (void)user;
    (void)to;
    (void)capacity;
    if (due_ms == UINT64_MAX)
        return 0;
    int left_ms = due_ms > now_ms ? (int)(due_ms - now_ms) : 0;
    MUST(*timeout_ms >= 0, "a client with a job is never due");
    if (left_ms < *timeout_ms)
        *timeout_ms = left_ms;
    return 0;
}

static void
warm_up(void *user, const char *url)
{
    (void)user;
    MUST(url != NULL, "a warm-up of nothing");
}

/* ---- Life -------------------------------------------------------------------- */

void
memory_start(model_world world, klingrec_config *config)
{
    static klingrec_transport transport;
    pthread_condattr_t monotonic;
    memset(&memory, 0, sizeof memory);
    memory.real_time = world == MODEL_MEMORY;
    memory.state.answer = answer;
    memory.state.ending = ending;
    (void)pthread_mutex_init(&memory.lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&memory.changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    fake_set_now(memory.real_time ? world_now_ms() : 1000);
    transport = fake_transport(&memory.state);
    memory.drive_fake = transport.drive;
    transport.drive = drive;
    transport.wake = wake;
    transport.fds = fds;
    transport.warm_up = warm_up;
    config->transport = &transport;
}

void
memory_stop(void)
{
    MUST(memory.state.closed == 1, "the transport is closed %u times",
         memory.state.closed);
    MUST(memory.state.at_once == 0, "%u attempts are left", memory.state.at_once);
    (void)pthread_mutex_destroy(&memory.lock);
    (void)pthread_cond_destroy(&memory.changed);
}
