/* SPDX-License-Identifier: MIT */
/* clock_windows.c - the clocks of Windows */
#include "base/clock.h"

#include <windows.h>

uint64_t
cli_now_us(void)
{
    LARGE_INTEGER ticks, per_second;
    (void)QueryPerformanceFrequency(&per_second);
    (void)QueryPerformanceCounter(&ticks);
    uint64_t whole = (uint64_t)(ticks.QuadPart / per_second.QuadPart);
    uint64_t rest = (uint64_t)(ticks.QuadPart % per_second.QuadPart);
    return whole * 1000000 + rest * 1000000 / (uint64_t)per_second.QuadPart;
}

int64_t
cli_now_ms(void)
{
    return (int64_t)(cli_now_us() / 1000);
}

/* Windows counts units of 100 ns since 1601. */
uint64_t
cli_date_us(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    uint64_t units = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return units / 10 - 11644473600000000u;
}
