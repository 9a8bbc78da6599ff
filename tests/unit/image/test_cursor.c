/* SPDX-License-Identifier: MIT */
/* test_cursor.c - the bytes of an image, through a window of a few of them */
#include "image/cursor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LENGTH = 100000 };

static unsigned char image[LENGTH];
static unsigned char window[KLR_CURSOR_WINDOW];
static unsigned reads;
static uint64_t fails_from; /* reads of this byte and of those behind it */

static ptrdiff_t
read_at(void *user, uint64_t offset, void *buf, size_t len)
{
    (void)user;
    reads++;
    if (offset + len > fails_from)
        return -1;
    memcpy(buf, image + offset, len);
    return (ptrdiff_t)len;
}

/* The source of a reader of the image's first `end` bytes. */
static klr_source
open_reader(uint64_t end, uint64_t first_failure)
{
    static klingrec_reader reader;
    klr_source source;
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_default();
    for (size_t i = 0; i < LENGTH; i++)
        image[i] = (unsigned char)(i % 251);
    reader = klingrec_reader_default();
    reader.read_at = read_at;
    reader.length = LENGTH;
    request.from = KLINGREC_FROM_READER;
    request.data = &reader;
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_OK);
    assert_true(end <= source.length);
    reads = 0;
    fails_from = first_failure;
    return source;
}

static void
expect(klr_cursor *cursor, uint64_t offset, size_t n)
{
    const unsigned char *bytes = klr_peek(cursor, offset, n);
    assert_non_null(bytes);
    assert_memory_equal(bytes, image + offset, n);
}

static void
any_bytes_of_the_image_can_be_looked_at(void **state)
{
    static const uint64_t offsets[] = {0, 1, 4095, 4096, 60000, 59999, 300, 99488};
    (void)state;
    klr_source source = open_reader(LENGTH, LENGTH);
    for (int ahead = 0; ahead < 2; ahead++) {
        klr_cursor cursor;
        klr_cursor_init(&cursor, &source, LENGTH, window);
        if (ahead)
            klr_cursor_read_ahead(&cursor);
        for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
            expect(&cursor, offsets[i], 1);
            expect(&cursor, offsets[i], KLR_PEEK_MAX);
        }
        expect(&cursor, LENGTH - 1, 1);
        expect(&cursor, LENGTH, 0);
    }
    klr_source_close(&source);
}

static void
bytes_behind_the_end_and_too_many_at_once_are_refused(void **state)
{
    (void)state;
    klr_source source = open_reader(LENGTH, LENGTH);
    klr_cursor cursor;
    klr_cursor_init(&cursor, &source, 50000, window);
    assert_null(klr_peek(&cursor, 0, KLR_PEEK_MAX + 1));
    assert_null(klr_peek(&cursor, 50000, 1));
    assert_null(klr_peek(&cursor, 49999, 2));
    assert_null(klr_peek(&cursor, 50001, 0));
    assert_null(klr_peek(&cursor, UINT64_MAX, 2));
    assert_int_equal(reads, 0);
    expect(&cursor, 49999, 1);
    assert_int_equal(cursor.status, KLINGREC_OK);
    klr_source_close(&source);
}

static void
bytes_in_the_window_are_not_read_again(void **state)
{
    (void)state;
    klr_source source = open_reader(LENGTH, LENGTH);
    klr_cursor cursor;
    klr_cursor_init(&cursor, &source, LENGTH, window);
    expect(&cursor, 0, 10);
    expect(&cursor, KLR_READ_FIRST - 10, 10);
    assert_int_equal(reads, 1);
    image[KLR_READ_FIRST - 10]++; /* of a file that changes */
    const unsigned char *bytes = klr_peek(&cursor, KLR_READ_FIRST - 10, 20);
    assert_int_equal(reads, 2);
    assert_non_null(bytes);
    assert_int_equal(bytes[0], image[KLR_READ_FIRST - 10] - 1);
    assert_memory_equal(bytes + 1, image + KLR_READ_FIRST - 9, 19);
    klr_source_close(&source);
}

static void
a_run_has_all_bytes_of_the_window(void **state)
{
    (void)state;
    size_t n;
    klr_source source = open_reader(LENGTH, LENGTH);
    klr_cursor cursor;
    klr_cursor_init(&cursor, &source, LENGTH, window);
    const unsigned char *bytes = klr_run(&cursor, 100, 1, &n);
    assert_int_equal(n, KLR_READ_FIRST);
    assert_memory_equal(bytes, image + 100, n);
    bytes = klr_run(&cursor, 200, 1, &n);
    assert_int_equal(n, KLR_READ_FIRST - 100);
    assert_memory_equal(bytes, image + 200, n);
    assert_null(klr_run(&cursor, LENGTH, 1, &n));
    assert_int_equal(n, 0);
    klr_source_close(&source);
}

static void
a_read_that_fails_ends_the_image(void **state)
{
    (void)state;
    klr_source source = open_reader(LENGTH, 50000);
    klr_cursor cursor;
    klr_cursor_init(&cursor, &source, LENGTH, window);
    expect(&cursor, 0, 1);
    assert_null(klr_peek(&cursor, 60000, 1));
    assert_int_equal(cursor.status, KLINGREC_ERR_FILE);
    assert_null(klr_peek(&cursor, 0, 1));
    assert_int_equal(reads, 2);
    klr_source_close(&source);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_of_the_image_can_be_looked_at),
        cmocka_unit_test(bytes_behind_the_end_and_too_many_at_once_are_refused),
        cmocka_unit_test(bytes_in_the_window_are_not_read_again),
        cmocka_unit_test(a_run_has_all_bytes_of_the_window),
        cmocka_unit_test(a_read_that_fails_ends_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
