/* SPDX-License-Identifier: MIT */
/* test_url.c - which URLs may go into a request as they are */
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct row {
    const char *text;
    klr_detail detail;
    size_t where;
    const char *host; /* NULL: refused */
    bool https;
    bool loopback;
} row;

static const row rows[] = {
    {"https://example.org/a.png", KLR_DETAIL_NONE, 0, "example.org", true, false},
    {"http://example.org", KLR_DETAIL_NONE, 0, "example.org", false, false},
    {"HTTPS://Example.ORG/", KLR_DETAIL_NONE, 0, "Example.ORG", true, false},
    {"https://a?q", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a#f", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a/b@c:d", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a:1/", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a:65535/", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a:/", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a:0/", KLR_DETAIL_URL_PORT, 10, NULL, true, false},
    {"https://a:65536/", KLR_DETAIL_URL_PORT, 10, NULL, true, false},
    {"https://a:99999999999999999999/", KLR_DETAIL_URL_PORT, 10, NULL, true, false},
    {"https://a:8x/", KLR_DETAIL_URL_PORT, 10, NULL, true, false},
    {"https://a:-1/", KLR_DETAIL_URL_PORT, 10, NULL, true, false},
    {"https://[::1]/", KLR_DETAIL_NONE, 0, "::1", true, true},
    {"https://[::1]:80/", KLR_DETAIL_NONE, 0, "::1", true, true},
    {"https://[2001:db8::1]", KLR_DETAIL_NONE, 0, "2001:db8::1", true, false},
    {"https://[::1]:0/", KLR_DETAIL_URL_PORT, 14, NULL, true, false},
    {"https://[::1]x/", KLR_DETAIL_URL_HOST, 13, NULL, true, false},
    {"https://[::1/", KLR_DETAIL_URL_HOST, 8, NULL, true, false},
    {"https://[]/", KLR_DETAIL_URL_HOST, 8, NULL, true, false},
    {"https:///a", KLR_DETAIL_URL_HOST, 8, NULL, true, false},
    {"https://", KLR_DETAIL_URL_HOST, 8, NULL, true, false},
    {"http://:80/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"https://user@a/", KLR_DETAIL_URL_USER, 12, NULL, true, false},
    {"https://user:word@a/", KLR_DETAIL_URL_USER, 17, NULL, true, false},
    {"https://@/", KLR_DETAIL_URL_USER, 8, NULL, true, false},
    {"ftp://a/", KLR_DETAIL_URL_SCHEME, 0, NULL, false, false},
    {"https:/a", KLR_DETAIL_URL_SCHEME, 0, NULL, false, false},
    {"a.png", KLR_DETAIL_URL_SCHEME, 0, NULL, false, false},
    {" https://a", KLR_DETAIL_URL_SCHEME, 0, NULL, false, false},
    {"", KLR_DETAIL_URL_SCHEME, 0, NULL, false, false},
    {"data:image/png;base64,AAAA", KLR_DETAIL_URL_DATA, 0, NULL, false, false},
    {"Data:,", KLR_DETAIL_URL_DATA, 0, NULL, false, false},
    {"https://a/b c", KLR_DETAIL_URL_CHAR, 11, NULL, true, false},
    {"https://a/b\n", KLR_DETAIL_URL_CHAR, 11, NULL, true, false},
    {"https://a/b\rHost:c", KLR_DETAIL_URL_CHAR, 11, NULL, true, false},
    {"https://a/\x7F", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/~!$&'()*+,;=%7E", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a/\"", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\\", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/<", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/>", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a\\@b/", KLR_DETAIL_URL_CHAR, 9, NULL, true, false},
    {"https://a/\xC3\xA4\xE5\x9B\xBE\xF0\x9F\x98\x80", KLR_DETAIL_NONE, 0, "a", true,
     false},
    {"https://a/\xC3", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\x80", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\xC0\xAF", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\xE0\x9F\xBF", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\xE0\xA0\x80", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a/\xED\x9F\xBF", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a/\xED\xA0\x80", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\xF4\x8F\xBF\xBF", KLR_DETAIL_NONE, 0, "a", true, false},
    {"https://a/\xF4\x90\x80\x80", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\xF5\x80\x80\x80", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\xE5\x9B/", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\xF0\x9F\x98/", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"https://a/\xE5\x9B", KLR_DETAIL_URL_CHAR, 10, NULL, true, false},
    {"http://localhost:8080/", KLR_DETAIL_NONE, 0, "localhost", false, true},
    {"http://LOCALHOST/", KLR_DETAIL_NONE, 0, "LOCALHOST", false, true},
    {"http://localhost.example.org/", KLR_DETAIL_NONE, 0, "localhost.example.org",
     false, false},
    {"http://127.0.0.1/", KLR_DETAIL_NONE, 0, "127.0.0.1", false, true},
    {"http://127.255.255.254/", KLR_DETAIL_NONE, 0, "127.255.255.254", false, true},
    {"http://127.0.0.256/", KLR_DETAIL_NONE, 0, "127.0.0.256", false, false},
    {"http://127.999.0.1/", KLR_DETAIL_NONE, 0, "127.999.0.1", false, false},
    {"http://128.0.0.1/", KLR_DETAIL_NONE, 0, "128.0.0.1", false, false},
    {"http://127.0.0.1.example.org/", KLR_DETAIL_NONE, 0, "127.0.0.1.example.org",
     false, false},
    {"http://127.0.0/", KLR_DETAIL_NONE, 0, "127.0.0", false, false},
    {"http://127.0.0", KLR_DETAIL_NONE, 0, "127.0.0", false, false},
    {"http://127.0.0.1.1/", KLR_DETAIL_NONE, 0, "127.0.0.1.1", false, false},
    {"http://127.0.0./", KLR_DETAIL_NONE, 0, "127.0.0.", false, false},
    {"http://127..0.1/", KLR_DETAIL_URL_HOST, 11, NULL, false, false},

    /* A host is local only if its text has no other interpretation. */
    {"http://127.0.0.0/", KLR_DETAIL_NONE, 0, "127.0.0.0", false, true},
    {"http://127.0.0.00/", KLR_DETAIL_NONE, 0, "127.0.0.00", false, false},
    {"http://127.0.0.099/", KLR_DETAIL_NONE, 0, "127.0.0.099", false, false},
    {"http://127.08.0.1/", KLR_DETAIL_NONE, 0, "127.08.0.1", false, false},
    {"http://0127.0.0.1/", KLR_DETAIL_NONE, 0, "0127.0.0.1", false, false},
    {"http://127.0.0.1./", KLR_DETAIL_NONE, 0, "127.0.0.1.", false, false},
    {"http://127.1/", KLR_DETAIL_NONE, 0, "127.1", false, false},
    {"http://0x7f.1/", KLR_DETAIL_NONE, 0, "0x7f.1", false, false},
    {"http://2130706433/", KLR_DETAIL_NONE, 0, "2130706433", false, false},
    {"http://localhost./", KLR_DETAIL_NONE, 0, "localhost.", false, false},
    {"http://a.localhost/", KLR_DETAIL_NONE, 0, "a.localhost", false, false},
    {"http://localhos/", KLR_DETAIL_NONE, 0, "localhos", false, false},
    {"http://localhost_/", KLR_DETAIL_NONE, 0, "localhost_", false, false},
    {"http://\xEF\xBD\x8Cocalhost/", KLR_DETAIL_NONE, 0, "\xEF\xBD\x8Cocalhost", false,
     false},
    {"http://[0:0:0:0:0:0:0:1]/", KLR_DETAIL_NONE, 0, "0:0:0:0:0:0:0:1", false, true},
    {"http://[0::0001]/", KLR_DETAIL_NONE, 0, "0::0001", false, true},
    {"http://[::0.0.0.1]/", KLR_DETAIL_NONE, 0, "::0.0.0.1", false, true},
    {"http://[::]/", KLR_DETAIL_NONE, 0, "::", false, false},
    {"http://[1::1]/", KLR_DETAIL_NONE, 0, "1::1", false, false},
    {"http://[1::]/", KLR_DETAIL_NONE, 0, "1::", false, false},
    {"http://[::1:0]/", KLR_DETAIL_NONE, 0, "::1:0", false, false},
    {"http://[::ffff:127.0.0.1]/", KLR_DETAIL_NONE, 0, "::ffff:127.0.0.1", false,
     false},
    {"http://[::127.0.0.1]/", KLR_DETAIL_NONE, 0, "::127.0.0.1", false, false},

    /* Brackets contain an IPv6 address; only a port may follow. */
    {"http://[localhost]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[127.0.0.1]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[v1.a]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1].example.org/", KLR_DETAIL_URL_HOST, 12, NULL, false, false},
    {"http://[::1]:80:80/", KLR_DETAIL_URL_PORT, 13, NULL, false, false},
    {"http://[::1]]/", KLR_DETAIL_URL_HOST, 12, NULL, false, false},
    {"http://[[::1]]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1%25lo]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1%lo]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://::1/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://x[::1]/", KLR_DETAIL_URL_HOST, 8, NULL, false, false},
    {"http://[1:2:3:4:5:6:7:8]/", KLR_DETAIL_NONE, 0, "1:2:3:4:5:6:7:8", false, false},
    {"http://[1:2:3:4:5:6:7:8:9]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[1:2:3:4:5:6:7]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[1:2:3:4:5:6:7::]/", KLR_DETAIL_NONE, 0, "1:2:3:4:5:6:7::", false, false},
    {"http://[1:2:3:4::5:6:7:8]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[1:2:3:4:5:6:1.2.3.4]/", KLR_DETAIL_NONE, 0, "1:2:3:4:5:6:1.2.3.4", false,
     false},
    {"http://[1:2:3:4:5:6:7:1.2.3.4]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1.2.3.4:1]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1.2.3]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1.2.3.256]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1.2.3.04]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1:2:3:4:5:6:7:8:9]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[1::2::3]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[:::]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[:]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[:1]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::1:]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::fFfF]/", KLR_DETAIL_NONE, 0, "::fFfF", false, false},
    {"http://[::10000]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::00001]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://[::g]/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},

    /* A name is letters, digits, - and _ with single dots between. */
    {"http://A-z_0.9/", KLR_DETAIL_NONE, 0, "A-z_0.9", false, false},
    {"http://a./", KLR_DETAIL_NONE, 0, "a.", false, false},
    {"http://a../", KLR_DETAIL_URL_HOST, 9, NULL, false, false},
    {"http://.a/", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://./", KLR_DETAIL_URL_HOST, 7, NULL, false, false},
    {"http://loc%61lhost/", KLR_DETAIL_URL_HOST, 10, NULL, false, false},
    {"http://localhost%00.example.org/", KLR_DETAIL_URL_HOST, 16, NULL, false, false},
    {"http://localhost%2f.example.org/", KLR_DETAIL_URL_HOST, 16, NULL, false, false},
    {"http://localhost;a/", KLR_DETAIL_URL_HOST, 16, NULL, false, false},
    {"http://localhost&a/", KLR_DETAIL_URL_HOST, 16, NULL, false, false},
    {"http://b\xC3\xBC.example/", KLR_DETAIL_NONE, 0, "b\xC3\xBC.example", false,
     false},
    {"http://\xC4\x80.example/", KLR_DETAIL_NONE, 0, "\xC4\x80.example", false, false},
    {"http://localhost:1:2/", KLR_DETAIL_URL_PORT, 17, NULL, false, false},
    {"http://localhost:+1/", KLR_DETAIL_URL_PORT, 17, NULL, false, false},
};

static void
urls_are_parsed_and_errors_have_an_offset(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* A block of exactly this size, so that a sanitizer detects reads past the
           end. */
        size_t len = strlen(rows[i].text), where = 99;
        char *text = malloc(len > 0 ? len : 1);
        klr_url url;
        assert_non_null(text);
        memcpy(text, rows[i].text, len);
        klr_detail detail = klr_url_parse(&url, text, len, &where);
        if (detail != rows[i].detail)
            fail_msg("%s: detail %u", rows[i].text, detail);
        if (rows[i].host != NULL) {
            assert_int_equal(url.host_len, strlen(rows[i].host));
            assert_memory_equal(url.host, rows[i].host, url.host_len);
            assert_int_equal(url.https, rows[i].https);
            assert_int_equal(url.is_loopback, rows[i].loopback);
        } else if (where != rows[i].where) {
            fail_msg("%s: at %zu", rows[i].text, where);
        }
        free(text);
    }
}

/* RFC 3629: the first and the last sequence of each kind, and those beside them. */
static void
text_beyond_ascii_is_utf8(void **state)
{
    static const struct {
        const char *sequence;
        bool good;
    } sequences[] = {
        {"\xC2\x80", true},          {"\xDF\xBF", true},
        {"\xE1\x80\x80", true},      {"\xEC\xBF\xBF", true},
        {"\xEE\x80\x80", true},      {"\xEF\xBF\xBF", true},
        {"\xF0\x90\x80\x80", true},  {"\xF0\xBF\xBF\xBF", true},
        {"\xF1\x80\x80\x80", true},  {"\xF3\xBF\xBF\xBF", true},
        {"\xF4\x80\x80\x80", true},  {"\xE0\xC0\x80", false},
        {"\xC2\x7F", false},         {"\xC2\xC0", false},
        {"\xE1\xC0\x80", false},     {"\xEE\x7F\x80", false},
        {"\xEF\xC0\x80", false},     {"\xF0\x8F\xBF\xBF", false},
        {"\xF0\xC0\x80\x80", false}, {"\xF1\x7F\x80\x80", false},
        {"\xF3\xC0\x80\x80", false}, {"\xF1\x80\xC0\x80", false},
        {"\xF1\x80\x80\xC0", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
        char text[32] = "https://a/";
        klr_url url;
        size_t where;
        strcat(text, sequences[i].sequence);
        klr_detail detail = klr_url_parse(&url, text, strlen(text), &where);
        if ((detail == KLR_DETAIL_NONE) != sequences[i].good)
            fail_msg("sequence %zu", i);
    }
}

static void
a_url_has_at_most_65535_bytes(void **state)
{
    static char text[KLR_URL_MAX + 1] = "https://a/";
    klr_url url;
    size_t where;
    (void)state;
    memset(text + 10, 'b', sizeof text - 10);
    assert_int_equal(klr_url_parse(&url, text, KLR_URL_MAX, &where), KLR_DETAIL_NONE);
    assert_int_equal(klr_url_parse(&url, text, KLR_URL_MAX + 1, &where),
                     KLR_DETAIL_URL_LENGTH);
    assert_int_equal(where, KLR_URL_MAX);
}

static void
a_nul_within_the_length_does_not_end_the_url(void **state)
{
    klr_url url;
    size_t where;
    (void)state;
    assert_int_equal(klr_url_parse(&url, "https://a\0b", 11, &where),
                     KLR_DETAIL_URL_CHAR);
    assert_int_equal(where, 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_parsed_and_errors_have_an_offset),
        cmocka_unit_test(text_beyond_ascii_is_utf8),
        cmocka_unit_test(a_url_has_at_most_65535_bytes),
        cmocka_unit_test(a_nul_within_the_length_does_not_end_the_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
