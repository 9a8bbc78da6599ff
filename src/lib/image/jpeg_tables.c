/* SPDX-License-Identifier: MIT */
/* jpeg_tables.c - whether a JPEG's table segments have valid lengths */
#include "base/build.h"

#include "image/jpeg_tables.h"

enum { MAX_TABLES = 4 };

/* Pq Tq, then 64 elements of one byte, or of two when Pq is not 0 (T.81, B.2.4.1). */
static klr_detail
check_dqt(klr_cursor *cursor, uint64_t at, uint32_t len)
{
    uint32_t used = 0;
    while (used < len) {
        const unsigned char *p = klr_peek(cursor, at + used, 1);
        if (p == NULL)
            return KLR_DETAIL_TRUNCATED;
        used += p[0] >> 4 != 0 ? 129 : 65;
        if ((p[0] & 15) >= MAX_TABLES || used > len)
            return KLR_DETAIL_JPEG_TABLE;
    }
    return KLR_DETAIL_NONE;
}

/* At most 16 * 255: no overflow. */
static uint32_t
sum_of_16(const unsigned char *p)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < 16; i++)
        sum += p[i];
    return sum;
}

/* Tc Th, 16 counts, then as many values as they say (T.81, B.2.4.2). */
static klr_detail
check_dht(klr_cursor *cursor, uint64_t at, uint32_t len)
{
    uint32_t used = 0;
    while (used < len) {
        if (len - used < 17)
            return KLR_DETAIL_JPEG_TABLE;
        const unsigned char *p = klr_peek(cursor, at + used, 17);
        if (p == NULL)
            return KLR_DETAIL_TRUNCATED;
        uint32_t values = sum_of_16(p + 1);
        used += 17 + values;
        if ((p[0] & ~0x10) >= MAX_TABLES || values > 256 || used > len)
            return KLR_DETAIL_JPEG_TABLE;
    }
    return KLR_DETAIL_NONE;
}

/* Tc Tb and a value; for DC tables the two halves are an interval (T.81, B.2.4.3). */
static klr_detail
check_dac(klr_cursor *cursor, uint64_t at, uint32_t len)
{
    for (uint32_t used = 0; used < len; used += 2) {
        if (len - used < 2)
            return KLR_DETAIL_JPEG_TABLE;
        const unsigned char *p = klr_peek(cursor, at + used, 2);
        if (p == NULL)
            return KLR_DETAIL_TRUNCATED;
        if (p[0] >= 32 || (p[0] < 16 && (p[1] & 15) > p[1] >> 4))
            return KLR_DETAIL_JPEG_TABLE;
    }
    return KLR_DETAIL_NONE;
}

klr_detail
klr_jpeg_table(klr_cursor *cursor, unsigned char marker, uint64_t at, uint32_t len)
{
    switch (marker) {
    case KLR_JPEG_DQT:
        return check_dqt(cursor, at, len);
    case KLR_JPEG_DHT:
        return check_dht(cursor, at, len);
    case KLR_JPEG_DAC:
        return check_dac(cursor, at, len);
    default: /* DRI: one number of two bytes (T.81, B.2.4.4) */
        return len == 2 ? KLR_DETAIL_NONE : KLR_DETAIL_JPEG_TABLE;
    }
}
