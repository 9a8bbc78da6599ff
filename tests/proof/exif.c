/* SPDX-License-Identifier: MIT */
/*
 * exif.c - proof: klr_exif_orientation() over any bytes, at any offset, of any length
 *
 * It accesses nothing outside of its structure, its arithmetic does not overflow, it
 * ends, and the result is 1 to 8. See peek.h for how. The entries of the directory may
 * begin at any offset and have any number. So the first entry is any entry; the second
 * one is the head for the second time.
 */
#include "base/build.h"

#include "peek.h"

static const unsigned char *peek(const klr_cursor *cursor, uint64_t offset, size_t n);

#define klr_peek peek
#include "image/exif.c"
#undef klr_peek

static uint64_t first, last; /* the offsets of the structure */

static const unsigned char *
peek(const klr_cursor *cursor, uint64_t offset, size_t n)
{
    static uint64_t entry;
    PROVE(offset >= first && n <= last - offset);
    if (n == 12) { /* an entry */
        PROVE(entry == 0 || offset == entry + 12);
        ASSUME(entry == 0);
        entry = offset;
    }
    return any_bytes(cursor, offset, n);
}

int
main(void)
{
    klr_cursor cursor;
    uint64_t offset;
    uint32_t len;
    ASSUME(cursor.end <= IMAGE_MAX && offset > 0 && offset <= cursor.end);
    first = offset;
    last = offset + len;
    uint32_t orientation = klr_exif_orientation(&cursor, offset, len);
    PROVE(orientation >= 1 && orientation <= 8);
    return 0;
}
