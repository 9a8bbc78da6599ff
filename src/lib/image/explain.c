/* SPDX-License-Identifier: MIT */
/* explain.c - the result of the image check as one line of text */
#include "base/build.h"

#include "image/check.h"

#include "base/abi.h"
#include "base/detail.h"

/* the name, and a phrase for "this is ..." */
static const struct {
    const char *name;
    const char *phrase;
} formats[] = {
    [KLINGREC_FORMAT_UNKNOWN] = {"unknown", "not a known image format"},
    [KLINGREC_FORMAT_JPEG] = {"JPEG", "a JPEG image"},
    [KLINGREC_FORMAT_PNG] = {"PNG", "a PNG image"},
    [KLINGREC_FORMAT_GIF] = {"GIF", "a GIF image"},
    [KLINGREC_FORMAT_WEBP] = {"WebP", "a WebP image"},
    [KLINGREC_FORMAT_BMP] = {"BMP", "a BMP image"},
    [KLINGREC_FORMAT_TIFF] = {"TIFF", "a TIFF or camera raw image"},
    [KLINGREC_FORMAT_HEIF] = {"HEIF", "a HEIF (HEIC) image"},
    [KLINGREC_FORMAT_AVIF] = {"AVIF", "an AVIF image"},
    [KLINGREC_FORMAT_JXL] = {"JPEG XL", "a JPEG XL image"},
    [KLINGREC_FORMAT_PSD] = {"PSD", "a Photoshop (PSD) file"},
    [KLINGREC_FORMAT_DDS] = {"DDS", "a DDS texture"},
    [KLINGREC_FORMAT_KTX] = {"KTX", "a KTX texture"},
    [KLINGREC_FORMAT_EXR] = {"EXR", "an OpenEXR image"},
    [KLINGREC_FORMAT_SVG] = {"SVG", "an SVG drawing"},
    [KLINGREC_FORMAT_JP2] = {"JPEG 2000", "a JPEG 2000 image"},
    [KLINGREC_FORMAT_ICO] = {"ICO", "an icon or cursor (ICO, CUR)"},
    [KLINGREC_FORMAT_QOI] = {"QOI", "a QOI image"},
    [KLINGREC_FORMAT_HDR] = {"HDR", "a Radiance HDR image"},
    [KLINGREC_FORMAT_PNM] = {"PNM", "a PNM (PBM, PGM, PPM, PAM, PFM) image"},
    [KLINGREC_FORMAT_TGA] = {"TGA", "a TGA image"},
    [KLINGREC_FORMAT_MNG] = {"MNG", "an MNG or JNG image"},
    [KLINGREC_FORMAT_PDF] = {"PDF", "a PDF document"},
    [KLINGREC_FORMAT_GZIP] = {"gzip", "a gzip file"},
    [KLINGREC_FORMAT_ZIP] = {"ZIP", "a ZIP archive"},
    [KLINGREC_FORMAT_HTML] = {"HTML", "an HTML page, perhaps a saved error message"},
    [KLINGREC_FORMAT_JSON] = {"JSON", "JSON text, perhaps a saved error message"},
    [KLINGREC_FORMAT_TEXT] = {"text", "text"},
    [KLINGREC_FORMAT_BASE64] = {"base64", "base64 text; pass it with "
                                          "KLINGREC_FROM_BASE64"},
    [KLINGREC_FORMAT_EMPTY] = {"empty", "empty"},
};
enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

const char *
klingrec_format_name(uint32_t format)
{
    return formats[format < FORMAT_COUNT ? format : KLINGREC_FORMAT_UNKNOWN].name;
}

/* ---- A line that is truncated, and counts its whole length ------------------ */

typedef struct text_line {
    char *buf;
    size_t size;
    size_t len;
    bool joined; /* there is a fault in the line already */
} text_line;

static void
put(text_line *out, const char *text)
{
    for (; *text != '\0'; text++, out->len++)
        if (out->len + 1 < out->size)
            out->buf[out->len] = *text;
}

static void
put_number(text_line *out, uint64_t value)
{
    char digits[21]; /* 2^64 - 1 has 20 */
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(out, digits + at);
}

/* 2500 as "2.5" */
static void
put_milli(text_line *out, uint32_t milli)
{
    char fraction[5] = {'.', (char)('0' + milli / 100 % 10),
                        (char)('0' + milli / 10 % 10), (char)('0' + milli % 10), '\0'};
    size_t len = 4;
    while (len > 1 && fraction[len - 1] == '0')
        len--;
    fraction[len > 1 ? len : 0] = '\0';
    put_number(out, milli / 1000);
    put(out, fraction);
}

/* Before each fault: a colon after the image, a semicolon after another fault. */
static void
next_fault(text_line *out)
{
    put(out, out->joined ? "; " : ": ");
    out->joined = true;
}

/* ---- The parts of the line -------------------------------------------------- */

static void
put_detail(text_line *out, const klingrec_image_info *info, const char *unit)
{
    put(out, klr_detail_string(info->detail));
    if (unit != NULL) {
        put(out, unit);
        put_number(out, info->where);
    }
}

