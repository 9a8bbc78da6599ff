/* test_image.c - the rules, the formats by name, and the line for people */
#define _POSIX_C_SOURCE 200809L

#include "bytes.h"
#include "feeds.h"
#include "image.h"

#define JPEG_START "FFD8 "
#define JPEG_END   " 01 01 11 00 FFDA 0008 01 01 00 00 3F 00 FFD9 "
#define PNG_START  "89 'PNG' 0D0A1A0A "
#define PNG_END    "{'IDAT' 00} {'IEND'} "

enum {
    BYTES = KLINGREC_RULE_BYTES,
    FORMAT = KLINGREC_RULE_FORMAT,
    DAMAGED = KLINGREC_RULE_DAMAGED,
    SIDE = KLINGREC_RULE_SIDE,
    ASPECT = KLINGREC_RULE_ASPECT
};

static byte_run image;

/* A good PNG of this size, filled up to `len` bytes behind its end. */
static void
make_png(uint32_t width, uint32_t height)
{
    char text[160];
    (void)snprintf(text, sizeof text, "%s{'IHDR' %08X%08X 08 02 00 00 00} %s",
                   PNG_START, width, height, PNG_END);
    bytes_make(&image, text);
}

/* ---- Rules -------------------------------------------------------------------- */

typedef struct size_row {
    const char *name;
    uint32_t width, height, min_side, max_aspect;
    klingrec_status status;
    uint32_t broken, edge;
} size_row;

static const size_row size_rows[] = {
    {"well inside", 400, 500, 0, 0, KLINGREC_OK, 0, 0},
    {"a width of 299", 299, 400, 0, 0, KLINGREC_ERR_IMAGE_SIDE, SIDE, 0},
    {"a width of 300", 300, 400, 0, 0, KLINGREC_OK, 0, SIDE},
    {"a width of 301", 301, 400, 0, 0, KLINGREC_OK, 0, 0},
    {"a height of 299", 400, 299, 0, 0, KLINGREC_ERR_IMAGE_SIDE, SIDE, 0},
    {"a height of 300", 400, 300, 0, 0, KLINGREC_OK, 0, SIDE},
    {"just under 2.5", 999, 400, 0, 0, KLINGREC_OK, 0, 0},
    {"exactly 2.5", 1000, 400, 0, 0, KLINGREC_OK, 0, ASPECT},
    {"just over 2.5", 1001, 400, 0, 0, KLINGREC_ERR_IMAGE_ASPECT, ASPECT, 0},
    {"exactly 1 : 2.5", 400, 1000, 0, 0, KLINGREC_OK, 0, ASPECT},
    {"just over 1 : 2.5", 400, 1001, 0, 0, KLINGREC_ERR_IMAGE_ASPECT, ASPECT, 0},
    {"both edges at once", 750, 300, 0, 0, KLINGREC_OK, 0, SIDE | ASPECT},
    {"both rules at once", 750, 299, 0, 0, KLINGREC_ERR_IMAGE_SIDE, SIDE | ASPECT, 0},
    {"an odd side just under 2.5", 1002, 401, 0, 0, KLINGREC_OK, 0, 0},
    {"an odd side just over 2.5", 1003, 401, 0, 0, KLINGREC_ERR_IMAGE_ASPECT, ASPECT,
     0},
    {"a limit of one's own", 64, 64, 64, 1000, KLINGREC_OK, 0, SIDE | ASPECT},
    {"a limit of one's own, broken", 64, 63, 64, 1000, KLINGREC_ERR_IMAGE_SIDE,
     SIDE | ASPECT, 0},
    {"the largest limit", 4294967, 1, 1, UINT32_MAX, KLINGREC_OK, 0, FORMAT | SIDE},
    {"over the largest limit", 4294968, 1, 1, UINT32_MAX, KLINGREC_ERR_IMAGE_ASPECT,
     ASPECT, FORMAT | SIDE},
    {"the largest sides", 0x7FFFFFFF, 0x7FFFFFFE, 0, 1000, KLINGREC_ERR_IMAGE_ASPECT,
     ASPECT, FORMAT},
    {"a product that 32 bits would not hold", 4294968, 1, 1, 2500,
     KLINGREC_ERR_IMAGE_ASPECT, ASPECT, FORMAT | SIDE},
};

