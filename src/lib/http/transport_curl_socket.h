/* SPDX-License-Identifier: MIT */
/* transport_curl_socket.h - sockets: what each operating system does in its own way */
#ifndef KLR_TRANSPORT_CURL_SOCKET_H
#define KLR_TRANSPORT_CURL_SOCKET_H

#include "base/build.h"
#include "http/transport_curl_parts.h"

#if KLR_HAS_CURL

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/select.h>
#include <sys/socket.h>
#endif

/* A socket that no child process inherits, unlike those of libcurl 7.88;
   CURL_SOCKET_BAD on failure. */
curl_socket_t klr_socket_new(const struct curl_sockaddr *address);
/* Nothing can be sent or received on it from now on; it stays open. */
void klr_socket_stop(curl_socket_t fd);
/* Close it; 0, or another number on failure. */
int klr_socket_close_fd(curl_socket_t fd);
/* klr_socket_list() with the sets of curl_multi_fdset(). */
size_t klr_socket_list_sets(const klr_curl *curl, const fd_set *readable,
                            const fd_set *writable, int last, klingrec_fd *fds,
                            size_t capacity, bool *all);
/* Before it is closed: whether the end of the request is still in this machine's send
   buffer. It is discarded then. false where the system does not tell. */
bool klr_connection_discard_unsent(const klr_connection *c, bool tls);

#endif
#endif
