/* SPDX-License-Identifier: MIT */
/* test_jpeg.c - which files are JPEGs that decoders can read */
#include "../image_rows.h"

/* A good JPEG of 400 x 300 pixels is SOI FRAME SCAN DATA EOI. */
#define SOI         "FFD8 "
#define EOI         "FFD9 "
#define FRAME       "FFC0 000B 08 012C 0190 01 01 11 00 "
#define SCAN        "FFDA 0008 01 01 00 00 3F 00 "
#define DATA        "12 34 FF00 56 FFD0 78 FFD7 FFFF00 "
#define REST        SCAN DATA EOI
#define FRAME3(ids) "FFC0 0011 08 012C 0190 03 " ids
#define NORMAL3     FRAME3("01 22 00 02 11 01 03 11 01 ")
#define FRAME4      "FFC0 0014 08 012C 0190 04 01 11 00 02 11 00 03 11 00 04 11 00 "
#define FRAME5      "FFC0 0017 08 012C 0190 05 01 11 00 02 11 00 03 11 00 04 11 00 05 11 00 "
#define FRAME_OF(marker, precision)                                                    \
    "FF" marker " 000B " precision " 012C 0190 01 01 11 00 "

enum { FORMAT = KLINGREC_FORMAT_JPEG };

#define ODD       WITH_SIZE
#define BAD       NO_SIZE
#define BAD_SIZED WITH_SIZE

