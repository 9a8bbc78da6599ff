/* SPDX-License-Identifier: MIT */
/* failing_calls.c - calls of the C library that fail on demand, on chosen threads */
#define _GNU_SOURCE      /* RTLD_NEXT */
#undef _FILE_OFFSET_BITS /* open() and open64() are two functions here */
#undef _TIME_BITS
#undef _FORTIFY_SOURCE

#include "failing_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- Which call fails ------------------------------------------------------- */

static __thread bool watched;
static unsigned long counts[FAILING_COUNT];
static int armed_call = -1, armed_error;
static unsigned long armed_at;
static bool armed_onwards;

void
failing_watch(bool on)
{
    watched = on;
}

void
failing_disarm(void)
{
    __atomic_store_n(&armed_call, -1, __ATOMIC_SEQ_CST);
}

void
failing_arm(failing_call call, int error, unsigned long at, bool onwards)
{
    failing_disarm();
    for (int i = 0; i < FAILING_COUNT; i++)
        __atomic_store_n(&counts[i], 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&armed_error, error, __ATOMIC_SEQ_CST);
    __atomic_store_n(&armed_at, at, __ATOMIC_SEQ_CST);
    __atomic_store_n(&armed_onwards, onwards, __ATOMIC_SEQ_CST);
    __atomic_store_n(&armed_call, at > 0 ? (int)call : -1, __ATOMIC_SEQ_CST);
}

unsigned long
failing_calls(failing_call call)
{
    return __atomic_load_n(&counts[call], __ATOMIC_SEQ_CST);
}

const char *
failing_name(failing_call call)
{
    static const char *const names[] = {
#define FAILING_ENTRY(name) #name,
        FAILING_CALLS(FAILING_ENTRY)
#undef FAILING_ENTRY
    };
    return names[call];
}

/* 0: the call is made; else the error with which it fails, or FAILING_SHORT. */
static int
fault_of(failing_call call)
{
    if (!watched)
        return 0;
    unsigned long n = __atomic_add_fetch(&counts[call], 1, __ATOMIC_SEQ_CST);
    unsigned long at = __atomic_load_n(&armed_at, __ATOMIC_SEQ_CST);
    bool onwards = __atomic_load_n(&armed_onwards, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&armed_call, __ATOMIC_SEQ_CST) != (int)call ||
        (n != at && !(n > at && onwards)))
        return 0;
    return __atomic_load_n(&armed_error, __ATOMIC_SEQ_CST);
}

/* ---- The functions ---------------------------------------------------------- */

/* <sys/socket.h> of glibc has a union where POSIX has a pointer to an address. */

/* The function that the caller meant. Function pointers are not objects in ISO C. */
#define FIND_REAL(name)                                                                \
    if (real == NULL)                                                                  \
    *(void **)(void *)&real = dlsym(RTLD_NEXT, name)

