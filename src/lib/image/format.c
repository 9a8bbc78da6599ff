/* SPDX-License-Identifier: MIT */
/* format.c - the format of bytes that are neither JPEG nor PNG */
#include "base/build.h"

#include "image/format.h"

#include "base/text.h"

/* The first bytes of the image. */
typedef struct first_bytes {
    const unsigned char *bytes;
    size_t len;
} first_bytes;

/* `bytes` may contain NUL; it has len bytes. */
typedef struct magic {
    uint32_t format;
    uint32_t at;
    uint32_t len;
    const char *bytes;
} magic;

#define MAGIC(format, at, bytes)                                                       \
    {                                                                                  \
        KLINGREC_FORMAT_##format, at, sizeof(bytes) - 1, bytes                         \
    }

static const magic magics[] = {
    MAGIC(GIF, 0, "GIF87a"),
    MAGIC(GIF, 0, "GIF89a"),
    MAGIC(TIFF, 0, "II*\0"),
    MAGIC(TIFF, 0, "MM\0*"),
    MAGIC(TIFF, 0, "II+\0"), /* BigTIFF */
    MAGIC(TIFF, 0, "MM\0+"),
    MAGIC(TIFF, 0, "IIRO"), /* Olympus raw */
    MAGIC(TIFF, 0, "IIRS"),
    MAGIC(TIFF, 0, "MMOR"),
    MAGIC(TIFF, 0, "IIU\0"), /* Panasonic raw */
    MAGIC(TIFF, 0, "FUJIFILMCCD-RAW"),
    MAGIC(TIFF, 0, "II\x1A\0\0\0HEAPCCDR"), /* Canon's oldest raw */
    MAGIC(TIFF, 4, "ftypcrx "),             /* and its newest */
    MAGIC(PSD, 0, "8BPS"),
    MAGIC(DDS, 0, "DDS "),
    MAGIC(KTX, 0, "\xABKTX "),
    MAGIC(EXR, 0, "v/1\x01"),
    MAGIC(JXL, 0, "\xFF\x0A"),
    MAGIC(JXL, 0, "\0\0\0\x0CJXL \r\n\x87\n"),
    MAGIC(JP2, 0, "\0\0\0\x0CjP  \r\n\x87\n"),
    MAGIC(JP2, 0, "\xFF\x4F\xFF\x51"),
    MAGIC(QOI, 0, "qoif"),
    MAGIC(HDR, 0, "#?RADIANCE"),
    MAGIC(HDR, 0, "#?RGBE"),
    MAGIC(MNG, 0, "\x8AMNG"),
    MAGIC(MNG, 0, "\x8BJNG"),
    MAGIC(PDF, 0, "%PDF-"),
    MAGIC(GZIP, 0, "\x1F\x8B"),
    MAGIC(ZIP, 0, "PK\x03\x04"),
    MAGIC(ZIP, 0, "PK\x05\x06"),
};

static bool
has(first_bytes first, size_t at, const char *bytes, size_t len)
{
    return at <= first.len && len <= first.len - at &&
           memcmp(first.bytes + at, bytes, len) == 0;
}

#define HAS(first, at, text) has(first, at, text, sizeof(text) - 1)

static uint32_t
detect_magic(first_bytes first)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (has(first, magics[i].at, magics[i].bytes, magics[i].len))
            return magics[i].format;
    return KLINGREC_FORMAT_UNKNOWN;
}

/* The PNG signature after a transfer that changed line ends or the eighth bit. */
static bool
is_mangled_png(first_bytes first)
{
    return HAS(first, 0, "\x89PNG") || HAS(first, 0, "\x09PNG\r") ||
           HAS(first, 0, "\x09PNG\n") || HAS(first, 0, "\xC2\x89PNG") ||
           HAS(first, 0, "\xEF\xBF\xBDPNG") || HAS(first, 0, "?PNG\r\n");
}

