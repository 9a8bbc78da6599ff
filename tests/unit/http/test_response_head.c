/* SPDX-License-Identifier: MIT */
/* test_response_head.c - parses the head of a response, line by line */
#include "http/exchange.h"
#include "http/response_head.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct outcome {
    bool accepted; /* all lines were */
    bool whole;
    bool not_http1;
    bool malformed;
    int http_status;
    uint32_t retry_after_ms;
    const char *request_id;
} outcome;

static bool
feed(klr_head *head, const char *line)
{
    /* Without a NUL, so that a tool detects reads past the end. */
    size_t len = strlen(line);
    char *copy = test_malloc(len + 1);
    memcpy(copy, line, len);
    bool accepted = klr_head_line(head, copy, len);
    test_free(copy);
    return accepted;
}

static void
response_lines_are_parsed_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *lines[6];
        outcome expected;
    } rows[] = {
#define OK   "HTTP/1.1 200 OK\r\n"
#define GOOD true, false, false, false
#define BAD  false, false, false, true
        {{OK}, {GOOD, 200, 0, ""}},
        {{OK, "\r\n"}, {true, true, false, false, 200, 0, ""}},
        {{"HTTP/1.0 503\r\n", "Retry-After: 3\r\n", "\r\n"},
         {true, true, false, false, 503, 3000, ""}},
        {{"HTTP/1.1 429 Too Many\n", "retry-after:\t 3  \n", "\n"},
         {true, true, false, false, 429, 3000, ""}},
        {{"HTTP/1.1 100 Continue\r\n", "X-Request-Id: a\r\n", "\r\n", OK, "\r\n"},
         {true, true, false, false, 200, 0, ""}},
        {{OK, "\r\n", "Retry-After: 9\r\n", "X-Request-Id: a\r\n"},
         {true, true, false, false, 200, 0, ""}},
        {{OK, "X-Request-Id: a:b\r\n", "\r\n"},
         {true, true, false, false, 200, 0, "a:b"}},
        /* Other versions */
        {{"HTTP/2 200\r\n"}, {false, false, true, false, 0, 0, ""}},
        {{"HTTP/2.0 200\r\n"}, {false, false, true, false, 0, 0, ""}},
        {{"HTTP/1.9 200 OK\r\n"}, {false, false, true, false, 0, 0, ""}},
        {{"HTTP/0.9 200 OK\r\n"}, {false, false, true, false, 0, 0, ""}},
        {{"ICY 200 OK\r\n"}, {false, false, true, false, 0, 0, ""}},
        {{"http/1.1 200 OK\r\n"}, {false, false, true, false, 0, 0, ""}},
        {{" HTTP/1.1 200 OK\r\n"}, {false, false, true, false, 0, 0, ""}},
        {{"X-A: before the status line\r\n"}, {false, false, true, false, 0, 0, ""}},
        /* Status lines */
        {{"HTTP/1.1 100\r\n"}, {GOOD, 100, 0, ""}},
        {{"HTTP/1.1 099 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1 000 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1 999 OK\r\n"}, {GOOD, 999, 0, ""}},
        {{"HTTP/1.1 2000 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1 20 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1 20\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1 2x0 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1 -20 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1 200OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1 200\tOK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1  200 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1\t200 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1200 OK\r\n"}, {BAD, 0, 0, ""}},
        {{"HTTP/1.1\r\n"}, {BAD, 0, 0, ""}},
        /* Headers */
        {{OK, "no colon\r\n"}, {BAD, 200, 0, ""}},
        {{OK, "HTTP/1.1 401 No\r\n"}, {BAD, 200, 0, ""}},
        {{OK, "HTTP/1.1 401: No\r\n"}, {GOOD, 200, 0, ""}},
        {{OK, "X-A: a\r\n", " no colon\r\n", "\tno colon\r\n", " \r\n"},
         {GOOD, 200, 0, ""}},
        /* Lengths */
        {{OK, "Content-Length: 4\r\n"}, {GOOD, 200, 0, ""}},
        {{OK, "content-length:\t4 \t\r\n"}, {GOOD, 200, 0, ""}},
        {{OK, "Content-Length: 4\r\n", "Content-Length: 04\r\n"}, {GOOD, 200, 0, ""}},
        {{OK, "Content-Length: 4\r\n", "Content-Length: 5\r\n"}, {BAD, 200, 0, ""}},
        {{"HTTP/1.1 100 Continue\r\n", "Content-Length: 4\r\n", "\r\n", OK,
          "Content-Length: 5\r\n"},
         {GOOD, 200, 0, ""}},
        {{OK, "Content-Length: 4\r\n", " 5\r\n"}, {BAD, 200, 0, ""}},
        {{OK, "Content-Length: 4\r\n", "X-A: a\r\n", " 5\r\n"}, {GOOD, 200, 0, ""}},
        {{OK, "Content-Length:\r\n"}, {BAD, 200, 0, ""}},
        {{OK, "Content-Length: 4, 4\r\n"}, {BAD, 200, 0, ""}},
        {{OK, "Content-Length: 4x\r\n"}, {BAD, 200, 0, ""}},
        {{OK, "Content-Length: 4 4\r\n"}, {BAD, 200, 0, ""}},
        {{OK, "Content-Length: +4\r\n"}, {BAD, 200, 0, ""}},
        {{OK, "Content-Length: 99999999999999999999999999\r\n"}, {GOOD, 200, 0, ""}},
        {{OK, "\r\n", "no colon\r\n"}, {false, true, false, true, 200, 0, ""}},
        {{OK, "\r\n", "HTTP/1.1 401 No\r\n"}, {false, true, false, true, 200, 0, ""}},
        {{OK, "\r\n", "A: b\r\n", "\r\n"}, {true, true, false, false, 200, 0, ""}},
        /* The second response has no status line. */
        {{"HTTP/1.1 100 Continue\r\n", "\r\n", "A: b\r\n"},
         {false, false, true, false, 100, 0, ""}},
        /* Truncated lines */
        {{OK, "\r"}, {GOOD, 200, 0, ""}},
        {{OK, "X-Request-Id: a"}, {GOOD, 200, 0, ""}},
        {{"HTTP/1.1 20"}, {GOOD, 0, 0, ""}},
        {{"\r\n"}, {GOOD, 0, 0, ""}},
        {{""}, {GOOD, 0, 0, ""}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klingrec_exchange x;
        memset(&x, 0, sizeof x);
        klr_head head = {.x = &x};
        bool accepted = true;
        for (size_t k = 0; k < 6 && rows[i].lines[k] != NULL; k++)
            accepted = feed(&head, rows[i].lines[k]) && accepted;
        const outcome *e = &rows[i].expected;
        assert_int_equal(accepted, e->accepted);
        assert_int_equal(head.whole, e->whole);
        assert_int_equal(head.not_http1, e->not_http1);
        assert_int_equal(head.malformed, e->malformed);
        assert_int_equal(x.http_status, e->http_status);
        assert_int_equal(x.retry_after_ms, e->retry_after_ms);
        assert_string_equal(x.request_id, e->request_id);
    }
}

