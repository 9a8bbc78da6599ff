/* SPDX-License-Identifier: MIT */
/* sending.h - several images in flight: sending and receiving */
#ifndef CLI_SENDING_H
#define CLI_SENDING_H

#include "commands/run.h"
#include "input/load.h"
#include "service/rate.h"

/*
 * A row is loaded, marked in the journal, submitted, answered, kept in the journal and
 * settled. The journal is committed on another thread, because that takes milliseconds:
 * the marks and answers of many rows at once, while requests are in flight. So that
 * none of these waits for a commit, some rows are marked before they can be submitted.
 */
enum { SENDING_AHEAD_MAX = 64, SENDING_ACTIVE_MAX = 1000 };

struct sending {
    struct run run;
    klingrec_client *client;
    struct rate *rate;
    struct row *row;  /* checked, not in the journal, waits for its slot; or NULL */
    struct load load; /* of that row */
    uint32_t wait_ms; /* until it asks for a slot again */
    int reading_ms;   /* how long reading the last input took */
    struct row *active[SENDING_ACTIVE_MAX]; /* from marked to kept, oldest first */
    size_t active_count;
    size_t running_count; /* of the active rows, those in flight */
    size_t ahead_max;     /* how many rows may be marked beyond --jobs */
    bool is_full;         /* the disk has no room for one more row now */
    bool is_storing;      /* the journal is being committed */
    int64_t stored_ms;    /* when the last commit began; since then: */
    size_t loaded;        /* inputs */
    size_t answered;      /* rows */
    bool starved;         /* fewer requests than possible were in flight */
    bool stopped;         /* no new attempts, because of a signal or an error */
    bool canceled;
};

/* Why a row is not sent once the key or the account is refused. */
extern const char cli_sending_refused[];

/* Is there a row to load, and may one more be marked? */
bool cli_sending_may_load(const struct sending *sending);

/* Loads rows and marks those that are to be sent. Returns after one row if others are
   active, because these need cli_sending_turn(). */
void cli_sending_load(struct sending *sending);

/* Submits rows whose mark is on the disk. If nothing more may be sent, their marks are
   removed. */
void cli_sending_submit(struct sending *sending);

/* How many active rows have this state. */
size_t cli_sending_count(const struct sending *sending, enum row_state state);

/* Loads, submits, stores, and waits for results. Returns the status of klingrec_poll(),
   or KLINGREC_IDLE if the journal has failed and nothing is in flight. */
klingrec_status cli_sending_turn(struct sending *sending, int timeout_ms);

/* Stores and settles what has arrived; nothing more is sent. */
void cli_sending_end(struct sending *sending);

#endif
