/* process.c - the clients of this process, exit() and fork() */
#include "base/build.h"

#include "client/process.h"

#include "client/client.h"
#include "client/engine.h"

/* How long exit() waits for threads: a callback of the host may hang in one. A thread
   that missed its wake-up notices within half of this. */
enum { EXIT_WAIT_MS = 2 * KLR_WORKER_WAIT_MS, LOOK_MS = 1 };

static klr_once_flag process_once = KLR_ONCE_INIT;

static struct {
    klr_lock lock;
    klingrec_client *first; /* of all; after a fork() the parent's are among them */
    uint32_t generation;    /* a child's is not its parent's */
    bool usable;            /* there is a lock, and fork() will tell us */
    bool registered[2];     /* stop_threads(), for each kind of transport */
    bool exiting;           /* no thread begins any more */
    bool exited;            /* nobody waits any more for those that did not end */
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

/* Not by the process's number where fork() is noticed: it costs a system call. */
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
    for (const klingrec_client *c = process.first; c != NULL; c = c->behind)
        if (has_other_thread(c) && (c->freeing || !c->ended))
            return true;
    return false;
}

/* A thread that uses OpenSSL when OpenSSL's own exit handler has run would crash, and
   so would one whose code dlclose() takes away. */
static void
stop_threads(void)
{
    enter();
    bool again = process.exiting;
    process.exiting = true;
    for (klingrec_client *c = process.first; c != NULL && !again; c = c->behind)
        if (has_other_thread(c) && !c->freeing)
            klr_shared_stop(c);
    uint64_t until_ms = klr_monotonic_ms() + EXIT_WAIT_MS;
    while (!again && any_to_wait_for() && klr_monotonic_ms() < until_ms) {
        leave();
        klr_sleep_ms(LOOK_MS);
        enter();
    }
    for (klingrec_client *c = process.first; c != NULL; c = c->behind)
        if (has_other_thread(c) && c->ended && !c->freeing) {
            klr_thread_join(&c->thread);
            c->runs = false;
        }
    process.exited = true;
    leave();
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
    client->behind = process.first;
    if (process.first != NULL)
        process.first->before = client;
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
    if (klr_process_is_foreign(client) || (client->runs && klr_threads_have_ended()))
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
    if (client->behind != NULL)
        client->behind->before = client->before;
    if (client->before != NULL)
        client->before->behind = client->behind;
    else
        process.first = client->behind;
    leave();
}