/* The major brand and the compatible ones (ISO/IEC 14496-12, 4.3). */
static uint32_t
detect_ftyp(first_bytes first)
{
    static const char heif[][5] = {"mif1", "msf1", "heic", "heix", "hevc", "hevx",
                                   "heim", "heis", "hevm", "hevs", "mif2"};
    uint32_t format = KLINGREC_FORMAT_UNKNOWN;
    if (first.len < 16 || !HAS(first, 4, "ftyp"))
        return format;
    size_t end = klr_be32(first.bytes);
    if (end > first.len)
        end = first.len;
    for (size_t at = 8; at + 4 <= end; at += 4) {
        if (HAS(first, at, "avif") || HAS(first, at, "avis"))
            return KLINGREC_FORMAT_AVIF;
        for (size_t i = 0; i < sizeof heif / sizeof heif[0]; i++)
            if (at != 12 && has(first, at, heif[i], 4)) /* 12: the minor version */
                format = KLINGREC_FORMAT_HEIF;
    }
    return format;
}

/* Formats with a short magic number; another field is checked too. */
static uint32_t
detect_weak_magic(first_bytes first)
{
    if (HAS(first, 0, "RIFF") && HAS(first, 8, "WEBP"))
        return KLINGREC_FORMAT_WEBP;
    if (first.len >= 18 && HAS(first, 0, "BM")) {
        uint32_t header = klr_le32(first.bytes + 14);
        if (header == 12 || header == 16 || (header >= 40 && header <= 124))
            return KLINGREC_FORMAT_BMP;
    }
    /* An icon's or a cursor's directory, with its first entry's reserved byte. */
    if (first.len >= 10 &&
        (HAS(first, 0, "\0\0\x01\0") || HAS(first, 0, "\0\0\x02\0")) &&
        klr_le16(first.bytes + 4) != 0 && first.bytes[9] == 0)
        return KLINGREC_FORMAT_ICO;
    if (first.len >= 3 && first.bytes[0] == 'P' &&
        ((first.bytes[1] >= '1' && first.bytes[1] <= '7') || first.bytes[1] == 'F' ||
         first.bytes[1] == 'f') &&
        (first.bytes[2] == '\n' || first.bytes[2] == ' ' || first.bytes[2] == '\r' ||
         first.bytes[2] == '\t'))
        return KLINGREC_FORMAT_PNM;
    return KLINGREC_FORMAT_UNKNOWN;
}

/* ---- Text ------------------------------------------------------------------- */

/* text is in lower case; the bytes may be in either case. at <= first.len. */
static bool
says(first_bytes first, size_t at, const char *text)
{
    return klr_text_begins((const char *)first.bytes + at, first.len - at, text);
}

static bool
contains(first_bytes first, const char *text)
{
    for (size_t at = 0; at < first.len; at++)
        if (first.bytes[at] == (unsigned char)text[0] && says(first, at, text))
            return true;
    return false;
}

static uint32_t
detect_markup(first_bytes first, size_t at)
{
    static const char *const tags[] = {"<!doctype html", "<html", "<head",  "<body",
                                       "<title",         "<meta", "<script"};
    if (says(first, at, "<svg"))
        return KLINGREC_FORMAT_SVG;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (says(first, at, tags[i]))
            return KLINGREC_FORMAT_HTML;
    if (says(first, at, "<?xml") || says(first, at, "<!--") ||
        says(first, at, "<!doctype")) {
        if (contains(first, "<svg"))
            return KLINGREC_FORMAT_SVG;
        if (contains(first, "<html"))
            return KLINGREC_FORMAT_HTML;
    }
    return KLINGREC_FORMAT_UNKNOWN;
}

/* An object or array whose first member begins as RFC 8259 says. */
static bool
is_json(first_bytes first, size_t at)
{
    if (at >= first.len || (first.bytes[at] != '{' && first.bytes[at] != '['))
        return false;
    bool object = first.bytes[at++] == '{';
    while (at < first.len && klr_text_is_space((char)first.bytes[at]))
        at++;
    if (at >= first.len)
        return false;
    const char *starts = object ? "\"}" : "\"[]{-0123456789tfn";
    return memchr(starts, first.bytes[at], strlen(starts)) != NULL;
}

