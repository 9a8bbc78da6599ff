/* SPDX-License-Identifier: MIT */
/* engine.c - run the jobs of a client: queue, transport, results */
#include "base/build.h"

#include "client/engine.h"

#include "base/text.h"
#include "client/attempt.h"
#include "client/client.h"

/* The most calls of drive() that read late answers, and those in a row that bring no
   part of one. A server that never stops must not delay other jobs. */
enum { LATE_READS = 512, LATE_IDLE_READS = 3 };

/* After so long a step begins no further attempt. */
enum { BEGIN_MS = 1 };

/* ---- Results ---------------------------------------------------------------- */

static void
log_result(klingrec_client *client, const klr_job *job)
{
    const klingrec_result *result = job->result;
    bool good = result->status == KLINGREC_OK;
    klr_log_write(&client->log, good ? KLINGREC_LOG_INFO : KLINGREC_LOG_WARN,
                  "job %llu: %s after %u attempt(s)", (unsigned long long)job->id,
                  klingrec_result_message(result), (unsigned)result->attempts);
}

static void
count_end(klingrec_stats *stats, const klingrec_result *result)
{
    stats->succeeded += result->status == KLINGREC_OK;
    stats->canceled += result->status == KLINGREC_ERR_CANCELED;
    stats->failed +=
        result->status != KLINGREC_OK && result->status != KLINGREC_ERR_CANCELED;
    stats->answered += result->delivery == KLINGREC_DELIVERY_ANSWERED;
    stats->unsure += result->delivery == KLINGREC_DELIVERY_UNSURE;
}

/* Every job ends here, and once. why: one line for people, NULL or "". */
static void
finish(klingrec_client *client, klr_job *job, klingrec_status status, const char *why)
{
    klr_job_finish(client, job, status, why);
    count_end(&client->stats, job->result);
    klr_job_list_add(&client->finished, job);
}

static void
share_stats(klingrec_client *client)
{
    klr_shared_enter(client);
    client->shared.stats = client->stats;
    klr_shared_leave(client);
}

/* Hand the finished jobs to their waiters. Callbacks run outside the lock. */
static void
publish(klingrec_client *client)
{
    klr_job_list finished = client->finished;
    if (finished.first == NULL)
        return;
    memset(&client->finished, 0, sizeof client->finished);
    for (const klr_job *job = finished.first; job != NULL; job = job->next)
        log_result(client, job);
    klr_shared_enter(client);
    client->shared.stats = client->stats;
    for (klr_job *job; (job = klr_job_list_pop(&finished)) != NULL;)
        klr_shared_publish(client, job);
    klr_shared_leave(client);
    if (client->threaded) /* a waiter that wakes up finds the lock free */
        klr_lock_notify(&client->shared.lock);
    if (client->wakeup != NULL)
        client->wakeup(client->wakeup_user);
}

/* ---- New jobs --------------------------------------------------------------- */

/* Under the lock. Running jobs are stopped later, where the transport may be called;
   waiting jobs are finished later, where the host's allocator may be called. */
static void
mark_canceled(klingrec_client *client, klr_job_list *waiting)
{
    for (klr_job *job = client->shared.newest; job != NULL; job = job->older) {
        if (job->cancel == KLR_CANCEL_NONE)
            continue;
        if (job->task.state == KLR_TASK_RUNNING) {
            if (job->cancel == KLR_CANCEL_NOW)
                job->stop = KLINGREC_ERR_CANCELED;
        } else if (job->task.state != KLR_TASK_OUT) {
            klr_queue_remove(&client->queue, &job->task);
            klr_job_list_add(waiting, job);
        }
    }
}

static void
receive(klingrec_client *client)
{
    klr_job_list canceled = {NULL, NULL};
    klr_shared_enter(client);
    for (klr_job *job; (job = klr_job_list_pop(&client->shared.inbox)) != NULL;)
        klr_queue_add(&client->queue, &job->task);
    if (client->shared.cancel_changed)
        mark_canceled(client, &canceled);
    bool warm_up = client->shared.wants_warm_up && client->transport.warm_up != NULL;
    client->shared.wants_warm_up = false;
    client->shared.cancel_changed = false;
    client->shared.woken = false;
    client->shared.stats = client->stats;
    klr_shared_leave(client);
    for (klr_job *job; (job = klr_job_list_pop(&canceled)) != NULL;)
        finish(client, job, KLINGREC_ERR_CANCELED, NULL);
    if (warm_up)
        client->transport.warm_up(client->transport.user, client->endpoint);
}

/* ---- Attempts --------------------------------------------------------------- */

static uint32_t
next_random(klingrec_client *client)
{
    /* xorshift64*: jitter, not secrets */
    client->random ^= client->random >> 12;
    client->random ^= client->random << 25;
    client->random ^= client->random >> 27;
    return (uint32_t)((client->random * 0x2545F4914F6CDD1Du) >> 32);
}

