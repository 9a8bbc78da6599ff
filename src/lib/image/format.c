/* format.c - the format of bytes that are neither JPEG nor PNG */
#include "base/build.h"

#include "image/format.h"

#include "base/text.h"

/* The first bytes of the image. */
typedef struct head {
    const unsigned char *bytes;
    size_t len;
} head;

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
has(head h, size_t at, const char *bytes, size_t len)
{
    return at <= h.len && len <= h.len - at && memcmp(h.bytes + at, bytes, len) == 0;
}

#define HAS(h, at, text) has(h, at, text, sizeof(text) - 1)

static uint32_t
detect_magic(head h)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (has(h, magics[i].at, magics[i].bytes, magics[i].len))
            return magics[i].format;
    return KLINGREC_FORMAT_UNKNOWN;
}

/* The PNG signature after a transfer that changed line ends or the eighth bit. */
static bool
is_mangled_png(head h)
{
    return HAS(h, 0, "\x89PNG") || HAS(h, 0, "\x09PNG\r") || HAS(h, 0, "\x09PNG\n") ||
           HAS(h, 0, "\xC2\x89PNG") || HAS(h, 0, "\xEF\xBF\xBDPNG") ||
           HAS(h, 0, "?PNG\r\n");
}

/* The major brand and the compatible ones (ISO/IEC 14496-12, 4.3). */
static uint32_t
detect_ftyp(head h)
{
    static const char heif[][5] = {"mif1", "msf1", "heic", "heix", "hevc", "hevx",
                                   "heim", "heis", "hevm", "hevs", "mif2"};
    uint32_t format = KLINGREC_FORMAT_UNKNOWN;
    if (h.len < 16 || !HAS(h, 4, "ftyp"))
        return format;
    size_t end = klr_be32(h.bytes);
    if (end > h.len)
        end = h.len;
    for (size_t at = 8; at + 4 <= end; at += 4) {
        if (HAS(h, at, "avif") || HAS(h, at, "avis"))
            return KLINGREC_FORMAT_AVIF;
        for (size_t i = 0; i < sizeof heif / sizeof heif[0]; i++)
            if (at != 12 && has(h, at, heif[i], 4)) /* 12: the minor version */
                format = KLINGREC_FORMAT_HEIF;
    }
    return format;
}

/* Formats with a short magic number; another field is checked too. */
static uint32_t
detect_weak_magic(head h)
{
    if (HAS(h, 0, "RIFF") && HAS(h, 8, "WEBP"))
        return KLINGREC_FORMAT_WEBP;
    if (h.len >= 18 && HAS(h, 0, "BM")) {
        uint32_t header = klr_le32(h.bytes + 14);
        if (header == 12 || header == 16 || (header >= 40 && header <= 124))
            return KLINGREC_FORMAT_BMP;
    }
    /* An icon's or a cursor's directory, with its first entry's reserved byte. */
    if (h.len >= 10 && (HAS(h, 0, "\0\0\x01\0") || HAS(h, 0, "\0\0\x02\0")) &&
        klr_le16(h.bytes + 4) != 0 && h.bytes[9] == 0)
        return KLINGREC_FORMAT_ICO;
    if (h.len >= 3 && h.bytes[0] == 'P' &&
        ((h.bytes[1] >= '1' && h.bytes[1] <= '7') || h.bytes[1] == 'F' ||
         h.bytes[1] == 'f') &&
        (h.bytes[2] == '\n' || h.bytes[2] == ' ' || h.bytes[2] == '\r' ||
         h.bytes[2] == '\t'))
        return KLINGREC_FORMAT_PNM;
    return KLINGREC_FORMAT_UNKNOWN;
}

/* ---- Text ------------------------------------------------------------------- */

/* text is in lower case; the bytes may be in either case. */
static bool
says(head h, size_t at, const char *text)
{
    return at <= h.len && klr_text_begins((const char *)h.bytes + at, h.len - at, text);
}

static bool
contains(head h, const char *text)
{
    for (size_t at = 0; at < h.len; at++)
        if (h.bytes[at] == (unsigned char)text[0] && says(h, at, text))
            return true;
    return false;
}

