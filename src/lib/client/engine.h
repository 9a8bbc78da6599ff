/* engine.h - all jobs of a client: in, through the transport, out */
#ifndef KLR_ENGINE_H
#define KLR_ENGINE_H

#include <klingrec/klingrec.h>

/* No wait of the worker's is longer, so that nothing hangs where no wake-up comes
   through. One look a second is nothing beside a request; where there is none it was
   measured as 0.2 ms of CPU time, a five-thousandth of a core. */
enum { KLR_WORKER_WAIT_MS = 1000 };

/*
 * Take in what was submitted or canceled, start what may start, do I/O, hand out
 * what has finished. Waits for I/O until then at most, and not at all when a
 * result comes of it sooner.
 */
void klr_engine_step(klingrec_client *client, uint64_t until_ms);

/* End every attempt that runs. For the client's end. */
void klr_engine_abandon(klingrec_client *client);

#endif
