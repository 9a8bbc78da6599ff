/* SPDX-License-Identifier: MIT */
/* failing_calls.h - calls of the C library that fail on demand, on chosen threads */
#ifndef FAILING_CALLS_H
#define FAILING_CALLS_H

#include <stdbool.h>

/* A shared library with functions of these names, which the dynamic linker finds before
   those of the C library: for this program, libcurl and OpenSSL. Where there are two
   names for one call, as open() and open64(), they count as one. */
#define FAILING_CALLS(X)                                                               \
    X(clock_gettime)                                                                   \
    X(close)                                                                           \
    X(connect)                                                                         \
    X(eventfd)                                                                         \
    X(fcntl)                                                                           \
    X(fopen)                                                                           \
    X(fstat)                                                                           \
    X(getentropy)                                                                      \
    X(getpeername)                                                                     \
    X(getsockname)                                                                     \
    X(getsockopt)                                                                      \
    X(ioctl)                                                                           \
    X(open)                                                                            \
    X(opendir)                                                                         \
    X(pipe2)                                                                           \
    X(poll)                                                                            \
    X(pread)                                                                           \
    X(pthread_cond_init)                                                               \
    X(pthread_create)                                                                  \
    X(pthread_mutex_init)                                                              \
    X(read)                                                                            \
    X(recv)                                                                            \
    X(send)                                                                            \
    X(setsockopt)                                                                      \
    X(socket)                                                                          \
    X(socketpair)                                                                      \
    X(stat)                                                                            \
    X(time)                                                                            \
    X(write)

typedef enum failing_call {
#define FAILING_ENTRY(name) FAILING_##name,
    FAILING_CALLS(FAILING_ENTRY)
#undef FAILING_ENTRY
        FAILING_COUNT
} failing_call;

/* In place of an errno: a read or write moves one byte, poll() returns early. */
enum { FAILING_SHORT = -1 };

/* Whether calls of this thread, and of threads that it begins from now on, count. */
void failing_watch(bool on);

/* Count from 0 again. Call number `at`, from 1 on, fails with error, and with `onwards`
   all later ones; 0: none does. */
void failing_arm(failing_call call, int error, unsigned long at, bool onwards);
void failing_disarm(void);

/* Calls since failing_arm(). */
unsigned long failing_calls(failing_call call);
const char *failing_name(failing_call call);

#endif
