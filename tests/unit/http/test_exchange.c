/* SPDX-License-Identifier: MIT */
/* test_exchange.c - the interface between transports and the core */
#include "http/exchange.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct rig {
    klr_alloc alloc;
    klr_source source;
    klr_body body;
    klingrec_exchange x;
} rig;

static void
rig_open(rig *r)
{
    klingrec_request request = klingrec_request_url("https://example.org/a.png");
    klingrec_image_info info = klingrec_image_info_default();
    r->alloc = klr_alloc_from(NULL, NULL);
    assert_int_equal(klr_source_open(&r->source, &request, &info), KLINGREC_OK);
    klr_body_init(&r->body, &r->source);
    klr_exchange_init(&r->x, "https://example.org/api", &r->body, &r->alloc);
    r->x.wall_clock_s = 1700000000; /* Tue, 14 Nov 2023 22:13:20 GMT */
}

static void
a_body_may_be_read_again_only_while_some_of_it_was_never_given_out(void **state)
{
    (void)state;
    rig r;
    char text[64];
    rig_open(&r);
    assert_string_equal(klingrec_exchange_url(&r.x), "https://example.org/api");
    assert_int_equal(klingrec_exchange_body_read(&r.x, text, 16), 16);
    assert_true(klingrec_exchange_body_rewind(&r.x));
    assert_int_equal(klingrec_exchange_body_read(&r.x, text, 64), 37);
    assert_memory_equal(text, "{\"image\":\"https://example.org/a.png\"}", 37);
    assert_int_equal(klingrec_exchange_body_size(&r.x), 37);
    assert_false(klingrec_exchange_body_rewind(&r.x));
    assert_int_equal(klingrec_exchange_body_read(&r.x, text, 64), 0);
    klr_exchange_free(&r.x);
}

static void
a_body_is_sent_in_time_or_not_at_all(void **state)
{
    (void)state;
    char text[64];
    for (size_t given = 16; given <= 64; given += 48) {
        rig r;
        rig_open(&r);
        (void)klingrec_exchange_body_read(&r.x, text, given);
        r.x.expired = true;
        bool whole = given == 64;
        assert_int_equal(klingrec_exchange_body_read(&r.x, text, 64),
                         whole ? 0 : KLINGREC_BODY_FAILED);
        klingrec_exchange_end(&r.x, KLINGREC_ERR_TRANSFER, true, NULL);
        assert_int_equal(r.x.sent, whole);
        assert_int_equal(r.x.status,
                         whole ? KLINGREC_ERR_TRANSFER : KLINGREC_ERR_CANCELED);
        klr_exchange_free(&r.x);
    }
}

static void
header_names_are_not_case_sensitive(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        uint32_t retry_after_ms;
        const char *request_id;
    } rows[] = {
        {"Retry-After", "7", 7000, ""},
        {"RETRY-AFTER", "0", 0, ""},
        {"retry-after", "Tue, 14 Nov 2023 22:13:25 GMT", 5000, ""},
        {"Retry-After-Ms", "1500", 1500, ""},
        {"Retry-After-M", "1500", 0, ""},
        {"X-Oneapi-Request-Id", "abc", 0, "abc"},
        {"x-request-id", "a~!", 0, "a~!"},
        {"x-request-id", "a\tb", 0, ""},
        {"x-request-id", "a\x7F", 0, ""},
        {"x-request-id", "\xC3\xA4", 0, ""},
        {"x-request-id2", "abc", 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig r;
        rig_open(&r);
        klingrec_exchange_set_http_status(&r.x, 429);
        klingrec_exchange_set_header(&r.x, rows[i].name, rows[i].value);
        assert_int_equal(r.x.retry_after_ms, rows[i].retry_after_ms);
        assert_string_equal(r.x.request_id, rows[i].request_id);
        klr_exchange_free(&r.x);
    }
}

static void
milliseconds_override_seconds_and_the_first_request_id_is_kept(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        rig r;
        rig_open(&r);
        klingrec_exchange_set_header(&r.x, order ? "Retry-After" : "Retry-After-Ms",
                                     order ? "2" : "1500");
        klingrec_exchange_set_header(&r.x, order ? "Retry-After-Ms" : "Retry-After",
                                     order ? "1500" : "2");
        klingrec_exchange_set_header(&r.x, "X-Request-Id", "first");
        klingrec_exchange_set_header(&r.x, "X-Oneapi-Request-Id", "second");
        assert_int_equal(r.x.retry_after_ms, 1500);
        assert_string_equal(r.x.request_id, "first");
        klr_exchange_free(&r.x);
    }
}

