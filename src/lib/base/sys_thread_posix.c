/* SPDX-License-Identifier: MIT */
/* sys_thread_posix.c - locks and threads on POSIX systems: sys.h */
#include "base/build.h"

#include "base/sys.h"

#if KLR_HAS_THREADS && !defined(_WIN32)

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* For the library's thread, which also runs the host's hooks. Parsing JSON of jansson's
   maximum depth needs 170 KiB, TLS 37 KiB; musl's default is 128 KiB. */
enum { STACK_MIN = 512 * 1024 };

/* macOS has no clock selection: there a wait is one of at most this long, so that a
   change of the system's clock delays it no longer. */
enum { WAIT_MS = 1000 };
#if defined(_POSIX_CLOCK_SELECTION) && _POSIX_CLOCK_SELECTION > 0
#define SELECTS_CLOCK 1
#else
#define SELECTS_CLOCK 0
#endif

static int
choose_clock(pthread_condattr_t *attributes)
{
#if SELECTS_CLOCK
    return pthread_condattr_setclock(attributes, CLOCK_MONOTONIC);
#else
    (void)attributes;
    return 0;
#endif
}

/* The time for pthread_cond_timedwait(), on its clock. */
static struct timespec
wait_end(uint64_t until_ms)
{
    struct timespec now;
    if (!SELECTS_CLOCK) {
        uint64_t now_ms = klr_monotonic_ms();
        uint64_t wait_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        (void)clock_gettime(CLOCK_REALTIME, &now);
        until_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 +
                   (wait_ms < WAIT_MS ? wait_ms : WAIT_MS);
    }
    now.tv_sec = (time_t)(until_ms / 1000);
    now.tv_nsec = (long)(until_ms % 1000) * 1000000;
    return now;
}

bool
klr_lock_init(klr_lock *lock)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&lock->mutex, NULL) != 0)
        return false;
    bool ok = pthread_condattr_init(&attributes) == 0;
    if (ok) {
        (void)choose_clock(&attributes);
        ok = pthread_cond_init(&lock->changed, &attributes) == 0;
        (void)pthread_condattr_destroy(&attributes);
    }
    if (!ok)
        (void)pthread_mutex_destroy(&lock->mutex);
    return ok;
}

void
klr_lock_free(klr_lock *lock)
{
    (void)pthread_cond_destroy(&lock->changed);
    (void)pthread_mutex_destroy(&lock->mutex);
}

void
klr_lock_enter(klr_lock *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
}

void
klr_lock_leave(klr_lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}

void
klr_lock_notify(klr_lock *lock)
{
    (void)pthread_cond_broadcast(&lock->changed);
}

void
klr_lock_wait(klr_lock *lock, uint64_t until_ms)
{
    if (until_ms == UINT64_MAX) {
        (void)pthread_cond_wait(&lock->changed, &lock->mutex);
        return;
    }
    const struct timespec at = wait_end(until_ms);
    (void)pthread_cond_timedwait(&lock->changed, &lock->mutex, &at);
}

/* A new thread inherits the scheduling of the calling one. The library's thread must
   not run with the host's real-time priority. */
static void
choose_scheduling(pthread_attr_t *attributes)
{
    const struct sched_param ordinary = {0};
    struct sched_param ours;
    int policy = SCHED_OTHER;
    (void)pthread_getschedparam(pthread_self(), &policy, &ours);
    if (policy == SCHED_OTHER)
        return;
    (void)pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
    (void)pthread_attr_setschedpolicy(attributes, SCHED_OTHER);
    (void)pthread_attr_setschedparam(attributes, &ordinary);
}

static void
choose_stack(pthread_attr_t *attributes)
{
    size_t size = 0;
    if (pthread_attr_getstacksize(attributes, &size) == 0 && size < STACK_MIN)
        (void)pthread_attr_setstacksize(attributes, STACK_MIN);
}

static int
create(klr_thread *thread, void *(*run)(void *), void *user, bool ordinary)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    choose_stack(&attributes);
    if (ordinary)
        choose_scheduling(&attributes);
    error = pthread_create(&thread->id, &attributes, run, user);
    (void)pthread_attr_destroy(&attributes);
    return error;
}

bool
klr_thread_start(klr_thread *thread, void *(*run)(void *), void *user)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = create(thread, run, user, true);
    if (error == EPERM) /* a SCHED_IDLE thread may not raise its policy */
        error = create(thread, run, user, false);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

void
klr_thread_set_name(const char *name)
{
#ifdef __linux__
    (void)prctl(PR_SET_NAME, name);
#elif defined(__APPLE__)
    (void)pthread_setname_np(name);
#else
    (void)name;
#endif
}

bool
klr_thread_is_self(const klr_thread *thread)
{
    return pthread_equal(thread->id, pthread_self());
}

void
klr_thread_join(const klr_thread *thread)
{
    (void)pthread_join(thread->id, NULL);
}

void
klr_thread_detach(const klr_thread *thread)
{
    (void)pthread_detach(thread->id);
}

void
klr_once(klr_once_flag *once, void (*setup)(void))
{
    (void)pthread_once(once, setup);
}

bool
klr_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    return pthread_atfork(before, in_parent, in_child) == 0;
}

klr_sigpipe
klr_sigpipe_hold(bool needed)
{
    klr_sigpipe state = {needed, false, false};
    sigset_t one, pending, before;
    if (!needed)
        return state;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGPIPE);
    (void)sigpending(&pending);
    (void)pthread_sigmask(SIG_BLOCK, &one, &before);
    state.was_pending = sigismember(&pending, SIGPIPE) == 1;
    state.was_blocked = sigismember(&before, SIGPIPE) == 1;
    return state;
}

void
klr_sigpipe_release(const klr_sigpipe *state)
{
    sigset_t one, pending;
    int number;
    if (!state->held)
        return;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGPIPE);
    (void)sigpending(&pending);
    if (!state->was_pending && sigismember(&pending, SIGPIPE) == 1)
        (void)sigwait(&one, &number);
    if (!state->was_blocked)
        (void)pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

#endif
