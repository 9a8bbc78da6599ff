/* SPDX-License-Identifier: MIT */
/* cursor.c - bounds-checked access to an image's bytes */
#include "base/build.h"

#include "image/cursor.h"

void
klr_cursor_init(klr_cursor *cursor, klr_source *source, uint64_t end,
                unsigned char *window)
{
    cursor->bytes = source->bytes != NULL ? source->bytes : window;
    /* An image in memory has a size_t of bytes, and end is not larger. */
    cursor->have = source->bytes != NULL ? (size_t)end : 0;
    cursor->base = 0;
    cursor->end = end;
    cursor->source = source;
    cursor->window = source->bytes != NULL ? NULL : window;
    cursor->read_size = KLR_READ_FIRST;
    cursor->status = KLINGREC_OK;
}

void
klr_cursor_read_ahead(klr_cursor *cursor)
{
    cursor->read_size = KLR_CURSOR_WINDOW;
}

const unsigned char *
klr_cursor_move(klr_cursor *cursor, uint64_t offset, size_t n)
{
    if (cursor->window == NULL || cursor->status != KLINGREC_OK || n > KLR_PEEK_MAX ||
        offset > cursor->end || n > cursor->end - offset)
        return NULL;

    size_t len = cursor->read_size;
    if (len > cursor->end - offset)
        len = (size_t)(cursor->end - offset);
    if (cursor->read_size == KLR_READ_FIRST)
        cursor->read_size = KLR_READ_HOP;
    /* Bytes in the window are not read again: they may have changed in the file. They
       are fewer than n, and so fewer than len. */
    uint64_t skip = offset - cursor->base;
    size_t kept = skip < cursor->have ? cursor->have - (size_t)skip : 0, got;
    if (kept > 0)
        memmove(cursor->window, cursor->window + (size_t)skip, kept);
    cursor->base = offset;
    cursor->status = klr_source_read(cursor->source, offset + kept,
                                     cursor->window + kept, len - kept, &got);
    cursor->have = cursor->status == KLINGREC_OK ? kept + got : 0;
    return n <= cursor->have ? cursor->window : NULL;
}
