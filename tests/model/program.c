/* SPDX-License-Identifier: MIT */
/* program.c - random programs: made of a number, and printed */
#include "program.h"

#include <stdio.h>

static uint64_t state;

static uint32_t
below(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % n;
}

static bool
one_in(uint32_t n)
{
    return below(n) == 0;
}

/* How often an operation occurs, and its name. */
static const struct {
    unsigned weight;
    const char *name;
} ops[OPS] = {
    [OP_SUBMIT] = {60, "submit"},       [OP_POLL] = {30, "poll"},
    [OP_WAIT] = {10, "wait"},           [OP_CANCEL] = {14, "cancel"},
    [OP_PASS_TIME] = {16, "pass"},      [OP_RECOGNIZE] = {5, "recognize"},
    [OP_BATCH] = {6, "batch"},          [OP_FD] = {6, "client_fd"},
    [OP_FDS] = {6, "client_fds"},       [OP_COUNT] = {8, "count"},
    [OP_DRAIN] = {3, "cancel_waiting"}, [OP_WARM_UP] = {3, "warm_up"},
    [OP_MISUSE] = {5, "misuse"},        [OP_SHUTDOWN] = {1, "shutdown"},
};

static program_op
random_op(void)
{
    unsigned sum = 0, op = 0;
    for (unsigned i = 0; i < OPS; i++)
        sum += ops[i].weight;
    for (unsigned at = below(sum); at >= ops[op].weight; op++)
        at -= ops[op].weight;
    return (program_op)op;
}

/* In real time limits are short, so that a program ends soon. One in some has time for
   a second attempt. */
static void
choose_limits(klingrec_config *config, bool real_time)
{
    bool patient = !real_time || one_in(24);
    config->max_in_flight = 1 + below(one_in(2) ? 2 : 8);
    config->max_queued = 1 + below(16);
    config->max_attempts = 1 + below(4);
    config->max_per_minute = !real_time && one_in(4) ? 1 + below(600) : 0;
    config->attempt_timeout_ms = real_time ? 20 + below(60) : 1 + below(6000);
    config->deadline_ms = real_time ? 30 + below(200) : 1 + below(90000);
    if (patient)
        config->deadline_ms = real_time ? 2500 : 200000;
    config->flags = (one_in(3) ? KLINGREC_CLIENT_RETRY_UNSURE : 0) |
                    (one_in(2) ? KLINGREC_CLIENT_NO_CHECK : 0);
}

void
program_make(program *p, model_world world, uint32_t seed)
{
    memset(p, 0, sizeof *p);
    state = (uint64_t)seed * 2654435761u + 1;
    (void)below(1);
    p->seed = seed;
    p->world = (world_choice){world, one_in(4), one_in(3)};
    p->service_fails = one_in(2);
    p->has_admit = one_in(4);
    p->config = klingrec_config_default();
    p->config.api_key = "sk-model";
    choose_limits(&p->config, world != MODEL_VIRTUAL);
    bool thread = world == MODEL_MEMORY || (world == MODEL_NETWORK && !one_in(3));
    p->config.run = thread ? KLINGREC_RUN_THREAD : KLINGREC_RUN_CALLER;
    p->threads =
        world == MODEL_VIRTUAL || one_in(4) ? 1 : 2 + below(PROGRAM_THREADS - 1);
    p->taker = thread && p->threads > 1 && one_in(3);
    p->end = p->taker ? END_SHUTDOWN : (program_end)below(ENDS);
    p->count = 20 + below(PROGRAM_STEPS - 20);
    for (unsigned i = 0; i < p->count; i++)
        p->steps[i] = (program_step){random_op(), below(p->threads), below(1u << 30),
                                     below(1u << 30), false};
}

void
program_print(const program *p)
{
    static const char *const worlds[] = {"virtual time", "memory", "network"};
    static const char *const ends[] = {"polls", "cancels and polls", "drains and polls",
                                       "shuts down and polls", "is freed"};
    const klingrec_config *c = &p->config;
    fprintf(stderr,
            "%s%s, %s%s, a service that %s, %u threads%s; then it %s\n"
            "  max_in_flight %u, max_queued %u, max_attempts %u, max_per_minute %u, "
            "attempt %u ms, deadline %u ms, flags %u\n",
            worlds[p->world.world],
            p->world.world == MODEL_NETWORK && p->world.tls ? " (TLS)" : "",
            c->run == KLINGREC_RUN_THREAD ? "RUN_THREAD" : "RUN_CALLER",
            p->has_admit ? ", admit" : "", p->service_fails ? "fails" : "works",
            p->threads, p->taker ? " and one that takes results" : "", ends[p->end],
            (unsigned)c->max_in_flight, (unsigned)c->max_queued,
            (unsigned)c->max_attempts, (unsigned)c->max_per_minute,
            (unsigned)c->attempt_timeout_ms, (unsigned)c->deadline_ms,
            (unsigned)c->flags);
    for (unsigned i = 0; i < p->count; i++)
        if (!p->steps[i].off)
            fprintf(stderr, "  step %u (jobs from %u on), thread %u: %s %x %x\n", i,
                    i * 8 + 1, p->steps[i].thread, ops[p->steps[i].op].name,
                    (unsigned)p->steps[i].a, (unsigned)p->steps[i].b);
}
