/* SPDX-License-Identifier: MIT */
/* machine_speed.c - measures the speed of this machine and scales time limits with
   it */
#define _POSIX_C_SOURCE 200809L

#include "machine_speed.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- Clocks ----------------------------------------------------------------- */

static uint64_t
now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

unsigned
net_now_ms(void)
{
    return (unsigned)(now_us() / 1000);
}

/* ---- Measuring -------------------------------------------------------------- */

/*
 * A sample is longer than a busy machine lets anybody compute at a time, or it would
 * only show how soon a thread is woken. An idle machine of 2020 needs SAMPLE_US for it,
 * without a tool.
 */
enum { SAMPLES = 5, WAKE_UPS = 100, MIXES = 4000000, SAMPLE_US = 6000 };

static void *
echo(void *user)
{
    const int *fd = user;
    char byte;
    while (read(*fd, &byte, 1) == 1 && write(*fd, &byte, 1) == 1)
        continue;
    return NULL;
}

/* Dependent memory accesses, because tools such as valgrind slow down each of them. */
static void
work(void)
{
    static uint8_t box[4096];
    unsigned at = 0;
    for (unsigned i = 0; i < MIXES; i++) {
        at = (at + box[i % sizeof box] + i) % sizeof box;
        box[at]++;
    }
}

static uint64_t
take_sample(int fd)
{
    uint64_t begun = now_us();
    char byte = 0;
    for (int i = 0; i < WAKE_UPS; i++)
        if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
            abort();
    work();
    return now_us() - begun;
}

static int
by_size(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* The median: on a busy machine most samples are long, on an idle one at most a few. */
unsigned
net_stretch(void)
{
    int fds[2];
    pthread_t thread;
    uint64_t us[SAMPLES];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 ||
        pthread_create(&thread, NULL, echo, &fds[1]) != 0)
        abort();
    for (int i = 0; i < SAMPLES; i++)
        us[i] = take_sample(fds[0]);
    (void)close(fds[0]);
    (void)pthread_join(thread, NULL);
    (void)close(fds[1]);
    qsort(us, SAMPLES, sizeof us[0], by_size);
    uint64_t stretch = (us[SAMPLES / 2] + SAMPLE_US / 2) / SAMPLE_US;
    return stretch > 1 ? (unsigned)stretch : 1;
}

/* ---- Limits ----------------------------------------------------------------- */

enum { FRESH_MS = 5000, SLACK_MS = 300 };

unsigned
net_patience(unsigned ms)
{
    static unsigned stretch, measured;
    if (stretch == 0 || net_now_ms() - measured > FRESH_MS) {
        stretch = net_stretch();
        measured = net_now_ms();
    }
    return ms * stretch;
}

unsigned
net_slack_ms(void)
{
    return net_patience(SLACK_MS) - SLACK_MS;
}

/* Usually the time is within the limit of an idle machine; then nothing is measured. */
bool
net_is_quick(unsigned ms, unsigned most)
{
    return ms <= most || ms <= most * net_stretch();
}

bool
net_in_time_after(unsigned ms, unsigned limit_ms, unsigned work_ms)
{
    if (ms + 1 < limit_ms) /* two clocks, each rounded down to milliseconds */
        return false;
    return ms <= limit_ms || net_is_quick(ms - limit_ms, NET_OVERRUN_MS + work_ms);
}

bool
net_in_time(unsigned ms, unsigned limit_ms)
{
    return net_in_time_after(ms, limit_ms, 0);
}

/* ---- Tools ------------------------------------------------------------------ */

#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                   \
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

bool
net_is_watched(void)
{
    const char *loaded = getenv("LD_PRELOAD"); /* valgrind preloads its libraries */
    return IS_SANITIZED || (loaded != NULL && strstr(loaded, "vgpreload") != NULL);
}
