/* SPDX-License-Identifier: MIT */
/* net_posix.c - the sockets that libcurl opens, by POSIX calls */
#include "base/net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

bool
cli_net_address(const struct curl_sockaddr *from, struct address *to)
{
    union {
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    memset(to, 0, sizeof *to);
    to->is_v6 = from->family == AF_INET6;
    if ((!to->is_v6 && from->family != AF_INET) || from->addrlen > sizeof at)
        return false;
    const void *bytes = &from->addr; /* libcurl has more behind it than its type */
    memcpy(&at, bytes, from->addrlen);
    if (to->is_v6)
        memcpy(to->bytes, &at.v6.sin6_addr, 16);
    else
        memcpy(to->bytes, &at.v4.sin_addr, 4);
    return inet_ntop(from->family, to->bytes, to->text, sizeof to->text) != NULL;
}

/* A child does not inherit it. */
curl_socket_t
cli_net_open(const struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype, address->protocol);
    if (fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

void
cli_net_trust_system(CURL *easy)
{
    (void)easy;
}
