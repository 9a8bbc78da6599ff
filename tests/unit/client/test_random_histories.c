/* SPDX-License-Identifier: MIT */
/*
 * test_random_histories.c - whole clients under random histories, in virtual time
 *
 *     test_histories [HISTORIES]
 *
 * Submits, polls, cancels, blocking calls and batches in any order, against a service
 * that answers, refuses, loses, hangs or cannot be reached, with memory that runs out
 * in between; then everything is polled, or the client is freed as it is. A history is
 * known by its number: run it alone by making it the first.
 */
#include "../../sampling.h"
#include "counting_allocator.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 150, MAX_JOBS = STEPS * 8 };

/* What the test observes of a job. */
typedef struct watched {
    klingrec_job id;
    uint64_t deadline;
    uint32_t attempts; /* that began */
    bool accepted;
    bool canceled;
    bool replied;  /* by any answer */
    bool lost;     /* an attempt was sent and not answered */
    bool borrowed; /* has a release() */
    uint32_t yielded;
    uint32_t released;
} watched;

typedef struct history {
    unsigned long number;
    uint64_t random;
    meter memory;
    bool memory_fails;
    fake service;
    fake_answer answer[FAKE_MAX * 2]; /* a flight keeps a pointer to its own */
    unsigned answers;
    klingrec_config config;
    klingrec_client *client;
    watched jobs[MAX_JOBS];
    size_t count;
    size_t batch_left;
    size_t outstanding;  /* submitted, accepted and not yet yielded */
    uint64_t held_until; /* not admitted until then */
    bool admitted;       /* admitted, but no attempt has started since */
} history;

static history h;

static uint32_t
random_below(uint32_t below)
{
    h.random = h.random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(h.random >> 33) % below;
}

static bool
one_in(uint32_t n)
{
    return random_below(n) == 0;
}

/* ---- The service ------------------------------------------------------------ */

static watched *
job_of(const klingrec_exchange *x)
{
    for (klr_job *job = h.client->shared.newest; job != NULL; job = job->older)
        if (job->attempt != NULL && &job->attempt->exchange == x)
            return job->request.user_data;
    fail_msg("history %lu: an attempt of no job", h.number);
    return NULL;
}

static const fake_answer *
answer(fake *self, klingrec_exchange *x, unsigned n)
{
    static const fake_answer limited = {
        10,  KLINGREC_OK, true, 429, "{\"code\":1302,\"message\":\"slow\"}",
        "7", KLINGREC_OK};
    static const fake_answer broken = {
        10, KLINGREC_ERR_RESPONSE, true, 200, "{\"co", NULL, KLINGREC_OK};
    static const fake_answer unable = {0,    KLINGREC_OK,       false, 0, NULL,
                                       NULL, KLINGREC_ERR_NOMEM};
    const fake_answer *kinds[] = {&RIG_GOOD,   &RIG_GOOD,    &RIG_GOOD, &RIG_GOOD,
                                  &RIG_SERVER, &RIG_REFUSED, &RIG_AUTH, &RIG_LOST,
                                  &RIG_UNSENT, &RIG_NEVER,   &limited,  &broken,
                                  &unable};
    watched *job = job_of(x);
    (void)self;
    (void)n;
    job->attempts++;
    assert_true(job->attempts <= h.config.max_attempts);
    assert_false(job->canceled);
    assert_true(fake_now() < job->deadline);
    assert_true(h.admitted || h.config.admit == NULL);
    h.admitted = false;
    if (job->lost)
        assert_true((h.config.flags & KLINGREC_CLIENT_RETRY_UNSURE) != 0);
    assert_true(h.service.at_once < h.config.max_in_flight);

    fake_answer *chosen = &h.answer[h.answers++ % (FAKE_MAX * 2)];
    *chosen = *kinds[random_below(sizeof kinds / sizeof kinds[0])];
    if (chosen->after_ms != UINT32_MAX)
        chosen->after_ms = random_below(one_in(4) ? 5000 : 50);
    return chosen;
}

static void
ending(fake *self, const klingrec_exchange *x, klingrec_status end, bool sent)
{
    watched *job = job_of(x);
    (void)self;
    if (end == KLINGREC_OK)
        job->replied = true;
    else if (sent)
        job->lost = true;
}

