/* SPDX-License-Identifier: MIT */
/* between.h - cmocka's assertion of a range, which has another name in each version */
#ifndef BETWEEN_H
#define BETWEEN_H

#include <inttypes.h>
#include <stdint.h>

/* Whether low <= value <= high, all of them unsigned. */
#define assert_between(value, low, high)                                               \
    do {                                                                               \
        const uint64_t value_ = (value), low_ = (low), high_ = (high);                 \
        if (value_ < low_ || value_ > high_)                                           \
            fail_msg(#value " is %" PRIu64 ", not from %" PRIu64 " to %" PRIu64,       \
                     value_, low_, high_);                                             \
    } while (0)

#endif
