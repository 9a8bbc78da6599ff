/* retry_after.h - how long a server asks to wait (RFC 9110, 10.2.3) */
#ifndef KLR_RETRY_AFTER_H
#define KLR_RETRY_AFTER_H

#include <stdint.h>

/*
 * How many milliseconds a Retry-After value asks to wait, from now (seconds since
 * 1970, UTC): seconds or an HTTP date (RFC 9110, 10.2.3), 0 when it is neither, past
 * or NULL, at most UINT32_MAX. The _ms form is for Retry-After-Ms, whose number is
 * one of milliseconds. Both round a fraction up.
 */
uint32_t klr_retry_after(const char *value, int64_t now_s);
uint32_t klr_retry_after_ms(const char *value);

#endif
