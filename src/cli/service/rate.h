/* rate.h - so many attempts per minute, alone or shared with other processes */
#ifndef CLI_RATE_H
#define CLI_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate;

/*
 * Turns of equal distance. With a path they are taken from that file by all who name
 * it, on this machine or on any that sees the file with working locks; NULL: for this
 * process alone. per_minute 0: no limit. NULL: the file is not usable; that was said.
 */
struct rate *cli_rate_open(uint32_t per_minute, const char *path);

/* Take a turn: 0: it is ours, for one attempt within a second; else not before so many
   milliseconds. Never waits. */
uint32_t cli_rate_take(struct rate *rate);

/* A klingrec_admit_fn: what cli_rate_take() has taken, or a turn of the attempt's own.
 */
uint32_t cli_rate_admit(void *rate);

/* The file became useless, so that there are no more turns; that was said. */
bool cli_rate_failed(const struct rate *rate);

void cli_rate_close(struct rate *rate);

#endif
