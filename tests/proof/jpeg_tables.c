/* SPDX-License-Identifier: MIT */
/*
 * jpeg_tables.c - proof: klr_jpeg_table() over any bytes, for segments of any length
 *
 * It looks at bytes of the segment only, its arithmetic does not overflow, it ends, and
 * it gives one of the three details that it may. See peek.h for how.
 *
 * Assumed: the length is one that a segment can have, up to 65533.
 */
#include "base/build.h"

#include "image/jpeg_tables.h"

#include "peek.h"

/* At the head of a loop `used` bytes of the segment were checked. */
static const unsigned char *
peek(const klr_cursor *cursor, uint64_t at, uint32_t len, uint32_t *used, size_t n)
{
    static bool second;
    static uint32_t before;
    uint32_t any;
    PROVE(*used < len && n <= len - *used);
    PROVE(!second || *used > before);
    ASSUME(!second && any < len && n <= len - any);
    second = true;
    before = *used = any;
    return any_bytes(cursor, at + *used, n);
}

#define klr_peek(cursor, offset, n) peek(cursor, at, len, &used, n)
#include "image/jpeg_tables.c"
#undef klr_peek

int
main(void)
{
    klr_cursor cursor;
    unsigned char marker;
    uint64_t at;
    uint32_t len;
    ASSUME(cursor.end <= IMAGE_MAX && at <= cursor.end && len <= 65533);
    klr_detail found = klr_jpeg_table(&cursor, marker, at, len);
    PROVE(found == KLR_DETAIL_NONE || found == KLR_DETAIL_JPEG_TABLE ||
          found == KLR_DETAIL_TRUNCATED);
    return 0;
}