static const row header_rows[] = {
    GOOD("the smallest image", SOI FRAME REST),
    GOOD("three components",
         SOI NORMAL3 "FFDA 000C 03 01 00 02 11 03 11 00 3F 00 " EOI),
    GOOD("extended sequential", SOI FRAME_OF("C1", "08") REST),
    GOOD("progressive", SOI FRAME_OF("C2", "08") REST),
    GOOD("fill bytes before a marker", SOI "FFFFFFFF" FRAME "FFFF" REST),
    GOOD("restart and TEM markers have no length", SOI "FFD0 FFD7 FF01 " FRAME REST),
    GOOD("a frame header within APP1 is not looked at",
         SOI "FFE1 000F FFC0 000B 08 0001 0001 01 01 11 00 " FRAME REST),
    GOOD("an APP segment of length 0 counts as 2", SOI "FFE0 0000 " FRAME REST),
    GOOD("an APP segment of length 1 counts as 2", SOI "FFE5 0001 " FRAME REST),
    GOOD("a comment of length 0 counts as 2", SOI "FFFE 0000 " FRAME REST),
    GOOD("a DNL in the header is skipped", SOI "FFDC 0004 0001 " FRAME REST),
    GOOD("bytes behind the end", SOI FRAME REST "00*1000 " SOI),
    ODD("lossless", JPEG_LOSSLESS, SOI FRAME_OF("C3", "08") REST),
    ODD("lossless with 16 bits", JPEG_LOSSLESS, SOI FRAME_OF("C3", "10") REST),
    ODD("lossless with 2 bits", JPEG_LOSSLESS, SOI FRAME_OF("C3", "02") REST),
    BAD_SIZED("lossless with 17 bits", JPEG_FRAME, SOI FRAME_OF("C3", "11") REST),
    BAD_SIZED("lossless with 1 bit", JPEG_FRAME, SOI FRAME_OF("C3", "01") REST),
    ODD("12 bits", JPEG_PRECISION, SOI FRAME_OF("C1", "0C") REST),
    BAD_SIZED("11 bits", JPEG_FRAME, SOI FRAME_OF("C1", "0B") REST),
    BAD_SIZED("7 bits", JPEG_FRAME, SOI FRAME_OF("C0", "07") REST),
    ODD("arithmetic coding", JPEG_ARITHMETIC, SOI FRAME_OF("C9", "08") REST),
    ODD("progressive arithmetic coding", JPEG_ARITHMETIC,
        SOI FRAME_OF("CA", "08") REST),
    ODD("lossless arithmetic coding", JPEG_LOSSLESS, SOI FRAME_OF("CB", "08") REST),
    BAD_SIZED("differential", JPEG_UNSUPPORTED, SOI FRAME_OF("C5", "08") REST),
    BAD_SIZED("differential lossless", JPEG_UNSUPPORTED, SOI FRAME_OF("C7", "08") REST),
    BAD_SIZED("the reserved frame type", JPEG_UNSUPPORTED,
              SOI FRAME_OF("C8", "08") REST),
    BAD_SIZED("differential arithmetic", JPEG_UNSUPPORTED,
              SOI FRAME_OF("CD", "08") REST),
    BAD_SIZED("the last frame type", JPEG_UNSUPPORTED, SOI FRAME_OF("CF", "08") REST),
    BAD_SIZED("JPEG-LS", JPEG_UNSUPPORTED, SOI FRAME_OF("F7", "08") REST),
    ODD("two components", JPEG_COMPONENTS,
        SOI "FFC0 000E 08 012C 0190 02 01 11 00 02 11 00 " REST),
    ODD("four components", JPEG_CMYK,
        SOI "FFC0 0014 08 012C 0190 04 01 11 00 02 11 00 03 11 00 04 11 00 " REST),
    ODD("ten components", JPEG_COMPONENTS,
        SOI "FFC0 0026 08 012C 0190 0A 01 11 00 02 11 00 03 11 00 04 11 00 05 11 00 "
            "06 11 00 07 11 00 08 11 00 09 11 00 0A 11 00 " REST),
    BAD_SIZED("eleven components", JPEG_FRAME,
              SOI
              "FFC0 0029 08 012C 0190 0B 01 11 00 02 11 00 03 11 00 04 11 00 "
              "05 11 00 06 11 00 07 11 00 08 11 00 09 11 00 0A 11 00 0B 11 00 " REST),
    BAD_SIZED("no component", JPEG_FRAME, SOI "FFC0 0008 08 012C 0190 00 " REST),
    BAD_SIZED("a frame header one byte short", JPEG_FRAME,
              SOI "FFC0 000A 08 012C 0190 01 01 11 " REST),
    BAD_SIZED("a frame header one byte long", JPEG_FRAME,
              SOI "FFC0 000C 08 012C 0190 01 01 11 00 00 " REST),
    BAD("a frame header without room for a size", JPEG_FRAME, SOI "FFC0 0007 08*5 "),
    {"width 0", SOI "FFC0 000B 08 012C 0000 01 01 11 00 " REST, 0, 300,
     KLR_DETAIL_JPEG_FRAME},
    {"width 1", SOI "FFC0 000B 08 012C 0001 01 01 11 00 " REST, 1, 300,
     KLR_DETAIL_NONE},
    {"a side of 65500", SOI "FFC0 000B 08 012C FFDC 01 01 11 00 " REST, 65500, 300,
     KLR_DETAIL_NONE},
    {"a side of 65501", SOI "FFC0 000B 08 FFDD 0190 01 01 11 00 " REST, 400, 65501,
     KLR_DETAIL_JPEG_SIDE},
    {"a height of 65500", SOI "FFC0 000B 08 FFDC 0190 01 01 11 00 " REST, 400, 65500,
     KLR_DETAIL_NONE},
    {"a width of 65501", SOI "FFC0 000B 08 012C FFDD 01 01 11 00 " REST, 65501, 300,
     KLR_DETAIL_JPEG_SIDE},
    ODD("lossless with 9 bits", JPEG_LOSSLESS, SOI FRAME_OF("C3", "09") REST),
    GOOD("sampling 4 x 4", SOI "FFC0 000B 08 012C 0190 01 01 44 00 " REST),
    BAD_SIZED("sampling 5 x 1", JPEG_FRAME,
              SOI "FFC0 000B 08 012C 0190 01 01 51 00 " REST),
    BAD_SIZED("sampling 1 x 5", JPEG_FRAME,
              SOI "FFC0 000B 08 012C 0190 01 01 15 00 " REST),
    BAD_SIZED("sampling 0 x 1", JPEG_FRAME,
              SOI "FFC0 000B 08 012C 0190 01 01 01 00 " REST),
    BAD_SIZED("sampling 1 x 0", JPEG_FRAME,
              SOI "FFC0 000B 08 012C 0190 01 01 10 00 " REST),
};