/* One line for people beyond the status; empty when the answer has its own message. */
static void
explain_end(const klr_job *job, klingrec_status status, uint64_t now_ms, char *buf,
            size_t size)
{
    const klingrec_exchange *x = &job->attempt->exchange;
    if (status == KLINGREC_ERR_FILE)
        klr_attempt_explain_source(job, buf, size);
    else if (status == KLINGREC_ERR_TIMEOUT && job->stop == KLINGREC_ERR_TIMEOUT)
        (void)klr_text_add(buf, size, 0, "%llu ms after the attempt began, %s",
                           (unsigned long long)(now_ms - job->task.started_ms),
                           x->sent ? "the request sent and no whole answer received"
                                   : "the request not yet sent whole");
    else if (status == KLINGREC_ERR_CANCELED)
        buf[0] = '\0';
    else
        (void)klr_text_copy(buf, size, x->detail);
}

/* The host may cancel the job while its image is read or a request is under way. An
   attempt may be billed even if nobody wants its result. */
static bool
may_begin_attempt(klingrec_client *client, const klr_job *job)
{
    klr_shared_enter(client);
    bool may = job->cancel == KLR_CANCEL_NONE;
    klr_shared_leave(client);
    return may;
}

static void
count_bytes(klingrec_stats *stats, const klingrec_exchange *x)
{
    stats->bytes_sent += x->body->at;
    stats->bytes_received += x->response.len;
}

/* All other failures that are tried again are of the network. */
static void
count_attempt(klingrec_stats *stats, const klr_task *task)
{
    stats->attempts++;
    if (task->attempts == 1)
        return;
    if (task->retry_cause == KLINGREC_ERR_RATE_LIMIT)
        stats->retries_rate_limit++;
    else if (task->retry_cause == KLINGREC_ERR_SERVER)
        stats->retries_server++;
    else
        stats->retries_network++;
}

static void
attempt_ended(klingrec_client *client, klr_job *job, uint64_t now_ms)
{
    char detail[sizeof job->attempt->exchange.detail];
    count_bytes(&client->stats, &job->attempt->exchange);
    klr_verdict verdict = klr_attempt_finish(client, job);
    job->task.no_retry = !may_begin_attempt(client, job);
    bool again =
        klr_queue_ended(&client->queue, &job->task, &verdict,
                        job->result->retry_after_ms, now_ms, next_random(client));

    if (again) {
        klr_log_write(&client->log, KLINGREC_LOG_WARN,
                      "job %llu: attempt %u: %s; next in %llu ms",
                      (unsigned long long)job->id, (unsigned)job->task.attempts,
                      klingrec_status_string(verdict.status),
                      (unsigned long long)(job->task.due_ms - now_ms));
        return;
    }
    explain_end(job, verdict.status, now_ms, detail, sizeof detail);
    finish(client, job, verdict.status, detail);
}

static void
collect_ended(klingrec_client *client)
{
    klr_job_list running = client->running;
    uint64_t now_ms = client->clock_ms();

    memset(&client->running, 0, sizeof client->running);
    for (klr_job *job; (job = klr_job_list_pop(&running)) != NULL;) {
        if (job->attempt->exchange.ended)
            attempt_ended(client, job, now_ms);
        else
            klr_job_list_add(&client->running, job);
    }
}

/* End the attempts that are canceled or reach their time limit, whatever the transport
   does. */
static void
stop_attempts(klingrec_client *client, uint64_t now_ms)
{
    for (klr_job *job = client->running.first; job != NULL; job = job->next) {
        if (job->stop == KLINGREC_OK && job->attempt->deadline_at_ms <= now_ms)
            job->stop = KLINGREC_ERR_TIMEOUT;
        if (job->stop != KLINGREC_OK && !job->attempt->exchange.ended)
            client->transport.cancel(client->transport.user, &job->attempt->exchange);
    }
}

/* End the waiting jobs that reach their deadline. */
static void
finish_expired(klingrec_client *client, uint64_t now_ms)
{
    for (klr_task *task;
         (task = klr_queue_pop_expired(&client->queue, now_ms)) != NULL;)
        finish(client, (klr_job *)task, KLINGREC_ERR_TIMEOUT, NULL);
}

/* Milliseconds until the host may be asked again; 0: the attempt may begin. */
static uint32_t
admit_wait_ms(const klingrec_client *client)
{
    return client->admit != NULL ? client->admit(client->admit_user) : 0;
}

/* Read and check the image, and ask the host. OK: the attempt has begun or, if *wait_ms
   is not 0, may not begin yet. */
static klingrec_status
begin_attempt(klingrec_client *client, klr_job *job, uint32_t *wait_ms, char *why,
              size_t size)
{
    *wait_ms = 0;
    klingrec_status status = klr_attempt_prepare(client, job, why, size);
    if (status == KLINGREC_OK && !may_begin_attempt(client, job))
        status = KLINGREC_ERR_CANCELED;
    if (status == KLINGREC_OK)
        *wait_ms = admit_wait_ms(client);
    if (status == KLINGREC_OK && *wait_ms == 0)
        status = klr_attempt_start(client, job, why, size);
    return status;
}

