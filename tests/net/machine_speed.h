/* SPDX-License-Identifier: MIT */
/* machine_speed.h - measures the speed of this machine and scales time limits with
   it */
#ifndef NET_MACHINE_SPEED_H
#define NET_MACHINE_SPEED_H

#include <stdbool.h>

/*
 * A test measures how long fixed work and wake-ups of a thread take here and now: in
 * this process, so the tool that it runs under and whatever else the machine does are
 * in the figure. An idle machine without a tool has 1.
 */

/* The ratio to the time on an idle machine, at least 1. Measured by this call. */
unsigned net_stretch(void);

/* A time limit that includes work: ms, or proportionally more on a slow machine. The
   measurement is at most some seconds old. */
unsigned net_patience(unsigned ms);

/* The same to be added to a limit: 0 on an idle machine. */
unsigned net_slack_ms(void);

/* Whether ms is at most `most`, scaled by the speed of the machine. */
bool net_is_quick(unsigned ms, unsigned most);

/* Whether something ended at its limit: never earlier, and later by no more than
   NET_OVERRUN_MS and work_ms, or what the slow machine makes of them. */
bool net_in_time(unsigned ms, unsigned limit_ms);
bool net_in_time_after(unsigned ms, unsigned limit_ms, unsigned work_ms);

/* At least one of this many tries must be in time. A busy machine delays some of
   them; an error delays all. */
enum { NET_OVERRUN_MS = 50, NET_TRIES = 10 };

/* Whether a tool that uses memory of its own is active: ASan, TSan, valgrind. */
bool net_is_watched(void);

unsigned net_now_ms(void);

#endif
