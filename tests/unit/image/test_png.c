/* SPDX-License-Identifier: MIT */
/* test_png.c - which files are PNGs that decoders can read */
#include "../image_rows.h"

#define SIGNATURE                    "89 'PNG' 0D0A1A0A "
#define IHDR_OF(width, height, rest) "{'IHDR' " width height rest "} "
#define IHDR                         "{'IHDR' 00000190 0000012C 08 02 00 00 00} "
#define IHDR_KIND(depth, colour)                                                       \
    "{'IHDR' 00000190 0000012C " depth " " colour " 00 00 00} "
#define IDAT    "{'IDAT' 78 9C 01 02 03} "
#define IEND    "{'IEND'} "
#define PLTE    "{'PLTE' 010203 040506} "
#define START   SIGNATURE IHDR
#define PALETTE SIGNATURE IHDR_KIND("08", "03")

enum { FORMAT = KLINGREC_FORMAT_PNG };

static const row header_rows[] = {
    GOOD("the smallest image", START IDAT IEND),
    GOOD("1 bit grey", SIGNATURE IHDR_KIND("01", "00") IDAT IEND),
    GOOD("16 bits grey", SIGNATURE IHDR_KIND("10", "00") IDAT IEND),
    WITH_SIZE("32 bits grey", PNG_IHDR, SIGNATURE IHDR_KIND("20", "00") IDAT IEND),
    WITH_SIZE("3 bits grey", PNG_IHDR, SIGNATURE IHDR_KIND("03", "00") IDAT IEND),
    WITH_SIZE("0 bits grey", PNG_IHDR, SIGNATURE IHDR_KIND("00", "00") IDAT IEND),
    WITH_SIZE("colour type 1", PNG_IHDR, SIGNATURE IHDR_KIND("08", "01") IDAT IEND),
    WITH_SIZE("4 bits colour", PNG_IHDR, SIGNATURE IHDR_KIND("04", "02") IDAT IEND),
    GOOD("16 bits colour", SIGNATURE IHDR_KIND("10", "02") IDAT IEND),
    GOOD("palette of 8 bits", PALETTE PLTE IDAT IEND),
    GOOD("palette of 1 bit", SIGNATURE IHDR_KIND("01", "03") PLTE IDAT IEND),
    WITH_SIZE("palette of 16 bits", PNG_IHDR,
              SIGNATURE IHDR_KIND("10", "03") PLTE IDAT IEND),
    GOOD("grey with alpha", SIGNATURE IHDR_KIND("10", "04") IDAT IEND),
    WITH_SIZE("4 bits grey with alpha", PNG_IHDR,
              SIGNATURE IHDR_KIND("04", "04") IDAT IEND),
    WITH_SIZE("colour type 5", PNG_IHDR, SIGNATURE IHDR_KIND("08", "05") IDAT IEND),
    GOOD("colour with alpha", SIGNATURE IHDR_KIND("08", "06") IDAT IEND),
    WITH_SIZE("colour type 7", PNG_IHDR, SIGNATURE IHDR_KIND("08", "07") IDAT IEND),
    GOOD("interlaced",
         SIGNATURE IHDR_OF("00000190", "0000012C", "08 02 00 00 01") IDAT IEND),
    WITH_SIZE("interlace method 2", PNG_IHDR,
              SIGNATURE IHDR_OF("00000190", "0000012C", "08 02 00 00 02") IDAT IEND),
    WITH_SIZE("filter method 1", PNG_IHDR,
              SIGNATURE IHDR_OF("00000190", "0000012C", "08 02 00 01 00") IDAT IEND),
    WITH_SIZE("compression method 1", PNG_IHDR,
              SIGNATURE IHDR_OF("00000190", "0000012C", "08 02 01 00 00") IDAT IEND),
    {"width 0", SIGNATURE IHDR_OF("00000000", "0000012C", "08 02 00 00 00") IDAT IEND,
     0, 300, KLR_DETAIL_PNG_IHDR},
    {"width 1", SIGNATURE IHDR_OF("00000001", "0000012C", "08 02 00 00 00") IDAT IEND,
     1, 300, KLR_DETAIL_NONE},
    {"height 0", SIGNATURE IHDR_OF("00000190", "00000000", "08 02 00 00 00") IDAT IEND,
     400, 0, KLR_DETAIL_PNG_IHDR},
    {"a side of 1000000",
     SIGNATURE IHDR_OF("000F4240", "0000012C", "08 02 00 00 00") IDAT IEND, 1000000,
     300, KLR_DETAIL_NONE},
    {"a side of 1000001",
     SIGNATURE IHDR_OF("00000190", "000F4241", "08 02 00 00 00") IDAT IEND, 400,
     1000001, KLR_DETAIL_PNG_SIDE},
    {"a height of 1000000",
     SIGNATURE IHDR_OF("00000190", "000F4240", "08 02 00 00 00") IDAT IEND, 400,
     1000000, KLR_DETAIL_NONE},
    {"a width of 1000001",
     SIGNATURE IHDR_OF("000F4241", "0000012C", "08 02 00 00 00") IDAT IEND, 1000001,
     300, KLR_DETAIL_PNG_SIDE},
    {"the widest image",
     SIGNATURE IHDR_OF("7FFFFFFF", "7FFFFFFF", "08 02 00 00 00") IDAT IEND, 0x7FFFFFFF,
     0x7FFFFFFF, KLR_DETAIL_PNG_SIDE},
    NO_SIZE("a wider one", PNG_IHDR,
            SIGNATURE IHDR_OF("80000000", "0000012C", "08 02 00 00 00") IDAT IEND),
    WITH_SIZE("a wrong checksum of IHDR", PNG_IHDR_CRC,
              SIGNATURE "{'IHDR' 00000190 0000012C 08 02 00 00 00}! " IDAT IEND),
    NO_SIZE("IHDR of 12 bytes", PNG_IHDR,
            SIGNATURE "{'IHDR' 00000190 0000012C 08 02 00 00} " IDAT IEND),
    NO_SIZE("IHDR of 14 bytes", PNG_IHDR,
            SIGNATURE "{'IHDR' 00000190 0000012C 08 02 00 00 00 00} " IDAT IEND),
    NO_SIZE("another chunk first", PNG_IHDR, SIGNATURE "{'tEXt'} " START IDAT IEND),
    NO_SIZE("another chunk of 13 bytes first", PNG_IHDR,
            SIGNATURE "{'tEXt' 'a' 00*12} " START IDAT IEND),
    NO_SIZE("Apple's chunk with a length that no chunk has", PNG_IHDR,
            SIGNATURE "80000000 'CgBI' 50002002 " IHDR IDAT IEND),
    NO_SIZE("only a signature", TRUNCATED, SIGNATURE),
    NO_SIZE("IHDR without its checksum", TRUNCATED,
            SIGNATURE "0000000D 'IHDR' 00000190 0000012C 08 02 00 00 00 000000"),
    WITH_SIZE("nothing behind IHDR", TRUNCATED, START),
    WITH_SIZE("Apple's variant", PNG_APPLE,
              SIGNATURE "{'CgBI' 50002002} " IHDR IDAT IEND),
    WITH_SIZE("a palette image without a palette", PNG_NO_PLTE, PALETTE IDAT IEND),
    WITH_SIZE("a palette that comes too late", PNG_NO_PLTE, PALETTE IDAT PLTE IEND),
    WITH_SIZE("two palettes", PNG_PLTE, PALETTE PLTE PLTE IDAT IEND),
    WITH_SIZE("an empty palette", PNG_PLTE, PALETTE "{'PLTE'} " IDAT IEND),
    WITH_SIZE("a palette of 4 bytes", PNG_PLTE, PALETTE "{'PLTE' 01020304} " IDAT IEND),
    GOOD("a palette of 256 entries", PALETTE "{'PLTE' 01*768} " IDAT IEND),
    GOOD("a palette of 256 entries far from the start",
         PALETTE "{'tEXt' 'a' 00*9000} {'PLTE' 01*768} " IDAT IEND),
    WITH_SIZE("a palette of 257 entries", PNG_PLTE,
              PALETTE "{'PLTE' 01*771} " IDAT IEND),
    GOOD("a suggested palette in a colour image", START "{'PLTE' 01020304} " IDAT IEND),
    GOOD("a wrong checksum of an ancillary chunk",
         START "{'tEXt' 'a' 00 'b'}! " IDAT IEND),
    WITH_SIZE("an unknown critical chunk", PNG_CHUNK_CRITICAL,
              START "{'ABCD'} " IDAT IEND),
    GOOD("an unknown ancillary chunk", START "{'aBCD'} " IDAT IEND),
    GOOD("the first and last letters", START "{'aAZz'} " IDAT IEND),
    WITH_SIZE("a chunk type with a digit", PNG_CHUNK_TYPE, START "{'aBC1'} " IDAT IEND),
    WITH_SIZE("a chunk type with the byte before A", PNG_CHUNK_TYPE,
              START "{'aBC@'} " IDAT IEND),
    WITH_SIZE("a chunk type with the byte behind z", PNG_CHUNK_TYPE,
              START "{'aBC' 7B} " IDAT IEND),
    WITH_SIZE("a chunk of 2^31 bytes", PNG_CHUNK_LENGTH,
              START "80000000 'tEXt' " IDAT IEND),
    WITH_SIZE("a chunk of 2^31 - 1 bytes", TRUNCATED,
              START "7FFFFFFF 'tEXt' " IDAT IEND),
    WITH_SIZE("a second IHDR", PNG_SECOND_IHDR, START IHDR IDAT IEND),
    WITH_SIZE("an end without data", PNG_NO_IDAT, START IEND),
    WITH_SIZE("an animation", PNG_ANIMATED,
              START "{'acTL' 00000002 00000000} " IDAT IEND),
    WITH_SIZE("an animation that is cut off", TRUNCATED, START "{'acTL' 00*8} "),
    WITH_SIZE("a suggested palette that is cut off", TRUNCATED,
              START "{'PLTE' 010203} "),
    WITH_SIZE("an Exif block that is cut off", TRUNCATED, START "{'eXIf' 00*8} "),
    GOOD("bytes behind the end", START IDAT IEND "00*1000 "),
    GOOD("data far behind the header",
         START "{'iCCP' 00*60000} {'tEXt' 00*70000} " IDAT IEND),
    NO_SIZE("the signature without CR", PNG_TEXT_MODE,
            "89 'PNG' 0A1A0A " IHDR IDAT IEND),
    NO_SIZE("the signature with LF made CR LF", PNG_TEXT_MODE,
            "89 'PNG' 0D0D0A1A0D0A " IHDR IDAT IEND),
    NO_SIZE("the signature without its eighth bit", PNG_TEXT_MODE,
            "09 'PNG' 0D0A1A0A " IHDR IDAT IEND),
    NO_SIZE("the signature without its eighth bit and CR", PNG_TEXT_MODE,
            "09 'PNG' 0A1A0A " IHDR IDAT IEND),
    NO_SIZE("the signature with a replaced byte", PNG_TEXT_MODE,
            "'?PNG' 0D0A1A0A " IHDR IDAT IEND),
    NO_SIZE("the signature in UTF-8", PNG_TEXT_MODE,
            "C289 'PNG' 0D0A1A0A " IHDR IDAT IEND),
    NO_SIZE("the signature replaced in UTF-8", PNG_TEXT_MODE,
            "EFBFBD 'PNG' 0D0A1A0A " IHDR IDAT IEND),
    NO_SIZE("a part of the signature", TRUNCATED, "89 'PNG' 0D0A1A "),
    NO_SIZE("a part of the signature without CR", PNG_TEXT_MODE, "89 'PNG' 0A1A "),
};

