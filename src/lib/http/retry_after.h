/* SPDX-License-Identifier: MIT */
/* retry_after.h - the Retry-After header (RFC 9110, 10.2.3) */
#ifndef KLR_RETRY_AFTER_H
#define KLR_RETRY_AFTER_H

#include <stdint.h>

/*
 * The delay of a Retry-After value in milliseconds, at most UINT32_MAX. The value is a
 * number of seconds or an HTTP date; 0 when it is neither, in the past, or NULL. now_s:
 * seconds since 1970, UTC. The _ms form parses Retry-After-Ms, a number of
 * milliseconds. Both round a fraction up.
 */
uint32_t klr_retry_after(const char *value, int64_t now_s);
uint32_t klr_retry_after_ms(const char *value);

#endif
