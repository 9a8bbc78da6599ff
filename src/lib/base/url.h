/* SPDX-License-Identifier: MIT */
/* url.h - the syntax of http and https URLs, for images and for the endpoint */
#ifndef KLR_URL_H
#define KLR_URL_H

#include "base/detail.h"

enum { KLR_URL_MAX = 65535 };

typedef struct klr_url {
    const char *host; /* within the text; an IPv6 address without its brackets */
    size_t host_len;
    bool https;
    bool is_loopback; /* localhost, 127.0.0.0/8 or ::1: traffic stays on this machine */
} klr_url;

/*
 * Parse a URL. A valid one can be copied into a JSON string and an HTTP request
 * unchanged: control characters, spaces, quotes, backslashes and invalid UTF-8 are
 * refused. KLR_DETAIL_NONE, or what is wrong at byte *where.
 */
klr_detail klr_url_parse(klr_url *url, const char *text, size_t len, size_t *where);

/* Parse "host:port" or "host" alone, without a user: "localhost:3128". */
klr_detail klr_url_parse_host(klr_url *url, const char *text, size_t len,
                              size_t *where);

#endif
