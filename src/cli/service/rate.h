/* SPDX-License-Identifier: MIT */
/* rate.h - a limit of attempts per minute, for one process or shared by several */
#ifndef CLI_RATE_H
#define CLI_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate;

/*
 * Attempts start in slots at equal distances. With a path, the slots are shared by all
 * processes that use the same file, also on other machines if the file system supports
 * POSIX locks. path NULL: this process alone. per_minute 0: no limit. Returns NULL if
 * the file cannot be used; the error is reported.
 */
struct rate *cli_rate_open(uint32_t per_minute, const char *path);

/* Takes a slot. 0: one attempt may start within a second. Else the milliseconds after
   which to call again. Does not block. */
uint32_t cli_rate_acquire(struct rate *rate);

/* A klingrec_admit_fn. Uses a slot that cli_rate_acquire() took, or takes one. */
uint32_t cli_rate_admit(void *rate);

/* The file can no longer be used, so there are no more slots; the error is reported. */
bool cli_rate_failed(const struct rate *rate);

void cli_rate_close(struct rate *rate);

#endif
