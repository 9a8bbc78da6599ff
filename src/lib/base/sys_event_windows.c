/* SPDX-License-Identifier: MIT */
/* sys_event_windows.c - a socket that event loops wait for: sys.h */
#include "base/build.h"

#include "base/sys.h"

#ifdef _WIN32

#include <winsock2.h>

/* Windows can wait for sockets and not for pipes. This one receives what it sends: it
   is connected to itself, so it takes nothing from another sender. */
static bool
connect_to_itself(SOCKET fd)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    u_long on = 1;
    int len = sizeof here;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(fd, (struct sockaddr *)&here, len) == 0 &&
           getsockname(fd, (struct sockaddr *)&here, &len) == 0 &&
           connect(fd, (struct sockaddr *)&here, len) == 0 &&
           ioctlsocket(fd, (long)FIONBIO, &on) == 0;
}

bool
klr_event_open(klr_event *event)
{
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return false;
    SOCKET fd = socket(AF_INET, SOCK_DGRAM, 0);
    *event = (klr_event){(intptr_t)fd, (intptr_t)fd};
    if (fd != INVALID_SOCKET &&
        SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT, 0) &&
        connect_to_itself(fd))
        return true;
    klr_event_close(event);
    return false;
}

void
klr_event_close(const klr_event *event)
{
    if ((SOCKET)event->fd != INVALID_SOCKET)
        (void)closesocket((SOCKET)event->fd);
    (void)WSACleanup();
}

void
klr_event_set(const klr_event *event)
{
    (void)send((SOCKET)event->sender, "", 1, 0);
}

void
klr_event_clear(const klr_event *event)
{
    char bytes[16];
    while (recv((SOCKET)event->fd, bytes, sizeof bytes, 0) > 0)
        ;
}

#endif