static const row structure_rows[] = {
    ODD("a byte of garbage", JPEG_GARBAGE, SOI "00 " FRAME REST),
    ODD("65536 bytes of garbage", JPEG_GARBAGE, SOI "00*65536 " FRAME REST),
    BAD("65537 bytes of garbage", JPEG_GARBAGE_LIMIT, SOI "00*65537 " FRAME REST),
    ODD("garbage that contains FF 00", JPEG_GARBAGE, SOI "FF00 41 " FRAME REST),
    BAD_SIZED("65537 bytes of garbage around the frame", JPEG_GARBAGE_LIMIT,
              SOI "00*40000 " FRAME "00*25537 " REST),
    GOOD("70000 fill bytes", SOI "FF*70000 " FRAME REST),
    BAD("a second SOI", JPEG_SECOND_SOI, SOI SOI FRAME REST),
    BAD_SIZED("a second frame header", JPEG_SECOND_FRAME, SOI FRAME FRAME REST),
    BAD("a scan before the frame", JPEG_NO_FRAME, SOI SCAN FRAME REST),
    BAD("an end before the frame", JPEG_NO_SCAN, SOI EOI FRAME REST),
    BAD_SIZED("an end before the scan", JPEG_NO_SCAN, SOI FRAME EOI REST),
    BAD("a reserved marker", JPEG_MARKER, SOI "FF02 0004 0000 " FRAME REST),
    BAD("the last reserved marker", JPEG_MARKER, SOI "FFBF 0004 0000 " FRAME REST),
    BAD("a JPG extension marker", JPEG_MARKER, SOI "FFF0 0004 0000 " FRAME REST),
    BAD("a DHP marker", JPEG_MARKER, SOI "FFDE 0004 0000 " FRAME REST),
    BAD("nothing behind SOI", TRUNCATED, SOI),
    BAD("only FF behind SOI", TRUNCATED, SOI "FF"),
    BAD("a marker without a length", TRUNCATED, SOI "FFE0 00"),
    BAD("a frame header that is cut off", TRUNCATED, SOI "FFC0 000B 08 012C 01"),
    BAD_SIZED("components that are cut off", TRUNCATED,
              SOI "FFC0 000B 08 012C 0190 01"),
    BAD_SIZED("nothing behind the frame header", TRUNCATED, SOI FRAME),
    BAD_SIZED("a scan header that is cut off", TRUNCATED, SOI FRAME "FFDA 0008 01"),
    BAD("an APP1 segment that is cut off", TRUNCATED, SOI "FFE1 0022 'Exi'"),
    BAD("an APP segment longer than the file", TRUNCATED, SOI "FFE0 FFFF 00*100"),
    GOOD("a DRI of length 4", SOI "FFDD 0004 0001 " FRAME REST),
    BAD("a DRI of length 5", JPEG_TABLE, SOI "FFDD 0005 000100 " FRAME REST),
    BAD("a DRI of length 3", JPEG_TABLE, SOI "FFDD 0003 00 " FRAME REST),
    GOOD("a DQT with 8-bit elements", SOI "FFDB 0043 03 01*64 " FRAME REST),
    BAD("a DQT one byte short", JPEG_TABLE, SOI "FFDB 0042 03 01*63 " FRAME REST),
    BAD("a DQT one byte long", JPEG_TABLE, SOI "FFDB 0044 03 01*65 " FRAME REST),
    BAD("a DQT with index 4", JPEG_TABLE, SOI "FFDB 0043 04 01*64 " FRAME REST),
    GOOD("a DQT with 16-bit elements", SOI "FFDB 0083 10 01*128 " FRAME REST),
    GOOD("two tables in a DQT", SOI "FFDB 0084 00 01*64 01 01*64 " FRAME REST),
    GOOD("an empty DQT", SOI "FFDB 0002 " FRAME REST),
    BAD("a DQT of length 1", JPEG_TABLE, SOI "FFDB 0001 " FRAME REST),
    GOOD("a DHT", SOI "FFC4 0014 13 01 00*15 07 " FRAME REST),
    GOOD("a DHT without values", SOI "FFC4 0013 00 00*16 " FRAME REST),
    BAD("a DHT without its last count", JPEG_TABLE,
        SOI "FFC4 0012 00 00*15 " FRAME REST),
    BAD("a DHT with fewer values", JPEG_TABLE,
        SOI "FFC4 0014 13 02 00*15 07 " FRAME REST),
    BAD("a DHT with more values", JPEG_TABLE,
        SOI "FFC4 0015 13 01 00*15 0707 " FRAME REST),
    BAD("a DHT with index 4", JPEG_TABLE, SOI "FFC4 0014 04 01 00*15 07 " FRAME REST),
    BAD("a DHT with class 2", JPEG_TABLE, SOI "FFC4 0014 20 01 00*15 07 " FRAME REST),
    GOOD("a DHT with 256 values", SOI "FFC4 0113 00 FF 01 00*14 07*256 " FRAME REST),
    BAD("a DHT with 257 values", JPEG_TABLE,
        SOI "FFC4 0114 00 FF 02 00*14 07*257 " FRAME REST),
    GOOD("a DHT with values of every length",
         SOI "FFC4 00BC 00 0101010101010101 0101010101010101 07*16 "
             "01 0102030405060708 090A0B0C0D0E0F10 07*136 " FRAME REST),
    GOOD("a DAC whose AC values are no interval", SOI "FFCC 0004 10 45 " FRAME REST),
    GOOD("a DAC", SOI "FFCC 0006 0F 54 1F FF " FRAME REST),
    GOOD("a DAC with the smallest interval", SOI "FFCC 0004 00 33 " FRAME REST),
    BAD("a DAC with an interval upside down", JPEG_TABLE,
        SOI "FFCC 0004 0F 45 " FRAME REST),
    BAD("a DAC with index 32", JPEG_TABLE, SOI "FFCC 0004 20 00 " FRAME REST),
    BAD("a DQT that ends too early at the end of the file", JPEG_TABLE,
        SOI "FFDB 0003 00"),
    BAD("a DHT with index 4 at the end of the file", JPEG_TABLE,
        SOI "FFC4 0013 04 00*16"),
    BAD("a second DHT that ends too early at the end of the file", JPEG_TABLE,
        SOI "FFC4 0014 00 00*16 01"),
    BAD("a DAC of odd length", JPEG_TABLE, SOI "FFCC 0005 00 00 00 " FRAME REST),
    BAD_SIZED("a scan without components", JPEG_SCAN,
              SOI FRAME "FFDA 0006 00 00 3F 00 " EOI),
    BAD_SIZED("a scan one byte short", JPEG_SCAN,
              SOI FRAME "FFDA 0007 01 01 00 00 3F " EOI),
    BAD_SIZED("a scan one byte long", JPEG_SCAN,
              SOI FRAME "FFDA 0009 01 01 00 00 3F 00 00 " EOI),
    BAD_SIZED("a scan of an unknown component", JPEG_SCAN,
              SOI FRAME "FFDA 0008 01 02 00 00 3F 00 " EOI),
    BAD_SIZED("a scan with a component twice", JPEG_SCAN,
              SOI NORMAL3 "FFDA 000A 02 01 00 01 00 00 3F 00 " EOI),
    BAD_SIZED("a scan with a later component twice", JPEG_SCAN,
              SOI NORMAL3 "FFDA 000A 02 02 00 02 00 00 3F 00 " EOI),
    BAD_SIZED("a scan in another order", JPEG_SCAN,
              SOI NORMAL3 "FFDA 000A 02 02 00 01 00 00 3F 00 " EOI),
    ODD("a scan of four components", JPEG_CMYK,
        SOI FRAME4 "FFDA 000E 04 01 00 02 00 03 00 04 00 00 3F 00 " EOI),
    BAD_SIZED("a scan of five components", JPEG_SCAN,
              SOI FRAME5 "FFDA 0010 05 01 00 02 00 03 00 04 00 05 00 00 3F 00 " EOI),
    GOOD("a scan of the last component",
         SOI NORMAL3 "FFDA 0008 01 03 00 00 3F 00 " EOI),
};