/* From here on the file is read to its end. */
static const row walk_rows[] = {
    WITH_SIZE("no end", TRUNCATED, START IDAT),
    WITH_SIZE("an end without its checksum", TRUNCATED, START IDAT "00000000 'IEND' "),
    WITH_SIZE("an end one byte short", TRUNCATED, START IDAT "00000000 'IEND' AE4260 "),
    WITH_SIZE("data that is cut off", TRUNCATED, START "00000100 'IDAT' 00*100 "),
    WITH_SIZE("a wrong type behind the data", PNG_CHUNK_TYPE,
              START IDAT "{'1234'} " IEND),
    WITH_SIZE("a critical chunk behind the data", PNG_CHUNK_CRITICAL,
              START IDAT "{'ABCD'} " IEND),
    GOOD("text behind the data", START IDAT IDAT "{'tEXt' 00*600}! " IEND),
    GOOD("an animation behind the data is ignored", START IDAT "{'acTL' 00*8} " IEND),
};

static const row checksum_rows[] = {
    WITH_SIZE("a wrong checksum of the palette", PNG_PLTE_CRC,
              PALETTE "{'PLTE' 01*768}! " IDAT IEND),
    GOOD("a wrong checksum of a suggested palette",
         START "{'PLTE' 01*768}! " IDAT IEND),
    GOOD("a wrong checksum of the data", START "{'IDAT' 01*768}! " IEND),
};

