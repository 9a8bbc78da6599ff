/* SPDX-License-Identifier: MIT */
/* jpeg.c - walk over a JPEG (ITU-T T.81) without decoding it */
#include "base/build.h"

#include "image/jpeg.h"

#include "image/exif.h"
#include "image/jpeg_tables.h"
#include "image/walk.h"

/*
 * The walk accepts and refuses what libjpeg-turbo accepts and refuses. Comments say
 * where the standard is stricter or less strict.
 */
enum {
    MARKER_TEM = 0x01,
    MARKER_SOF0 = 0xC0,
    MARKER_SOF2 = 0xC2,
    MARKER_SOF3 = 0xC3,
    MARKER_SOF9 = 0xC9,
    MARKER_SOF11 = 0xCB,
    MARKER_SOF15 = 0xCF,
    MARKER_RST0 = 0xD0,
    MARKER_RST7 = 0xD7,
    MARKER_SOI = 0xD8,
    MARKER_EOI = 0xD9,
    MARKER_SOS = 0xDA,
    MARKER_DNL = 0xDC,
    MARKER_DRI = 0xDD,
    MARKER_APP0 = 0xE0,
    MARKER_APP1 = 0xE1,
    MARKER_APP15 = 0xEF,
    MARKER_SOF55 = 0xF7, /* JPEG-LS (ITU-T T.87) */
    MARKER_COM = 0xFE
};

enum {
    MAX_GARBAGE = 65536, /* bytes between segments, in total */
    MAX_COMPONENTS = 10, /* libjpeg's; the standard would allow 255 */
    MAX_SCAN_COMPONENTS = 4,
    MAX_LIBJPEG_SIDE = 65500
};

typedef struct jpeg {
    klr_cursor *cursor;
    klingrec_image_info *info;
    uint64_t at;                       /* the next byte to look at */
    uint64_t frame_at;                 /* of the SOF marker */
    unsigned char ids[MAX_COMPONENTS]; /* the components' names, as in the SOF */
    uint32_t components;               /* 0: no frame header yet */
    uint32_t garbage;                  /* bytes of it so far */
    bool exif_seen;
} jpeg;

/* A segment's parameters, which follow its length. */
typedef struct segment {
    uint64_t marker_at;
    uint64_t at;
    uint32_t len;
} segment;

static bool
jpeg_truncated(jpeg *j)
{
    return klr_truncated(j->info, j->cursor);
}

static bool
jpeg_damage(jpeg *j, klr_detail detail, const segment *s)
{
    return klr_damage(j->info, detail, s->marker_at);
}

static bool
stands_alone(int marker)
{
    return (marker >= MARKER_RST0 && marker <= MARKER_RST7) || marker == MARKER_TEM;
}

/*
 * The next marker's code, or -1. Any number of FF may precede a code (T.81, B.1.1.2).
 * The standard allows nothing else there, but cameras and editors write other bytes,
 * and decoders skip them.
 */
static inline int
next_marker(jpeg *j)
{
    const unsigned char *p;
    while ((p = klr_peek(j->cursor, j->at, 2)) != NULL) {
        if (p[0] == 0xFF && p[1] == 0xFF) {
            j->at++;
            continue;
        }
        if (p[0] == 0xFF && p[1] != 0x00) {
            j->at += 2;
            return p[1];
        }
        klr_odd(j->info, KLR_DETAIL_JPEG_GARBAGE, j->at);
        uint32_t n = p[0] == 0xFF ? 2 : 1;
        j->at += n;
        j->garbage += n;
        if (j->garbage > MAX_GARBAGE) {
            (void)klr_damage(j->info, KLR_DETAIL_JPEG_GARBAGE_LIMIT, j->at);
            return -1;
        }
    }
    (void)jpeg_truncated(j);
    return -1;
}

/*
 * Read a segment's length and step over it. A length counts its own two bytes
 * (T.81, B.1.1.4); 0 and 1 are read as 2: cameras write them, and libjpeg accepts
 * them.
 */
