/* sending.h - several images in flight: which are sent, and what comes back */
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
    struct row *row;  /* checked, not known, and waits for its turn; or NULL */
    struct load load; /* of that row */
    uint32_t wait_ms; /* until it may ask again */
    bool busy;        /* there is more to do without waiting, */
    int reading_ms;   /* and this is how long the last of it took */
    struct row *running[SENDING_JOBS_MAX];
    size_t running_count;
    bool told; /* that a signal came */
    bool canceled;
};

/* Why a row is not sent once the key or the account is refused. */
extern const char cli_sending_refused[];

/* Is there a row to send, and may one more be in flight? */
bool cli_sending_may_start(const struct sending *sending);

/* Send rows until enough are in flight, the rate limit says wait, or the time that this
   takes is needed for those in flight. */
void cli_sending_start(struct sending *sending);

/* Wait for results and settle their rows. The status of the first klingrec_poll(). */
klingrec_status cli_sending_poll(struct sending *sending, int timeout_ms);

#endif
