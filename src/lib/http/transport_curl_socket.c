/* transport_curl_socket.c - libcurl's sockets, and what the kernel reports about
   the bytes on them */
#define _GNU_SOURCE /* SOCK_CLOEXEC, POLLRDHUP */

#include "http/transport_curl_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#endif

/* ---- Opening ---------------------------------------------------------------- */

/* libcurl 7.88 opens sockets that a child process would inherit. */
static int
open_private(const struct curl_sockaddr *address)
{
#ifdef SOCK_CLOEXEC
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else /* a child created between the two calls inherits it */
    int fd = socket(address->family, address->socktype, address->protocol);
    if (fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
#endif
}

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
    int fd = open_private(address);
    if (fd < 0)
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

/* ---- Silence ---------------------------------------------------------------- */

klr_silence
klr_socket_silence(curl_socket_t fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n > 0)
        return KLR_SPEAKS;
    bool waits = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return waits ? KLR_SILENT : KLR_CLOSED;
}

bool
klr_socket_is_ending(curl_socket_t fd)
{
#ifdef POLLRDHUP
    struct pollfd p = {fd, POLLRDHUP, 0};
    return poll(&p, 1, 0) == 1;
#else
    (void)fd;
    return false;
#endif
}

/* ---- What the other side has acknowledged ----------------------------------- */

#if defined(__linux__)

enum { TLS_ALERT_MAX = 128 }; /* bytes of the closing alert, after the request */

/* Linux counts the SYN too, so 0 means that the system does not count. */
static bool
look(curl_socket_t fd, struct tcp_info *info)
{
    socklen_t len = sizeof *info;
    memset(info, 0, sizeof *info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0 &&
           info->tcpi_bytes_acked > 0;
}

void
klr_connection_mark(klr_connection *c)
{
    struct tcp_info info;
    int queued = 0;
    c->counts = look(c->fd, &info);
    if (!c->counts)
        return;
    /* Bytes acknowledged between the two calls are missed. sent_before is then too
       small, which only makes the test in klr_connection_answers() weaker. */
    if ((info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0) &&
        ioctl(c->fd, SIOCOUTQ, &queued) != 0)
        c->counts = false;
    c->sent_before = info.tcpi_bytes_acked + (unsigned)queued;
}

bool
klr_connection_answers(const klr_connection *c, uint64_t least)
{
    struct tcp_info info;
    if (!c->counts || !look(c->fd, &info))
        return true;
    return (uint64_t)info.tcpi_bytes_acked >= c->sent_before + least;
}

/*
 * Before it is closed: whether the end of the request is still in this machine's send
 * buffer. It is discarded then. Bytes that were sent but not acknowledged do not count:
 * they may have been received, and the end of the connection does not tell.
 */
static bool
hold_back(const klr_connection *c, bool tls)
{
    const struct linger at_once = {1, 0};
    struct tcp_info info;
    if (!c->counts || !look(c->fd, &info))
        return false;
    return info.tcpi_notsent_bytes > (tls ? TLS_ALERT_MAX : 0) &&
           setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0;
}

#else

void
klr_connection_mark(klr_connection *c)
{
    c->counts = false;
}

bool
klr_connection_answers(const klr_connection *c, uint64_t least)
{
    (void)c;
    (void)least;
    return true;
}

static bool
hold_back(const klr_connection *c, bool tls)
{
    (void)c;
    (void)tls;
    return false;
}

#endif

/* ---- Closing ---------------------------------------------------------------- */

static void
detach(const klr_curl *curl, klr_connection *c)
{
    c->transfer->held_back = hold_back(c, curl->https);
    c->transfer->connection = NULL;
}

int
klr_socket_close(void *user, curl_socket_t fd)
{
    klr_curl *curl = user;
    klr_connection *c = find_socket(curl, fd);
    if (c != NULL && c->transfer != NULL)
        detach(curl, c);
    if (c != NULL)
        forget(curl, c);
    curl->closed_socket = true;
    return close(fd);
}
