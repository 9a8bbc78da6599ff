/* SPDX-License-Identifier: MIT */
/* program.h - a random program: a client's configuration, and the steps of its threads
 */
#ifndef MODEL_PROGRAM_H
#define MODEL_PROGRAM_H

#include "world.h"

enum { PROGRAM_STEPS = 120, PROGRAM_THREADS = 4 };

typedef enum program_op {
    OP_SUBMIT,
    OP_POLL,
    OP_WAIT,
    OP_CANCEL,
    OP_PASS_TIME,
    OP_RECOGNIZE,
    OP_BATCH,
    OP_FD,
    OP_FDS,
    OP_COUNT,
    OP_DRAIN,
    OP_WARM_UP,
    OP_MISUSE,
    OP_SHUTDOWN,
    OPS
} program_op;

typedef struct program_step {
    program_op op;
    unsigned thread;
    uint32_t a, b; /* what a step needs of random numbers */
    bool off;      /* left out */
} program_step;

/* How a program ends, after its last step. */
typedef enum program_end {
    END_POLL,   /* take all results */
    END_CANCEL, /* after klingrec_cancel(client, 0) */
    END_DRAIN,
    END_SHUTDOWN,
    END_FREE, /* at once */
    ENDS
} program_end;

typedef struct program {
    uint32_t seed;
    world_choice world;
    klingrec_config config;
    bool service_fails, has_admit;
    unsigned threads;
    bool taker; /* and a thread that only takes results, until the shutdown */
    program_end end;
    unsigned count;
    program_step steps[PROGRAM_STEPS];
} program;

void program_make(program *p, model_world world, uint32_t seed);
/* Returns when the program has ended as it must. */
void program_run(const program *p);
void program_print(const program *p);

#endif
