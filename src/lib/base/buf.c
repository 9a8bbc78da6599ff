/* SPDX-License-Identifier: MIT */
/* buf.c - a growable buffer with a fixed maximum */
#include "base/build.h"

#include "base/buf.h"

enum { FIRST_CAPACITY = 1024 };

void
klr_buf_init(klr_buf *buf, size_t max)
{
    memset(buf, 0, sizeof *buf);
    buf->max = max;
}

/* need is at most max + 1: the NUL takes one byte more. */
static bool
grow(klr_buf *buf, const klr_alloc *alloc, size_t need)
{
    size_t capacity = buf->capacity != 0 ? buf->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity = capacity > buf->max / 2 ? need : capacity * 2;
    void *data = klr_resize(alloc, buf->data, buf->capacity, capacity);
    if (data == NULL)
        return false;
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

klingrec_status
klr_buf_append(klr_buf *buf, const klr_alloc *alloc, const void *bytes, size_t len)
{
    if (len == 0)
        return KLINGREC_OK;
    if (len > buf->max - buf->len)
        return KLINGREC_ERR_RESPONSE_BYTES;
    if (len >= buf->capacity - buf->len && !grow(buf, alloc, buf->len + len + 1))
        return KLINGREC_ERR_NOMEM;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return KLINGREC_OK;
}

void
klr_buf_free(klr_buf *buf, const klr_alloc *alloc)
{
    klr_free(alloc, buf->data, buf->capacity);
    klr_buf_init(buf, buf->max);
}
