/* engine.c - all jobs of a client: in, through the transport, out */
#include "client/engine.h"

#include "base/text.h"
#include "client/client.h"

/* ---- Out -------------------------------------------------------------------- */

static void
report(klingrec_client *client, const klr_job *job)
{
    const klingrec_result *result = job->result;
    bool good = result->status == KLINGREC_OK;
    klr_log_write(&client->log, good ? KLINGREC_LOG_INFO : KLINGREC_LOG_WARN,
                  "job %llu: %s after %u attempt(s)", (unsigned long long)job->id,
                  klingrec_result_message(result), (unsigned)result->attempts);
}

/* Every job ends here, and once. why: one line for people, NULL or "". */
static void
finish(klingrec_client *client, klr_job *job, klingrec_status status, const char *why)
{
    klr_job_finish(client, job, status, why);
    klr_job_list_add(&client->finished, job);
}

/* Hand over to whoever waits. The host's hooks run outside the lock. */
static void
publish(klingrec_client *client)
{
    klr_job_list finished = client->finished;
    if (finished.first == NULL)
        return;
    memset(&client->finished, 0, sizeof client->finished);
    for (const klr_job *job = finished.first; job != NULL; job = job->next)
        report(client, job);
    klr_client_enter(client);
    for (klr_job *job; (job = klr_job_list_pop(&finished)) != NULL;)
        klr_job_list_add(&client->outbox, job);
    klr_client_leave(client);
    if (client->threaded) /* whoever wakes up finds the lock free */
        klr_lock_notify(&client->lock);
    if (client->wakeup != NULL)
        client->wakeup(client->wakeup_user);
}

/* ---- In --------------------------------------------------------------------- */

/* Under the lock. What runs is stopped later, where transports may be called, and what
   waits is finished later, where the host's allocator may be. */
