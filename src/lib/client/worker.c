/* SPDX-License-Identifier: MIT */
/* worker.c - run the engine on the library's thread */
#include "base/build.h"

#include "client/worker.h"

#include "client/client.h"
#include "client/engine.h"
#include "client/process.h"

static bool
is_stopping(klingrec_client *client)
{
    klr_shared_enter(client);
    bool stopping = client->shared.stopping;
    klr_shared_leave(client);
    return stopping;
}

static void *
run_worker(void *user)
{
    klingrec_client *client = user;
    klr_thread_set_name("klingrec");
    if (client->thread_start != NULL)
        client->thread_start(client->thread_start_user);
    while (!is_stopping(client))
        klr_engine_step(client, UINT64_MAX);
    /* The host may have freed what its callbacks use. */
    client->log.fn = NULL;
    client->wakeup = NULL;
    klr_engine_step(client, 0); /* jobs that were not handed out are canceled */
    klr_process_ended(client);
    return NULL;
}

klingrec_status
klr_worker_start(klingrec_client *client, const klr_reason *why)
{
    /* When file descriptors run out, libcurl makes a handle that cannot be woken. This
       wake-up ends the first wait early, which does no harm. */
    if (!client->transport.wake(client->transport.user))
        return klr_refuse(why, KLINGREC_ERR_SYSTEM,
                          "the library's thread cannot be woken, as when too many "
                          "files are open");
    if (!klr_process_start(client, run_worker))
        return klr_refuse(why, KLINGREC_ERR_SYSTEM,
                          "no thread can be started, or the process is exiting");
    return KLINGREC_OK;
}