static void
sides_and_their_ratio_are_compared_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof size_rows / sizeof size_rows[0]; i++) {
        const size_row *r = &size_rows[i];
        klingrec_limits limits = klingrec_limits_default();
        limits.min_side = r->min_side;
        limits.max_aspect_milli = r->max_aspect;
        klingrec_image_info info;
        make_png(r->width, r->height);
        klingrec_status status =
            feed_all(r->name, image.at, image.len, 0, &limits, &info);
        if (status != r->status || info.broken_rules != r->broken ||
            info.edge_rules != r->edge)
            fail_msg("%s: %d, broken %u, edge %u", r->name, (int)status,
                     info.broken_rules, info.edge_rules);
        assert_int_equal(info.width, r->width);
        assert_int_equal(info.height, r->height);
        assert_int_equal(info.bytes, image.len);
        assert_int_equal(info.orientation, 1);
    }
}

static void
bytes_are_counted_exactly(void **state)
{
    static const struct {
        size_t bytes, max_bytes;
        klingrec_status status;
        uint32_t broken, edge;
    } rows[] = {
        {10000000, 0, KLINGREC_OK, 0, 0},
        {10000001, 0, KLINGREC_OK, 0, BYTES},
        {10485760, 0, KLINGREC_OK, 0, BYTES},
        {10485761, 0, KLINGREC_ERR_IMAGE_BYTES, BYTES, 0},
        {10000000, 10000000, KLINGREC_OK, 0, 0},
        {10000001, 10000000, KLINGREC_ERR_IMAGE_BYTES, BYTES, 0},
        {20000000, 20000000, KLINGREC_OK, 0, BYTES},
    };
    (void)state;
    make_png(400, 500);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char *bytes = calloc(1, rows[i].bytes);
        assert_non_null(bytes);
        memcpy(bytes, image.at, image.len);
        klingrec_limits limits = klingrec_limits_default();
        limits.max_bytes = rows[i].max_bytes;
        klingrec_image_info info = klingrec_image_info_default();
        klingrec_request request = klingrec_request_bytes(bytes, rows[i].bytes);
        assert_int_equal(klingrec_check(&request, &limits, &info), rows[i].status);
        assert_int_equal(info.broken_rules, rows[i].broken);
        assert_int_equal(info.edge_rules, rows[i].edge);
        assert_int_equal(info.bytes, rows[i].bytes);
        free(bytes);
    }
}

static void
all_broken_rules_are_named_and_the_first_is_returned(void **state)
{
    static const struct {
        const char *image;
        size_t max_bytes;
        klingrec_status status;
        uint32_t broken;
    } rows[] = {
        {"'GIF89a' 00*20", 10, KLINGREC_ERR_IMAGE_BYTES, BYTES | FORMAT},
        {"'GIF89a' 00*20", 0, KLINGREC_ERR_IMAGE_FORMAT, FORMAT},
        {PNG_START "{'IHDR' 00000200 00000100 08 02 00 00 00}! ", 10,
         KLINGREC_ERR_IMAGE_BYTES, BYTES | DAMAGED | SIDE},
        {PNG_START "{'IHDR' 00000300 00000100 08 02 00 00 00}! ", 0,
         KLINGREC_ERR_IMAGE_DAMAGED, DAMAGED | SIDE | ASPECT},
        {PNG_START "{'IHDR' 00000300 00000100 08 02 00 00 00} " PNG_END, 0,
         KLINGREC_ERR_IMAGE_SIDE, SIDE | ASPECT},
        {"", 0, KLINGREC_ERR_IMAGE_FORMAT, FORMAT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klingrec_limits limits = klingrec_limits_default();
        klingrec_image_info info;
        limits.max_bytes = rows[i].max_bytes;
        bytes_make(&image, rows[i].image);
        assert_int_equal(
            feed_all(rows[i].image, image.at, image.len, 0, &limits, &info),
            rows[i].status);
        assert_int_equal(info.broken_rules, rows[i].broken);
    }
}

/* A file of 70 MB with a good start, made out of nothing. */
static ptrdiff_t
read_huge(void *user, uint64_t offset, void *buf, size_t len)
{
    uint64_t *farthest = user;
    memset(buf, 0, len);
    for (size_t i = 0; i < len && offset + i < image.len; i++)
        ((unsigned char *)buf)[i] = image.at[offset + i];
    if (offset + len > *farthest)
        *farthest = offset + len;
    return (ptrdiff_t)len;
}

static void
a_refused_image_is_not_walked_for_ever(void **state)
{
    (void)state;
    uint64_t farthest = 0;
    klingrec_reader reader = klingrec_reader_default();
    reader.user = &farthest;
    reader.read_at = read_huge;
    reader.length = (size_t)1 << 30;
    klingrec_request request = klingrec_request_reader(&reader);
    klingrec_image_info info = klingrec_image_info_default();
    bytes_make(&image, JPEG_START "FFC0 000B 08 012C 0190" JPEG_END);
    image.len -= 2; /* no end, so that the walk goes on */
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_IMAGE_BYTES);
    assert_int_equal(info.broken_rules, BYTES);
    assert_int_equal(info.width, 400);
    assert_int_equal(info.bytes, (size_t)1 << 30);
    assert_int_equal(farthest, 64 << 20);
}

