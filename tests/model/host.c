/* SPDX-License-Identifier: MIT */
/* host.c - runs a random program: its client and its threads */
#include "host.h"

#include "loan.h"

#include "../net/net.h"

#include <poll.h>
#include <stdlib.h>

host_state host;

void
host_begin_turn(void)
{
    if (host.program->config.run == KLINGREC_RUN_CALLER)
        (void)pthread_mutex_lock(&host.turn);
}

void
host_end_turn(void)
{
    if (host.program->config.run == KLINGREC_RUN_CALLER)
        (void)pthread_mutex_unlock(&host.turn);
}

bool
host_is_alone(void)
{
    return host.program->threads == 1 && !host.program->taker;
}

/* ---- Memory ------------------------------------------------------------------- */

/* Checks that the client names the size of what it frees. */
static void *
allocate(void *user, void *ptr, size_t old_size, size_t new_size)
{
    size_t *block = ptr == NULL ? NULL : (size_t *)ptr - 2;
    (void)user;
    MUST((block == NULL ? 0 : block[0]) == old_size, "a block of another size");
    (void)pthread_mutex_lock(&host.lock);
    host.allocated += new_size - old_size;
    (void)pthread_mutex_unlock(&host.lock);
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, new_size + 2 * sizeof *block);
    MUST(block != NULL, "no memory");
    block[0] = new_size;
    return block + 2;
}

/* ---- A program ----------------------------------------------------------------- */

static void
do_step(unsigned at)
{
    const program_step *step = &host.program->steps[at];
    unsigned number = at * HOST_STEP_JOBS + 1;
    switch (step->op) {
    case OP_SUBMIT:
        call_submit(number, step);
        return;
    case OP_POLL:
    case OP_WAIT:
        call_take(step, step->op == OP_WAIT);
        return;
    case OP_CANCEL:
        call_cancel(at, step);
        return;
    case OP_PASS_TIME:
        world_pass_ms(step->b % (model_is_exact() ? 3000 : 4));
        return;
    case OP_RECOGNIZE:
        call_recognize(number, step);
        return;
    case OP_BATCH:
        call_batch(number, step);
        return;
    case OP_FD:
        call_fd(step);
        return;
    case OP_FDS:
        call_fds();
        return;
    case OP_COUNT:
        call_count();
        return;
    case OP_DRAIN:
        host_cancel(0, CANCEL_WAITING, false);
        return;
    case OP_WARM_UP:
        call_warm_up();
        return;
    case OP_MISUSE:
        call_misuse(step);
        return;
    case OP_SHUTDOWN:
        host_cancel(0, CANCEL_WAITING, true);
        return;
    case OPS:
        break;
    }
}

static void *
run_thread(void *user)
{
    unsigned thread = (unsigned)(uintptr_t)user;
    for (unsigned i = 0; i < host.program->count; i++)
        if (host.program->steps[i].thread == thread && !host.program->steps[i].off)
            do_step(i);
    return NULL;
}

static void *
run_taker(void *user)
{
    (void)user;
    while (host_take(true, -1, false) == KLINGREC_OK)
        continue;
    return NULL;
}

static void
run_threads(void)
{
    const program *p = host.program;
    pthread_t threads[PROGRAM_THREADS], taker;
    if (p->taker)
        MUST(pthread_create(&taker, NULL, run_taker, NULL) == 0, "no thread");
    for (unsigned i = 1; i < p->threads; i++)
        MUST(pthread_create(&threads[i], NULL, run_thread, (void *)(uintptr_t)i) == 0,
             "no thread");
    (void)run_thread(NULL);
    for (unsigned i = 1; i < p->threads; i++)
        (void)pthread_join(threads[i], NULL);
    if (p->end == END_SHUTDOWN)
        host_cancel(0, CANCEL_WAITING, true);
    if (p->taker)
        (void)pthread_join(taker, NULL);
}

/* Take what is left, in one of the ways that the header names. */
static void
finish(program_end end)
{
    klingrec_stats stats = klingrec_stats_default();
    if (end == END_FREE) {
        (void)host_take(false, 0, false); /* some attempts are under way then */
        return;
    }
    if (end == END_CANCEL)
        host_cancel(0, CANCEL_NOW, false);
    if (end == END_DRAIN)
        host_cancel(0, CANCEL_WAITING, false);
    bool waits = end == END_SHUTDOWN;
    while (host_take(waits, -1, false) == KLINGREC_OK)
        continue;
    MUST(klingrec_pending(host.client) == 0, "jobs are pending behind IDLE");
    MUST(klingrec_client_stats(host.client, &stats) == KLINGREC_OK, "no counters");
    model_quiet(false, &stats);
    if (host.fd >= 0) {
        struct pollfd p = {(int)host.fd, POLLIN, 0};
        MUST(poll(&p, 1, 0) == 0, "the descriptor is readable behind IDLE");
    }
}

static void
wakeup(void *user)
{
    (void)user;
    model_woken();
}

static uint32_t
admit(void *user)
{
    (void)user;
    return model_admit();
}

/* Results outlive their client. */
static void
free_kept(void)
{
    for (unsigned i = 0; i < host.kept_count; i++) {
        klingrec_result *result = host.kept[i];
        MUST(klingrec_result_message(result)[0] != '\0', "a result says nothing");
        MUST(klingrec_result_status(result) != KLINGREC_OK ||
                 service_attempt_of(
                     (unsigned)(uintptr_t)klingrec_result_user_data(result),
                     klingrec_result_request_id(result)) != 0,
             "a result has changed");
        klingrec_result_free(result);
    }
}

void
program_run(const program *p)
{
    klingrec_config config = p->config;
    memset(&host, 0, sizeof host);
    host.program = p;
    host.fd = -1;
    (void)pthread_mutex_init(&host.turn, NULL);
    (void)pthread_mutex_init(&host.lock, NULL);
    loan_begin();
    unsigned files = net_count_files(UINT32_MAX);
    service_init(p->seed, p->service_fails);
    config.alloc = allocate;
    config.wakeup = wakeup;
    config.admit = p->has_admit ? admit : NULL;
    world_start(&p->world, &config);
    model_begin(p->world.world, &config, world_now_ms);
    MUST(klingrec_client_new(&config, NULL, 0, &host.client) == KLINGREC_OK,
         "no client");
    world_adopt(host.client);
    run_threads();
    finish(p->end);
    model_may_release(true);
    klingrec_client_free(host.client);
    model_may_release(false);
    model_quiet(true, NULL);
    free_kept();
    MUST(host.allocated == 0, "%zu bytes are lost", host.allocated);
    world_stop();
    model_quiet(true, NULL);
    loan_remove_files();
    MUST(net_count_files(files) <= files, "descriptors are lost");
    (void)pthread_mutex_destroy(&host.turn);
    (void)pthread_mutex_destroy(&host.lock);
}
