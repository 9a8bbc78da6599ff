/* SPDX-License-Identifier: MIT */
/* test_answers.c - complete answers that HTTP or the service do not define */
#include "../sampling.h"
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curlver.h>

#define OK_HEAD(headers) NET_HEAD(headers "Connection: close\r\n")
#define CHUNKED          OK_HEAD("Transfer-Encoding: chunked\r\n")
#define ONE_CHUNK        "43\r\n" NET_BODY "\r\n"
#define HTTP(status_line)                                                              \
    status_line "\r\nConnection: close\r\n" NET_LENGTH "\r\n" NET_BODY
#define JSON_OF(code) "{\"code\":" #code ",\"message\":\"no\"}"
#define KIB                                                                            \
    SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY      \
        SIXTY SIXTY SIXTY
#define KIB_OF_HEADER "X-Filler: " KIB "\r\n"
#define SIXTY         "................................................................"

typedef struct answer_case {
    const char *name;
    const char *text;
    size_t len;
    klingrec_status status;
    klingrec_delivery delivery;
    int http_status;
} answer_case;

#define CASE(name, text, status, delivery, http_status)                                \
    {                                                                                  \
        name, text, sizeof(text) - 1, KLINGREC_##status, KLINGREC_DELIVERY_##delivery, \
            http_status                                                                \
    }

