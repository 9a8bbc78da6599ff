/* SPDX-License-Identifier: MIT */
/* exchange.h - the state of one HTTP request and its response */
#ifndef KLR_EXCHANGE_H
#define KLR_EXCHANGE_H

#include "base/buf.h"
#include "http/body.h"

#include <klingrec/transport.h>

enum { KLR_RESPONSE_MAX = 1024 * 1024, KLR_REQUEST_HEADERS = 4 };

typedef struct klr_header {
    const char *name;
    const char *value;
} klr_header;

struct klingrec_exchange {
    /* to send */
    const char *url;
    klr_header headers[KLR_REQUEST_HEADERS];
    klr_body *body;
    bool body_was_read;         /* the whole body was read at least once */
    klingrec_status body_error; /* why the body could not be read */
    bool expired;               /* set by the engine: no more of the body is sent */

    /* received */
    const klr_alloc *alloc;
    size_t received; /* parts of the answer that the transport has passed */
    klr_buf response;
    klingrec_status response_error; /* why the response could not be stored */
    int http_status;
    uint32_t retry_after_ms;
    char request_id[128];

    /* ended */
    bool ended;
    bool sent;
    klingrec_status status;
    char detail[256];

    /* set by clock_ms(); 0: not yet */
    uint64_t (*clock_ms)(void); /* NULL: nothing is measured */
    uint64_t upload_began_ms;   /* the body was first asked for */
    uint64_t upload_ended_ms;   /* all of it was read */

    void *data;           /* the transport's */
    int64_t wall_clock_s; /* seconds since 1970, for dates in Retry-After */
};

/* A new exchange; rewinds the body. The caller then sets the headers. */
void klr_exchange_init(klingrec_exchange *x, const char *url, klr_body *body,
                       const klr_alloc *alloc);
void klr_exchange_free(klingrec_exchange *x);

#endif
