/* sending.h - several images in flight: sending and receiving */
#ifndef CLI_SENDING_H
#define CLI_SENDING_H

#include "commands/run.h"
#include "input/load.h"
#include "service/rate.h"

enum { SENDING_JOBS_MAX = 256 };

struct sending {
    struct run run;
    klingrec_client *client;
    struct rate *rate;
    struct row *row;  /* checked, not in the journal, waits for its slot; or NULL */
    struct load load; /* of that row */
    uint32_t wait_ms; /* until it asks for a slot again */
    bool busy;        /* more inputs can be read at once */
    int reading_ms;   /* how long reading the last input took */
    struct row *running[SENDING_JOBS_MAX];
    size_t running_count;
    bool stopped; /* no new attempts, because of a signal or an error */
    bool canceled;
};

/* Why a row is not sent once the key or the account is refused. */
extern const char cli_sending_refused[];

/* Is there a row to send, and may one more be in flight? */
bool cli_sending_may_start(const struct sending *sending);

/* Sends rows until enough are in flight or the rate limit requires a wait. Returns
   after each row that is not sent if others are in flight, which need a poll. */
void cli_sending_start(struct sending *sending);

/* Waits for results and settles their rows. Returns the status of the first
   klingrec_poll(). */
klingrec_status cli_sending_poll(struct sending *sending, int timeout_ms);

#endif
