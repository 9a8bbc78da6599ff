/* SPDX-License-Identifier: MIT */
/* sys_event_posix.c - a pipe that event loops wait for: sys.h */
#include "base/build.h"

#include "base/sys.h"

#if KLR_HAS_THREADS && !defined(_WIN32)

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Where there is no pipe2(), a child that is created meanwhile inherits both ends. */
bool
klr_event_open(klr_event *event)
{
    int ends[2];
#ifdef __linux__
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
#else
    if (pipe(ends) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
#endif
    *event = (klr_event){ends[0], ends[1]};
    return true;
}

void
klr_event_close(const klr_event *event)
{
    (void)close((int)event->fd);
    (void)close((int)event->sender);
}

void
klr_event_set(const klr_event *event)
{
    ssize_t n;
    do
        n = write((int)event->sender, "", 1);
    while (n < 0 && errno == EINTR);
}

void
klr_event_clear(const klr_event *event)
{
    char bytes[16];
    ssize_t n;
    do
        n = read((int)event->fd, bytes, sizeof bytes);
    while (n > 0 || (n < 0 && errno == EINTR));
}

#endif
