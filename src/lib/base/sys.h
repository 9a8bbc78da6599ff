/* SPDX-License-Identifier: MIT */
/* sys.h - the interface to the operating system */
#ifndef KLR_SYS_H
#define KLR_SYS_H

#include "base/build.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* klr_native_file, klr_lock, klr_thread, klr_once_flag with KLR_ONCE_INIT;
   KLR_ERROR_NAME_TOO_LONG; KLR_HAS_CERTIFICATE_STORE: the system has one, apart from
   files */
#include "base/sys_posix.h"
#include "base/sys_thread_none.h"
#include "base/sys_windows.h"

/* ---- Files: regular ones only, read by offset, never mapped ----------------- */

typedef struct klr_file {
    klr_native_file fd;
    uint64_t length;
    int64_t modified[4]; /* last write and last change, seconds and nanoseconds */
} klr_file;

typedef enum klr_open_result {
    KLR_OPEN_OK,
    KLR_OPEN_NOT_BUILT,
    KLR_OPEN_NOT_FOUND,
    KLR_OPEN_DIRECTORY,
    KLR_OPEN_NOT_REGULAR,
    KLR_OPEN_FAILED
} klr_open_result;

/* Does not block, even on a FIFO. The path is UTF-8 on Windows. On failure *error is
   the system's number: an errno, or a GetLastError() on Windows. */
klr_open_result klr_file_open(klr_file *file, const char *path, int *error);
/* Bytes read at offset, fewer than len only at the end; -1 and *error on failure. */
ptrdiff_t klr_file_read(const klr_file *file, uint64_t offset, void *buf, size_t len,
                        int *error);
/* Whether length and time stamps are still those of klr_file_open(). */
bool klr_file_unchanged(const klr_file *file);
/*
 * Whether every later change shows in the time stamps: the last one, in content or
 * attributes, lies at least a minute before now_s (klr_wall_clock_s() after opening).
 * Two changes within one tick of a file system's clock leave the same stamp; a tick is
 * up to 10 ms, of FAT 2 s. The minute also covers a file server's clock that differs,
 * and the time until Linux writes back a page that was changed through a mapping (35
 * s); only a store after that sets a new time stamp. Never on Windows, where a write
 * shows in the time stamps only when its writer closes the file.
 */
bool klr_file_settled(const klr_file *file, int64_t now_s);
void klr_file_close(klr_file *file);

/* The meaning of the system's number, in English and without a full stop; NULL if not
 * known. */
const char *klr_error_text(int error);

/* Whether a folder holds certificates under OpenSSL's hashed names (c_rehash). */
bool klr_has_hashed_certificates(const char *folder);

/* ---- Clocks and random numbers ---------------------------------------------- */

/* Milliseconds of a monotonic clock. */
uint64_t klr_monotonic_ms(void);
/* Seconds since 1970, UTC. */
int64_t klr_wall_clock_s(void);
/* A seed that differs between clients; not for cryptography. */
uint64_t klr_seed(void);

/* ---- Threads: none where KLR_HAS_THREADS is 0, and locks do nothing --------- */

bool klr_lock_init(klr_lock *lock);
void klr_lock_free(klr_lock *lock);
void klr_lock_enter(klr_lock *lock);
void klr_lock_leave(klr_lock *lock);
/* Wake all threads in klr_lock_wait(). */
void klr_lock_notify(klr_lock *lock);
/* Leave, wait until notified or until klr_monotonic_ms() is `until_ms`
   (UINT64_MAX: no limit), and enter again. It may also return earlier. */
void klr_lock_wait(klr_lock *lock, uint64_t until_ms);

/* A thread that blocks all signals and has ordinary scheduling, also when the calling
   thread has not. */
bool klr_thread_start(klr_thread *thread, void *(*run)(void *), void *user);
/* Name the calling thread, with at most 15 characters, where threads have names. */
void klr_thread_set_name(const char *name);
/* Whether the calling thread is this one. */
bool klr_thread_is_self(const klr_thread *thread);
void klr_thread_join(const klr_thread *thread);
/* Instead of klr_thread_join(). */
void klr_thread_detach(const klr_thread *thread);
void klr_sleep_ms(uint64_t ms);

/* Run setup once in this process; other callers wait until it is done. */
void klr_once(klr_once_flag *once, void (*setup)(void));

/* ---- Events: descriptors that a host's event loop waits for ----------------- */

typedef struct klr_event {
    intptr_t fd; /* readable while the event is set; a SOCKET on Windows */
    intptr_t sender;
} klr_event;

/* No child process inherits it. false: the system gives no descriptor. */
bool klr_event_open(klr_event *event);
void klr_event_close(const klr_event *event);
void klr_event_set(const klr_event *event);
void klr_event_clear(const klr_event *event);

/* ---- The process ------------------------------------------------------------ */

/* Run at exit(), before functions that were registered earlier, or when dlclose()
   unloads this code. false: memory is short. */
bool klr_at_exit(void (*run)(void));
/* Whether the process is ending and the system has already ended all threads but this
   one: their locks are never released. */
bool klr_threads_have_ended(void);

/* Keep SIGPIPE from the process while the calling thread writes to sockets. */
typedef struct klr_sigpipe {
    bool held, was_blocked, was_pending;
} klr_sigpipe;

/* needed: false does nothing. Each call is followed by klr_sigpipe_release(). */
klr_sigpipe klr_sigpipe_hold(bool needed);
/* Discards a SIGPIPE that the thread has raised since. */
void klr_sigpipe_release(const klr_sigpipe *state);

/* Run on the thread that calls fork(). false: memory is short. Without threads they
   never run. */
bool klr_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));
/* A child of fork() has another one. */
uint32_t klr_process_id(void);

#endif