/* From here on the file is read to its end. */
static const row walk_rows[] = {
    BAD_SIZED("no end", TRUNCATED, SOI FRAME SCAN DATA),
    BAD_SIZED("half of the end", TRUNCATED, SOI FRAME SCAN DATA "FF"),
    BAD_SIZED("no data behind the scan header", TRUNCATED, SOI FRAME SCAN),
    BAD_SIZED("a scan header without its last byte", TRUNCATED,
              SOI FRAME "FFDA 0008 01 01 00 00 3F"),
    BAD_SIZED("an end inside of a segment between scans", TRUNCATED,
              SOI FRAME SCAN DATA "FFFE 0006 FFD9 FFD9"),
    GOOD("a segment between scans", SOI FRAME SCAN DATA "FFFE 0006 FFD9 FFD9 " REST),
    GOOD("several scans", SOI FRAME SCAN DATA SCAN DATA "FFC4 0002 " REST),
    GOOD("fill bytes before the end", SOI FRAME SCAN DATA "FFFFFF" EOI),
    GOOD("FF at the end of a read", SOI FRAME SCAN "00*4053 FF00*200 " EOI),
    GOOD("FF at the end of a long read", SOI FRAME SCAN "00*36831 FF*17 00 " EOI),
    GOOD("an end that two reads share", SOI FRAME SCAN "00*36838 " EOI),
    GOOD("data that two reads share", SOI FRAME SCAN "00*36838 FF00 00*33000 " EOI),
    GOOD("a reserved marker in the data", SOI FRAME SCAN DATA "FF02 " EOI),
    BAD_SIZED("another image before the end", JPEG_SECOND_SOI,
              SOI FRAME SCAN DATA SOI FRAME REST),
    BAD_SIZED("a marker between scans without a length", TRUNCATED,
              SOI FRAME SCAN DATA "FFE0 00"),
    BAD_SIZED("a segment longer than the file", TRUNCATED,
              SOI FRAME SCAN DATA "FFE0 FFFF " EOI),
};