static void
an_invalid_number_of_milliseconds_does_not_override_the_seconds(void **state)
{
    (void)state;
    rig r;
    rig_open(&r);
    klingrec_exchange_set_header(&r.x, "Retry-After", "20");
    klingrec_exchange_set_header(&r.x, "Retry-After-Ms", "soon");
    assert_int_equal(r.x.retry_after_ms, 20000);
    klr_exchange_free(&r.x);
}

/* A truncated id could be a part of the key, which would not be hidden. */
static void
a_request_id_that_is_too_long_is_dropped(void **state)
{
    (void)state;
    for (size_t len = 126; len < 130; len++) {
        char id[160] = "";
        rig r;
        rig_open(&r);
        memset(id, 'x', len);
        klingrec_exchange_set_header(&r.x, "X-Request-Id", id);
        assert_string_equal(r.x.request_id, len < sizeof r.x.request_id ? id : "");
        klr_exchange_free(&r.x);
    }
}

static void
a_later_status_line_discards_the_response_before(void **state)
{
    (void)state;
    rig r;
    rig_open(&r);
    klingrec_exchange_set_http_status(&r.x, 103);
    klingrec_exchange_set_header(&r.x, "Retry-After", "7");
    klingrec_exchange_set_header(&r.x, "X-Request-Id", "early");
    assert_true(klingrec_exchange_write(&r.x, "early", 5));
    klingrec_exchange_set_http_status(&r.x, 200);
    assert_int_equal(r.x.http_status, 200);
    assert_int_equal(r.x.retry_after_ms, 0);
    assert_string_equal(r.x.request_id, "");
    assert_int_equal(r.x.response.len, 0);
    assert_true(klingrec_exchange_write(&r.x, "late", 4));
    assert_string_equal(r.x.response.data, "late");
    klr_exchange_free(&r.x);
}

static void
a_response_body_has_at_most_1_mib(void **state)
{
    (void)state;
    static char chunk[64 * 1024];
    for (int more = 0; more <= 1; more++) {
        rig r;
        rig_open(&r);
        for (int i = 0; i < 16; i++)
            assert_true(klingrec_exchange_write(&r.x, chunk, sizeof chunk));
        assert_int_equal(klingrec_exchange_write(&r.x, chunk, (size_t)more), !more);
        if (more) /* once over the limit, it stays over it */
            assert_false(klingrec_exchange_write(&r.x, chunk, 0));
        klingrec_exchange_end(&r.x, more ? KLINGREC_ERR_TRANSFER : KLINGREC_OK, true,
                              "what the transport saw of it");
        assert_int_equal(r.x.status, more ? KLINGREC_ERR_RESPONSE_BYTES : KLINGREC_OK);
        assert_true(r.x.sent);
        klr_exchange_free(&r.x);
    }
}

static ptrdiff_t
fail_to_read(void *user, uint64_t offset, void *buf, size_t len)
{
    (void)user;
    (void)offset;
    (void)buf;
    (void)len;
    return -1;
}

static void
an_unreadable_image_ends_the_exchange_unsent(void **state)
{
    (void)state;
    rig r;
    char text[64];
    klingrec_reader reader = klingrec_reader_default();
    reader.read_at = fail_to_read;
    reader.length = 100;
    klingrec_request request = klingrec_request_reader(&reader);
    klingrec_image_info info = klingrec_image_info_default();
    r.alloc = klr_alloc_from(NULL, NULL);
    assert_int_equal(klr_source_open(&r.source, &request, &info), KLINGREC_OK);
    klr_body_init(&r.body, &r.source);
    klr_exchange_init(&r.x, "https://example.org/api", &r.body, &r.alloc);
    assert_true(klingrec_exchange_body_read(&r.x, text, 64) == KLINGREC_BODY_FAILED);
    klingrec_exchange_end(&r.x, KLINGREC_ERR_TRANSFER, true, "aborted");
    assert_int_equal(r.x.status, KLINGREC_ERR_FILE);
    assert_false(r.x.sent);
    klr_exchange_free(&r.x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_body_may_be_read_again_only_while_some_of_it_was_never_given_out),
        cmocka_unit_test(a_body_is_sent_in_time_or_not_at_all),
        cmocka_unit_test(header_names_are_not_case_sensitive),
        cmocka_unit_test(
            milliseconds_override_seconds_and_the_first_request_id_is_kept),
        cmocka_unit_test(
            an_invalid_number_of_milliseconds_does_not_override_the_seconds),
        cmocka_unit_test(a_request_id_that_is_too_long_is_dropped),
        cmocka_unit_test(a_later_status_line_discards_the_response_before),
        cmocka_unit_test(a_response_body_has_at_most_1_mib),
        cmocka_unit_test(an_unreadable_image_ends_the_exchange_unsent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
