/* machine_speed.h - how slow this machine is at the moment, and what follows for time
 * limits */
#ifndef NET_PACE_H
#define NET_PACE_H

#include <stdbool.h>

/*
 * A test measures how long fixed work and wake-ups of a thread take here and now: in
 * this process, so the tool that it runs under and whatever else the machine does are
 * in the figure. An idle machine without a tool has 1.
 */

/* How many times as long as on an idle machine; measured by this call, at least 1. */
unsigned net_stretch(void);

/* A time limit that has to leave room for work: as many milliseconds, and in proportion
   more on a slow machine. The stretch is some seconds old at most. */
unsigned net_patience(unsigned ms);

/* The same to be added to a limit: 0 on an idle machine. */
unsigned net_slack_ms(void);

/* Whether ms is no more than most, or no more than the slow machine explains. */
bool net_is_quick(unsigned ms, unsigned most);

/* Whether something ended at its limit: never earlier, and later by no more than
   NET_OVERRUN_MS and work_ms, or what the slow machine makes of them. */
bool net_in_time(unsigned ms, unsigned limit_ms);
bool net_in_time_after(unsigned ms, unsigned limit_ms, unsigned work_ms);

/* One of so many tries has to be in time: a machine that others use too stumbles.
   What is late by itself is late in all of them. */
enum { NET_OVERRUN_MS = 50, NET_TRIES = 10 };

/* Whether a tool keeps memory of its own: ASan, TSan, valgrind. */
bool net_is_watched(void);

unsigned net_now_ms(void);

#endif
