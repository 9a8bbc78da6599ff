/* SPDX-License-Identifier: MIT */
/* sys_thread_none.c - sys.h for programs of one thread, or of several that never use
   the library at the same time */
#include "base/build.h"

#include "base/sys.h"

#if !KLR_HAS_THREADS

bool
klr_lock_init(klr_lock *lock)
{
    lock->unused = 0;
    return true;
}

void
klr_lock_free(klr_lock *lock)
{
    (void)lock;
}

void
klr_lock_enter(klr_lock *lock)
{
    (void)lock;
}

void
klr_lock_leave(klr_lock *lock)
{
    (void)lock;
}

void
klr_lock_notify(klr_lock *lock)
{
    (void)lock;
}

void
klr_lock_wait(klr_lock *lock, uint64_t until_ms)
{
    (void)lock;
    (void)until_ms;
}

bool
klr_thread_start(klr_thread *thread, void *(*run)(void *), void *user)
{
    (void)thread;
    (void)run;
    (void)user;
    return false;
}

void
klr_thread_set_name(const char *name)
{
    (void)name;
}

bool
klr_thread_is_self(const klr_thread *thread)
{
    (void)thread;
    return false;
}

void
klr_thread_join(const klr_thread *thread)
{
    (void)thread;
}

void
klr_thread_detach(const klr_thread *thread)
{
    (void)thread;
}

void
klr_once(klr_once_flag *once, void (*setup)(void))
{
    if (!*once)
        setup();
    *once = true;
}

bool
klr_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    (void)before;
    (void)in_parent;
    (void)in_child;
    return true;
}

/* Without threads a host that has SIGPIPE ignores it for the whole process. */
klr_sigpipe
klr_sigpipe_hold(bool needed)
{
    return (klr_sigpipe){needed, false, false};
}

void
klr_sigpipe_release(const klr_sigpipe *state)
{
    (void)state;
}

/* Only a client with a thread has an event. */
bool
klr_event_open(klr_event *event)
{
    (void)event;
    return false;
}

void
klr_event_close(const klr_event *event)
{
    (void)event;
}

void
klr_event_set(const klr_event *event)
{
    (void)event;
}

void
klr_event_clear(const klr_event *event)
{
    (void)event;
}

#endif
