/* process.h - the clients of this process, exit() and fork() */
#ifndef KLR_PROCESS_H
#define KLR_PROCESS_H

#include <klingrec/klingrec.h>

/* Before its thread begins. own_transport: libcurl does not serve it. false: there is
   no memory. */
bool klr_process_add(klingrec_client *client, bool own_transport);
/* Start its thread. false: there is none, or this process is exiting. */
bool klr_process_start(klingrec_client *client, void *(*run)(void *));
/* The thread calls this last, and returns. */
void klr_process_ended(klingrec_client *client);
/* Whether the client was made in a process of which this one is a fork(): its
   connections are in use there, its thread does not run here, and its lock may be held
   for ever. */
bool klr_process_is_foreign(const klingrec_client *client);
/* Stop the thread and join it. false: it cannot be joined, and nothing may be freed. */
bool klr_process_stop(klingrec_client *client);
/* Call it when the transport is closed. */
void klr_process_remove(klingrec_client *client);

#endif