static const row height_rows[] = {
    ODD("the height behind the first scan", JPEG_DNL,
        SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN DATA "FFDC 0004 012C " EOI),
    {"no DNL behind the first scan",
     SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN DATA EOI, 400, 0,
     KLR_DETAIL_JPEG_NO_HEIGHT},
    {"a DNL of height 0",
     SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN DATA "FFDC 0004 0000 " EOI, 400, 0,
     KLR_DETAIL_JPEG_NO_HEIGHT},
    {"a DNL of the wrong length",
     SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN DATA "FFDC 0005 012C00 " EOI, 400,
     0, KLR_DETAIL_JPEG_NO_HEIGHT},
    {"a DNL that is cut off",
     SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN DATA "FFDC 0004 01", 400, 0,
     KLR_DETAIL_TRUNCATED},
    {"another segment before the DNL",
     SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN DATA
         "FFFE 0002 FFDC 0004 012C " EOI,
     400, 0, KLR_DETAIL_JPEG_NO_HEIGHT},
    {"cut off before the DNL", SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN DATA, 400,
     0, KLR_DETAIL_TRUNCATED},
};

static void
headers_are_read_as_libjpeg_reads_them(void **state)
{
    (void)state;
    EXPECT_ALL(header_rows, 0);
    EXPECT_ALL(header_rows, KLINGREC_REQUEST_HEADER_ONLY);
}