/* ---- Formats ------------------------------------------------------------------ */

static const struct {
    uint32_t format;
    const char *image;
} format_rows[] = {
    {KLINGREC_FORMAT_EMPTY, ""},
    {KLINGREC_FORMAT_GIF, "'GIF87a' 0100"},
    {KLINGREC_FORMAT_GIF, "'GIF89a' 0100"},
    {KLINGREC_FORMAT_UNKNOWN, "'GIF88a' 0100"},
    {KLINGREC_FORMAT_WEBP, "'RIFF' 24000000 'WEBPVP8 '"},
    {KLINGREC_FORMAT_UNKNOWN, "'RIFF' 24000000 'WAVEfmt '"},
    {KLINGREC_FORMAT_BMP, "'BM' 00*12 28000000"},
    {KLINGREC_FORMAT_BMP, "'BM' 00*12 0C000000"},
    {KLINGREC_FORMAT_UNKNOWN, "'BM' 00*12 27000000"},
    {KLINGREC_FORMAT_TIFF, "'II' 2A00 08000000"},
    {KLINGREC_FORMAT_TIFF, "'MM' 002A 00000008"},
    {KLINGREC_FORMAT_TIFF, "'MM' 002B 00080000"},
    {KLINGREC_FORMAT_TIFF, "'IIRO' 08000000"},
    {KLINGREC_FORMAT_TIFF, "'FUJIFILMCCD-RAW' 00"},
    {KLINGREC_FORMAT_HEIF, "00000018 'ftypheic' 00000000 'mif1heic'"},
    {KLINGREC_FORMAT_HEIF, "00000018 'ftypmif1' 00000000 'mif1heic'"},
    {KLINGREC_FORMAT_AVIF, "00000018 'ftypmif1' 00000000 'mif1avif'"},
    {KLINGREC_FORMAT_AVIF, "00000010 'ftypavis' 00000000"},
    {KLINGREC_FORMAT_UNKNOWN, "00000018 'ftypisom' 00000000 'isommp42'"},
    {KLINGREC_FORMAT_UNKNOWN, "00000010 'ftypisom' 00000000 'heic'"},
    {KLINGREC_FORMAT_JXL, "FF0A 00"},
    {KLINGREC_FORMAT_JXL, "0000000C 'JXL ' 0D0A870A"},
    {KLINGREC_FORMAT_JP2, "0000000C 'jP  ' 0D0A870A"},
    {KLINGREC_FORMAT_JP2, "FF4FFF51 0029"},
    {KLINGREC_FORMAT_PSD, "'8BPS' 0001"},
    {KLINGREC_FORMAT_PSD, "'8BPS' 0002"},
    {KLINGREC_FORMAT_DDS, "'DDS ' 7C000000"},
    {KLINGREC_FORMAT_KTX, "AB 'KTX 11' BB0D0A1A0A"},
    {KLINGREC_FORMAT_KTX, "AB 'KTX 20' BB0D0A1A0A"},
    {KLINGREC_FORMAT_EXR, "762F3101 02000000"},
    {KLINGREC_FORMAT_ICO, "0000 0100 0100 2020 0000"},
    {KLINGREC_FORMAT_ICO, "0000 0200 0100 2020 0000"},
    {KLINGREC_FORMAT_UNKNOWN, "0000 0200 0000 0000 0000"},
    {KLINGREC_FORMAT_QOI, "'qoif' 00000190"},
    {KLINGREC_FORMAT_HDR, "'#?RADIANCE' 0A"},
    {KLINGREC_FORMAT_HDR, "'#?RGBE' 0A"},
    {KLINGREC_FORMAT_PNM, "'P6' 0A '1 1 255' 0A 000000"},
    {KLINGREC_FORMAT_PNM, "'P1 1 1 1'"},
    {KLINGREC_FORMAT_PNM, "'Pf' 0A"},
    {KLINGREC_FORMAT_TEXT, "'P8' 0A"},
    {KLINGREC_FORMAT_TGA, "0000 0200 0000 00*900 'TRUEVISION-XFILE.' 00"},
    {KLINGREC_FORMAT_UNKNOWN, "0000 0200 0000 00*900 'TRUEVISION-XFILE.' 01"},
    {KLINGREC_FORMAT_MNG, "8A 'MNG' 0D0A1A0A"},
    {KLINGREC_FORMAT_MNG, "8B 'JNG' 0D0A1A0A"},
    {KLINGREC_FORMAT_PDF, "'%PDF-1.7'"},
    {KLINGREC_FORMAT_GZIP, "1F8B 08"},
    {KLINGREC_FORMAT_ZIP, "'PK' 0304"},
    {KLINGREC_FORMAT_SVG, "'<svg xmlns'"},
    {KLINGREC_FORMAT_SVG, "'<?xml version?> <!-- a --> <SVG>'"},
    {KLINGREC_FORMAT_SVG, "EFBBBF 0D0A '<!DOCTYPE svg><svg>'"},
    {KLINGREC_FORMAT_TEXT, "'<?xml version?><Error/>'"},
    {KLINGREC_FORMAT_HTML, "'<!DOCTYPE HTML>'"},
    {KLINGREC_FORMAT_HTML, "0A0A '<html>'"},
    {KLINGREC_FORMAT_HTML, "'<!-- a --><html>'"},
    {KLINGREC_FORMAT_JSON, "'{' 22 'code' 22 ':1}'"},
    {KLINGREC_FORMAT_JSON, "20 '[ {'"},
    {KLINGREC_FORMAT_JSON, "'{}'"},
    {KLINGREC_FORMAT_TEXT, "'{code}'"},
    {KLINGREC_FORMAT_TEXT, "'{'"},
    {KLINGREC_FORMAT_TEXT, "'Not found' 0A"},
    {KLINGREC_FORMAT_TEXT, "FFFE 4100"},
    {KLINGREC_FORMAT_TEXT, "E59BBE 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "'Not' 00 'found'"},
    {KLINGREC_FORMAT_UNKNOWN, "'Not' 7F 'found'"},
    {KLINGREC_FORMAT_BASE64, "'/9j/4AAQSkZJRgABAQ=='"},
    {KLINGREC_FORMAT_BASE64, "20 'iVBORw0KGgoAAAANSUhEUg'"},
    {KLINGREC_FORMAT_TEXT, "'/9j/ is how a JPEG begins.'"},
    {KLINGREC_FORMAT_BASE64, "'data:image/png;base64,iVBO'"},
    {KLINGREC_FORMAT_UNKNOWN, "FF"},
    {KLINGREC_FORMAT_UNKNOWN, "FFD9 FFD8"},
    {KLINGREC_FORMAT_UNKNOWN, "01020304 05060708"},
    {KLINGREC_FORMAT_UNKNOWN, "89 'PN'"},
};

static void
other_formats_are_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof format_rows / sizeof format_rows[0]; i++) {
        klingrec_image_info info;
        bytes_make(&image, format_rows[i].image);
        klingrec_status status =
            feed_all(format_rows[i].image, image.at, image.len, 0, NULL, &info);
        if (info.format != format_rows[i].format)
            fail_msg("%s: %s", format_rows[i].image, klingrec_format_name(info.format));
        assert_int_equal(status, KLINGREC_ERR_IMAGE_FORMAT);
        assert_int_equal(info.broken_rules, FORMAT);
        assert_int_equal(info.width, 0);
    }
}

