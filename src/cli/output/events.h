/* SPDX-License-Identifier: MIT */
/* events.h - --progress: what a run does, as lines of JSON for other programs */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include "output/breakdown.h"

/* path: "-" for standard error; NULL: no events. False: the error is reported. */
bool cli_events_open(const char *path);

/* Writes a line at most once per second. total: 0 if it is not known. */
void cli_events_progress(size_t done, size_t failed, size_t total);

struct event_count {
    const char *name;
    size_t count;
};

/* Writes the last line and closes. The last count has no name. */
void cli_events_summary(const struct event_count *counts,
                        const struct breakdown *breakdown);

#endif