static void
the_structure_is_judged_as_libjpeg_judges_it(void **state)
{
    (void)state;
    EXPECT_ALL(structure_rows, 0);
    EXPECT_ALL(structure_rows, KLINGREC_REQUEST_HEADER_ONLY);
}

static void
the_walk_detects_truncation_and_nothing_else(void **state)
{
    (void)state;
    EXPECT_ALL(walk_rows, 0);
}

static void
a_header_only_check_stops_at_the_scan_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof walk_rows / sizeof walk_rows[0]; i++) {
        row r = walk_rows[i];
        r.detail = KLR_DETAIL_NONE;
        expect(&r, FORMAT, KLINGREC_REQUEST_HEADER_ONLY);
    }
}

static void
a_scan_header_is_read_up_to_its_last_component(void **state)
{
    static const row rows[] = {
        GOOD("the last component is there", SOI FRAME "FFDA 0008 01 01"),
        BAD_SIZED("it is not", TRUNCATED, SOI FRAME "FFDA 0008 01"),
    };
    (void)state;
    EXPECT_ALL(rows, KLINGREC_REQUEST_HEADER_ONLY);
}

static void
damage_and_oddities_have_an_offset(void **state)
{
    static const offset_row rows[] = {
        {SOI SOI FRAME REST, 2},
        {SOI EOI, 2},
        {SOI "FFFF02 " FRAME REST, 3},
        {SOI "FFF0 0002 " FRAME REST, 2},
        {SOI "FFE0 0004 0000 FFDD 0005 000100 " FRAME REST, 8},
        {SOI FRAME FRAME REST, 15},
        {SOI "FFFF" FRAME_OF("C9", "08") REST, 4},
        {SOI "FFE0 0002 00 " FRAME REST, 6},
        {SOI FRAME SCAN "00 " SOI, 26},
        {SOI FRAME SCAN "00 ", 26},
        {SOI "00*65537 ", 65539},
        {SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN EOI, 2},
        {SOI "FFC0 000B 08 0000 0190 01 01 11 00 " SCAN "00 FFDC 0004 012C " EOI, 26},
    };
    (void)state;
    EXPECT_OFFSETS(rows);
}

static void
a_height_of_0_is_defined_after_the_first_scan(void **state)
{
    (void)state;
    EXPECT_ALL(height_rows, 0);
    EXPECT_ALL(height_rows, KLINGREC_REQUEST_HEADER_ONLY);
}

static void
every_prefix_of_a_good_image_is_damaged(void **state)
{
    (void)state;
    klingrec_limits limits = feed_any_size();
    bytes_make(&image,
               SOI "FFDB 0043 00 01*64 " FRAME "FFC4 0014 13 01 00*15 07 " REST);
    for (size_t len = 2; len < image.len; len++) {
        klingrec_image_info info;
        klingrec_status status = feed_all("a prefix", image.at, len, 0, &limits, &info);
        assert_int_equal(status, KLINGREC_ERR_IMAGE_DAMAGED);
        assert_int_equal(info.detail, KLR_DETAIL_TRUNCATED);
        assert_int_equal(info.where, len);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_as_libjpeg_reads_them),
        cmocka_unit_test(the_structure_is_judged_as_libjpeg_judges_it),
        cmocka_unit_test(the_walk_detects_truncation_and_nothing_else),
        cmocka_unit_test(a_header_only_check_stops_at_the_scan_header),
        cmocka_unit_test(a_scan_header_is_read_up_to_its_last_component),
        cmocka_unit_test(damage_and_oddities_have_an_offset),
        cmocka_unit_test(a_height_of_0_is_defined_after_the_first_scan),
        cmocka_unit_test(every_prefix_of_a_good_image_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