static void
every_format_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= KLINGREC_FORMAT_EMPTY; i++) {
        assert_true(strlen(klingrec_format_name(i)) > 0);
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(klingrec_format_name(i), klingrec_format_name(k));
    }
    assert_string_equal(klingrec_format_name(KLINGREC_FORMAT_EMPTY + 1), "unknown");
    assert_string_equal(klingrec_format_name(UINT32_MAX), "unknown");
    assert_string_equal(klingrec_format_name(KLINGREC_FORMAT_WEBP), "WebP");
}

static void
every_detail_has_a_sentence_of_its_own(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= KLR_DETAIL_PNG_SIDE; i++) {
        assert_int_not_equal(klr_detail_class_of(i), KLR_CLASS_NONE);
        const char *sentence = klr_detail_string(i);
        assert_int_not_equal(sentence[strlen(sentence) - 1], '.');
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(sentence, klr_detail_string(k));
    }
    assert_string_equal(klr_detail_string(KLR_DETAIL_PNG_SIDE + 1), "unknown detail");
    assert_int_equal(klr_detail_class_of(KLR_DETAIL_PNG_SIDE + 1), KLR_CLASS_NONE);
}

/* ---- The line for people ------------------------------------------------------ */

static const struct {
    uint32_t from;
    const char *data; /* bytes.h's language, or the text or path itself */
    size_t max_bytes;
    const char *line;
} line_rows[] = {
    {KLINGREC_FROM_BYTES, PNG_START "{'IHDR' 00000100 00000100 08 02 00 00 00}" PNG_END,
     0, "PNG, 256 x 256 pixels: each side must be at least 300"},
    {KLINGREC_FROM_BYTES, PNG_START "{'IHDR' 00000190 000001F4 08 02 00 00 00}" PNG_END,
     0, "PNG, 400 x 500 pixels, 58 bytes: acceptable"},
    {KLINGREC_FROM_BYTES, JPEG_START "FFC0 000B 08 0BB8 0FA0" JPEG_END, 26,
     "JPEG, 4000 x 3000 pixels, 27 bytes: at most 26 bytes are allowed"},
    {KLINGREC_FROM_BYTES, PNG_START "{'IHDR' 00000300 00000100 08 02 00 00 00}" PNG_END,
     20,
     "PNG, 768 x 256 pixels, 58 bytes: at most 20 bytes are allowed; each side must be "
     "at least 300; the long side may be at most 2.5 times the short one"},
    {KLINGREC_FROM_BYTES, JPEG_START "FFC0 000B 08 012C 02EE" JPEG_END, 0,
     "JPEG, 750 x 300 pixels, 27 bytes: acceptable; on the edge: a side exactly at the "
     "limit; on the edge: the sides' ratio exactly at the limit"},
    {KLINGREC_FROM_BYTES, JPEG_START "FFC9 000B 08 0190 0190" JPEG_END, 0,
     "JPEG, 400 x 400 pixels, 27 bytes: acceptable; on the edge: JPEG with arithmetic "
     "coding"},
    {KLINGREC_FROM_BYTES, JPEG_START "FFC0 000B 08 0190 0190 01 01 11 00 ", 0,
     "JPEG, 400 x 400 pixels: it is cut off, at byte 15"},
    {KLINGREC_FROM_BYTES, JPEG_START "FFC0 000B 08 0190 0190 01 01 11 00 FFD9 ", 0,
     "JPEG, 400 x 400 pixels: it ends without a scan, at byte 15"},
    {KLINGREC_FROM_BYTES, "'RIFF' 24000000 'WEBPVP8 '", 0,
     "this is a WebP image; the service takes JPEG and PNG"},
    {KLINGREC_FROM_BYTES, "'RIFF' 24000000 'WEBPVP8 '", 10,
     "this is a WebP image; the service takes JPEG and PNG; 16 bytes; at most 10 bytes "
     "are allowed"},
    {KLINGREC_FROM_BYTES, "01020304", 0,
     "this is not an image format that is known here; the service takes JPEG and PNG"},
    {KLINGREC_FROM_BYTES, "", 0, "the image is empty; the service takes JPEG and PNG"},
    {KLINGREC_FROM_FILE, "/nonexistent/a.png", 0,
     "the image cannot be read: there is no such file"},
    {KLINGREC_FROM_FILE, "/", 0, "the image cannot be read: it is a directory"},
    {KLINGREC_FROM_FILE, "/dev/null/a", 0,
     "the image cannot be read: it cannot be read: a part of the path is not a "
     "directory"},
    {KLINGREC_FROM_BASE64, "AAA*", 0,
     "the text is not valid base64: a character that base64 does not have, at "
     "character "
     "3"},
    {KLINGREC_FROM_URL, "ftp://a/b", 0,
     "the image's URL is not valid: a URL starts with http:// or https://"},
    {KLINGREC_FROM_URL, "http://a/b c", 0,
     "the image's URL is not valid: a character that a URL may not contain; "
     "percent-encode it, at character 10"},
    {KLINGREC_FROM_URL, "http://a/b", 0, "nothing was checked"},
    {99, "", 0, "the request's from is none of KLINGREC_FROM_*"},
};

