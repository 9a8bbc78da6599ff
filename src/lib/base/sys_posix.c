/* SPDX-License-Identifier: MIT */
/* sys_posix.c - clocks and the process on POSIX systems: sys.h */
#include "base/build.h"

#include "base/sys.h"

#ifndef _WIN32

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

uint64_t
klr_monotonic_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t
klr_wall_clock_s(void)
{
    return (int64_t)time(NULL);
}

uint64_t
klr_seed(void)
{
    static int here;
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t seed = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
    return seed ^ (uint64_t)klr_process_id() << 20 ^ (uint64_t)(uintptr_t)&here;
}

void
klr_sleep_ms(uint64_t ms)
{
    const struct timespec span = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    (void)nanosleep(&span, NULL);
}

bool
klr_at_exit(void (*run)(void))
{
    return atexit(run) == 0;
}

bool
klr_threads_have_ended(void)
{
    return false;
}

uint32_t
klr_process_id(void)
{
    return (uint32_t)getpid();
}

#endif
