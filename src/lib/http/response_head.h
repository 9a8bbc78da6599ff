/* SPDX-License-Identifier: MIT */
/* response_head.h - the head of an HTTP/1 response, line by line */
#ifndef KLR_RESPONSE_HEAD_H
#define KLR_RESPONSE_HEAD_H

#include <klingrec/transport.h>

enum { KLR_HEAD_MAX = 64 * 1024 }; /* bytes of all response heads of one exchange */

typedef struct klr_head {
    klingrec_exchange *x;
    size_t bytes;
    int http_status;
    uint64_t length; /* the Content-Length of this head, if it has one */
    bool has_length;
    bool in_length; /* the last line was one */
    bool open;      /* after a status line, before the empty line */
    bool whole;     /* the final response's empty line was received */
    bool not_http1; /* the response has another version of HTTP */
    bool malformed; /* a line is against RFC 9112 */
} klr_head;

/*
 * Parse one line of an interim response, of the final one, or of the trailers, and set
 * what it says in the exchange. Trailers are checked, but set nothing. The line
 * includes its line end and is not NUL-terminated; a line without LF was truncated, and
 * is ignored. false: abort, too many bytes, not HTTP/1.0 or 1.1, or malformed.
 *
 * The versions of libcurl accept different errors, so all lines are checked here.
 */
bool klr_head_line(klr_head *head, const char *line, size_t len);

#endif
