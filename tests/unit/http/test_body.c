/* SPDX-License-Identifier: MIT */
/* test_body.c - the request body, in pieces of every size, from every source */
#include "../image_sources.h"
#include "../os.h"
#include "http/body.h"

enum { MOST = 700 };

static unsigned char bytes[MOST];

static void
fill_bytes(void)
{
    for (size_t i = 0; i < MOST; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 3);
}

/* An independent encoder, one bit at a time. */
static size_t
expected_text(char *text, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t at = (size_t)sprintf(text, "{\"image\":\"");
    for (size_t bit = 0; bit < len * 8; bit += 6) {
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++)
            value = value * 2 +
                    (i < len * 8 ? (unsigned)bytes[i / 8] >> (7 - i % 8) & 1u : 0u);
        text[at++] = alphabet[value];
    }
    while ((at - 10) % 4 != 0)
        text[at++] = '=';
    return at + (size_t)sprintf(text + at, "\"}");
}

static size_t
read_all(klr_body *body, char *text, size_t piece)
{
    size_t total = 0, got = 1;
    while (got > 0) {
        assert_int_equal(klr_body_read(body, text + total, piece, &got), KLINGREC_OK);
        assert_true(got <= piece);
        total += got;
    }
    return total;
}

static void
open_body(klr_source *source, klr_body *body, const klingrec_request *request)
{
    klingrec_image_info info = klingrec_image_info_default();
    assert_int_equal(klr_source_open(source, request, &info), KLINGREC_OK);
    klr_body_init(body, source);
}

static void
the_body_does_not_depend_on_the_size_of_its_pieces(void **state)
{
    (void)state;
    char expected[MOST * 2], text[MOST * 2 + 64];
    fill_bytes();
    for (size_t len = 0; len < 200; len++) {
        size_t size = expected_text(expected, len);
        for (size_t piece = 1; piece < 80; piece++) {
            klingrec_request request = klingrec_request_bytes(bytes, len);
            klr_source source;
            klr_body body;
            open_body(&source, &body, &request);
            assert_int_equal(klr_body_size(&body), size);
            assert_int_equal(read_all(&body, text, piece), size);
            assert_memory_equal(text, expected, size);
            klr_body_rewind(&body);
            assert_int_equal(read_all(&body, text, 1000), size);
            assert_memory_equal(text, expected, size);
            klr_source_close(&source);
        }
    }
}

/* A small piece ends inside of a group of four, and a large one follows. */
static void
the_pieces_may_be_of_different_sizes(void **state)
{
    (void)state;
    char expected[MOST * 2], text[MOST * 2 + 64];
    fill_bytes();
    size_t size = expected_text(expected, MOST);
    for (size_t small = 1; small < 24; small++)
        for (size_t large = 1; large < 24; large++) {
            klingrec_request request = klingrec_request_bytes(bytes, MOST);
            klr_source source;
            klr_body body;
            size_t total = 0, got = 1;
            open_body(&source, &body, &request);
            for (unsigned i = 0; got > 0; i++, total += got) {
                size_t len = i % 2 == 0 ? small : large;
                assert_int_equal(klr_body_read(&body, text + total, len, &got),
                                 KLINGREC_OK);
                assert_true(got + 4 > len || total + got == size);
            }
            assert_int_equal(total, size);
            assert_memory_equal(text, expected, size);
            klr_source_close(&source);
        }
}

static void
all_sources_of_the_same_bytes_give_the_same_body(void **state)
{
    (void)state;
    char expected[MOST * 2], text[MOST * 2 + 64], base64[MOST * 2];
    fill_bytes();
    size_t size = expected_text(expected, MOST);
    int n = sprintf(base64, "data:image/png;base64,\r\n%.*s", (int)(size - 12),
                    expected + 10);
    feed_memory memory = {bytes, MOST, 11};
    klingrec_reader reader = klingrec_reader_default();
    reader.user = &memory;
    reader.read_at = feed_read_at;
    reader.length = MOST;
    const klingrec_request requests[] = {
        klingrec_request_reader(&reader), klingrec_request_base64(base64, (size_t)n),
        klingrec_request_base64(expected + 10, size - 12)};
    for (size_t i = 0; i < 3; i++)
        for (size_t piece = 1; piece < 300; piece++) {
            klr_source source;
            klr_body body;
            open_body(&source, &body, &requests[i]);
            assert_int_equal(read_all(&body, text, piece), size);
            assert_memory_equal(text, expected, size);
            klr_source_close(&source);
        }
}

typedef struct counted_reads {
    feed_memory memory;
    size_t reads, bytes;
} counted_reads;

static ptrdiff_t
count_read(void *user, uint64_t offset, void *buf, size_t len)
{
    counted_reads *counted = user;
    counted->reads++;
    counted->bytes += len;
    return feed_read_at(&counted->memory, offset, buf, len);
}

/* No byte is read twice, and a group is split between two reads only where the buffer
   is smaller than the prefix and a group. */