static void
mark_canceled(klingrec_client *client, klr_job_list *waiting)
{
    for (klr_job *job = client->newest; job != NULL; job = job->older) {
        if (job->wish == KLR_WISH_RESULT)
            continue;
        if (job->task.state == KLR_TASK_RUNNING) {
            if (job->wish == KLR_WISH_CANCELED)
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
    klr_client_enter(client);
    for (klr_job *job; (job = klr_job_list_pop(&client->inbox)) != NULL;)
        klr_queue_add(&client->queue, &job->task);
    if (client->cancel_requested)
        mark_canceled(client, &canceled);
    client->cancel_requested = false;
    client->woken = false;
    klr_client_leave(client);
    for (klr_job *job; (job = klr_job_list_pop(&canceled)) != NULL;)
        finish(client, job, KLINGREC_ERR_CANCELED, NULL);
}

/* ---- Through ---------------------------------------------------------------- */

static uint32_t
next_random(klingrec_client *client)
{
    /* xorshift64*: jitter, not secrets */
    client->random ^= client->random >> 12;
    client->random ^= client->random << 25;
    client->random ^= client->random >> 27;
    return (uint32_t)((client->random * 0x2545F4914F6CDD1Du) >> 32);
}

/* What a person should know beyond the status; empty: the answer speaks for itself. */
static void
explain_end(const klr_job *job, klingrec_status status, uint64_t now, char *buf,
            size_t size)
{
    const klingrec_exchange *x = &job->attempt->exchange;
    if (status == KLINGREC_ERR_FILE)
        klr_job_explain_source(job, buf, size);
    else if (status == KLINGREC_ERR_TIMEOUT && job->stop == KLINGREC_ERR_TIMEOUT)
        (void)klr_text_add(buf, size, 0, "%llu ms after the attempt began, %s",
                           (unsigned long long)(now - job->task.started),
                           x->sent ? "the request sent and no whole answer received"
                                   : "the request not yet sent whole");
    else if (status == KLINGREC_ERR_CANCELED)
        buf[0] = '\0';
    else
        (void)klr_text_copy(buf, size, x->detail);
}

/* May change while an image is read or a request is on its way. An attempt that nobody
   wants may cost all the same. */
static bool
may_begin_attempt(klingrec_client *client, const klr_job *job)
{
    klr_client_enter(client);
    bool may = job->wish == KLR_WISH_RESULT;
    klr_client_leave(client);
    return may;
}

static void
attempt_ended(klingrec_client *client, klr_job *job, uint64_t now)
{
    char detail[sizeof job->attempt->exchange.detail];
    klr_verdict verdict = klr_job_ended(client, job);
    if (!may_begin_attempt(client, job))
        verdict.retry = KLR_RETRY_NEVER;
    bool again = klr_queue_ended(&client->queue, &job->task, &verdict,
                                 job->result->retry_after_ms, now, next_random(client));

    if (again) {
        klr_log_write(&client->log, KLINGREC_LOG_WARN,
                      "job %llu: attempt %u: %s; next in %llu ms",
                      (unsigned long long)job->id, (unsigned)job->task.attempts,
                      klingrec_status_string(verdict.status),
                      (unsigned long long)(job->task.due - now));
        return;
    }
    explain_end(job, verdict.status, now, detail, sizeof detail);
    finish(client, job, verdict.status, detail);
}

static void
collect_ended(klingrec_client *client)
{
    klr_job_list running = client->running;
    uint64_t now = client->clock();

    memset(&client->running, 0, sizeof client->running);
    for (klr_job *job; (job = klr_job_list_pop(&running)) != NULL;) {
        if (job->attempt->exchange.ended)
            attempt_ended(client, job, now);
        else
            klr_job_list_add(&client->running, job);
    }
}

/* Time limits are kept here, whatever the transport does. */
static void
stop_overdue(klingrec_client *client, uint64_t now)
{
    for (klr_job *job = client->running.first; job != NULL; job = job->next) {
        if (job->stop == KLINGREC_OK && job->attempt->deadline <= now)
            job->stop = KLINGREC_ERR_TIMEOUT;
        if (job->stop != KLINGREC_OK && !job->attempt->exchange.ended)
            client->transport.cancel(client->transport.user, &job->attempt->exchange);
    }
    for (klr_task *task; (task = klr_queue_expired(&client->queue, now)) != NULL;)
        finish(client, (klr_job *)task, KLINGREC_ERR_TIMEOUT, NULL);
}

/* Milliseconds until the host may be asked again; 0: the attempt may begin. */
static uint32_t
ask_host(const klingrec_client *client)
{
    return client->admit != NULL ? client->admit(client->admit_user) : 0;
}

/* The image is read and checked, the host asked. OK: the attempt has begun, or *wait_ms
   is not 0: it may not yet. */
static klingrec_status
begin_attempt(klingrec_client *client, klr_job *job, uint32_t *wait_ms, char *why,
              size_t size)
{
    *wait_ms = 0;
    klingrec_status status = klr_job_prepare(client, job, why, size);
    if (status == KLINGREC_OK && !may_begin_attempt(client, job))
        status = KLINGREC_ERR_CANCELED;
    if (status == KLINGREC_OK)
        *wait_ms = ask_host(client);
    if (status == KLINGREC_OK && *wait_ms == 0)
        status = klr_job_start(client, job, why, size);
    return status;
}

static void
start_ready(klingrec_client *client, uint64_t now)
{
    char why[256];
    uint32_t wait_ms;
    for (klr_task *task; (task = klr_queue_pop(&client->queue, now)) != NULL;) {
        klr_job *job = (klr_job *)task;
        klingrec_status status = begin_attempt(client, job, &wait_ms, why, sizeof why);
        if (wait_ms > 0) {
            klr_queue_defer(&client->queue, task, client->clock() + wait_ms);
        } else if (status == KLINGREC_OK) {
            klr_queue_begin(&client->queue, task, job->attempt->started);
            klr_job_list_add(&client->running, job);
        } else {
            klr_queue_drop(&client->queue, task);
            finish(client, job, status, why);
        }
    }
}

static uint64_t
next_event(const klingrec_client *client, uint64_t now, uint64_t until)
{
    uint64_t at = klr_queue_next_event(&client->queue, now);
    for (const klr_job *job = client->running.first; job != NULL; job = job->next) {
        if (job->attempt->exchange.ended)
            return now;
        if (job->attempt->deadline < at)
            at = job->attempt->deadline;
    }
    if (client->finished.first != NULL)
        return now;
    return at < until ? at : until;
}

static bool
any_overdue(const klingrec_client *client, uint64_t now)
{
    for (const klr_job *job = client->running.first; job != NULL; job = job->next)
        if (job->attempt->deadline <= now)
            return true;
    return false;
}

/* For drive(), in milliseconds; -1: for ever. */
static int
span_to_wait(const klingrec_client *client, uint64_t now, uint64_t at)
{
    uint64_t longest = client->threaded ? KLR_WORKER_WAIT_MS : 60000;
    if (at <= now)
        return 0;
    if (at == UINT64_MAX && !client->threaded)
        return -1;
    return (int)(at - now < longest ? at - now : longest);
}

void
klr_engine_step(klingrec_client *client, uint64_t until)
{
    uint64_t now = client->clock();
    /* If we come late, the answer may have been on time: look before giving up. */
    if (any_overdue(client, now))
        client->transport.drive(client->transport.user, 0);
    receive(client); /* a wake() from here on is for the drive() below */
    stop_overdue(client, now);
    collect_ended(client);
    start_ready(client, now);
    now = client->clock(); /* images were read and checked */

    uint64_t at = next_event(client, now, until);
    client->transport.drive(client->transport.user, span_to_wait(client, now, at));
    collect_ended(client);
    publish(client);
}

void
klr_engine_abandon(klingrec_client *client)
{
    for (klr_job *job = client->running.first; job != NULL; job = job->next)
        if (!job->attempt->exchange.ended)
            client->transport.cancel(client->transport.user, &job->attempt->exchange);
}
