/* SPDX-License-Identifier: MIT */
/*
 * test_model.c - random programs against a model of the client
 *
 *     test_model [STEPS]                       programs with so many steps in all
 *     test_model WORLD SEED                    one program; WORLD: virtual, memory,
 *     test_model WORLD SEED shrink             network. shrink: leave out the steps
 *                                              without which it fails too
 *
 * A program has one client, up to four threads and 20 to 120 steps. It is known by its
 * world and its number.
 */
#define _POSIX_C_SOURCE 200809L

#include "program.h"

#include "../net/net.h"
#include "../sampling.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROGRAM_SECONDS = 60, TRIES = 10 };

static const char *const worlds[] = {"virtual", "memory", "network"};
static program current;

/* ---- Failures ------------------------------------------------------------------ */

void
model_fail(const char *format, ...)
{
    static int failed;
    va_list args;
    if (__atomic_exchange_n(&failed, 1, __ATOMIC_SEQ_CST) != 0)
        for (;;) /* another thread prints */
            (void)pause();
    (void)fflush(stdout);
    fprintf(stderr, "%s %u: ", worlds[current.world.world], (unsigned)current.seed);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    program_print(&current);
    model_print();
    fprintf(stderr,
            "again: test_model %s %u; with as few steps as possible: test_model %s %u "
            "shrink\n",
            worlds[current.world.world], (unsigned)current.seed,
            worlds[current.world.world], (unsigned)current.seed);
    _exit(1);
}

static void
on_alarm(int number)
{
    (void)number;
    model_fail("it does not end");
}

static void
run_limited(void)
{
    (void)alarm(PROGRAM_SECONDS);
    program_run(&current);
    (void)alarm(0);
}

/* ---- One program ---------------------------------------------------------------- */

/* In a process of its own. Threads may need several tries to fail. */
static bool
still_fails(void)
{
    int tries = current.world.world == MODEL_VIRTUAL ? 1 : TRIES;
    int code = 0;
    for (int i = 0; i < tries && code == 0; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (freopen("/dev/null", "w", stderr) == NULL)
                _exit(1);
            (void)alarm(5);
            program_run(&current);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &code, 0) != child)
            return false;
    }
    return code != 0;
}

/* Leaves out each step, in groups that become smaller, if the rest fails too. */
static void
shrink(void)
{
    for (unsigned size = current.count / 2; size > 0; size /= 2)
        for (unsigned from = 0; from < current.count; from += size) {
            program before = current;
            for (unsigned i = from; i < from + size && i < current.count; i++)
                current.steps[i].off = true;
            if (!still_fails())
                current = before;
        }
}

static int
run_one(const char *world, const char *seed, bool smaller)
{
    model_world number = MODEL_VIRTUAL;
    while (number < MODEL_NETWORK && strcmp(world, worlds[number]) != 0)
        number++;
    program_make(&current, number, (uint32_t)strtoul(seed, NULL, 10));
    if (smaller)
        shrink();
    for (int i = 0; i < TRIES; i++)
        run_limited();
    printf("%s %s: as it must be, %d times\n", world, seed, TRIES);
    return 0;
}

/* ---- Many programs --------------------------------------------------------------- */

static void
run_steps(model_world world, unsigned long steps)
{
    uint32_t seed = 0;
    for (unsigned long done = 0; done < steps; done += current.count) {
        program_make(&current, world, ++seed);
        run_limited();
    }
    print_message("%s: %u programs\n", worlds[world], (unsigned)seed);
}

static void
a_client_does_what_the_header_says_in_virtual_time(void **state)
{
    run_steps(MODEL_VIRTUAL, *(unsigned long *)*state * 13 / 20);
}

static void
a_client_with_a_thread_does_what_the_header_says(void **state)
{
    run_steps(MODEL_MEMORY, *(unsigned long *)*state * 4 / 20);
}

static void
a_client_does_what_the_header_says_on_a_network(void **state)
{
    run_steps(MODEL_NETWORK, *(unsigned long *)*state * 3 / 20);
}

int
main(int argc, char **argv)
{
    unsigned long steps = argc == 2 ? strtoul(argv[1], NULL, 10) : 10000 / thin();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_client_does_what_the_header_says_in_virtual_time,
                                  &steps),
        cmocka_unit_test_prestate(a_client_with_a_thread_does_what_the_header_says,
                                  &steps),
        cmocka_unit_test_prestate(a_client_does_what_the_header_says_on_a_network,
                                  &steps),
    };
    (void)signal(SIGALRM, on_alarm);
    if (argc <= 2)
        return cmocka_run_group_tests(tests, net_setup, net_teardown);
    if (net_setup(NULL) != 0)
        return 1;
    int code = run_one(argv[1], argv[2], argc > 3);
    return net_teardown(NULL) != 0 ? 1 : code;
}
