/* response_head.h - the head of an HTTP/1 answer, line by line */
#ifndef KLR_HEAD_H
#define KLR_HEAD_H

#include <klingrec/transport.h>

enum { KLR_HEAD_MAX = 64 * 1024 }; /* bytes of all heads of one exchange */

typedef struct klr_head {
    klingrec_exchange *x;
    size_t bytes;
    int http_status;
    bool whole;     /* the final answer's empty line has come */
    bool not_http1; /* it is an answer in a version that was not asked for */
} klr_head;

/*
 * Tell the exchange what one line says, of an interim answer, the final one, or
 * the trailer of its body, which must not change what it means. The line has its
 * end, and no NUL behind it. false: too many bytes, or not HTTP/1: stop.
 */
bool klr_head_line(klr_head *head, const char *line, size_t len);

#endif
