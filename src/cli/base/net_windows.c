/* SPDX-License-Identifier: MIT */
/* net_windows.c - the sockets that libcurl opens, by calls of Windows */
#include "base/net.h"

#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

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
    return InetNtopA(from->family, to->bytes, to->text, sizeof to->text) != NULL;
}

curl_socket_t
cli_net_open(const struct curl_sockaddr *address)
{
    return WSASocketW(address->family, address->socktype, address->protocol, NULL, 0,
                      WSA_FLAG_OVERLAPPED);
}

/* libcurl for Windows with OpenSSL has no certificates of its own. */
void
cli_net_trust_system(CURL *easy)
{
    enum { NATIVE_CA = 16 }; /* of libcurl 7.71 */
    (void)curl_easy_setopt(easy, CURLOPT_SSL_OPTIONS, (long)NATIVE_CA);
}
