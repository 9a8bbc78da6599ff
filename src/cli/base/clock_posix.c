/* SPDX-License-Identifier: MIT */
/* clock_posix.c - the clocks by POSIX calls */
#include "base/clock.h"

#include <time.h>

static uint64_t
read_us(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int64_t
cli_now_ms(void)
{
    return (int64_t)(read_us(CLOCK_MONOTONIC) / 1000);
}

uint64_t
cli_now_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

uint64_t
cli_date_us(void)
{
    return read_us(CLOCK_REALTIME);
}
