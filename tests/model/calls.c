/* SPDX-License-Identifier: MIT */
/* calls.c - the calls of a random program that submit jobs and take results */
#include "host.h"

#include "loan.h"

enum { BATCH_MAX = 7 };

void
call_submit(unsigned number, const program_step *step)
{
    model_call call;
    klingrec_request request;
    model_job_facts facts = {.by = BY_SUBMIT};
    klingrec_job id = 77;
    loan *l = loan_request(number, step->a, step->b, &request, &facts);
    host_begin_turn();
    model_call_begins(&call, false);
    model_ask(number, &facts);
    klingrec_status status = klingrec_submit(host.client, &request, &id);
    model_submitted(&call, number, status, id);
    host_end_turn();
    if (!facts.borrowed || status != KLINGREC_OK)
        loan_end(l);
}

static void
keep_or_free(klingrec_result *result, bool keep)
{
    (void)pthread_mutex_lock(&host.lock);
    keep = keep && host.kept_count < HOST_KEPT_MAX;
    if (keep)
        host.kept[host.kept_count++] = result;
    (void)pthread_mutex_unlock(&host.lock);
    if (!keep)
        klingrec_result_free(result);
}

klingrec_status
host_take(bool waits, int timeout_ms, bool keep)
{
    model_call call;
    klingrec_result *result = (klingrec_result *)&call;
    host_begin_turn();
    model_call_begins(&call, true);
    model_may_release(true);
    klingrec_status status = waits ? klingrec_wait(host.client, timeout_ms, &result)
                                   : klingrec_poll(host.client, timeout_ms, &result);
    model_may_release(false);
    model_taken(&call, waits, timeout_ms, status, result);
    host_end_turn();
    keep_or_free(result, keep);
    return status;
}

void
call_take(const program_step *step, bool waits)
{
    /* klingrec_wait() without a limit may wait for the shutdown. */
    bool forever =
        step->a % 4 == 0 && (!waits || host.program->config.run == KLINGREC_RUN_CALLER);
    uint32_t most = model_is_exact() ? 2000 : 8;
    int timeout_ms = forever ? -1 : step->a % 4 == 1 ? 0 : (int)(step->b % most);
    (void)host_take(waits, timeout_ms, (step->a >> 8) % 8 == 0);
}

void
call_recognize(unsigned number, const program_step *step)
{
    model_call call;
    klingrec_request request;
    model_job_facts facts = {.by = BY_RECOGNIZE};
    klingrec_result *result = NULL;
    loan *l = loan_request(number, step->a, step->b, &request, &facts);
    host_begin_turn();
    model_call_begins(&call, false);
    model_ask(number, &facts);
    model_may_release(true);
    klingrec_status status = klingrec_recognize(host.client, &request, &result);
    model_may_release(false);
    model_recognized(&call, number, status, result);
    host_end_turn();
    if (!facts.borrowed)
        loan_end(l);
    keep_or_free(result, false);
}

/* In this thread's turn. */
static void
cancel_here(unsigned number, model_cancel how, bool shutdown)
{
    model_call call;
    model_call_begins(&call, false);
    klingrec_job id = model_cancel_begins(number, how, shutdown);
    klingrec_status status = shutdown ? klingrec_shutdown(host.client)
                             : how == CANCEL_WAITING
                                 ? klingrec_cancel_waiting(host.client)
                                 : klingrec_cancel(host.client, id);
    MUST(status == (id == UINT64_MAX ? KLINGREC_ERR_ARGUMENT : KLINGREC_OK),
         "to cancel %u returns %s", number, klingrec_status_name(status));
    if (id != UINT64_MAX)
        model_cancel_ended(&call, number, how, shutdown);
}

void
host_cancel(unsigned number, model_cancel how, bool shutdown)
{
    host_begin_turn();
    cancel_here(number, how, shutdown);
    host_end_turn();
}

typedef struct batch {
    unsigned number; /* its first job, by which it is known */
    unsigned next, count;
    uint32_t a, b;
    unsigned until;      /* done() returns false at this result */
    unsigned shuts_down; /* and shuts down at this one */
    unsigned done;
    klingrec_status stop; /* why it ends early */
    loan *copied;         /* what the client has copied by the next call */
} batch;

static bool
batch_next(void *user, klingrec_request *request)
{
    batch *b = user;
    model_job_facts facts = {.by = BY_BATCH, .batch = b->number};
    if (b->copied != NULL)
        loan_end(b->copied);
    b->copied = NULL;
    if (b->next == b->count)
        return false;
    unsigned number = b->number + b->next++;
    loan *l =
        loan_request(number, b->a + number * 37, b->b >> b->next, request, &facts);
    if (!facts.borrowed)
        b->copied = l;
    model_ask(number, &facts);
    return true;
}

static bool
batch_done(void *user, const klingrec_result *result)
{
    batch *b = user;
    bool goes_on = ++b->done != b->until;
    klingrec_status status = klingrec_result_status(result);
    bool refused = status == KLINGREC_ERR_AUTH || status == KLINGREC_ERR_ACCOUNT;
    if (b->stop == KLINGREC_OK)
        b->stop = refused ? status : goes_on ? KLINGREC_OK : KLINGREC_ERR_CANCELED;
    model_batch_result(b->number, goes_on, result);
    if (b->done == b->shuts_down)
        cancel_here(0, CANCEL_WAITING, true);
    return goes_on;
}

void
call_batch(unsigned number, const program_step *step)
{
    batch b = {.number = number,
               .count = (step->a >> 4) % 2 == 0 ? BATCH_MAX : step->a % BATCH_MAX,
               .a = step->a,
               .b = step->b,
               .until = (step->b >> 8) % 16,
               .shuts_down = (step->b >> 12) % 20};
    klingrec_batch work = klingrec_batch_default();
    work.next = batch_next;
    work.done = batch_done;
    work.user = &b;
    host_begin_turn();
    model_may_release(true);
    klingrec_status status = klingrec_run_batch(host.client, &work);
    model_may_release(false);
    model_batch_ended(number, b.stop, status);
    host_end_turn();
    if (b.copied != NULL)
        loan_end(b.copied);
}

/* One of the last jobs of the program's text, which may be nobody's, or all. */
void
call_cancel(unsigned at, const program_step *step)
{
    unsigned back = step->a % 12;
    unsigned number = back > at ? 0 : (at - back) * HOST_STEP_JOBS + 1;
    host_cancel(step->b % 6 == 0 ? 0 : number, CANCEL_NOW, false);
}

void
call_count(void)
{
    model_call call;
    klingrec_stats stats = klingrec_stats_default();
    host_begin_turn();
    model_call_begins(&call, false);
    model_pending(&call, klingrec_pending(host.client));
    MUST(klingrec_client_stats(host.client, &stats) == KLINGREC_OK, "no counters");
    model_stats(&call, &stats);
    host_end_turn();
}