static void
each_read_of_the_body_reads_the_image_once(void **state)
{
    (void)state;
    fill_bytes();
    for (size_t piece = 1; piece < 300; piece++) {
        counted_reads counted = {{bytes, MOST, MOST}, 0, 0};
        klingrec_reader reader = klingrec_reader_default();
        reader.user = &counted;
        reader.read_at = count_read;
        reader.length = MOST;
        const klingrec_request request = klingrec_request_reader(&reader);
        char text[300];
        klr_source source;
        klr_body body;
        open_body(&source, &body, &request);
        const size_t end = 10 + (size_t)body.text_size;
        size_t reads = 0, got = 1;
        for (size_t at = 0; got > 0; at += got) {
            reads += at < end;
            assert_int_equal(klr_body_read(&body, text, piece, &got), KLINGREC_OK);
        }
        if (piece >= 14)
            assert_int_equal(counted.reads, reads);
        assert_in_range(counted.bytes, MOST,
                        MOST + 2); /* the last group is asked whole */
    }
}

static void
a_url_is_sent_as_it_is(void **state)
{
    (void)state;
    char text[128];
    for (size_t piece = 1; piece < 60; piece++) {
        klingrec_request request =
            klingrec_request_url("https://example.org/a%20b.png");
        klr_source source;
        klr_body body;
        open_body(&source, &body, &request);
        size_t size = read_all(&body, text, piece);
        text[size] = '\0';
        assert_string_equal(text, "{\"image\":\"https://example.org/a%20b.png\"}");
        klr_source_close(&source);
    }
}

/* A file of len bytes that is changed after so many pieces of the body were read. */
static klingrec_status
read_changing(size_t len, size_t pieces, size_t new_length, size_t *total)
{
    char text[64];
    os_file file = os_file_new(NULL);
    os_file_write(&file, 0, bytes, len);
    klingrec_request request = klingrec_request_file(file.path);
    klr_source source;
    klr_body body;
    open_body(&source, &body, &request);
    klingrec_status status = KLINGREC_OK;
    size_t got = 1;
    *total = 0;
    for (size_t i = 0; status == KLINGREC_OK && got > 0; i++) {
        if (i == pieces)
            os_file_truncate(&file, new_length);
        status = klr_body_read(&body, text, sizeof text, &got);
        *total += got;
        assert_true(status == KLINGREC_OK || got == 0);
    }
    assert_int_equal(status == KLINGREC_OK, *total == klr_body_size(&body));
    klr_source_close(&source);
    os_file_remove(&file);
    return status;
}

static void
a_file_that_changes_during_the_upload_is_never_sent_completely(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    size_t total;
    fill_bytes();
    for (size_t pieces = 0; pieces < 12; pieces++) {
        assert_int_equal(read_changing(600, pieces, 0, &total), KLINGREC_ERR_FILE);
        assert_int_equal(read_changing(600, pieces, 599, &total), KLINGREC_ERR_FILE);
        assert_int_equal(read_changing(600, pieces, 601, &total), KLINGREC_ERR_FILE);
    }
    assert_int_equal(read_changing(600, 100, 0, &total), KLINGREC_OK);
}

/* Of a file that was written just now, the bytes that were checked are those sent, in
   each attempt. */
static void
a_new_file_is_sent_as_often_as_its_bytes_are_those_checked(void **state)
{
    (void)state;
    if (!KLR_HAS_FILES)
        skip();
    char text[MOST * 2 + 64];
    size_t got;
    fill_bytes();
    os_file file = os_file_new(NULL);
    os_file_write(&file, 0, bytes, MOST);
    klingrec_request request = klingrec_request_file(file.path);
    klingrec_image_info info = klingrec_image_info_default();
    klr_source source;
    klr_body body;
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_OK);
    klr_source_watch(&source, 0);
    assert_int_equal(klr_source_finish_check(&source), KLINGREC_OK);
    klr_body_init(&body, &source);
    assert_int_equal(read_all(&body, text, 100), klr_body_size(&body));
    klr_body_rewind(&body);
    assert_int_equal(klr_body_read(&body, text, 100, &got), KLINGREC_OK);
    klr_body_rewind(&body);
    assert_int_equal(read_all(&body, text, 100), klr_body_size(&body));
    klr_source_close(&source);
    os_file_remove(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_does_not_depend_on_the_size_of_its_pieces),
        cmocka_unit_test(the_pieces_may_be_of_different_sizes),
        cmocka_unit_test(all_sources_of_the_same_bytes_give_the_same_body),
        cmocka_unit_test(each_read_of_the_body_reads_the_image_once),
        cmocka_unit_test(a_url_is_sent_as_it_is),
        cmocka_unit_test(
            a_file_that_changes_during_the_upload_is_never_sent_completely),
        cmocka_unit_test(a_new_file_is_sent_as_often_as_its_bytes_are_those_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
