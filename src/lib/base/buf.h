/* SPDX-License-Identifier: MIT */
/* buf.h - a growable buffer with a fixed maximum */
#ifndef KLR_BUF_H
#define KLR_BUF_H

#include "base/alloc.h"

typedef struct klr_buf {
    char *data; /* NUL-terminated; NULL until something is added */
    size_t len;
    size_t capacity;
    size_t max;
} klr_buf;

void klr_buf_init(klr_buf *buf, size_t max);
/* OK; ERR_RESPONSE_BYTES, it would exceed the maximum; ERR_NOMEM. On an error nothing
   is added. */
klingrec_status klr_buf_append(klr_buf *buf, const klr_alloc *alloc, const void *bytes,
                               size_t len);
void klr_buf_free(klr_buf *buf, const klr_alloc *alloc);

#endif
