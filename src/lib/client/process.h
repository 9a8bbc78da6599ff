/* process.h - the clients of this process, exit() and fork() */
#ifndef KLR_PROCESS_H
#define KLR_PROCESS_H

#include <klingrec/klingrec.h>

/* Before its thread begins. own_transport: libcurl does not serve it. false: there is
   no memory. */
bool klr_process_add(klingrec_client *client, bool own_transport);
/* Start its thread. false: there is none, or this process is exiting. */
bool klr_process_start(klingrec_client *client, void *(*run)(void *));
/* The thread's last word. */
void klr_process_ended(klingrec_client *client);
/* Whether the client was made by the process that this one is a fork() of: what it has
   is in use there, and its thread and perhaps its lock are not here. */
bool klr_process_is_foreign(const klingrec_client *client);
/* Stop the thread and join it. false: that cannot be, and nothing may be freed. */
bool klr_process_stop(klingrec_client *client);
/* When its transport is closed. */
void klr_process_remove(klingrec_client *client);

#endif