/* Each answer is sent, and then the connection is closed. */
static const answer_case ANSWERS[] = {
    /* N4: the body and its length */
    CASE("no byte at all", "", ERR_TRANSFER, UNSURE, 0),
    CASE("a body of no bytes", OK_HEAD("Content-Length: 0\r\n"), ERR_RESPONSE, ANSWERED,
         200),
    CASE("a body shorter than its Content-Length",
         OK_HEAD("Content-Length: 68\r\n") NET_BODY, ERR_TRANSFER, UNSURE, 200),
    CASE("a body longer than its Content-Length", OK_HEAD(NET_LENGTH) NET_BODY "{}", OK,
         ANSWERED, 200),
    CASE("a Content-Length inside of the JSON",
         OK_HEAD("Content-Length: 66\r\n") NET_BODY, ERR_RESPONSE, ANSWERED, 200),
    CASE("a negative Content-Length", OK_HEAD("Content-Length: -67\r\n") NET_BODY,
         ERR_RESPONSE, UNSURE, 200),
    CASE("a Content-Length of letters", OK_HEAD("Content-Length: abc\r\n") NET_BODY,
         ERR_RESPONSE, UNSURE, 200),
    CASE("a Content-Length beyond 64 bits",
         OK_HEAD("Content-Length: 99999999999999999999\r\n") NET_BODY, OK, ANSWERED,
         200),
    CASE("a Content-Length beyond the limit",
         OK_HEAD("Content-Length: 1048577\r\n") NET_BODY, ERR_TRANSFER, UNSURE, 200),
    CASE("two equal Content-Lengths", OK_HEAD(NET_LENGTH NET_LENGTH) NET_BODY, OK,
         ANSWERED, 200),
    CASE("two Content-Lengths, the second too short",
         OK_HEAD(NET_LENGTH "Content-Length: 9\r\n") NET_BODY, ERR_RESPONSE, UNSURE,
         200),
    CASE("a Content-Length of two numbers",
         OK_HEAD("Content-Length: 67, 67\r\n") NET_BODY, ERR_RESPONSE, UNSURE, 200),
    CASE("Content-Length and chunked: chunked counts",
         OK_HEAD("Content-Length: 9\r\nTransfer-Encoding: chunked\r\n") ONE_CHUNK
         "0\r\n\r\n",
         OK, ANSWERED, 200),

    /* N4: chunks */
    CASE("one chunk", CHUNKED ONE_CHUNK "0\r\n\r\n", OK, ANSWERED, 200),
    CASE("no last chunk", CHUNKED ONE_CHUNK, ERR_TRANSFER, UNSURE, 200),
    CASE("no chunk but the last", CHUNKED "0\r\n\r\n", ERR_RESPONSE, ANSWERED, 200),
    CASE("a chunk size of no digits", CHUNKED "\r\n" NET_BODY "\r\n0\r\n\r\n",
         ERR_TRANSFER, UNSURE, 200),
    CASE("a chunk size of letters", CHUNKED "xyz\r\n" NET_BODY "\r\n0\r\n\r\n",
         ERR_TRANSFER, UNSURE, 200),
    CASE("a negative chunk size", CHUNKED "-43\r\n" NET_BODY "\r\n0\r\n\r\n",
         ERR_TRANSFER, UNSURE, 200),
    CASE("a chunk size beyond 64 bits",
         CHUNKED "fffffffffffffffff\r\n" NET_BODY "\r\n0\r\n\r\n", ERR_TRANSFER, UNSURE,
         200),
    CASE("a chunk size of 2^64-1",
         CHUNKED "ffffffffffffffff\r\n" NET_BODY "\r\n0\r\n\r\n", ERR_TRANSFER, UNSURE,
         200),
    CASE("a chunk longer than its size", CHUNKED "42\r\n" NET_BODY "\r\n0\r\n\r\n",
         ERR_TRANSFER, UNSURE, 200),
    CASE("a chunk shorter than its size", CHUNKED "46\r\n" NET_BODY "\r\n0\r\n\r\n",
         ERR_TRANSFER, UNSURE, 200),
    CASE("a chunk extension", CHUNKED "43;a=b\r\n" NET_BODY "\r\n0\r\n\r\n", OK,
         ANSWERED, 200),
    CASE("a chunk extension of 1 KiB",
         CHUNKED "43;" KIB "\r\n" NET_BODY "\r\n0\r\n\r\n", OK, ANSWERED, 200),
    CASE("a trailer", CHUNKED ONE_CHUNK "0\r\nX-Trailer: 1\r\n\r\n", OK, ANSWERED, 200),
    CASE("a trailer like a status line",
         CHUNKED ONE_CHUNK "0\r\nHTTP/1.1 401 Unauthorized\r\n\r\n", ERR_TRANSFER,
         UNSURE, 200),
    CASE("a transfer coding nobody knows",
         OK_HEAD("Transfer-Encoding: klingon\r\n") NET_BODY, ERR_RESPONSE, UNSURE, 200),

    /* N5: heads */
    CASE("a header without a colon", OK_HEAD("nonsense\r\n" NET_LENGTH) NET_BODY,
         ERR_RESPONSE, UNSURE, 200),
    CASE("a NUL in a header", OK_HEAD("X-A: a\0b\r\n" NET_LENGTH) NET_BODY,
         ERR_RESPONSE, UNSURE, 200),
    CASE("a NUL in a header's name", OK_HEAD("X\0A: a\r\n" NET_LENGTH) NET_BODY,
         ERR_RESPONSE, UNSURE, 200),
    CASE("8-bit bytes in a header",
         OK_HEAD("X-Request-Id: \xff\xfe\x80\r\n" NET_LENGTH) NET_BODY, OK, ANSWERED,
         200),
    CASE("a header folded over two lines",
         OK_HEAD("X-A: a\r\n b\r\n" NET_LENGTH) NET_BODY, OK, ANSWERED, 200),
    CASE("a line of one space among the headers",
         OK_HEAD("X-A: a\r\n \r\n" NET_LENGTH) NET_BODY, OK, ANSWERED, 200),
    CASE("lines that end with LF alone",
         "HTTP/1.1 200 OK\nConnection: close\nContent-Length: 67\n\n" NET_BODY, OK,
         ANSWERED, 200),
    CASE("HTTP/1.0", HTTP("HTTP/1.0 200 OK"), OK, ANSWERED, 200),
    CASE("no reason phrase", HTTP("HTTP/1.1 200"), OK, ANSWERED, 200),
    CASE("a reason phrase of 2 KiB", HTTP("HTTP/1.1 200 " KIB KIB), OK, ANSWERED, 200),
    CASE("no space before the status", HTTP("HTTP/1.1200 OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("a status of two digits", HTTP("HTTP/1.1 20 OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("a status of four digits", HTTP("HTTP/1.1 2000 OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("a status of letters", HTTP("HTTP/1.1 abc OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("status 000", HTTP("HTTP/1.1 000 OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("status 099", HTTP("HTTP/1.1 099 OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("status 600", HTTP("HTTP/1.1 600 OK"), ERR_RESPONSE, ANSWERED, 600),
    CASE("status 999", HTTP("HTTP/1.1 999 OK"), ERR_RESPONSE, ANSWERED, 999),
    CASE("another version, 1.9", HTTP("HTTP/1.9 200 OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("another version, 0.9", HTTP("HTTP/0.9 200 OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("HTTP/0.9: a body without a head", NET_BODY, ERR_RESPONSE, UNSURE, 0),
    CASE("HTTP/2 nobody asked for, as text", HTTP("HTTP/2 200"), ERR_RESPONSE, UNSURE,
         0),
    CASE("HTTP/2.0 nobody asked for, as text", HTTP("HTTP/2.0 200"), ERR_RESPONSE,
         UNSURE, 0),
    CASE("HTTP/3 nobody asked for, as text", HTTP("HTTP/3 200"), ERR_RESPONSE, UNSURE,
         0),
    CASE("HTTP/2 nobody asked for, as frames", "\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0",
         ERR_RESPONSE, UNSURE, 0),
    CASE("a TLS alert", "\x15\x03\x01\x00\x02\x02\x46", ERR_RESPONSE, UNSURE, 0),
    CASE("ICY", HTTP("ICY 200 OK"), ERR_RESPONSE, UNSURE, 0),
    CASE("only interim answers",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n",
         ERR_TRANSFER, UNSURE, 103),
    CASE("interim answers first",
         "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: "
         "<a>\r\n\r\n" HTTP("HTTP/1.1 200 OK"),
         OK, ANSWERED, 200),
    CASE("101 Switching Protocols", HTTP("HTTP/1.1 101 Switching Protocols"),
         ERR_TRANSFER, UNSURE, 101),

    /* N6: unrequested encodings are not decoded */
    CASE(
        "gzip",
        OK_HEAD("Content-Encoding: gzip\r\nContent-Length: 20\r\n") "\x1f\x8b\x08\0\0\0"
                                                                    "\0\0\0\x03\x03\0\0"
                                                                    "\0\0\0\0\0\0\0",
        ERR_RESPONSE, ANSWERED, 200),
    CASE("br", OK_HEAD("Content-Encoding: br\r\nContent-Length: 1\r\n") "\x3b",
         ERR_RESPONSE, ANSWERED, 200),
    CASE("gzip as a transfer coding",
         OK_HEAD(
             "Transfer-Encoding: gzip, chunked\r\n") "14\r\n"
                                                     "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03"
                                                     "\0\0\0\0\0\0\0\0\0\r\n0\r\n\r\n",
         ERR_RESPONSE, ANSWERED, 200),

    /* Errors are classified whatever the headers are */
    CASE("401",
         "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-"
         "Length: 0\r\n\r\n",
         ERR_AUTH, ANSWERED, 401),
    CASE("407 from the service itself",
         "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: "
         "0\r\n\r\n",
         ERR_REFUSED, ANSWERED, 407),
    CASE("417", "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", ERR_REFUSED, ANSWERED,
         417),
    CASE("204", "HTTP/1.1 204 No Content\r\n\r\n", ERR_RESPONSE, ANSWERED, 204),
    CASE("204 with a body", "HTTP/1.1 204 No Content\r\n\r\n" NET_BODY, ERR_RESPONSE,
         ANSWERED, 204),
    CASE("304", "HTTP/1.1 304 Not Modified\r\n\r\n", ERR_RESPONSE, ANSWERED, 304),
};

static bool
is_row(const answer_case *row, const char *name)
{
    return strcmp(row->name, name) == 0;
}

/* Such a Content-Length is ignored, so the body ends with the connection, and these
   servers send no close_notify. */
static bool
ends_without_alert(const answer_case *row, bool tls)
{
    return tls && is_row(row, "a Content-Length beyond 64 bits") &&
           net_libcurl_needs_close_notify();
}

static klingrec_status
expected_status(const answer_case *row, bool tls)
{
    return ends_without_alert(row, tls) ? KLINGREC_ERR_TRANSFER : row->status;
}

/* From 8.14 on, libcurl reports this head before it reads the body. */
static klingrec_delivery
expected_delivery(const answer_case *row, bool tls)
{
    bool refused = net_libcurl_is(0x080e00) && is_row(row, "gzip as a transfer coding");
    return refused || ends_without_alert(row, tls) ? KLINGREC_DELIVERY_UNSURE
                                                   : row->delivery;
}

static void
ask(const answer_case *row, bool tls, uint32_t run)
{
    const raw_step steps[] = {
        {.op = tls ? RAW_TLS : RAW_PAUSE},
        RAW_DO(REQUEST),
        {.op = RAW_SEND, .data = row->text, .len = row->len},
        RAW_DO(FIN),
    };
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, tls);
    klingrec_request request = net_tiny_request();
    config.run = run;
    config.max_attempts = 3; /* none of these may be retried */
    net_outcome got = net_ask_once(&config, &request);
    raw_server_stop(server);
    (void)net_expect_outcome(row->name, &got, expected_status(row, tls),
                             expected_delivery(row, tls), 1);
    (void)net_expect(got.http_status == row->http_status, "%s: HTTP status %d, not %d",
                     row->name, got.http_status, row->http_status);
    (void)net_expect(server->requests == 1, "%s: %u requests", row->name,
                     server->requests);
    raw_server_free(server);
}

static void
unusual_answers_are_classified(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i += thin()) {
        ask(&ANSWERS[i], false, KLINGREC_RUN_CALLER);
        ask(&ANSWERS[i], true, KLINGREC_RUN_THREAD);
    }
    net_end_table("odd answers");
}

/* ---- A server's error that is broken off --------------------------------------- */

#define ERROR_HEAD(status) "HTTP/1.1 " status " No\r\nConnection: close\r\n"
#define CUT_BODY           "{\"code\":5002,\"mess"
#define CUT_INSIDE                                                                     \
    "{\"code\":\"fail_to_fetch_task\",\"message\":\"{\\\"code\\\":5002,\\\"me\"}"

/* All of them are complete in HTTP: they end with the connection, the length or the
   last chunk. */
static const struct {
    const char *name, *text;
    unsigned requests; /* of three that are allowed */
} BROKEN[] = {
    {"500 and FIN", ERROR_HEAD("500") "\r\n" CUT_BODY, 1},
    {"502 with a length", ERROR_HEAD("502") "Content-Length: 18\r\n\r\n" CUT_BODY, 1},
    {"503 in chunks",
     ERROR_HEAD("503") "Transfer-Encoding: chunked\r\n\r\n12\r\n" CUT_BODY
                       "\r\n0\r\n\r\n",
     1},
    {"500 of HTTP/1.0", "HTTP/1.0 500 No\r\n\r\n" CUT_BODY, 1},
    {"521 behind a BOM", ERROR_HEAD("521") "\r\n\xEF\xBB\xBF" CUT_BODY, 1},
    {"500, one brace", ERROR_HEAD("500") "\r\n{", 1},
    {"500, one bracket", ERROR_HEAD("500") "\r\n [", 1},
    {"500 with the document in the message cut", ERROR_HEAD("500") "\r\n" CUT_INSIDE,
     1},
    {"500 with a success of the service",
     ERROR_HEAD("500") "\r\n{\"code\":0,\"data\":{}}", 1},
    {"502 of an edge", ERROR_HEAD("502") "\r\n<html>{\"code\":", 3},
};

static void
ask_broken(size_t i, bool tls, uint32_t run)
{
    const raw_step steps[] = {
        {.op = tls ? RAW_TLS : RAW_PAUSE},
        RAW_DO(REQUEST),
        {.op = RAW_SEND, .data = BROKEN[i].text, .len = strlen(BROKEN[i].text)},
        RAW_DO(FIN),
    };
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, tls);
    klingrec_request request = net_tiny_request();
    /* Without close_notify the end of the body is not known, so nothing is retried. */
    bool cut = tls && net_libcurl_needs_close_notify() &&
               strstr(BROKEN[i].text, "Content-Length") == NULL &&
               strstr(BROKEN[i].text, "chunked") == NULL;
    unsigned requests = cut ? 1 : BROKEN[i].requests;
    config.run = run;
    config.max_attempts = 3;
    net_outcome got = net_ask_once(&config, &request);
    raw_server_stop(server);
    (void)net_expect_outcome(
        BROKEN[i].name, &got, cut ? KLINGREC_ERR_TRANSFER : KLINGREC_ERR_SERVER,
        requests == 1 ? KLINGREC_DELIVERY_UNSURE : KLINGREC_DELIVERY_ANSWERED,
        requests);
    (void)net_expect(server->requests == requests, "%s: %u requests", BROKEN[i].name,
                     server->requests);
    raw_server_free(server);
}

static void
a_truncated_server_error_is_not_retried(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BROKEN / sizeof BROKEN[0]; i++) {
        ask_broken(i, false, KLINGREC_RUN_CALLER);
        ask_broken(i, true, KLINGREC_RUN_THREAD);
    }
    net_end_table("server errors that break off");
}

static void
bytes_after_the_body_are_not_headers(void **state)
{
    static const raw_step steps[] = {
        RAW_DO(REQUEST),
        RAW_TEXT(
            "HTTP/1.1 429 Busy\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
            "Retry-After: 600\r\nX-Request-Id: late\r\n\r\n"),
        RAW_DO(FIN)};
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_client *client = net_client(&config);
    klingrec_request request = net_tiny_request();
    klingrec_result *result = NULL;
    (void)state;
    klingrec_status status = klingrec_recognize(client, &request, &result);
    assert_int_equal(status, KLINGREC_ERR_RATE_LIMIT);
    assert_int_equal(klingrec_result_retry_after_ms(result), 0);
    assert_null(klingrec_result_request_id(result));
    klingrec_result_free(result);
    klingrec_client_free(client);
    raw_server_free(server);
}

/* The status for a header line of more than 100 KiB; libcurl before 8.6.0 reports a
   lack of memory. */
#if LIBCURL_VERSION_NUM >= 0x080600
#define TOO_LONG_A_LINE KLINGREC_ERR_RESPONSE_BYTES
#else
#define TOO_LONG_A_LINE KLINGREC_ERR_NOMEM
#endif

/* ---- Answers without an end ------------------------------------------------- */

static const struct {
    const char *name;
    const char *head;
    const char *flood;
    klingrec_status status;
    int http_status;
} FLOODS[] = {
    {"an endless body", OK_HEAD(""), SIXTY, KLINGREC_ERR_RESPONSE_BYTES, 200},
    {"endless chunks", CHUNKED, "40\r\n" SIXTY "\r\n", KLINGREC_ERR_RESPONSE_BYTES,
     200},
    {"endless chunks of one byte", CHUNKED, "1\r\nx\r\n", KLINGREC_ERR_RESPONSE_BYTES,
     200},
    {"an endless chunk extension", CHUNKED "1;", SIXTY, KLINGREC_ERR_TIMEOUT, 200},
    {"endless trailers", CHUNKED "0\r\n", KIB_OF_HEADER, KLINGREC_ERR_RESPONSE_BYTES,
     200},
    {"endless headers", "HTTP/1.1 200 OK\r\n", KIB_OF_HEADER,
     KLINGREC_ERR_RESPONSE_BYTES, 200},
    {"endless short headers", "HTTP/1.1 200 OK\r\n", "A: b\r\n",
     KLINGREC_ERR_RESPONSE_BYTES, 200},
    {"an endless header", "HTTP/1.1 200 OK\r\nX-Filler: ", SIXTY, TOO_LONG_A_LINE, 200},
    {"an endless status line", "HTTP/1.1 200 ", SIXTY, TOO_LONG_A_LINE, 0},
    {"interim answers without end", "", "HTTP/1.1 100 Continue\r\n\r\n",
     KLINGREC_ERR_RESPONSE_BYTES, 100},
    {"empty lines without end", "", "\r\n\r\n", KLINGREC_ERR_RESPONSE, 0},
};

static void
ask_for_flood(size_t i, bool tls)
{
    static char flood[65536];
    size_t len = strlen(FLOODS[i].flood), all = sizeof flood / len * len;
    for (size_t at = 0; at < all; at += len)
        memcpy(flood + at, FLOODS[i].flood, len);
    const raw_step steps[] = {
        {.op = tls ? RAW_TLS : RAW_PAUSE},
        RAW_DO(REQUEST),
        {.op = RAW_SEND, .data = FLOODS[i].head, .len = strlen(FLOODS[i].head)},
        {.op = RAW_FLOOD, .data = flood, .len = all},
    };
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, tls);
    klingrec_request request = net_tiny_request();
    /* Headers that libcurl accepts without a limit end at the time limit. */
    if (FLOODS[i].status == KLINGREC_ERR_TIMEOUT)
        config.attempt_timeout_ms = net_patience(500);
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome(FLOODS[i].name, &got, FLOODS[i].status,
                             KLINGREC_DELIVERY_UNSURE, 1);
    (void)net_expect(got.http_status == FLOODS[i].http_status,
                     "%s: HTTP status %d, not %d", FLOODS[i].name, got.http_status,
                     FLOODS[i].http_status);
    raw_server_free(server);
}

static void
an_endless_answer_is_abandoned(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof FLOODS / sizeof FLOODS[0]; i += thin()) {
        ask_for_flood(i, false);
        ask_for_flood(i, true);
    }
    net_end_table("answers without end");
}

/* ---- The limits, from both sides -------------------------------------------- */

static const struct {
    const char *name;
    size_t header_lines, line_bytes, body_bytes;
    klingrec_status status;
    klingrec_delivery delivery;
} SIZES[] = {
    {"10,000 headers", 10000, 8, 67, KLINGREC_ERR_RESPONSE_BYTES,
     KLINGREC_DELIVERY_UNSURE},
    {"a header line of 1 MiB", 1, 1048576, 67, TOO_LONG_A_LINE,
     KLINGREC_DELIVERY_UNSURE},
    {"a header line of 60,000 bytes", 1, 60000, 67, KLINGREC_OK,
     KLINGREC_DELIVERY_ANSWERED},
    {"a header line of 70,000 bytes", 1, 70000, 67, KLINGREC_ERR_RESPONSE_BYTES,
     KLINGREC_DELIVERY_UNSURE},
    {"a body of 1 MiB", 0, 0, 1048576, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED},
    {"a body of 1 MiB and a byte", 0, 0, 1048577, KLINGREC_ERR_RESPONSE_BYTES,
     KLINGREC_DELIVERY_UNSURE},
};

/* A success whose JSON is followed by white space, and whose head by filler. */
static char *
big_answer(size_t i, bool with_length, size_t *len)
{
    size_t header = SIZES[i].header_lines * SIZES[i].line_bytes;
    char *text = malloc(header + SIZES[i].body_bytes + 200);
    assert_non_null(text);
    size_t at = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\n");
    if (with_length)
        at += (size_t)sprintf(text + at, "Content-Length: %u\r\n",
                              (unsigned)SIZES[i].body_bytes);
    for (size_t k = 0; k < SIZES[i].header_lines; k++) {
        memset(text + at, 'x', SIZES[i].line_bytes);
        text[at + 1] = ':';
        memcpy(text + at + SIZES[i].line_bytes - 2, "\r\n", 2);
        at += SIZES[i].line_bytes;
    }
    at += (size_t)sprintf(text + at, "\r\n");
    memset(text + at, ' ', SIZES[i].body_bytes);
    memcpy(text + at, NET_BODY, sizeof NET_BODY - 1);
    *len = at + SIZES[i].body_bytes;
    return text;
}

static void
ask_for_size(size_t i, bool with_length)
{
    size_t len;
    char *text = big_answer(i, with_length, &len);
    const raw_step steps[] = {
        RAW_DO(REQUEST), {.op = RAW_SEND, .data = text, .len = len}, RAW_DO(FIN)};
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_request request = net_tiny_request();
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome(SIZES[i].name, &got, SIZES[i].status, SIZES[i].delivery,
                             1);
    raw_server_free(server);
    free(text);
}

static void
the_limits_of_an_answer_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i += thin()) {
        ask_for_size(i, true);
        ask_for_size(i, false);
    }
    net_end_table("sizes");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unusual_answers_are_classified),
        cmocka_unit_test(a_truncated_server_error_is_not_retried),
        cmocka_unit_test(bytes_after_the_body_are_not_headers),
        cmocka_unit_test(an_endless_answer_is_abandoned),
        cmocka_unit_test(the_limits_of_an_answer_are_exact),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