static void
headers_are_read_as_libpng_reads_them(void **state)
{
    (void)state;
    EXPECT_ALL(header_rows, 0);
    EXPECT_ALL(header_rows, KLINGREC_REQUEST_HEADER_ONLY);
}

/* PNG, table 12 */
static bool
table_12_has(unsigned depth, unsigned colour)
{
    if (colour == 0)
        return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    if (colour == 3)
        return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    return (colour == 2 || colour == 4 || colour == 6) && (depth == 8 || depth == 16);
}

static void
every_depth_and_colour_type_is_judged_by_table_12(void **state)
{
    (void)state;
    klingrec_limits limits = feed_any_size();
    for (unsigned depth = 0; depth < 256; depth++)
        for (unsigned colour = 0; colour < 256; colour++) {
            char text[200];
            klingrec_image_info info = klingrec_image_info_default();
            (void)snprintf(text, sizeof text,
                           "%s{'IHDR' 00000190 0000012C %02X %02X 00 00 00} %s",
                           SIGNATURE, depth, colour, PLTE IDAT IEND);
            bytes_make(&image, text);
            klingrec_request request = klingrec_request_bytes(image.at, image.len);
            klingrec_status status = klingrec_check(&request, &limits, &info);
            assert_int_equal(status == KLINGREC_OK, table_12_has(depth, colour));
        }
}

