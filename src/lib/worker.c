/* worker.c - the engine on a thread of its own */
#include "client.h"

static bool
is_stopping(klingrec_client *client)
{
    klr_client_enter(client);
    bool stopping = client->stopping;
    klr_client_leave(client);
    return stopping;
}

static void *
run(void *user)
{
    klingrec_client *client = user;
    while (!is_stopping(client))
        klr_engine_step(client, UINT64_MAX);
    return NULL;
}

bool
klr_worker_start(klingrec_client *client)
{
    return klr_thread_start(&client->thread, run, client);
}

void
klr_worker_stop(klingrec_client *client)
{
    klr_client_enter(client);
    client->stopping = true;
    klr_client_leave(client);
    client->transport.wake(client->transport.user);
    klr_thread_join(&client->thread);
}
