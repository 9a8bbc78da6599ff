/* SPDX-License-Identifier: MIT */
/* test_format.c - other formats are detected by their content */
#include "../image_sources.h"
#include "../image_text.h"

static byte_run image;

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
    {KLINGREC_FORMAT_BMP, "'BM' 00*12 10000000"},
    {KLINGREC_FORMAT_UNKNOWN, "'BM' 00*12 280000"},
    {KLINGREC_FORMAT_UNKNOWN, "'BM' 00*12 27000000"},
    {KLINGREC_FORMAT_BMP, "'BM' 00*12 7C000000"},
    {KLINGREC_FORMAT_UNKNOWN, "'BM' 00*12 7D000000"},
    {KLINGREC_FORMAT_UNKNOWN, "'BN' 00*12 28000000"},
    {KLINGREC_FORMAT_TIFF, "'II' 2A00 08000000"},
    {KLINGREC_FORMAT_TIFF, "'MM' 002A 00000008"},
    {KLINGREC_FORMAT_TIFF, "'MM' 002B 00080000"},
    {KLINGREC_FORMAT_TIFF, "'IIRO' 08000000"},
    {KLINGREC_FORMAT_TIFF, "'FUJIFILMCCD-RAW' 00"},
    {KLINGREC_FORMAT_HEIF, "00000018 'ftypheic' 00000000 'mif1heic'"},
    {KLINGREC_FORMAT_HEIF, "00000010 'ftypmif1' 00000000"},
    {KLINGREC_FORMAT_AVIF, "00000018 'ftypmif1' 00000000 'mif1avif'"},
    {KLINGREC_FORMAT_AVIF, "00000010 'ftypavis' 00000000"},
    {KLINGREC_FORMAT_UNKNOWN, "00000018 'ftypisom' 00000000 'isommp42'"},
    {KLINGREC_FORMAT_UNKNOWN, "00000010 'ftypisom' 00000000 'heic'"},
    {KLINGREC_FORMAT_UNKNOWN, "00000010 'ftypisom' 'heic'"},
    {KLINGREC_FORMAT_HEIF, "00000018 'ftypisom' 00000000 'heic'"},
    {KLINGREC_FORMAT_UNKNOWN, "00000018 'ftypisom' 00000000 'hei'"},
    {KLINGREC_FORMAT_UNKNOWN, "00000010 'ftypavis' 000000"},
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
    {KLINGREC_FORMAT_UNKNOWN, "0000 0100 0000 2020 0000"},
    {KLINGREC_FORMAT_UNKNOWN, "0000 0100 0100 2020 0001 00"},
    {KLINGREC_FORMAT_UNKNOWN, "0000 0100 0100 2020 00"},
    {KLINGREC_FORMAT_QOI, "'qoif' 00000190"},
    {KLINGREC_FORMAT_HDR, "'#?RADIANCE' 0A"},
    {KLINGREC_FORMAT_HDR, "'#?RGBE' 0A"},
    {KLINGREC_FORMAT_PNM, "'P6' 0A '1 1 255' 0A 000000"},
    {KLINGREC_FORMAT_PNM, "'P1 1 1 1'"},
    {KLINGREC_FORMAT_PNM, "'Pf' 0A"},
    {KLINGREC_FORMAT_PNM, "'PF' 0D0A"},
    {KLINGREC_FORMAT_PNM, "'P6' 0D"},
    {KLINGREC_FORMAT_PNM, "'P7' 09"},
    {KLINGREC_FORMAT_TEXT, "'P0' 0A"},
    {KLINGREC_FORMAT_TEXT, "'PG' 0A"},
    {KLINGREC_FORMAT_TEXT, "'P6x'"},
    {KLINGREC_FORMAT_TEXT, "'P6'"},
    {KLINGREC_FORMAT_TEXT, "'Q6' 0A"},
    {KLINGREC_FORMAT_TEXT, "'P8' 0A"},
    {KLINGREC_FORMAT_TGA, "0000 0200 0000 00*900 'TRUEVISION-XFILE.' 00"},
    {KLINGREC_FORMAT_TGA, "0000 0200 0100 2020 0000 00*900 'TRUEVISION-XFILE.' 00"},
    {KLINGREC_FORMAT_UNKNOWN, "0000 0200 0000 00*900 'TRUEVISION-XFILE.' 01"},
    {KLINGREC_FORMAT_TGA, "'TRUEVISION-XFILE.' 00"},
    {KLINGREC_FORMAT_UNKNOWN, "'RUEVISION-XFILE.' 00"},
    {KLINGREC_FORMAT_MNG, "8A 'MNG' 0D0A1A0A"},
    {KLINGREC_FORMAT_MNG, "8B 'JNG' 0D0A1A0A"},
    {KLINGREC_FORMAT_PDF, "'%PDF-1.7'"},
    {KLINGREC_FORMAT_GZIP, "1F8B 08"},
    {KLINGREC_FORMAT_ZIP, "'PK' 0304"},
    {KLINGREC_FORMAT_SVG, "'<svg xmlns'"},
    {KLINGREC_FORMAT_SVG, "'<?xml version?> <!-- a --> <SVG>'"},
    {KLINGREC_FORMAT_SVG, "EFBBBF 0D0A '<!DOCTYPE svg><svg>'"},
    {KLINGREC_FORMAT_TEXT, "'<?xml version?><Error/>'"},
    {KLINGREC_FORMAT_SVG, "'<?xml' 20*4087 '<svg'"},
    {KLINGREC_FORMAT_TEXT, "'<?xml' 20*4088 '<svg'"},
    {KLINGREC_FORMAT_HTML, "'<!doctype x><html'"},
    {KLINGREC_FORMAT_TEXT, "'<!doctype x><htm'"},
    {KLINGREC_FORMAT_TEXT, "'a <svg'"},
    {KLINGREC_FORMAT_HTML, "'<!DOCTYPE HTML>'"},
    {KLINGREC_FORMAT_HTML, "0A0A '<html>'"},
    {KLINGREC_FORMAT_HTML, "09 0D 20 '<html>'"},
    {KLINGREC_FORMAT_UNKNOWN, "08 '<html' 08"},
    {KLINGREC_FORMAT_HTML, "'<!-- a --><html>'"},
    {KLINGREC_FORMAT_JSON, "'{' 22 'code' 22 ':1}'"},
    {KLINGREC_FORMAT_JSON, "20 '[ {'"},
    {KLINGREC_FORMAT_JSON, "'{}'"},
    {KLINGREC_FORMAT_JSON, "'{' 0A '}'"},
    {KLINGREC_FORMAT_JSON, "'[]'"},
    {KLINGREC_FORMAT_JSON, "EFBBBF '[-1'"},
    {KLINGREC_FORMAT_TEXT, "'[x]'"},
    {KLINGREC_FORMAT_TEXT, "'['"},
    {KLINGREC_FORMAT_TEXT, "'{ '"},
    {KLINGREC_FORMAT_TEXT, "EFBBBF"},
    {KLINGREC_FORMAT_TEXT, "'{code}'"},
    {KLINGREC_FORMAT_TEXT, "'{'"},
    {KLINGREC_FORMAT_TEXT, "'Not found' 0A"},
    {KLINGREC_FORMAT_TEXT, "FFFE 4100"},
    {KLINGREC_FORMAT_TEXT, "FEFF 0041"},
    {KLINGREC_FORMAT_TEXT, "E59BBE 'not found'"},
    {KLINGREC_FORMAT_TEXT, "C280 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "C28080 'not found'"},
    {KLINGREC_FORMAT_TEXT, "DF80 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "DF8080 'not found'"},
    {KLINGREC_FORMAT_TEXT, "E08080 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "E0808080 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "E0 'n' 80 'ot found'"},
    {KLINGREC_FORMAT_TEXT, "F0808080 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "F080808080 'not found'"},
    {KLINGREC_FORMAT_TEXT, "F4 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "F5 'not found'"},
    {KLINGREC_FORMAT_TEXT, "'not found' 1B"},
    {KLINGREC_FORMAT_UNKNOWN, "'not found' 1A"},
    {KLINGREC_FORMAT_UNKNOWN, "C180 'not found'"},
    {KLINGREC_FORMAT_TEXT, "A0 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "9F 'not found'"},
    {KLINGREC_FORMAT_UNKNOWN, "'Not' 00 'found'"},
    {KLINGREC_FORMAT_UNKNOWN, "'Not' 7F 'found'"},
    {KLINGREC_FORMAT_BASE64, "'/9j/4AAQSkZJRgABAQ=='"},
    {KLINGREC_FORMAT_BASE64, "20 'iVBORw0KGgoAAAANSUhEUg'"},
    {KLINGREC_FORMAT_TEXT, "'/9j/ is how a JPEG begins.'"},
    {KLINGREC_FORMAT_BASE64, "'/9j/' 41*15 '+/09 azAZ==' 0D0A '!'"},
    {KLINGREC_FORMAT_BASE64, "'/9j/' 41*28 '.'"},
    {KLINGREC_FORMAT_TEXT, "'/9j/' 41*27 '.'"},
    {KLINGREC_FORMAT_TEXT, "'/9j/' 41*27 ':'"},
    {KLINGREC_FORMAT_TEXT, "41*28 '/9j/'"},
    {KLINGREC_FORMAT_BASE64, "'data:image/png;base64,iVBO'"},
    {KLINGREC_FORMAT_UNKNOWN, "FF"},
    {KLINGREC_FORMAT_UNKNOWN, "FFD9 FFD8"},
    {KLINGREC_FORMAT_UNKNOWN, "01020304 05060708"},
    {KLINGREC_FORMAT_UNKNOWN, "89 'PN'"},
};

static void
other_formats_are_named_and_refused(void **state)
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
        assert_int_equal(info.broken_rules, KLINGREC_RULE_FORMAT);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_formats_are_named_and_refused),
        cmocka_unit_test(every_format_has_a_name_of_its_own),
        cmocka_unit_test(every_detail_has_a_sentence_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
