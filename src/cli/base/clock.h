/* clock.h - how much time has gone by */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that never goes back. */
int64_t cli_now_ms(void);

#endif
