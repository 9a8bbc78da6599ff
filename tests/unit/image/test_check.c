/* SPDX-License-Identifier: MIT */
/* test_check.c - klingrec_check(): rules and arguments */
#include "../image_sources.h"
#include "../image_text.h"
#include "../os.h"
#include "image/check.h"

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

/* ---- Rules ------------------------------------------------------------------ */

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

/* A sparse file of 70 MB with a valid start. */
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
the_walk_of_a_refused_image_is_bounded(void **state)
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

    /* Other damage counts. */
    bytes_make(&image, JPEG_START "FFC0 000B 08 012C 0190 01 01 11 00 FFD9");
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_IMAGE_BYTES);
    assert_int_equal(info.broken_rules, BYTES | KLINGREC_RULE_DAMAGED);
    assert_int_equal(info.detail, KLR_DETAIL_JPEG_NO_SCAN);
}

static ptrdiff_t
read_and_count(void *user, uint64_t offset, void *buf, size_t len)
{
    *(size_t *)user += len;
    memcpy(buf, image.at + offset, len);
    return (ptrdiff_t)len;
}

/* The first read is large, because it has most headers whole. */
static void
a_header_is_read_without_what_its_segments_contain(void **state)
{
    (void)state;
    size_t bytes = 0;
    klingrec_reader reader = klingrec_reader_default();
    klingrec_image_info info = klingrec_image_info_default();
    bytes_make(&image, JPEG_START "FFE0 F000 00*61438 FFE0 F000 00*61438 "
                                  "FFE0 F000 00*61438 FFE0 F000 00*61438 "
                                  "FFC0 000B 08 012C 0190" JPEG_END);
    reader.user = &bytes;
    reader.read_at = read_and_count;
    reader.length = image.len;
    klingrec_request request = klingrec_request_reader(&reader);
    request.flags = KLINGREC_REQUEST_HEADER_ONLY;
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_OK);
    assert_true(bytes < 4096 + 4 * 1024);
}

static ptrdiff_t
read_nothing(void *user, uint64_t offset, void *buf, size_t len)
{
    ++*(unsigned *)user;
    (void)offset;
    (void)buf;
    (void)len;
    return -1;
}

static ptrdiff_t
read_the_start_only(void *user, uint64_t offset, void *buf, size_t len)
{
    (void)user;
    memset(buf, 1, len);
    return offset + len <= 4096 ? (ptrdiff_t)len : -1;
}

/* Its format is also looked for at the end. */
static void
an_image_whose_end_cannot_be_read_has_no_other_faults(void **state)
{
    (void)state;
    klingrec_reader reader = klingrec_reader_default();
    reader.read_at = read_the_start_only;
    reader.length = 10000;
    klingrec_request request = klingrec_request_reader(&reader);
    klingrec_image_info info = klingrec_image_info_default();
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_FILE);
    assert_int_equal(info.detail, KLR_DETAIL_READER_FAILED);
    assert_int_equal(info.broken_rules, 0);
}

static void
an_image_that_cannot_be_read_has_no_other_faults(void **state)
{
    (void)state;
    unsigned reads = 0;
    klingrec_reader reader = klingrec_reader_default();
    reader.user = &reads;
    reader.read_at = read_nothing;
    reader.length = 1000;
    klingrec_request request = klingrec_request_reader(&reader);
    klingrec_image_info info = klingrec_image_info_default();
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_FILE);
    assert_int_equal(reads, 1); /* it is not tried again */
    assert_int_equal(info.detail, KLR_DETAIL_READER_FAILED);
    assert_int_equal(info.broken_rules, 0);
    assert_int_equal(info.bytes, 0);
}

/* ---- The call --------------------------------------------------------------- */

