/* SPDX-License-Identifier: MIT */
/* clock.h - the clocks */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdint.h>

/* Since an arbitrary moment; never goes back. */
int64_t cli_now_ms(void);
uint64_t cli_now_us(void);

/* Since 1970, which is the same on all machines; may be set back. */
uint64_t cli_date_us(void);

#endif
