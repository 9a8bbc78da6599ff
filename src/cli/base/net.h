/* SPDX-License-Identifier: MIT */
/* net.h - the sockets that libcurl opens, and which addresses are public */
#ifndef CLI_NET_H
#define CLI_NET_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

enum { ADDRESS_TEXT = 46 };

struct address {
    bool is_v6;
    unsigned char bytes[16]; /* of IPv4 the first four */
    char text[ADDRESS_TEXT]; /* for messages */
};

/* False: of another family than IPv4 and IPv6. */
bool cli_net_address(const struct curl_sockaddr *from, struct address *to);
curl_socket_t cli_net_open(const struct curl_sockaddr *address);

/* Uses the certificates of the system, where libcurl does not by itself. */
void cli_net_trust_system(CURL *easy);

/* Does the address belong to one machine on the internet? Not if it is of a private
   network or of this machine, a group, reserved, or another form of an IPv4 address. */
bool cli_net_is_public(const struct address *address);
bool cli_net_is_loopback(const struct address *address);

#endif
