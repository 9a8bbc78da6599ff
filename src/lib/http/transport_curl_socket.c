/* SPDX-License-Identifier: MIT */
/* transport_curl_socket.c - open, find, list and close the sockets of libcurl */
#include "base/build.h"

#include "http/transport_curl_socket.h"

#if KLR_HAS_CURL

#include <string.h>

/* ---- Opening ---------------------------------------------------------------- */

static klr_connection *
find_socket(const klr_curl *curl, curl_socket_t fd)
{
    klr_connection *c = curl->connections;
    while (c != NULL && c->fd != fd)
        c = c->next;
    return c;
}

static void
forget(klr_curl *curl, klr_connection *c)
{
    klr_connection **link = &curl->connections;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    klr_free(&curl->texts.alloc, c, sizeof *c);
}

curl_socket_t
klr_socket_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    klr_curl *curl = user;
    (void)purpose;
    curl_socket_t fd = klr_socket_new(address);
    if (fd == CURL_SOCKET_BAD)
        return CURL_SOCKET_BAD;
    klr_connection *c = find_socket(curl, fd);
    if (c == NULL && (c = klr_new(&curl->texts.alloc, sizeof *c)) != NULL) {
        c->next = curl->connections;
        curl->connections = c;
    } else if (c != NULL) { /* libcurl closed it before it was connected, and did not
                               report it */
        *c = (klr_connection){.next = c->next};
    }
    if (c != NULL) /* else its connection is not reused */
        c->fd = fd;
    return fd;
}

void
klr_socket_forget_all(klr_curl *curl)
{
    while (curl->connections != NULL)
        forget(curl, curl->connections);
}

/* ---- Finding ---------------------------------------------------------------- */

/* libcurl identifies a transfer's connection only by its addresses and ports. */
static bool
has_ends(klr_connection *c, const char *peer, int local_port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    socklen_t len = sizeof at;
    const void *address = &at.v4.sin_addr;

    if (c->local_port == 0) {
        if (getsockname(c->fd, &at.any, &len) != 0)
            return false;
        int port =
            ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
        len = sizeof at;
        if (port != local_port || getpeername(c->fd, &at.any, &len) != 0)
            return false;
        if (at.any.sa_family == AF_INET6)
            address = &at.v6.sin6_addr;
        if (inet_ntop(at.any.sa_family, address, c->peer, sizeof c->peer) == NULL)
            return false;
        c->local_port = port;
    }
    return c->local_port == local_port && strcmp(c->peer, peer) == 0;
}

klr_connection *
klr_connection_find(const klr_curl *curl, const char *peer, int local_port)
{
    klr_connection *c = curl->connections;
    while (c != NULL && !has_ends(c, peer, local_port))
        c = c->next;
    return c;
}

/* ---- Listing ---------------------------------------------------------------- */

size_t
klr_socket_list(const klr_curl *curl, klingrec_fd *fds, size_t capacity, bool *all)
{
    fd_set readable, writable, failed;
    int last = -1;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_ZERO(&failed);
    (void)curl_multi_fdset(curl->multi, &readable, &writable, &failed, &last);
    return klr_socket_list_sets(curl, &readable, &writable, last, fds, capacity, all);
}

/* ---- Closing ---------------------------------------------------------------- */

static void
detach_transfer(const klr_curl *curl, klr_connection *c)
{
    klr_transfer_connection_closes(c->transfer,
                                   klr_connection_discard_unsent(c, curl->https));
}

void
klr_connection_stop(const klr_connection *c)
{
    klr_socket_stop(c->fd);
}

int
klr_socket_close(void *user, curl_socket_t fd)
{
    klr_curl *curl = user;
    klr_connection *c = find_socket(curl, fd);
    if (c != NULL && c->transfer != NULL)
        detach_transfer(curl, c);
    if (c != NULL)
        forget(curl, c);
    curl->closed_socket = true;
    return klr_socket_close_fd(fd);
}

/* ---- What the other side has acknowledged: only Linux tells ----------------- */

#if !defined(__linux__)

void
klr_connection_note_sent(klr_connection *c)
{
    c->sent_is_known = false;
}

bool
klr_connection_has_acknowledged(const klr_connection *c, uint64_t least)
{
    (void)c;
    (void)least;
    return true;
}

bool
klr_connection_discard_unsent(const klr_connection *c, bool tls)
{
    (void)c;
    (void)tls;
    return false;
}

#endif

#endif