/* An image as base64 text: a data: URI, or the magic number of a format in base64. */
static bool
is_base64(first_bytes first, size_t at)
{
    static const char *const starts[] = {"/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR",
                                         "Qk0",  "SUkqA",       "TU0AK"};
    enum { SAMPLE = 32 };
    bool known = false;
    if (says(first, at, "data:"))
        return true;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        known = known || has(first, at, starts[i], strlen(starts[i]));
    for (size_t i = at; known && i < first.len && i < at + SAMPLE; i++) {
        unsigned char c = first.bytes[i];
        known = klr_text_is_letter((char)c) || (c >= '/' && c <= '9') || c == '+' ||
                c == '=' || klr_text_is_space((char)c);
    }
    return known;
}

/*
 * No control characters except white space and escape; image formats have others. Bytes
 * above ASCII are UTF-8, or Latin-1 from A0 on.
 */
static bool
is_text(first_bytes first)
{
    unsigned tail = 0; /* continuation bytes that may follow */
    if (HAS(first, 0, "\xFF\xFE") || HAS(first, 0, "\xFE\xFF")) /* UTF-16 */
        return true;
    for (size_t i = 0; i < first.len; i++) {
        unsigned char c = first.bytes[i];
        if (tail > 0 && klr_text_is_continuation((char)c)) {
            tail--;
            continue;
        }
        tail = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC2 ? 1 : 0;
        if ((c < ' ' && !klr_text_is_space((char)c) && c != 0x1B) ||
            (c >= 0x7F && c < 0xA0) || c > 0xF4)
            return false;
    }
    return true;
}

static uint32_t
detect_text(first_bytes first)
{
    size_t at = HAS(first, 0, "\xEF\xBB\xBF") ? 3 : 0; /* a byte order mark */
    while (at < first.len && klr_text_is_space((char)first.bytes[at]))
        at++;
    uint32_t format = detect_markup(first, at);
    if (format != KLINGREC_FORMAT_UNKNOWN)
        return format;
    if (is_base64(first, at))
        return KLINGREC_FORMAT_BASE64;
    if (!is_text(first))
        return KLINGREC_FORMAT_UNKNOWN;
    return is_json(first, at) ? KLINGREC_FORMAT_JSON : KLINGREC_FORMAT_TEXT;
}

/* TGA has no magic number at its start; files since 1989 have a footer. */
static bool
is_tga(klr_cursor *cursor)
{
    static const char footer[] = "TRUEVISION-XFILE.";
    uint64_t len = sizeof footer; /* the NUL belongs to it */
    if (cursor->end < len)
        return false;
    const unsigned char *p = klr_peek(cursor, cursor->end - len, sizeof footer);
    return p != NULL && memcmp(p, footer, sizeof footer) == 0;
}

uint32_t
klr_format_detect(klr_cursor *cursor)
{
    first_bytes first;
    size_t least =
        cursor->end < KLR_PEEK_MAX ? (size_t)cursor->end : (size_t)KLR_PEEK_MAX;
    first.bytes = klr_run(cursor, 0, least, &first.len);
    if (first.bytes == NULL)
        return KLINGREC_FORMAT_UNKNOWN;
    if (first.len > KLR_READ_FIRST) /* the same from memory as from a file */
        first.len = KLR_READ_FIRST;
    if (first.len == 0)
        return KLINGREC_FORMAT_EMPTY;
    if (is_mangled_png(first))
        return KLINGREC_FORMAT_PNG;
    uint32_t format = detect_magic(first);
    if (format == KLINGREC_FORMAT_UNKNOWN)
        format = detect_weak_magic(first);
    if (format == KLINGREC_FORMAT_UNKNOWN)
        format = detect_ftyp(first);
    if (format == KLINGREC_FORMAT_UNKNOWN)
        format = detect_text(first);
    if ((format == KLINGREC_FORMAT_UNKNOWN || format == KLINGREC_FORMAT_ICO) &&
        is_tga(cursor))
        format = KLINGREC_FORMAT_TGA;
    return format;
}
