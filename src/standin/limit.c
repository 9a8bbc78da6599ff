/* SPDX-License-Identifier: MIT */
/* limit.c - limits of requests per minute and of concurrent requests */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60000 };

bool
standin_limit_init(struct limit *limit, size_t per_minute, size_t concurrency)
{
    memset(limit, 0, sizeof *limit);
    limit->per_minute = per_minute;
    limit->concurrency = concurrency;
    if (per_minute == 0)
        return true;
    limit->admitted_ms = calloc(per_minute, sizeof *limit->admitted_ms);
    return limit->admitted_ms != NULL;
}

enum limit_verdict
standin_limit_ask(struct limit *limit, int64_t now_ms, size_t in_flight,
                  int64_t *wait_ms)
{
    *wait_ms = 0;
    if (limit->concurrency != 0 && in_flight > limit->concurrency)
        return LIMIT_CONCURRENCY;
    if (limit->per_minute == 0)
        return LIMIT_PASS;
    if (limit->count == limit->per_minute) {
        int64_t age_ms = now_ms - limit->admitted_ms[limit->oldest];
        if (age_ms < MINUTE_MS) {
            *wait_ms = MINUTE_MS - age_ms;
            return LIMIT_RATE;
        }
        limit->oldest = (limit->oldest + 1) % limit->per_minute;
        limit->count--;
    }
    size_t at = (limit->oldest + limit->count) % limit->per_minute;
    limit->admitted_ms[at] = now_ms;
    limit->count++;
    return LIMIT_PASS;
}

void
standin_limit_reset(struct limit *limit)
{
    limit->count = 0;
    limit->oldest = 0;
}

void
standin_limit_free(struct limit *limit)
{
    free(limit->admitted_ms);
    memset(limit, 0, sizeof *limit);
}