static inline bool
read_segment(jpeg *j, segment *s)
{
    const unsigned char *p = klr_peek(j->cursor, j->at, 2);
    if (p == NULL)
        return jpeg_truncated(j);
    uint32_t len = klr_be16(p);
    s->marker_at = j->at - 2;
    s->at = j->at + 2;
    s->len = len > 2 ? len - 2 : 0;
    j->at = s->at + s->len;
    return true;
}

/* ---- Frame and scan --------------------------------------------------------- */

static void
note_oddities(jpeg *j, int marker, uint32_t precision)
{
    klingrec_image_info *info = j->info;
    if (marker == MARKER_SOF3 || marker == MARKER_SOF11)
        klr_odd(info, KLR_DETAIL_JPEG_LOSSLESS, j->frame_at);
    if (precision > 8)
        klr_odd(info, KLR_DETAIL_JPEG_PRECISION, j->frame_at);
    if (marker >= MARKER_SOF9)
        klr_odd(info, KLR_DETAIL_JPEG_ARITHMETIC, j->frame_at);
    if (j->components == 4)
        klr_odd(info, KLR_DETAIL_JPEG_CMYK, j->frame_at);
    else if (j->components != 1 && j->components != 3)
        klr_odd(info, KLR_DETAIL_JPEG_COMPONENTS, j->frame_at);
    if (info->width > MAX_LIBJPEG_SIDE || info->height > MAX_LIBJPEG_SIDE)
        klr_odd(info, KLR_DETAIL_JPEG_SIDE, j->frame_at);
}

/* Ci, Hi Vi, Tqi of every component (T.81, B.2.2): each factor is 1 to 4. */
static bool
read_components(jpeg *j, const unsigned char *p)
{
    for (uint32_t i = 0; i < j->components; i++, p += 3) {
        uint32_t h = p[1] >> 4, v = p[1] & 15;
        if (h < 1 || h > 4 || v < 1 || v > 4)
            return false;
        j->ids[i] = p[0];
    }
    return true;
}

static bool
precision_is_valid(int marker, uint32_t precision)
{
    if (marker == MARKER_SOF3 || marker == MARKER_SOF11)
        return precision >= 2 && precision <= 16;
    return precision == 8 || precision == 12;
}

/*
 * P, Y, X, Nf, then the components (T.81, B.2.2). If Y is 0, a DNL segment after
 * the first scan has it.
 */
static bool
read_frame(jpeg *j, int marker, const segment *s)
{
    if (j->components != 0)
        return jpeg_damage(j, KLR_DETAIL_JPEG_SECOND_FRAME, s);
    if (s->len < 6)
        return jpeg_damage(j, KLR_DETAIL_JPEG_FRAME, s);
    const unsigned char *p = klr_peek(j->cursor, s->at, 6);
    if (p == NULL)
        return jpeg_truncated(j);
    uint32_t precision = p[0], components = p[5];
    j->info->height = klr_be16(p + 1);
    j->info->width = klr_be16(p + 3);
    j->frame_at = s->marker_at;

    bool supported =
        marker <= MARKER_SOF3 || (marker >= MARKER_SOF9 && marker <= MARKER_SOF11);
    if (!supported)
        return jpeg_damage(j, KLR_DETAIL_JPEG_UNSUPPORTED, s);
    if (j->info->width == 0 || components == 0 || components > MAX_COMPONENTS ||
        s->len != 6 + components * 3 || !precision_is_valid(marker, precision))
        return jpeg_damage(j, KLR_DETAIL_JPEG_FRAME, s);
    p = klr_peek(j->cursor, s->at + 6, components * 3);
    if (p == NULL)
        return jpeg_truncated(j);
    j->components = components;
    if (!read_components(j, p))
        return jpeg_damage(j, KLR_DETAIL_JPEG_FRAME, s);
    note_oddities(j, marker, precision);
    return true;
}