/* The host's own limit: each admission is used, and each refusal respected. */
static uint32_t
admit(void *user)
{
    (void)user;
    assert_false(h.admitted);
    assert_true(fake_now() >= h.held_until);
    uint32_t wait_ms = one_in(2) ? 0 : 1 + random_below(one_in(8) ? 100000 : 500);
    h.held_until = fake_now() + wait_ms;
    h.admitted = wait_ms == 0;
    return wait_ms;
}

/* ---- Results ---------------------------------------------------------------- */

static void
release(void *release_user)
{
    ((watched *)release_user)->released++;
}

static klingrec_delivery
expected_delivery(const watched *job)
{
    if (job->lost)
        return KLINGREC_DELIVERY_UNSURE;
    return job->replied ? KLINGREC_DELIVERY_ANSWERED : KLINGREC_DELIVERY_NOT_SENT;
}

static void
judge(const klingrec_result *result)
{
    watched *job = klingrec_result_user_data(result);
    klingrec_status status = klingrec_result_status(result);
    klingrec_delivery delivery = klingrec_result_delivery(result);

    assert_non_null(job);
    assert_int_equal(job->yielded++, 0);
    if (job->id != 0)
        assert_true(klingrec_result_job(result) == job->id);
    assert_int_equal(klingrec_result_attempts(result), job->attempts);
    assert_true(status != KLINGREC_PENDING && status != KLINGREC_IDLE);
    if (status == KLINGREC_OK)
        assert_true(klingrec_result_contains(result, KLINGREC_KIND_HEAD));
    /* For want of memory an answer may be lost, which never makes it look cheaper. */
    if (h.memory_fails && delivery == KLINGREC_DELIVERY_UNSURE)
        assert_int_not_equal(expected_delivery(job), KLINGREC_DELIVERY_NOT_SENT);
    else
        assert_int_equal(delivery, expected_delivery(job));
}

/* ---- Steps ------------------------------------------------------------------ */

static klingrec_request
next_request(watched **watch)
{
    static const char text[] = "not an image";
    watched *job = &h.jobs[h.count++];
    klingrec_request request =
        one_in(10) ? klingrec_request_bytes(text, sizeof text - 1) : rig_request();
    job->borrowed = one_in(2);
    request.user_data = job;
    request.release = job->borrowed ? release : NULL;
    request.release_user = job;
    if (one_in(4))
        request.deadline_ms = 1 + random_below(20000);
    job->deadline = fake_now() + (request.deadline_ms != 0 ? request.deadline_ms
                                                           : h.config.deadline_ms);
    *watch = job;
    return request;
}

static void
submit(void)
{
    watched *job;
    klingrec_request request = next_request(&job);
    klingrec_status status = klingrec_submit(h.client, &request, &job->id);
    job->accepted = status == KLINGREC_OK;
    h.outstanding += job->accepted;
    if (h.outstanding > h.config.max_queued)
        fail_msg("history %lu: %zu jobs in a queue of %u", h.number, h.outstanding,
                 (unsigned)h.config.max_queued);
    if (!job->accepted && status != KLINGREC_ERR_QUEUE_FULL) {
        assert_true(h.memory_fails);
        assert_int_equal(status, KLINGREC_ERR_NOMEM);
    }
}

static klingrec_status
poll_once(int timeout_ms)
{
    klingrec_result *result = NULL;
    klingrec_status status = klingrec_poll(h.client, timeout_ms, &result);
    assert_true((status == KLINGREC_OK) == (result != NULL));
    if (result != NULL) {
        h.outstanding--;
        judge(result);
    }
    klingrec_result_free(result);
    assert_int_equal(klingrec_pending(h.client), h.outstanding);
    assert_true((status == KLINGREC_IDLE) ==
                (status != KLINGREC_OK && h.outstanding == 0));
    return status;
}

static void
recognize(void)
{
    watched *job;
    klingrec_request request = next_request(&job);
    klingrec_result *result = NULL;
    klingrec_status status = klingrec_recognize(h.client, &request, &result);
    assert_true(result != NULL || h.memory_fails);
    if (result != NULL)
        assert_int_equal(klingrec_result_status(result), status);
    /* A refused call has a result too, but it is not that of the job. */
    job->accepted = result != NULL && klingrec_result_user_data(result) == job;
    if (job->accepted)
        judge(result);
    klingrec_result_free(result);
}

