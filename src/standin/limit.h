/* SPDX-License-Identifier: MIT */
/* limit.h - limits of requests per minute and of concurrent requests */
#ifndef STANDIN_LIMIT_H
#define STANDIN_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum limit_verdict { LIMIT_PASS, LIMIT_RATE, LIMIT_CONCURRENCY };

/* A sliding window: a ring buffer with the times of the last `per_minute` admissions.
 */
struct limit {
    int64_t *admitted_ms;
    size_t per_minute;  /* 0: no limit */
    size_t concurrency; /* 0: no limit */
    size_t count;
    size_t oldest;
};

bool standin_limit_init(struct limit *limit, size_t per_minute, size_t concurrency);

/* in_flight: including this request. On LIMIT_RATE *wait_ms is the time until the next
 * admission. */
enum limit_verdict standin_limit_ask(struct limit *limit, int64_t now_ms,
                                     size_t in_flight, int64_t *wait_ms);

void standin_limit_reset(struct limit *limit);
void standin_limit_free(struct limit *limit);

#endif /* STANDIN_LIMIT_H */
