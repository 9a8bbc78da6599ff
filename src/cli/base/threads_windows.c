/* SPDX-License-Identifier: MIT */
/* threads_windows.c - threads by calls of Windows */
#include "base/threads.h"

#include "base/memory.h"

#include <process.h>
#include <stdlib.h>
#include <windows.h>

enum { STACK = 512 * 1024 /* many may run */ };

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE changes[CHANGES] = {CONDITION_VARIABLE_INIT,
                                              CONDITION_VARIABLE_INIT};

struct start {
    void (*run)(void *user);
    void *user;
};

static unsigned __stdcall begin(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    start.run(start.user);
    return 0;
}

bool
cli_thread_start(void (*run)(void *user), void *user)
{
    struct start *start = cli_resize(NULL, 1, sizeof *start);
    start->run = run;
    start->user = user;
    uintptr_t thread = _beginthreadex(NULL, STACK, begin, start,
                                      STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (thread == 0) {
        free(start);
        return false;
    }
    CloseHandle((HANDLE)thread);
    return true;
}

void
cli_threads_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void
cli_threads_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}

void
cli_threads_wait(enum change change)
{
    (void)SleepConditionVariableSRW(&changes[change], &lock, INFINITE, 0);
}

void
cli_threads_wake(enum change change)
{
    WakeConditionVariable(&changes[change]);
}

void
cli_threads_wake_all(enum change change)
{
    WakeAllConditionVariable(&changes[change]);
}
