/* SPDX-License-Identifier: MIT */
/* transport_curl_socket_posix.c - what POSIX systems tell about a socket */
#include "base/build.h"

#include "http/transport_curl_socket.h"

#if KLR_HAS_CURL && !defined(_WIN32)

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#endif

/* ---- Opening and closing ---------------------------------------------------- */

curl_socket_t
klr_socket_new(const struct curl_sockaddr *address)
{
#ifdef SOCK_CLOEXEC
    /* libcurl would go on with a socket that it cannot make non-blocking. */
    int type = address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK;
    return socket(address->family, type, address->protocol);
#else /* a child created between the two calls inherits it */
    int fd = socket(address->family, address->socktype, address->protocol);
    if (fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
#endif
}

void
klr_socket_stop(curl_socket_t fd)
{
    (void)shutdown(fd, SHUT_RDWR);
}

int
klr_socket_close_fd(curl_socket_t fd)
{
    return close(fd);
}

const int klr_socket_wait_max_ms = INT_MAX;

/* ---- What has arrived ------------------------------------------------------- */

klr_inbound
klr_socket_inbound(curl_socket_t fd)
{
    char byte;
    ssize_t n;
    do
        n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return KLR_INBOUND_DATA;
    bool waits = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return waits ? KLR_INBOUND_NONE : KLR_INBOUND_CLOSED;
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

/* ---- Listing ---------------------------------------------------------------- */

size_t
klr_socket_list_sets(const klr_curl *curl, const fd_set *readable,
                     const fd_set *writable, int last, klingrec_fd *fds,
                     size_t capacity, bool *all)
{
    size_t count = 0;
    for (int fd = 0; fd <= last; fd++) {
        uint32_t events = (FD_ISSET(fd, readable) ? KLINGREC_FD_READ : 0u) |
                          (FD_ISSET(fd, writable) ? KLINGREC_FD_WRITE : 0u);
        if (events != 0 && count++ < capacity)
            fds[count - 1] = (klingrec_fd){fd, events, 0};
    }
    /* libcurl leaves out those that do not fit into an fd_set. */
    *all = true;
    for (const klr_connection *c = curl->connections; c != NULL; c = c->next)
        *all = *all && (c->fd < FD_SETSIZE || curl->running == 0);
    return count;
}

/* ---- What the other side has acknowledged ----------------------------------- */

#if defined(__linux__)

enum { TLS_ALERT_MAX = 128 }; /* bytes of the closing alert, after the request */

/* Linux counts the SYN too, so 0 means that the system does not count. */
static bool
read_tcp_info(curl_socket_t fd, struct tcp_info *info)
{
    socklen_t len = sizeof *info;
    memset(info, 0, sizeof *info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0 &&
           info->tcpi_bytes_acked > 0;
}

void
klr_connection_note_sent(klr_connection *c)
{
    struct tcp_info info;
    int queued = 0;
    c->sent_is_known = read_tcp_info(c->fd, &info);
    if (!c->sent_is_known)
        return;
    /* Bytes acknowledged between the two calls are missed. sent_before is then too
       small, which only makes the test in klr_connection_has_acknowledged() weaker. */
    if ((info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0) &&
        ioctl(c->fd, SIOCOUTQ, &queued) != 0)
        c->sent_is_known = false;
    c->sent_before = info.tcpi_bytes_acked + (unsigned)queued;
}

bool
klr_connection_has_acknowledged(const klr_connection *c, uint64_t least)
{
    struct tcp_info info;
    if (!c->sent_is_known || !read_tcp_info(c->fd, &info))
        return true;
    return (uint64_t)info.tcpi_bytes_acked >= c->sent_before + least;
}

/* Whether the end of the request has not left this machine. Bytes that were sent but
   not acknowledged do not count: they may have been received, and the end of the
   connection does not tell. */
static bool
has_unsent_end(const klr_connection *c, bool tls)
{
    struct tcp_info info;
    return c->sent_is_known && read_tcp_info(c->fd, &info) &&
           info.tcpi_notsent_bytes > (tls ? TLS_ALERT_MAX : 0);
}

/* A server that reads again lets the system send the rest at any moment. So first
   nothing is received any more, which is what lets it send, and then it is decided. */
bool
klr_connection_discard_unsent(const klr_connection *c, bool tls)
{
    static const struct linger at_once = {1, 0}, later = {0, 0};
    static struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    static const struct sock_fprog filter = {1, nothing};
    if (!has_unsent_end(c, tls) ||
        setsockopt(c->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0)
        return false;
    if (setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0 &&
        has_unsent_end(c, tls))
        return true;
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &later, sizeof later);
    (void)setsockopt(c->fd, SOL_SOCKET, SO_DETACH_FILTER, &filter, sizeof filter);
    return false;
}

#endif

#endif