/* Returns true if the line is complete: the image could not be checked. */
static bool
put_no_image(text_line *out, const klingrec_image_info *info)
{
    const char *text = NULL;
    switch (klr_detail_class_of(info->detail)) {
    case KLR_CLASS_REQUEST:
        put_detail(out, info, NULL);
        return true;
    case KLR_CLASS_BASE64:
        put(out, "the text is not valid base64: ");
        put_detail(out, info, ", at character ");
        return true;
    case KLR_CLASS_URL:
        put(out, "the image's URL is not valid: ");
        put_detail(out, info, info->where > 0 ? ", at character " : NULL);
        return true;
    case KLR_CLASS_FILE:
        put(out, "the image cannot be read: ");
        if (info->system_error == 0 || info->detail != KLR_DETAIL_UNREADABLE) {
            put_detail(out, info, NULL);
            return true;
        }
        text = klr_error_text(info->system_error);
        put(out, text != NULL ? text : "system error ");
        if (text == NULL)
            put_number(out, (uint64_t)info->system_error);
        return true;
    case KLR_CLASS_NONE:
    case KLR_CLASS_DAMAGE:
    case KLR_CLASS_ODD:
        break;
    }
    return false;
}

/* "PNG, 256 x 256 pixels", and the bytes where they matter */
static void
put_image(text_line *out, const klingrec_image_info *info)
{
    uint32_t about_bytes = KLINGREC_RULE_BYTES;
    put(out, klingrec_format_name(info->format));
    if (info->width != 0 && info->height != 0) {
        put(out, ", ");
        put_number(out, info->width);
        put(out, " x ");
        put_number(out, info->height);
        put(out, " pixels");
    }
    if (info->broken_rules == 0 || (info->broken_rules & about_bytes) != 0) {
        put(out, ", ");
        put_number(out, info->bytes);
        put(out, " bytes");
    }
}

static void
put_broken(text_line *out, const klingrec_image_info *info,
           const klingrec_limits *limits)
{
    if ((info->broken_rules & KLINGREC_RULE_BYTES) != 0) {
        next_fault(out);
        put(out, "at most ");
        put_number(out, limits->max_bytes);
        put(out, " bytes are allowed");
    }
    if ((info->broken_rules & KLINGREC_RULE_DAMAGED) != 0) {
        next_fault(out);
        put_detail(out, info, ", at byte ");
    }
    if ((info->broken_rules & KLINGREC_RULE_SIDE) != 0) {
        next_fault(out);
        put(out, "each side must be at least ");
        put_number(out, limits->min_side);
    }
    if ((info->broken_rules & KLINGREC_RULE_ASPECT) != 0) {
        next_fault(out);
        put(out, "the long side may be at most ");
        put_milli(out, limits->max_aspect_milli);
        put(out, " times the short one");
    }
}

/* Rules that are met only just, so that the service may decide otherwise. */
static void
put_edges(text_line *out, const klingrec_image_info *info)
{
    if ((info->edge_rules & KLINGREC_RULE_BYTES) != 0) {
        next_fault(out);
        put(out, "on the edge: over 10000000 bytes");
    }
    if ((info->edge_rules & KLINGREC_RULE_FORMAT) != 0) {
        next_fault(out);
        put(out, "on the edge: ");
        /* If detail is about damage, only the rule of the oddity is known. */
        if (klr_detail_class_of(info->detail) == KLR_CLASS_ODD)
            put_detail(out, info, NULL);
        else
            put(out, "an unusual kind of image");
    }
    if ((info->edge_rules & KLINGREC_RULE_SIDE) != 0) {
        next_fault(out);
        put(out, "on the edge: a side exactly at the limit");
    }
    if ((info->edge_rules & KLINGREC_RULE_ASPECT) != 0) {
        next_fault(out);
        put(out, "on the edge: the sides' ratio exactly at the limit");
    }
}

static void
put_line(text_line *out, const klingrec_image_info *info, const klingrec_limits *limits)
{
    if (put_no_image(out, info))
        return;
    if ((info->broken_rules & KLINGREC_RULE_FORMAT) != 0) {
        put(out, info->format == KLINGREC_FORMAT_EMPTY ? "the image is " : "this is ");
        put(out, formats[info->format < FORMAT_COUNT ? info->format : 0].phrase);
        put(out, "; the service takes JPEG and PNG");
        out->joined = true;
        if ((info->broken_rules & KLINGREC_RULE_BYTES) != 0) {
            put(out, "; ");
            put_number(out, info->bytes);
            put(out, " bytes");
            out->joined = false; /* the next fault follows a colon */
        }
    } else if (info->format == KLINGREC_FORMAT_UNKNOWN) {
        put(out, "nothing was checked");
        return;
    } else {
        put_image(out, info);
    }
    if (info->broken_rules == 0) {
        next_fault(out);
        put(out, "acceptable");
    }
    put_broken(out, info, limits);
    if (info->broken_rules == 0)
        put_edges(out, info);
}

size_t
klingrec_image_explain(const klingrec_image_info *info, const klingrec_limits *limits,
                       char *buf, size_t len)
{
    klingrec_image_info known = klingrec_image_info_default();
    klingrec_limits known_limits;
    text_line out = {buf, buf != NULL ? len : 0, 0, false};

    bool usable =
        info != NULL &&
        klr_abi_import(&known, sizeof known, KLR_IMAGE_INFO_FIRST, info) == KLINGREC_OK;
    if (usable && klr_limits_import(&known_limits, limits) != KLINGREC_OK)
        usable = false;
    if (usable)
        put_line(&out, &known, &known_limits);
    if (out.size > 0)
        out.buf[out.len < out.size ? out.len : out.size - 1] = '\0';
    return out.len;
}
