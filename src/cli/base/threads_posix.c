/* SPDX-License-Identifier: MIT */
/* threads_posix.c - threads by POSIX calls */
#include "base/threads.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { STACK = 512 * 1024 /* many may run */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changes[CHANGES] = {PTHREAD_COND_INITIALIZER,
                                          PTHREAD_COND_INITIALIZER};

struct start {
    void (*run)(void *user);
    void *user;
};

static void *
begin(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    start.run(start.user);
    return NULL;
}

/* Signals are for the first thread: they have to end its reads. */
bool
cli_thread_start(void (*run)(void *user), void *user)
{
    struct start *start = cli_resize(NULL, 1, sizeof *start);
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    start->run = run;
    start->user = user;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, STACK);
    bool good = pthread_create(&thread, &attr, begin, start) == 0;
    (void)pthread_attr_destroy(&attr);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!good)
        free(start);
    return good;
}

void
cli_threads_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void
cli_threads_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}

void
cli_threads_wait(enum change change)
{
    (void)pthread_cond_wait(&changes[change], &lock);
}

void
cli_threads_wake(enum change change)
{
    (void)pthread_cond_signal(&changes[change]);
}

void
cli_threads_wake_all(enum change change)
{
    (void)pthread_cond_broadcast(&changes[change]);
}
