/* SPDX-License-Identifier: MIT */
/* engine.h - run the jobs of a client: queue, transport, results */
#ifndef KLR_ENGINE_H
#define KLR_ENGINE_H

#include <klingrec/klingrec.h>

/* The longest wait of the library's thread, so that a wake-up that is lost delays a job
   and does not hang it. Measured: an idle thread uses 0.2 ms of CPU time a second. */
enum { KLR_WORKER_WAIT_MS = 1000 };

/*
 * One step: receive submitted and canceled jobs, begin attempts, do I/O, hand out
 * finished jobs. Waits for I/O until until_ms at most, and not at all when there is a
 * result already.
 */
void klr_engine_step(klingrec_client *client, uint64_t until_ms);

/* How long the engine of a client without a thread need not run, in milliseconds. */
int klr_engine_timeout_ms(const klingrec_client *client);

/* Cancel every running attempt, before the client is freed. */
void klr_engine_cancel_running(klingrec_client *client);

#endif