static void
the_checksum_covers_every_bit_of_ihdr(void **state)
{
    (void)state;
    klingrec_limits limits = feed_any_size();
    bytes_make(&image, START IDAT IEND);
    for (size_t bit = 0; bit < 17 * 8; bit++) {
        klingrec_image_info info = klingrec_image_info_default();
        klingrec_request request = klingrec_request_bytes(image.at, image.len);
        image.at[16 + bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_int_equal(klingrec_check(&request, &limits, &info),
                         KLINGREC_ERR_IMAGE_DAMAGED);
        image.at[16 + bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

static void
checksums_are_correct_for_chunks_of_every_size(void **state)
{
    (void)state;
    klingrec_limits limits = feed_any_size();
    uint32_t width = 1, height = 1;
    for (size_t i = 0; i < 2000; i++) {
        char text[200];
        klingrec_image_info info = klingrec_image_info_default();
        width = width * 1664525u + 1013904223u;
        height = height * 22695477u + 1u;
        (void)snprintf(text, sizeof text, "%s{'IHDR' %08X %08X 08 02 00 00 %02X} %s",
                       SIGNATURE, (width >> 1) | 1, (height >> 1) | 1,
                       (unsigned)(i % 2), IDAT IEND);
        bytes_make(&image, text);
        klingrec_request request = klingrec_request_bytes(image.at, image.len);
        (void)klingrec_check(&request, &limits, &info);
        assert_int_equal(info.broken_rules & KLINGREC_RULE_DAMAGED, 0);
        assert_int_equal(info.width, (width >> 1) | 1);
        assert_int_equal(info.height, (height >> 1) | 1);
    }
}

static void
damage_has_an_offset(void **state)
{
    static const offset_row rows[] = {
        {SIGNATURE IDAT IEND, 8},
        {SIGNATURE "{'IHDR' 00000190 0000012C 08 02 00 00 00}! ", 8},
        {SIGNATURE "{'CgBI' 50002002} " IHDR IDAT IEND, 8},
        {START "{'aBC1'} ", 33},
        {START "{'tEXt'} {'ABCD'} ", 45},
        {START "80000000 'tEXt' ", 33},
        {START IHDR, 33},
        {START IEND, 33},
        {PALETTE IDAT, 33},
        {PALETTE "{'PLTE' 01020304} ", 33},
        {START IDAT "00", 51},
        {START "{'acTL' 00*8} " IDAT IEND, 33},
    };
    (void)state;
    EXPECT_OFFSETS(rows);
}

static void
the_walk_finds_the_end(void **state)
{
    (void)state;
    EXPECT_ALL(walk_rows, 0);
}

static void
a_header_only_check_stops_at_the_first_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof walk_rows / sizeof walk_rows[0]; i++) {
        row r = walk_rows[i];
        r.detail = KLR_DETAIL_NONE;
        expect(&r, FORMAT, KLINGREC_REQUEST_HEADER_ONLY);
    }
}

static void
only_checksums_that_decoders_require_are_checked(void **state)
{
    (void)state;
    EXPECT_ALL(checksum_rows, 0);
}

static void
every_prefix_of_a_good_image_is_damaged(void **state)
{
    (void)state;
    klingrec_limits limits = feed_any_size();
    bytes_make(&image, PALETTE PLTE "{'tEXt' 'a' 00 'b'} " IDAT IDAT IEND);
    for (size_t len = 8; len < image.len; len++) {
        klingrec_image_info info;
        klingrec_status status = feed_all("a prefix", image.at, len, 0, &limits, &info);
        assert_int_equal(status, KLINGREC_ERR_IMAGE_DAMAGED);
        assert_int_equal(info.detail, KLR_DETAIL_TRUNCATED);
        assert_int_equal(info.where, len);
    }
}

static void
the_orientation_is_read_from_exif_before_the_data(void **state)
{
    static const struct {
        const char *name;
        const char *image;
        uint32_t orientation;
    } rows[] = {
        {"before",
         START
         "{'eXIf' 'MM' 002A 00000008 0001 0112 0003 00000001 00060000} " IDAT IEND,
         6},
        {"behind",
         START IDAT
         "{'eXIf' 'MM' 002A 00000008 0001 0112 0003 00000001 00060000} " IEND,
         1},
        {"the first of two",
         START
         "{'eXIf' 'MM' 002A 00000008 0001 0112 0003 00000001 00060000} "
         "{'eXIf' 'MM' 002A 00000008 0001 0112 0003 00000001 00030000} " IDAT IEND,
         6},
        {"an empty one", START "{'eXIf'} " IDAT IEND, 1},
    };
    (void)state;
    klingrec_limits limits = feed_any_size();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klingrec_image_info info;
        bytes_make(&image, rows[i].image);
        assert_int_equal(feed_all(rows[i].name, image.at, image.len, 0, &limits, &info),
                         KLINGREC_OK);
        assert_int_equal(info.orientation, rows[i].orientation);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_as_libpng_reads_them),
        cmocka_unit_test(every_depth_and_colour_type_is_judged_by_table_12),
        cmocka_unit_test(the_checksum_covers_every_bit_of_ihdr),
        cmocka_unit_test(checksums_are_correct_for_chunks_of_every_size),
        cmocka_unit_test(damage_has_an_offset),
        cmocka_unit_test(the_walk_finds_the_end),
        cmocka_unit_test(a_header_only_check_stops_at_the_first_data),
        cmocka_unit_test(only_checksums_that_decoders_require_are_checked),
        cmocka_unit_test(every_prefix_of_a_good_image_is_damaged),
        cmocka_unit_test(the_orientation_is_read_from_exif_before_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