static uint32_t
detect_markup(head h, size_t at)
{
    static const char *const tags[] = {"<!doctype html", "<html", "<head",  "<body",
                                       "<title",         "<meta", "<script"};
    if (says(h, at, "<svg"))
        return KLINGREC_FORMAT_SVG;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (says(h, at, tags[i]))
            return KLINGREC_FORMAT_HTML;
    if (says(h, at, "<?xml") || says(h, at, "<!--") || says(h, at, "<!doctype")) {
        if (contains(h, "<svg"))
            return KLINGREC_FORMAT_SVG;
        if (contains(h, "<html"))
            return KLINGREC_FORMAT_HTML;
    }
    return KLINGREC_FORMAT_UNKNOWN;
}

/* An object or array whose first member begins as RFC 8259 says. */
static bool
is_json(head h, size_t at)
{
    if (at >= h.len || (h.bytes[at] != '{' && h.bytes[at] != '['))
        return false;
    bool object = h.bytes[at++] == '{';
    while (at < h.len && klr_text_is_blank((char)h.bytes[at]))
        at++;
    if (at >= h.len)
        return false;
    return strchr(object ? "\"}" : "\"[]{-0123456789tfn", h.bytes[at]) != NULL &&
           h.bytes[at] != '\0';
}

/* An image as base64 text: a data: URI, or the magic number of a format in base64. */
static bool
is_base64(head h, size_t at)
{
    static const char *const starts[] = {"/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR",
                                         "Qk0",  "SUkqA",       "TU0AK"};
    enum { SAMPLE = 32 };
    bool known = false;
    if (says(h, at, "data:"))
        return true;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        known = known || has(h, at, starts[i], strlen(starts[i]));
    for (size_t i = at; known && i < h.len && i < at + SAMPLE; i++) {
        unsigned char c = h.bytes[i];
        known = klr_text_is_letter((char)c) || (c >= '/' && c <= '9') || c == '+' ||
                c == '=' || klr_text_is_blank((char)c);
    }
    return known;
}

/*
 * No control characters except blanks and escape; image formats have others. Bytes
 * above ASCII are UTF-8, or Latin-1 from A0 on.
 */
static bool
is_text(head h)
{
    unsigned tail = 0; /* continuation bytes that may follow */
    if (HAS(h, 0, "\xFF\xFE") || HAS(h, 0, "\xFE\xFF")) /* UTF-16 */
        return true;
    for (size_t i = 0; i < h.len; i++) {
        unsigned char c = h.bytes[i];
        if (tail > 0 && klr_text_is_continuation((char)c)) {
            tail--;
            continue;
        }
        tail = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC2 ? 1 : 0;
        if ((c < ' ' && !klr_text_is_blank((char)c) && c != 0x1B) ||
            (c >= 0x7F && c < 0xA0) || c > 0xF4)
            return false;
    }
    return true;
}

static uint32_t
detect_text(head h)
{
    size_t at = HAS(h, 0, "\xEF\xBB\xBF") ? 3 : 0; /* a byte order mark */
    while (at < h.len && klr_text_is_blank((char)h.bytes[at]))
        at++;
    uint32_t format = detect_markup(h, at);
    if (format != KLINGREC_FORMAT_UNKNOWN)
        return format;
    if (is_base64(h, at))
        return KLINGREC_FORMAT_BASE64;
    if (!is_text(h))
        return KLINGREC_FORMAT_UNKNOWN;
    return is_json(h, at) ? KLINGREC_FORMAT_JSON : KLINGREC_FORMAT_TEXT;
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
    head h;
    size_t least =
        cursor->end < KLR_PEEK_MAX ? (size_t)cursor->end : (size_t)KLR_PEEK_MAX;
    h.bytes = klr_run(cursor, 0, least, &h.len);
    if (h.bytes == NULL)
        return KLINGREC_FORMAT_UNKNOWN;
    if (h.len > KLR_READ_FIRST) /* the same from memory as from a file */
        h.len = KLR_READ_FIRST;
    if (h.len == 0)
        return KLINGREC_FORMAT_EMPTY;
    if (is_mangled_png(h))
        return KLINGREC_FORMAT_PNG;
    uint32_t format = detect_magic(h);
    if (format == KLINGREC_FORMAT_UNKNOWN)
        format = detect_weak_magic(h);
    if (format == KLINGREC_FORMAT_UNKNOWN)
        format = detect_ftyp(h);
    if (format == KLINGREC_FORMAT_UNKNOWN)
        format = detect_text(h);
    if ((format == KLINGREC_FORMAT_UNKNOWN || format == KLINGREC_FORMAT_ICO) &&
        is_tga(cursor))
        format = KLINGREC_FORMAT_TGA;
    return format;
}
