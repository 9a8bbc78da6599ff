/* SPDX-License-Identifier: MIT */
/* transport_curl_socket_windows.c - what Windows tells about a socket */
#include "base/build.h"

#include "http/transport_curl_socket.h"

#if KLR_HAS_CURL && defined(_WIN32)

#include <windows.h>

/* ---- Opening and closing ---------------------------------------------------- */

curl_socket_t
klr_socket_new(const struct curl_sockaddr *address)
{
    enum { NO_HANDLE_INHERIT = 0x80 }; /* WSA_FLAG_NO_HANDLE_INHERIT */
    SOCKET fd = WSASocketW(address->family, address->socktype, address->protocol, NULL,
                           0, WSA_FLAG_OVERLAPPED | NO_HANDLE_INHERIT);
    if (fd != INVALID_SOCKET || WSAGetLastError() != WSAEINVAL)
        return fd;
    /* Windows 7 before its first service pack does not know the flag. A child created
       between the two calls inherits the socket. */
    fd = WSASocketW(address->family, address->socktype, address->protocol, NULL, 0,
                    WSA_FLAG_OVERLAPPED);
    if (fd != INVALID_SOCKET)
        (void)SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT, 0);
    return fd;
}

void
klr_socket_stop(curl_socket_t fd)
{
    (void)shutdown(fd, SD_BOTH);
}

int
klr_socket_close_fd(curl_socket_t fd)
{
    return closesocket(fd);
}

/* libcurl waits for an event that Windows reports only after a send has failed. If the
   event is lost, an upload stops until libcurl looks at the socket itself. */
const int klr_socket_wait_max_ms = 50;

/* ---- What has arrived ------------------------------------------------------- */

/* Windows has no MSG_DONTWAIT. */
klr_inbound
klr_socket_inbound(curl_socket_t fd)
{
    char byte;
    struct timeval at_once = {0, 0};
    fd_set readable = {1, {fd}};
    int ready = select(0, &readable, NULL, NULL, &at_once);
    if (ready == 0)
        return KLR_INBOUND_NONE;
    return ready == 1 && recv(fd, &byte, 1, MSG_PEEK) > 0 ? KLR_INBOUND_DATA
                                                          : KLR_INBOUND_CLOSED;
}

bool
klr_socket_is_ending(curl_socket_t fd)
{
    (void)fd;
    return false;
}

/* ---- Listing ---------------------------------------------------------------- */

static bool
is_in(curl_socket_t fd, const fd_set *set)
{
    for (unsigned i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == fd)
            return true;
    return false;
}

/* A set holds FD_SETSIZE sockets; libcurl leaves out further ones. */
size_t
klr_socket_list_sets(const klr_curl *curl, const fd_set *readable,
                     const fd_set *writable, int last, klingrec_fd *fds,
                     size_t capacity, bool *all)
{
    size_t count = 0;
    (void)curl;
    (void)last;
    for (unsigned i = 0; i < readable->fd_count; i++) {
        curl_socket_t fd = readable->fd_array[i];
        uint32_t events =
            KLINGREC_FD_READ | (is_in(fd, writable) ? KLINGREC_FD_WRITE : 0u);
        if (count++ < capacity)
            fds[count - 1] = (klingrec_fd){(intptr_t)fd, events, 0};
    }
    for (unsigned i = 0; i < writable->fd_count; i++)
        if (!is_in(writable->fd_array[i], readable) && count++ < capacity)
            fds[count - 1] =
                (klingrec_fd){(intptr_t)writable->fd_array[i], KLINGREC_FD_WRITE, 0};
    *all = readable->fd_count < FD_SETSIZE && writable->fd_count < FD_SETSIZE;
    return count;
}

#endif
