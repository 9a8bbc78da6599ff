/* SPDX-License-Identifier: MIT */
/* process.c - the clients of this process, exit() and fork() */
#include "base/build.h"

#include "client/process.h"

#include "client/client.h"
#include "client/engine.h"

/* How long exit() waits for threads, and how often it looks: a callback of the host may
   hang in one. A thread whose wake-up was lost ends within half of this time. */
enum { EXIT_WAIT_MS = 2 * KLR_WORKER_WAIT_MS, EXIT_CHECK_MS = 1 };

static klr_once_flag process_once = KLR_ONCE_INIT;

static struct {
    klr_lock lock;
    klingrec_client *first; /* of all; after a fork() the parent's are among them */
    uint32_t generation;    /* a child's is not its parent's */
    bool usable;            /* the lock exists, and begin_child() is registered */
    bool registered[2];     /* stop_threads(), for each kind of transport */
    bool exiting;           /* stop_threads() has begun: no thread starts any more */
    bool exited;            /* stop_threads() has ended: nobody waits for a thread that
                               still runs */
} process;

static void
enter(void)
{
    klr_lock_enter(&process.lock);
}

static void
leave(void)
{
    klr_lock_leave(&process.lock);
}

/* ---- fork() ----------------------------------------------------------------- */

static void
begin_child(void)
{
    process.generation++;
    leave();
}

/* The process's number costs a system call, so it is used only without threads, where
   begin_child() does not run. */
static uint32_t
this_generation(void)
{
    return KLR_HAS_THREADS ? process.generation : klr_process_id();
}

bool
klr_process_is_foreign(const klingrec_client *client)
{
    return client->generation != this_generation();
}

/* ---- exit() ----------------------------------------------------------------- */

/* Under the lock. A callback may call exit() on the library's thread, which must not
   wait for itself. */
static bool
has_other_thread(const klingrec_client *client)
{
    return !klr_process_is_foreign(client) && client->runs &&
           !klr_thread_is_self(&client->thread);
}

/* Under the lock. A client that is being freed is joined by klingrec_client_free(). */
static bool
any_to_wait_for(void)
{
    for (const klingrec_client *c = process.first; c != NULL; c = c->next)
        if (has_other_thread(c) && (c->freeing || !c->ended))
            return true;
    return false;
}

/* A thread would crash if it used OpenSSL after OpenSSL's own exit handler, or if
   dlclose() unloaded its code. */
static void
stop_threads(void)
{
    enter();
    bool again = process.exiting;
    process.exiting = true;
    for (klingrec_client *c = process.first; c != NULL && !again; c = c->next)
        if (has_other_thread(c) && !c->freeing)
            klr_shared_stop(c);
    uint64_t until_ms = klr_monotonic_ms() + EXIT_WAIT_MS;
    while (!again && any_to_wait_for() && klr_monotonic_ms() < until_ms) {
        leave();
        klr_sleep_ms(EXIT_CHECK_MS);
        enter();
    }
    for (klingrec_client *c = process.first; c != NULL; c = c->next)
        if (has_other_thread(c) && c->ended && !c->freeing) {
            klr_thread_join(&c->thread);
            c->runs = false;
        }
    process.exited = true;
    leave();
}

bool
klr_process_is_exiting(void)
{
    enter();
    bool exiting = process.exiting;
    leave();
    return exiting;
}

/* ---- The clients ------------------------------------------------------------ */

static void
set_up_process(void)
{
    process.usable =
        klr_lock_init(&process.lock) && klr_at_fork(enter, leave, begin_child);
}

bool
klr_process_add(klingrec_client *client, bool own_transport)
{
    klr_once(&process_once, set_up_process);
    if (!process.usable)
        return false;
    enter();
    /* Registered once more after libcurl has started, which registers OpenSSL's exit
       handler: handlers run in reverse order. */
    bool *registered = &process.registered[own_transport];
    *registered = *registered || klr_at_exit(stop_threads);
    if (!*registered) {
        leave();
        return false;
    }
    client->generation = this_generation();
    client->next = process.first;
    if (process.first != NULL)
        process.first->prev = client;
    process.first = client;
    leave();
    return true;
}

bool
klr_process_start(klingrec_client *client, void *(*run)(void *))
{
    enter();
    client->runs = !process.exiting && klr_thread_start(&client->thread, run, client);
    bool runs = client->runs;
    leave();
    return runs;
}

void
klr_process_ended(klingrec_client *client)
{
    enter();
    client->ended = true;
    leave();
}

bool
klr_process_stop(klingrec_client *client)
{
    if (klr_threads_have_ended() && client->runs)
        return false;
    enter();
    bool runs = client->runs;
    bool lost = runs && (klr_thread_is_self(&client->thread) ||
                         (process.exited && !client->ended));
    client->freeing = !lost;
    if (runs && !lost)
        klr_shared_stop(client);
    leave();
    if (!runs || lost)
        return !lost;
    klr_thread_join(&client->thread);
    return true;
}

void
klr_process_remove(klingrec_client *client)
{
    enter();
    if (client->next != NULL)
        client->next->prev = client->prev;
    if (client->prev != NULL)
        client->prev->next = client->next;
    else
        process.first = client->next;
    leave();
}
