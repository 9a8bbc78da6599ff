/* SPDX-License-Identifier: MIT */
/* exif.c - the orientation in an Exif block (Exif 2.32, 4.6.2; TIFF 6.0) */
#include "base/build.h"

#include "image/exif.h"

/* Numbers of a TIFF structure, whose byte order is its own. */
typedef struct exif {
    klr_cursor *cursor;
    uint64_t offset; /* of the structure in the image */
    uint32_t len;
    bool big_endian;
} exif;

/* n bytes at `at`, or NULL when they are not all inside the structure. */
static const unsigned char *
look(const exif *x, uint32_t at, uint32_t n)
{
    if (at > x->len || n > x->len - at)
        return NULL;
    return klr_peek(x->cursor, x->offset + at, n);
}

static uint32_t
number16(const exif *x, const unsigned char *p)
{
    return x->big_endian ? klr_be16(p) : klr_le16(p);
}

static uint32_t
number32(const exif *x, const unsigned char *p)
{
    return x->big_endian ? klr_be32(p) : klr_le32(p);
}

/* Cameras use every integer type for the tag (TIFF 6.0, section 2). The value is in the
   first bytes of the entry's value field. */
static uint32_t
entry_value(const exif *x, const unsigned char *entry)
{
    enum { BYTE = 1, SHORT = 3, LONG = 4, SSHORT = 8, SLONG = 9 };
    uint32_t value = 0;
    if (number32(x, entry + 4) != 1)
        return 1;
    switch (number16(x, entry + 2)) {
    case BYTE:
        value = entry[8];
        break;
    case SHORT:
    case SSHORT:
        value = number16(x, entry + 8);
        break;
    case LONG:
    case SLONG:
        value = number32(x, entry + 8);
        break;
    }
    return value >= 1 && value <= 8 ? value : 1;
}

uint32_t
klr_exif_orientation(klr_cursor *cursor, uint64_t offset, uint32_t len)
{
    enum { HEADER = 8, ENTRY = 12, TAG_ORIENTATION = 0x0112, TIFF_VERSION = 42 };
    exif x = {cursor, offset, len, false};
    const unsigned char *p = look(&x, 0, HEADER);
    if (p == NULL || p[0] != p[1] || (p[0] != 'I' && p[0] != 'M'))
        return 1;
    x.big_endian = p[0] == 'M';
    if (number16(&x, p + 2) != TIFF_VERSION)
        return 1;

    uint32_t at = number32(&x, p + 4);
    p = look(&x, at, 2);
    if (p == NULL)
        return 1;
    uint32_t count = number16(&x, p);
    at += 2; /* at + 2 <= len */
    for (; count > 0 && (p = look(&x, at, ENTRY)) != NULL; count--, at += ENTRY)
        if (number16(&x, p) == TAG_ORIENTATION)
            return entry_value(&x, p);
    return 1;
}