/*
 * Ns, then Csj and tables of each component, then Ss, Se, Ah Al (T.81, B.2.3). The
 * components are in the frame's order, each once. As in libjpeg, component i is
 * searched from component i of the frame on, among the first four. The bytes after the
 * last Csj are not read here; the walk over the scan notices when they are missing.
 */
static bool
check_scan(jpeg *j, const segment *s)
{
    if (j->components == 0)
        return jpeg_damage(j, KLR_DETAIL_JPEG_NO_FRAME, s);
    const unsigned char *p = klr_peek(j->cursor, s->at, 1);
    if (p == NULL)
        return jpeg_truncated(j);
    uint32_t n = p[0], used = 0; /* a bit for each component */
    if (n < 1 || n > MAX_SCAN_COMPONENTS || s->len != 4 + n * 2)
        return jpeg_damage(j, KLR_DETAIL_JPEG_SCAN, s);
    p = klr_peek(j->cursor, s->at, n * 2);
    if (p == NULL)
        return jpeg_truncated(j);
    uint32_t known =
        j->components < MAX_SCAN_COMPONENTS ? j->components : MAX_SCAN_COMPONENTS;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = i;
        while (k < known && j->ids[k] != p[1 + i * 2])
            k++;
        if (k >= known || (used >> k & 1) != 0)
            return jpeg_damage(j, KLR_DETAIL_JPEG_SCAN, s);
        used |= 1u << k;
    }
    return true;
}

/* ---- The header: up to and including the first SOS -------------------------- */

/* A length of 0 or 1 is not accepted for tables. */
static bool
check_table(jpeg *j, int marker, const segment *s)
{
    const unsigned char *p = klr_peek(j->cursor, s->at - 2, 2);
    if (p == NULL)
        return jpeg_truncated(j);
    klr_detail found = KLR_DETAIL_JPEG_TABLE;
    if (klr_be16(p) >= 2)
        found = klr_jpeg_table(j->cursor, (unsigned char)marker, s->at, s->len);
    if (found == KLR_DETAIL_NONE)
        return true;
    return found == KLR_DETAIL_TRUNCATED ? jpeg_truncated(j) : jpeg_damage(j, found, s);
}

/* "Exif", 0 and a filler, then a TIFF structure (Exif 2.32, 4.7.2). */
static void
read_exif(jpeg *j, const segment *s)
{
    enum { EXIF_PREFIX = 6 };
    if (j->exif_seen || s->len < EXIF_PREFIX)
        return;
    const unsigned char *p = klr_peek(j->cursor, s->at, EXIF_PREFIX);
    if (p == NULL || memcmp(p, "Exif", 5) != 0)
        return;
    j->exif_seen = true;
    j->info->orientation =
        klr_exif_orientation(j->cursor, s->at + EXIF_PREFIX, s->len - EXIF_PREFIX);
}

/* One segment of the header, of a marker from SOF0 on; false: it is damaged. */
static bool
read_header_segment(jpeg *j, int marker, const segment *s)
{
    if (marker == MARKER_APP1)
        read_exif(j, s);
    if ((marker >= MARKER_APP0 && marker <= MARKER_APP15) || marker == MARKER_COM ||
        marker == MARKER_DNL)
        return true;
    if (marker == KLR_JPEG_DQT || marker == KLR_JPEG_DHT || marker == KLR_JPEG_DAC ||
        marker == MARKER_DRI)
        return check_table(j, marker, s);
    if (marker <= MARKER_SOF15 || marker == MARKER_SOF55)
        return read_frame(j, marker, s);
    return jpeg_damage(j, KLR_DETAIL_JPEG_MARKER, s);
}