/* Calls such as klingrec_client_free() wait for the step, and an image may take several
   milliseconds to read and check. The next step begins the rest. */
static void
start_ready(klingrec_client *client, uint64_t now_ms)
{
    char why[256];
    uint32_t wait_ms;
    uint64_t until_ms = client->clock_ms() + BEGIN_MS;
    for (klr_task *task; (task = klr_queue_pop(&client->queue, now_ms)) != NULL;) {
        klr_job *job = (klr_job *)task;
        klingrec_status status = begin_attempt(client, job, &wait_ms, why, sizeof why);
        if (wait_ms > 0) {
            klr_queue_defer(&client->queue, task, client->clock_ms() + wait_ms);
        } else if (status == KLINGREC_OK) {
            klr_queue_begin(&client->queue, task, job->attempt->started_ms);
            count_attempt(&client->stats, task);
            share_stats(client); /* before a wait that may be long */
            klr_job_list_add(&client->running, job);
        } else {
            klr_queue_drop(&client->queue, task);
            finish(client, job, status, why);
        }
        if (client->clock_ms() >= until_ms)
            return;
    }
}

static uint64_t
next_event_ms(const klingrec_client *client, uint64_t now_ms, uint64_t until_ms)
{
    uint64_t at_ms = klr_queue_next_event_ms(&client->queue, now_ms);
    for (const klr_job *job = client->running.first; job != NULL; job = job->next) {
        if (job->attempt->exchange.ended)
            return now_ms;
        if (job->attempt->deadline_at_ms < at_ms)
            at_ms = job->attempt->deadline_at_ms;
    }
    if (client->finished.first != NULL)
        return now_ms;
    return at_ms < until_ms ? at_ms : until_ms;
}

/* Let the attempts over their time limit send no more. Returns whether any is running;
   received: how many parts of answers they have got. */
static bool
expire_attempts(const klingrec_client *client, uint64_t now_ms, size_t *received)
{
    bool any = false;
    *received = 0;
    for (const klr_job *job = client->running.first; job != NULL; job = job->next) {
        klingrec_exchange *x = &job->attempt->exchange;
        if (job->attempt->deadline_at_ms > now_ms)
            continue;
        x->expired = true;
        *received += x->received;
        any = any || !x->ended;
    }
    return any;
}

/* If this step is late, an answer may have come in time: read it before any time limit
   is applied. One drive() may read only a part, such as one record of TLS, and nothing
   of the answer if that is a ticket or the length of a chunk. */
static void
read_late_answers(klingrec_client *client, uint64_t now_ms)
{
    size_t before, received;
    if (!expire_attempts(client, now_ms, &received))
        return;
    for (int i = 0, idle = 0; i < LATE_READS && idle < LATE_IDLE_READS; i++) {
        before = received;
        client->transport.drive(client->transport.user, 0);
        if (!expire_attempts(client, now_ms, &received))
            return;
        idle = received == before ? idle + 1 : 0;
    }
}

/* How long drive() may wait, in milliseconds. */
static int
drive_timeout_ms(const klingrec_client *client, uint64_t now_ms, uint64_t at_ms)
{
    uint64_t longest_ms = client->threaded ? KLR_WORKER_WAIT_MS : 60000;
    if (at_ms <= now_ms)
        return 0;
    return (int)(at_ms - now_ms < longest_ms ? at_ms - now_ms : longest_ms);
}

void
klr_engine_step(klingrec_client *client, uint64_t until_ms)
{
    uint64_t now_ms = client->clock_ms();
    read_late_answers(client, now_ms);
    receive(client); /* a wake() from here on is for the drive() below */
    stop_attempts(client, now_ms);
    finish_expired(client, now_ms);
    collect_ended(client);
    start_ready(client, now_ms);
    now_ms = client->clock_ms(); /* reading and checking images takes time */

    uint64_t at_ms = next_event_ms(client, now_ms, until_ms);
    client->transport.drive(client->transport.user,
                            drive_timeout_ms(client, now_ms, at_ms));
    collect_ended(client);
    publish(client);
}

int
klr_engine_timeout_ms(const klingrec_client *client)
{
    const klr_shared *shared = &client->shared;
    uint64_t now_ms = client->clock_ms();
    bool due = shared->inbox.first != NULL || shared->cancel_changed ||
               shared->polled.finished > 0;
    return due ? 0
               : drive_timeout_ms(client, now_ms,
                                  next_event_ms(client, now_ms, UINT64_MAX));
}

void
klr_engine_cancel_running(klingrec_client *client)
{
    for (klr_job *job = client->running.first; job != NULL; job = job->next)
        if (!job->attempt->exchange.ended)
            client->transport.cancel(client->transport.user, &job->attempt->exchange);
}