static void
the_line_for_people_has_the_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof line_rows / sizeof line_rows[0]; i++) {
        char line[512];
        klingrec_image_info info = klingrec_image_info_default();
        klingrec_limits limits = klingrec_limits_default();
        limits.max_bytes = line_rows[i].max_bytes;
        klingrec_request request =
            klingrec_request_from(line_rows[i].from, line_rows[i].data, 0);
        if (request.from == KLINGREC_FROM_BYTES) {
            bytes_make(&image, line_rows[i].data);
            request.data = image.at;
            request.len = image.len;
        }
        (void)klingrec_check(&request, &limits, &info);
        size_t len = klingrec_image_explain(&info, &limits, line, sizeof line);
        assert_string_equal(line, line_rows[i].line);
        assert_int_equal(len, strlen(line));
        /* Cut at every place, it is the same line and as long as before. */
        for (size_t size = 0; size <= len + 1; size++) {
            char cut[512];
            memset(cut, '#', sizeof cut);
            assert_int_equal(klingrec_image_explain(&info, &limits, cut, size), len);
            assert_int_equal(cut[size], '#');
            if (size > 0) {
                assert_memory_equal(cut, line, size - 1);
                assert_int_equal(cut[size - 1], '\0');
            }
        }
    }
}

static void
a_ratio_is_written_without_needless_zeros(void **state)
{
    static const struct {
        uint32_t milli;
        const char *text;
    } rows[] = {
        {1000, "at most 1 times"},     {1500, "at most 1.5 times"},
        {1050, "at most 1.05 times"},  {1005, "at most 1.005 times"},
        {2999, "at most 2.999 times"}, {10000, "at most 10 times"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[256];
        klingrec_limits limits = klingrec_limits_default();
        limits.max_aspect_milli = rows[i].milli;
        klingrec_image_info info = klingrec_image_info_default();
        info.format = KLINGREC_FORMAT_PNG;
        info.broken_rules = ASPECT;
        (void)klingrec_image_explain(&info, &limits, line, sizeof line);
        assert_non_null(strstr(line, rows[i].text));
    }
}

static void
explaining_nothing_gives_nothing(void **state)
{
    (void)state;
    char line[4] = "abc";
    klingrec_image_info info = klingrec_image_info_default();
    assert_int_equal(klingrec_image_explain(NULL, NULL, line, sizeof line), 0);
    assert_string_equal(line, "");
    info.size = 1;
    assert_int_equal(klingrec_image_explain(&info, NULL, line, sizeof line), 0);
    info.size = sizeof info;
    assert_int_equal(klingrec_image_explain(&info, NULL, NULL, 0), 19);
}

/* ---- The call ----------------------------------------------------------------- */

static void
a_wrong_call_is_told_from_a_wrong_image(void **state)
{
    (void)state;
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_limits limits = klingrec_limits_default();
    make_png(400, 500);
    klingrec_request request = klingrec_request_bytes(image.at, image.len);

    assert_int_equal(klingrec_check(NULL, NULL, &info), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_check(&request, NULL, NULL), KLINGREC_OK);
    request.flags = 2;
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(info.detail, KLR_DETAIL_FLAGS);
    request.flags = 0;
    request.data = NULL;
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(info.detail, KLR_DETAIL_NO_DATA);
    request.data = image.at;
    request.size = 8;
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_ABI);
    request.size = sizeof request;
    info.size = 0;
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_ABI);
    info.size = sizeof info;
    limits.size = 0;
    assert_int_equal(klingrec_check(&request, &limits, &info), KLINGREC_ERR_ABI);
    limits.size = sizeof limits;
    limits.max_aspect_milli = 999;
    assert_int_equal(klingrec_check(&request, &limits, &info), KLINGREC_ERR_ARGUMENT);
    limits.max_aspect_milli = 1000;
    assert_int_equal(klingrec_check(&request, &limits, &info),
                     KLINGREC_ERR_IMAGE_ASPECT);
}