/* True when the header is valid up to the first scan's data. */
static bool
walk_header(jpeg *j)
{
    j->at = 2; /* after SOI */
    for (;;) {
        segment s = {0, 0, 0};
        int marker = next_marker(j);
        if (marker < 0)
            return false;
        if (stands_alone(marker))
            continue;
        if (marker == MARKER_SOI)
            return klr_damage(j->info, KLR_DETAIL_JPEG_SECOND_SOI, j->at - 2);
        if (marker == MARKER_EOI)
            return klr_damage(j->info, KLR_DETAIL_JPEG_NO_SCAN, j->at - 2);
        if (marker < MARKER_SOF0)
            return klr_damage(j->info, KLR_DETAIL_JPEG_MARKER, j->at - 2);
        if (!read_segment(j, &s))
            return false;
        if (marker == MARKER_SOS)
            return check_scan(j, &s);
        if (!read_header_segment(j, marker, &s))
            return false;
    }
}

/* ---- The scans: from the first SOS to EOI ----------------------------------- */

/*
 * The next marker in entropy-coded data, or -1: FF 00 is a byte of data, FF RSTn a
 * part of the scan, FF FF a fill byte (T.81, B.1.1.5 and E.1.4).
 */
static int
next_scan_marker(jpeg *j)
{
    const unsigned char *run;
    size_t n;
    while ((run = klr_run(j->cursor, j->at, 2, &n)) != NULL) {
        const unsigned char *end = run + n, *p = run;
        while ((p = memchr(p, 0xFF, (size_t)(end - p))) != NULL && p + 1 < end) {
            if (p[1] == 0xFF) {
                p++;
            } else if (p[1] == 0x00 || stands_alone(p[1])) {
                p += 2;
            } else {
                j->at += (uint64_t)(p - run) + 2;
                return p[1];
            }
        }
        /* An FF at the end of the run is read again, with the bytes after it. */
        j->at += (uint64_t)((p != NULL ? p : end) - run);
    }
    (void)jpeg_truncated(j);
    return -1;
}

/* DNL immediately after the first scan (T.81, B.2.5). */
static bool
read_height(jpeg *j, int marker, const segment *s)
{
    const unsigned char *p = klr_peek(j->cursor, s->at, 2);
    if (marker != MARKER_DNL || s->len != 2 || (p != NULL && klr_be16(p) == 0))
        return klr_damage(j->info, KLR_DETAIL_JPEG_NO_HEIGHT, j->frame_at);
    if (p == NULL)
        return jpeg_truncated(j);
    j->info->height = klr_be16(p);
    klr_odd(j->info, KLR_DETAIL_JPEG_DNL, s->marker_at);
    return true;
}

/*
 * Walk to the first EOI. Segments between scans are skipped by their length, because
 * their contents may look like an EOI. They are not validated: this only checks that
 * the file is complete. Reserved marker codes are ignored as bad data.
 */
static void
walk_scans(jpeg *j, bool header_only)
{
    for (;;) {
        segment s = {0, 0, 0};
        bool need_height = j->info->height == 0;
        if (header_only && !need_height)
            return;
        int marker = next_scan_marker(j);
        if (marker < 0)
            return;
        if (need_height && marker == MARKER_EOI) {
            (void)klr_damage(j->info, KLR_DETAIL_JPEG_NO_HEIGHT, j->frame_at);
            return;
        }
        if (marker == MARKER_EOI)
            return;
        if (marker == MARKER_SOI) {
            (void)klr_damage(j->info, KLR_DETAIL_JPEG_SECOND_SOI, j->at - 2);
            return;
        }
        if (marker < MARKER_SOF0)
            continue;
        if (!read_segment(j, &s) || (need_height && !read_height(j, marker, &s)))
            return;
    }
}

void
klr_jpeg_walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info)
{
    jpeg j = {.cursor = cursor, .info = info};
    info->format = KLINGREC_FORMAT_JPEG;
    if (!walk_header(&j) || (header_only && info->height != 0))
        return;
    klr_cursor_read_ahead(cursor);
    walk_scans(&j, header_only);
}