static void
a_header_of_1_kib_is_skipped_and_a_status_line_of_1_kib_is_parsed(void **state)
{
    (void)state;
    for (size_t len = 1020; len < 1030; len++) {
        klingrec_exchange x;
        memset(&x, 0, sizeof x);
        klr_head head = {.x = &x};
        char line[1100] = "HTTP/1.1 200 ";
        memset(line + 13, 'x', len - 13);
        line[len] = '\n';
        assert_true(klr_head_line(&head, line, len + 1));
        assert_int_equal(x.http_status, 200);
        memset(line, ' ', len);
        memcpy(line, "X-Request-Id:", 13);
        line[len - 1] = 'x';
        assert_true(klr_head_line(&head, line, len + 1));
        assert_int_equal(x.request_id[0] == 'x', len < 1024);
    }
}

static void
a_nul_in_a_line_is_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t len;
    } rows[] = {
        {"HTTP/1.1 200\0OK\r\n", 17},
        {"HTTP/1.1 200 O\0K\r\n", 18},
        {"X-A: a\0b\r\n", 10},
        {"X\0A: ab\r\n", 9},
        {" \0\r\n", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klingrec_exchange x;
        memset(&x, 0, sizeof x);
        klr_head head = {.x = &x, .open = i >= 2, .http_status = i >= 2 ? 200 : 0};
        assert_false(klr_head_line(&head, rows[i].line, rows[i].len));
        assert_true(head.malformed);
    }
}

static void
a_response_head_has_at_most_64_kib(void **state)
{
    (void)state;
    klingrec_exchange x;
    memset(&x, 0, sizeof x);
    klr_head head = {.x = &x};
    char line[1024];
    memset(line, 'a', sizeof line);
    line[1] = ':';
    line[sizeof line - 1] = '\n';
    head.open = true;
    for (int i = 0; i < 64; i++)
        assert_true(klr_head_line(&head, line, sizeof line));
    assert_int_equal(head.bytes, KLR_HEAD_MAX);
    assert_false(klr_head_line(&head, line, 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_lines_are_parsed_strictly),
        cmocka_unit_test(
            a_header_of_1_kib_is_skipped_and_a_status_line_of_1_kib_is_parsed),
        cmocka_unit_test(a_nul_in_a_line_is_malformed),
        cmocka_unit_test(a_response_head_has_at_most_64_kib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