static void
a_caller_that_knows_fewer_fields_gets_fewer(void **state)
{
    (void)state;
    klingrec_image_info info;
    memset(&info, 0x5A, sizeof info);
    info.size = offsetof(klingrec_image_info, height);
    make_png(400, 500);
    klingrec_request request = klingrec_request_bytes(image.at, image.len);
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_OK);
    assert_int_equal(info.size, offsetof(klingrec_image_info, height));
    assert_int_equal(info.width, 400);
    assert_int_equal(info.height, 0x5A5A5A5A);
}

static void
a_caller_that_knows_more_fields_keeps_them_at_0(void **state)
{
    struct {
        klingrec_image_info known;
        uint64_t newer;
    } info = {.newer = 0};
    (void)state;
    make_png(400, 500);
    klingrec_request request = klingrec_request_bytes(image.at, image.len);
    info.known.size = sizeof info;
    assert_int_equal(klingrec_check(&request, NULL, &info.known), KLINGREC_OK);
    assert_int_equal(info.known.size, sizeof info);
    assert_int_equal(info.known.width, 400);
    assert_int_equal(info.newer, 0);
    info.newer = 1;
    assert_int_equal(klingrec_check(&request, NULL, &info.known), KLINGREC_ERR_ABI);
}

static void
what_stood_in_info_before_does_not_matter(void **state)
{
    (void)state;
    klingrec_image_info info, clean = klingrec_image_info_default();
    make_png(400, 500);
    klingrec_request request = klingrec_request_bytes(image.at, image.len);
    assert_int_equal(klingrec_check(&request, NULL, &clean), KLINGREC_OK);
    memset(&info, 0xFF, sizeof info);
    info.size = sizeof info;
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_OK);
    assert_memory_equal(&info, &clean, sizeof info);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sides_and_their_ratio_are_compared_exactly),
        cmocka_unit_test(bytes_are_counted_exactly),
        cmocka_unit_test(all_broken_rules_are_named_and_the_first_is_returned),
        cmocka_unit_test(a_refused_image_is_not_walked_for_ever),
        cmocka_unit_test(other_formats_are_refused_by_name),
        cmocka_unit_test(every_format_has_a_name_of_its_own),
        cmocka_unit_test(every_detail_has_a_sentence_of_its_own),
        cmocka_unit_test(the_line_for_people_has_the_numbers),
        cmocka_unit_test(a_ratio_is_written_without_needless_zeros),
        cmocka_unit_test(explaining_nothing_gives_nothing),
        cmocka_unit_test(a_wrong_call_is_told_from_a_wrong_image),
        cmocka_unit_test(a_caller_that_knows_fewer_fields_gets_fewer),
        cmocka_unit_test(a_caller_that_knows_more_fields_keeps_them_at_0),
        cmocka_unit_test(what_stood_in_info_before_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
