/* clock.h - the monotonic clock */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdint.h>

/* Milliseconds since an arbitrary moment; never goes back. */
int64_t cli_now_ms(void);

#endif
