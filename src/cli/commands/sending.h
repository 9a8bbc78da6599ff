/* SPDX-License-Identifier: MIT */
/* sending.h - several images in flight: sending and receiving */
#ifndef CLI_SENDING_H
#define CLI_SENDING_H

#include "commands/run.h"
#include "input/load.h"
#include "service/rate.h"

/*
 * A row is loaded, marked in the journal, submitted, answered, kept in the journal and
 * settled. Storing takes milliseconds, so it runs meanwhile, with the marks and answers
 * of many rows at once. Some rows are marked ahead of those in flight: as many as were
 * sent while the journal was stored.
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
    size_t ahead;         /* so many rows more are marked */
    size_t loaded;        /* since the journal was stored last */
    size_t answered;      /* since the journal was stored last */
    bool storing;         /* the marks and answers in the journal */
    bool is_full;         /* the disk has no room for one more row now */
    bool starved;         /* fewer requests than possible were in flight since then */
    int64_t stored_ms;    /* when that began */
    bool stopped;         /* no new attempts, because of a signal or an error */
    bool canceled;
};

/* Why a row is not sent once the key or the account is refused. */
extern const char cli_sending_refused[];

/* Is there a row to load, and may one more be marked? */
bool cli_sending_may_load(const struct sending *sending);

/* Loads rows and marks those that are to be sent. Returns after each row if others are
   active, which need a turn. */
void cli_sending_load(struct sending *sending);

/* Submits rows whose mark is on the disk. If nothing more may be sent, their marks are
   removed. */
void cli_sending_submit(struct sending *sending);

/* How many active rows have this state. */
size_t cli_sending_count(const struct sending *sending, enum row_state state);

/* Loads, stores, submits, and waits for results. Returns the status of klingrec_poll(),
   or KLINGREC_IDLE if the journal has failed. */
klingrec_status cli_sending_turn(struct sending *sending, int timeout_ms);

/* Stores and settles what has arrived; nothing more is sent. */
void cli_sending_end(struct sending *sending);

#endif
