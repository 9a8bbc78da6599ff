/* SPDX-License-Identifier: MIT */
/* process.h - the clients of this process, exit() and fork() */
#ifndef KLR_PROCESS_H
#define KLR_PROCESS_H

#include <klingrec/klingrec.h>

/* Register a client, before its thread starts. own_transport: the host supplied the
   transport. false: memory is short. */
bool klr_process_add(klingrec_client *client, bool own_transport);
/* Start its thread. false: there is none, or this process is exiting. */
bool klr_process_start(klingrec_client *client, void *(*run)(void *));
/* The thread calls this last, and returns. */
void klr_process_ended(klingrec_client *client);
/* Whether the client was made in a process of which this one is a fork(): its
   connections are in use there, its thread does not run here, and its lock may never be
   released. */
bool klr_process_is_foreign(const klingrec_client *client);
/* Whether exit() has stopped the threads: OpenSSL may have ended since then. */
bool klr_process_is_exiting(void);
/* Stop the thread and join it; not of a foreign client. false: it cannot be joined, and
   nothing may be freed. */
bool klr_process_stop(klingrec_client *client);
/* Unregister a client, when its transport is closed or it is foreign. */
void klr_process_remove(klingrec_client *client);

#endif
