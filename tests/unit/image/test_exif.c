/* SPDX-License-Identifier: MIT */
/* test_exif.c - which orientation an Exif segment gives */
#include "../image_sources.h"
#include "../image_text.h"

#define SOI             "FFD8 "
#define FRAME           "FFC0 000B 08 012C 0190 01 01 11 00 "
#define REST            "FFDA 0008 01 01 00 00 3F 00 FFD9 "
#define TIFF_LE         "'II' 2A00 08000000 "
#define TIFF_BE         "'MM' 002A 00000008 "
#define APP1(len, tiff) "FFE1 " len " 'Exif' 0000 " tiff

static byte_run image;

typedef struct exif_row {
    const char *name;
    const char *segments;
    uint32_t orientation;
} exif_row;

static const exif_row exif_rows[] = {
    {"no Exif", "", 1},
    {"SHORT, little endian",
     APP1("0022", TIFF_LE "0100 1201 0300 01000000 06000000 00000000 "), 6},
    {"SHORT, big endian",
     APP1("0022", TIFF_BE "0001 0112 0003 00000001 00080000 00000000 "), 8},
    {"LONG", APP1("0022", TIFF_BE "0001 0112 0004 00000001 00000003 00000000 "), 3},
    {"SSHORT", APP1("0022", TIFF_BE "0001 0112 0008 00000001 00050000 00000000 "), 5},
    {"SLONG", APP1("0022", TIFF_LE "0100 1201 0900 01000000 07000000 00000000 "), 7},
    {"BYTE", APP1("0022", TIFF_BE "0001 0112 0001 00000001 02000000 00000000 "), 2},
    {"ASCII is no number",
     APP1("0022", TIFF_BE "0001 0112 0002 00000001 06000000 00000000 "), 1},
    {"a count of 2", APP1("0022", TIFF_BE "0001 0112 0003 00000002 00060006 00000000 "),
     1},
    {"the value 0", APP1("0022", TIFF_BE "0001 0112 0003 00000001 00000000 00000000 "),
     1},
    {"the value 9", APP1("0022", TIFF_BE "0001 0112 0003 00000001 00090000 00000000 "),
     1},
    {"the second entry",
     APP1("002A", TIFF_BE "0002 0100 0003 00000001 00060000 "
                          "0112 0003 00000001 00070000 "),
     7},
    {"an entry that the segment cuts off",
     APP1("001D", TIFF_BE "0001 0112 0003 00000001 000600 "), 1},
    {"a directory outside of the segment", APP1("0010", "'MM' 002A 00000009 "), 1},
    {"a directory far away", APP1("0010", "'MM' 002A FFFFFFFF "), 1},
    {"a directory behind the segment",
     APP1("0010", "'MM' 002A 0000000C ") "FFFE 0014 0001 0112 0003 00000001 "
                                         "00060000 00000000 ",
     1},
    {"an entry behind the last one of the directory",
     APP1("002E", TIFF_BE "0001 0100 0003 00000001 00060000 "
                          "0112 0003 00000001 00070000 00000000 "),
     1},
    {"not a TIFF structure",
     APP1("0022", "'MN' 002A 00000008 0001 0112 0003 00000001 "
                  "00060000 00000000 "),
     1},
    {"another version",
     APP1("0022", "'MM' 002B 00000008 0001 0112 0003 00000001 "
                  "00060000 00000000 "),
     1},
    {"only the first of two Exif segments counts",
     APP1("0022", TIFF_BE "0001 0112 0003 00000001 00060000 00000000 ")
         APP1("0022", TIFF_BE "0001 0112 0003 00000001 00030000 00000000 "),
     6},
    {"a filler that is not 0",
     "FFE1 0022 'Exif' 00FF " TIFF_BE "0001 0112 0003 00000001 00060000 00000000 ", 6},
    {"an APP1 segment that is shorter than its prefix",
     "FFE1 0007 'Exif' 00 " APP1("0022",
                                 TIFF_BE "0001 0112 0003 00000001 00060000 00000000 "),
     6},
    {"an XMP segment before it",
     "FFE1 0008 'http:/' " APP1("0022",
                                TIFF_BE "0001 0112 0003 00000001 00060000 00000000 "),
     6},
};

static void
the_orientation_is_read_in_every_integer_type(void **state)
{
    (void)state;
    klingrec_limits limits = feed_any_size();
    for (size_t i = 0; i < sizeof exif_rows / sizeof exif_rows[0]; i++) {
        const exif_row *r = &exif_rows[i];
        klingrec_image_info info;
        char text[1024];
        (void)snprintf(text, sizeof text, "%s%s%s", SOI, r->segments, FRAME REST);
        bytes_make(&image, text);
        assert_int_equal(feed_all(r->name, image.at, image.len, 0, &limits, &info),
                         KLINGREC_OK);
        if (info.orientation != r->orientation)
            fail_msg("%s: %u", r->name, info.orientation);
        assert_int_equal(info.width, 400);
        assert_int_equal(info.height, 300);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_orientation_is_read_in_every_integer_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
