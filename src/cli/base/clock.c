/* clock.c - the monotonic clock */
#include "base/clock.h"

#include <time.h>

int64_t
cli_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