/* name(parameters) fails as `call`, with `failure` and errno. */
#define FAILS_AS(call, result, failure, name, parameters, arguments)                   \
    result name parameters;                                                            \
    result name parameters                                                             \
    {                                                                                  \
        static result(*real) parameters;                                               \
        FIND_REAL(#name);                                                              \
        int fault = fault_of(FAILING_##call);                                          \
        if (fault > 0) {                                                               \
            errno = fault;                                                             \
            return failure;                                                            \
        }                                                                              \
        return real arguments;                                                         \
    }
#define FAILS(result, failure, name, parameters, arguments)                            \
    FAILS_AS(name, result, failure, name, parameters, arguments)

/* The same for what returns its error. */
#define RETURNS(name, parameters, arguments)                                           \
    int name parameters                                                                \
    {                                                                                  \
        static int(*real) parameters;                                                  \
        FIND_REAL(#name);                                                              \
        int fault = fault_of(FAILING_##name);                                          \
        return fault > 0 ? fault : real arguments;                                     \
    }

/* The same for what moves up to len bytes. An eventfd moves 8 bytes or none. */
enum { WHOLE = 8 };
#define MOVES_AS(call, name, parameters, arguments)                                    \
    ssize_t name parameters;                                                           \
    ssize_t name parameters                                                            \
    {                                                                                  \
        static ssize_t(*real) parameters;                                              \
        FIND_REAL(#name);                                                              \
        int fault = fault_of(FAILING_##call);                                          \
        if (fault > 0) {                                                               \
            errno = fault;                                                             \
            return -1;                                                                 \
        }                                                                              \
        if (fault == FAILING_SHORT && len > WHOLE)                                     \
            len = 1;                                                                   \
        return real arguments;                                                         \
    }
#define MOVES(name, parameters, arguments) MOVES_AS(name, name, parameters, arguments)

FAILS(int, -1, clock_gettime, (clockid_t clock, struct timespec *at), (clock, at))
FAILS(int, -1, connect, (int fd, const void *at, unsigned len), (fd, at, len))
FAILS(int, -1, eventfd, (unsigned value, int flags), (value, flags))
FAILS(FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
FAILS_AS(fopen, FILE *, NULL, fopen64, (const char *path, const char *mode),
         (path, mode))
FAILS(int, -1, fstat, (int fd, struct stat *at), (fd, at))
FAILS_AS(fstat, int, -1, fstat64, (int fd, struct stat64 *at), (fd, at))
FAILS(int, -1, getentropy, (void *buf, size_t len), (buf, len))
FAILS(int, -1, getpeername, (int fd, void *at, unsigned *len), (fd, at, len))
FAILS(int, -1, getsockname, (int fd, void *at, unsigned *len), (fd, at, len))
FAILS(int, -1, getsockopt, (int fd, int level, int name, void *value, unsigned *len),
      (fd, level, name, value, len))
FAILS(DIR *, NULL, opendir, (const char *path), (path))
FAILS(int, -1, pipe2, (int ends[2], int flags), (ends, flags))
FAILS_AS(pipe2, int, -1, pipe, (int ends[2]), (ends))
FAILS(int, -1, setsockopt,
      (int fd, int level, int name, const void *value, unsigned len),
      (fd, level, name, value, len))
FAILS(int, -1, socket, (int domain, int type, int protocol), (domain, type, protocol))
FAILS(int, -1, socketpair, (int domain, int type, int protocol, int ends[2]),
      (domain, type, protocol, ends))
FAILS(int, -1, stat, (const char *path, struct stat *at), (path, at))
FAILS_AS(stat, int, -1, stat64, (const char *path, struct stat64 *at), (path, at))
FAILS(time_t, (time_t)-1, time, (time_t * at), (at))

MOVES(read, (int fd, void *buf, size_t len), (fd, buf, len))
MOVES(recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags))
MOVES(send, (int fd, const void *buf, size_t len, int flags), (fd, buf, len, flags))
MOVES(write, (int fd, const void *buf, size_t len), (fd, buf, len))
MOVES(pread, (int fd, void *buf, size_t len, off_t at), (fd, buf, len, at))
MOVES_AS(pread, pread64, (int fd, void *buf, size_t len, off64_t at),
         (fd, buf, len, at))

RETURNS(pthread_cond_init,
        (pthread_cond_t * cond, const pthread_condattr_t *attributes),
        (cond, attributes))
RETURNS(pthread_mutex_init,
        (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes),
        (mutex, attributes))

/* ---- The special ones ------------------------------------------------------- */

/* A descriptor whose close() fails is closed all the same, on Linux. */
int
close(int fd)
{
    static int (*real)(int);
    FIND_REAL("close");
    int fault = fault_of(FAILING_close), result = real(fd);
    if (fault <= 0)
        return result;
    errno = fault;
    return -1;
}

int
poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    static int (*real)(struct pollfd *, nfds_t, int);
    FIND_REAL("poll");
    int fault = fault_of(FAILING_poll);
    if (fault == 0)
        return real(fds, count, timeout_ms);
    for (nfds_t i = 0; i < count; i++)
        fds[i].revents = 0;
    if (fault == FAILING_SHORT)
        return 0;
    errno = fault;
    return -1;
}

typedef struct beginning {
    void *(*run)(void *user);
    void *user;
    bool watched;
} beginning;

static void *
begin(void *user)
{
    beginning b = *(beginning *)user;
    free(user);
    watched = b.watched;
    return b.run(b.user);
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
               void *(*run)(void *user), void *user)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    FIND_REAL("pthread_create");
    int fault = fault_of(FAILING_pthread_create);
    if (fault > 0)
        return fault;
    beginning *b = malloc(sizeof *b);
    if (b == NULL)
        abort();
    *b = (beginning){run, user, watched};
    int result = real(thread, attributes, begin, b);
    if (result != 0)
        free(b);
    return result;
}

/* Their last argument is an int or a pointer, or is not there. */
#define FAILS_WITH_OPTION(call, name, type, before, request_type)                      \
    int name(type before, request_type request, ...);                                  \
    int name(type before, request_type request, ...)                                   \
    {                                                                                  \
        static int (*real)(type, request_type, ...);                                   \
        FIND_REAL(#name);                                                              \
        va_list args;                                                                  \
        va_start(args, request);                                                       \
        void *option = va_arg(args, void *);                                           \
        va_end(args);                                                                  \
        int fault = fault_of(FAILING_##call);                                          \
        if (fault <= 0)                                                                \
            return real(before, request, option);                                      \
        errno = fault;                                                                 \
        return -1;                                                                     \
    }
FAILS_WITH_OPTION(fcntl, fcntl, int, fd, int)
FAILS_WITH_OPTION(fcntl, fcntl64, int, fd, int)
FAILS_WITH_OPTION(ioctl, ioctl, int, fd, unsigned long)
FAILS_WITH_OPTION(open, open, const char *, path, int)
FAILS_WITH_OPTION(open, open64, const char *, path, int)