static bool
batch_next(void *user, klingrec_request *request)
{
    (void)user;
    if (h.batch_left == 0)
        return false;
    h.batch_left--;
    watched *job;
    *request = next_request(&job);
    return true;
}

static bool
batch_done(void *user, const klingrec_result *result)
{
    (void)user;
    ((watched *)klingrec_result_user_data(result))->accepted = true;
    judge(result);
    return !one_in(8);
}

static void
batch(void)
{
    klingrec_batch work = klingrec_batch_default();
    work.next = batch_next;
    work.done = batch_done;
    h.batch_left = random_below(7);
    klingrec_status status = klingrec_run_batch(h.client, &work);
    assert_true(status == KLINGREC_OK || status == KLINGREC_ERR_CANCELED ||
                status == KLINGREC_ERR_AUTH || status == KLINGREC_ERR_NOMEM);
}

/* One of the submitted jobs, an unknown one, or all that klingrec_submit() took: no
   attempt begins behind that, nor behind a drain. */
static void
cancel(void)
{
    bool drain = one_in(8), all = drain || one_in(8);
    klingrec_job id = 0;
    if (!all && h.count > 0)
        id = h.jobs[random_below((uint32_t)h.count)].id;
    if (!all && id == 0)
        id = UINT64_MAX;
    if (drain)
        (void)klingrec_cancel_waiting(h.client);
    else
        (void)klingrec_cancel(h.client, id);
    for (size_t i = 0; i < h.count; i++)
        if (h.jobs[i].id != 0 && (all || h.jobs[i].id == id))
            h.jobs[i].canceled = true;
}

static void
step(void)
{
    h.memory.fail_at =
        h.memory_fails && one_in(3) ? h.memory.calls + 1 + random_below(30) : 0;
    switch (random_below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        submit();
        return;
    case 5:
        recognize();
        return;
    case 6:
        batch();
        return;
    case 7:
    case 8:
        cancel();
        return;
    case 9:
    case 10:
        fake_set_now(fake_now() + random_below(one_in(10) ? 100000 : 500));
        return;
    default:
        (void)poll_once(one_in(2) ? 0 : (int)random_below(200));
    }
}

/* ---- Histories -------------------------------------------------------------- */

static void
begin(unsigned long number)
{
    memset(&h, 0, sizeof h);
    h.number = number;
    h.random = number * 2654435761u + 1;
    h.memory_fails = one_in(4);
    h.service.answer = answer;
    h.service.ending = ending;
    h.config = rig_config();
    h.config.alloc = metered;
    h.config.alloc_user = &h.memory;
    h.config.max_in_flight = 1 + random_below(8);
    h.config.max_queued = 1 + random_below(16);
    h.config.max_attempts = 1 + random_below(5);
    h.config.max_per_minute = one_in(3) ? 1 + random_below(200) : 0;
    h.config.attempt_timeout_ms = 1 + random_below(5000);
    h.config.deadline_ms = 1 + random_below(60000);
    h.config.flags = one_in(4) ? KLINGREC_CLIENT_RETRY_UNSURE : 0;
    h.config.admit = one_in(3) ? admit : NULL;
    h.client = rig_client(&h.service, h.config);
    assert_non_null(h.client);
}

static void
check_the_end(bool polled)
{
    assert_int_equal(h.service.at_once, 0);
    assert_int_equal(h.service.closed, 1);
    assert_int_equal(h.memory.live, 0);
    for (size_t i = 0; i < h.count; i++) {
        const watched *job = &h.jobs[i];
        if (polled && job->accepted)
            assert_int_equal(job->yielded, 1);
        if (job->accepted)
            assert_int_equal(job->released, job->borrowed ? 1 : 0);
        assert_true(job->released <= 1);
    }
}

static void
a_job_yields_one_result_and_one_release_in_every_history(void **state)
{
    unsigned long histories = *(unsigned long *)*state;
    for (unsigned long number = 0; number < histories; number++) {
        begin(number);
        for (int i = 0; i < STEPS; i++)
            step();
        h.memory.fail_at = 0;
        bool polled = one_in(2);
        while (polled && poll_once(-1) == KLINGREC_OK) {
        }
        assert_int_equal(polled ? h.outstanding : 0, 0);
        klingrec_client_free(h.client);
        check_the_end(polled);
    }
}

int
main(int argc, char **argv)
{
    unsigned long histories = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000 / thin();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(
            a_job_yields_one_result_and_one_release_in_every_history, &histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
