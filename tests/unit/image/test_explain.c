/* SPDX-License-Identifier: MIT */
/* test_explain.c - the explanation of a check has the numbers and fits */
#include "../image_sources.h"
#include "../image_text.h"

#define JPEG_START "FFD8 "
#define JPEG_END   " 01 01 11 00 FFDA 0008 01 01 00 00 3F 00 FFD9 "
#define PNG_START  "89 'PNG' 0D0A1A0A "
#define PNG_END    "{'IDAT' 00} {'IEND'} "

static byte_run image;

static const struct {
    uint32_t from;
    const char *data; /* image_text.h's language, or the text or path itself */
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
     "JPEG, 400 x 400 pixels: it is truncated, at byte 15"},
    {KLINGREC_FROM_BYTES, JPEG_START "FFC0 000B 08 0190 0190 01 01 11 00 FFD9 ", 0,
     "JPEG, 400 x 400 pixels: it ends without a scan, at byte 15"},
    {KLINGREC_FROM_BYTES, JPEG_START "FFC0 000B 08 0000 0190" JPEG_END, 0,
     "JPEG: the height is 0 and there is no DNL segment with it, at byte 2"},
    {KLINGREC_FROM_BYTES, "'RIFF' 24000000 'WEBPVP8 '", 0,
     "this is a WebP image; the service takes JPEG and PNG"},
    {KLINGREC_FROM_BYTES, "'RIFF' 24000000 'WEBPVP8 '", 10,
     "this is a WebP image; the service takes JPEG and PNG; 16 bytes: at most 10 bytes "
     "are allowed"},
    {KLINGREC_FROM_BYTES, "01020304", 0,
     "this is not a known image format; the service takes JPEG and PNG"},
    {KLINGREC_FROM_BYTES, "", 0, "the image is empty; the service takes JPEG and PNG"},
    {KLINGREC_FROM_FILE, "/nonexistent/a.png", 0,
     "the image cannot be read: there is no such file"},
    {KLINGREC_FROM_FILE, "/", 0, "the image cannot be read: it is a directory"},
#ifdef _WIN32
    {KLINGREC_FROM_FILE, "\xFF.png", 0,
     "the image cannot be read: the name is not valid UTF-8"},
#else
    {KLINGREC_FROM_FILE, "/dev/null/a", 0,
     "the image cannot be read: a part of the path is not a directory"},
#endif
    {KLINGREC_FROM_BASE64, "AAA*", 0,
     "the text is not valid base64: a character that is not base64, at "
     "character "
     "3"},
    {KLINGREC_FROM_URL, "ftp://a/b", 0,
     "the image's URL is not valid: a URL starts with http:// or https://"},
    {KLINGREC_FROM_URL, "http://a/b c", 0,
     "the image's URL is not valid: a character that a URL may not contain; "
     "percent-encode it, at character 10"},
    {KLINGREC_FROM_URL, "http://a/b", 0, "nothing was checked"},
    {99, "", 0, "the request's from is not one of KLINGREC_FROM_*"},
};

static void
the_explanation_has_the_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof line_rows / sizeof line_rows[0]; i++) {
        if (line_rows[i].from == KLINGREC_FROM_FILE && !KLR_HAS_FILES)
            continue;
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
        /* Truncated at every length, it is a prefix, and the returned length is the
           full one. */
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
        info.broken_rules = KLINGREC_RULE_ASPECT;
        (void)klingrec_image_explain(&info, &limits, line, sizeof line);
        assert_non_null(strstr(line, rows[i].text));
    }
}

/* What no small image can show. */
static void
every_part_of_a_result_has_its_words(void **state)
{
    enum { PNG = KLINGREC_FORMAT_PNG };
    enum { BYTES = KLINGREC_RULE_BYTES, UNUSUAL = KLINGREC_RULE_FORMAT };
    static const struct {
        klingrec_image_info info; /* without its size */
        const char *line;
    } rows[] = {
        {{.format = PNG, .bytes = 10000001, .edge_rules = BYTES},
         "PNG, 10000001 bytes: acceptable; on the edge: over 10000000 bytes"},
        {{.format = PNG, .width = 1, .height = 0, .edge_rules = UNUSUAL},
         "PNG, 0 bytes: acceptable; on the edge: an unusual kind of image"},
        {{.format = PNG,
          .bytes = 1,
          .edge_rules = UNUSUAL,
          .detail = KLR_DETAIL_JPEG_DNL},
         "PNG, 1 bytes: acceptable; on the edge: the height comes after the first "
         "scan"},
        {{.format = PNG, .bytes = SIZE_MAX},
#if SIZE_MAX > UINT32_MAX
         "PNG, 18446744073709551615 bytes: acceptable"},
#else
         "PNG, 4294967295 bytes: acceptable"},
#endif
        {{.format = KLINGREC_FORMAT_EMPTY + 1, .broken_rules = UNUSUAL},
         "this is not a known image format; the service takes JPEG and PNG"},
        {{.format = KLINGREC_FORMAT_GIF, .bytes = 12, .broken_rules = UNUSUAL | BYTES},
         "this is a GIF image; the service takes JPEG and PNG; 12 bytes: at most "
         "20000000 bytes are allowed"},
        {{.detail = KLR_DETAIL_UNREADABLE, .system_error = 123456},
         "the image cannot be read: system error 123456"},
        {{.detail = KLR_DETAIL_UNREADABLE},
         "the image cannot be read: it cannot be read"},
        {{.detail = KLR_DETAIL_NOT_FOUND, .system_error = 1},
         "the image cannot be read: there is no such file"},
        {{.detail = KLR_DETAIL_URL_HOST, .where = 1},
         "the image's URL is not valid: the URL names no valid host, at character 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[256];
        klingrec_limits limits = klingrec_limits_default();
        klingrec_image_info info = rows[i].info;
        info.size = sizeof info;
        limits.max_bytes = 20000000;
        (void)klingrec_image_explain(&info, &limits, line, sizeof line);
        assert_string_equal(line, rows[i].line);
    }
}

static void
explaining_an_invalid_info_gives_an_empty_text(void **state)
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
    assert_int_equal(klingrec_image_explain(&info, NULL, NULL, 4), 19);
    klingrec_limits limits = klingrec_limits_default();
    limits.size = 1;
    assert_int_equal(klingrec_image_explain(&info, &limits, line, sizeof line), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_explanation_has_the_numbers),
        cmocka_unit_test(a_ratio_is_written_without_needless_zeros),
        cmocka_unit_test(every_part_of_a_result_has_its_words),
        cmocka_unit_test(explaining_an_invalid_info_gives_an_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