static void
invalid_arguments_and_invalid_images_have_different_statuses(void **state)
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
only_the_syntax_of_a_url_is_checked(void **state)
{
    (void)state;
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_url("https://example.org/a.png");
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_OK);
    assert_int_equal(info.bytes, 0);
    assert_int_equal(info.where, 0);
    assert_int_equal(info.format, KLINGREC_FORMAT_UNKNOWN);
    assert_int_equal(info.broken_rules, 0);
    request = klingrec_request_url("example.org/a.png");
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_ERR_IMAGE_URL);
    assert_int_equal(info.detail, KLR_DETAIL_URL_SCHEME);
}

static void
an_older_caller_gets_only_the_fields_it_knows(void **state)
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
further_fields_of_a_newer_caller_stay_0(void **state)
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
old_values_in_info_are_ignored(void **state)
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

static void
old_values_in_info_are_ignored_also_without_an_image(void **state)
{
    (void)state;
    const klingrec_request requests[] = {klingrec_request_from(99, "", 0),
                                         klingrec_request_base64("A", 0)};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        klingrec_image_info info, clean = klingrec_image_info_default();
        klingrec_status status = klingrec_check(&requests[i], NULL, &clean);
        assert_int_not_equal(status, KLINGREC_OK);
        memset(&info, 0xFF, sizeof info);
        info.size = sizeof info;
        assert_int_equal(klingrec_check(&requests[i], NULL, &info), status);
        assert_memory_equal(&info, &clean, sizeof info);
    }
}

/* A new file gets the lowest number that is free. */
static void
a_checked_file_is_closed(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    make_png(400, 500);
    klingrec_image_info info = klingrec_image_info_default();
    const os_file file = os_file_new(NULL);
    os_file_write(&file, 0, image.at, image.len);
    const klingrec_request request = klingrec_request_file(file.path);
    const os_file before = os_file_new(NULL);
    os_file_remove(&before);
    assert_int_equal(klingrec_check(&request, NULL, &info), KLINGREC_OK);
    const os_file after = os_file_new(NULL);
    os_file_remove(&after);
    os_file_remove(&file);
    assert_int_equal(after.fd, before.fd);
}

/* A job and klingrec_check() both ask here. */
static void
a_file_that_changed_during_the_walk_is_not_called_damaged(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    const klingrec_limits limits = klingrec_limits_default();
    klingrec_image_info info = klingrec_image_info_default();
    klr_source source;
    make_png(400, 500);
    os_file file = os_file_new(NULL);
    os_file_write(&file, 0, image.at, image.len - 4);
    klingrec_request request = klingrec_request_file(file.path);
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_OK);
    os_file_write(&file, image.len - 4, image.at + image.len - 4, 4);
    assert_int_equal(klr_image_check(&source, &limits, false, &info),
                     KLINGREC_ERR_FILE);
    klr_source_close(&source);
    os_file_remove(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sides_and_their_ratio_are_compared_exactly),
        cmocka_unit_test(bytes_are_counted_exactly),
        cmocka_unit_test(all_broken_rules_are_named_and_the_first_is_returned),
        cmocka_unit_test(the_walk_of_a_refused_image_is_bounded),
        cmocka_unit_test(a_header_is_read_without_what_its_segments_contain),
        cmocka_unit_test(an_image_whose_end_cannot_be_read_has_no_other_faults),
        cmocka_unit_test(an_image_that_cannot_be_read_has_no_other_faults),
        cmocka_unit_test(invalid_arguments_and_invalid_images_have_different_statuses),
        cmocka_unit_test(only_the_syntax_of_a_url_is_checked),
        cmocka_unit_test(an_older_caller_gets_only_the_fields_it_knows),
        cmocka_unit_test(further_fields_of_a_newer_caller_stay_0),
        cmocka_unit_test(old_values_in_info_are_ignored),
        cmocka_unit_test(old_values_in_info_are_ignored_also_without_an_image),
        cmocka_unit_test(a_checked_file_is_closed),
        cmocka_unit_test(a_file_that_changed_during_the_walk_is_not_called_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
