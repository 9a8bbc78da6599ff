/* SPDX-License-Identifier: MIT */
/* test_disconnects.c - connections that are closed or become silent at every byte */
#include "../sampling.h"
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/*
 * What can be known about a request that was cut off:
 *
 * - The server took all of it: the job may be on the bill, and NOT_SENT would be a
 *   lie. UNSURE without an answer, ANSWERED with one.
 * - The server took a part: the rest may have been written to the socket all the
 *   same and be lost on the way. What was written counts as sent, so UNSURE is right
 *   then, and NOT_SENT is right when the end came before the last byte was written.
 * - More was not taken than the system's buffers can hold: NOT_SENT, and only that.
 *
 * A success needs the whole answer.
 */

static const struct {
    const char *name;
    raw_op op;
} ENDS[] = {{"FIN", RAW_FIN}, {"RST", RAW_RST}};
enum { ENDS_COUNT = sizeof ENDS / sizeof ENDS[0] };

static const struct {
    const char *name;
    const char *text;
    size_t len;
    size_t head;  /* bytes of the head; 0: the answer has its own framing */
    size_t spare; /* bytes at the end that may be missing */
} ANSWERS[] = {
#define ANSWER(name, text, head, spare)                                                \
    {                                                                                  \
        name, text, sizeof(text) - 1, head, spare                                      \
    }
    ANSWER("Content-Length", NET_SUCCESS, 0, 0),
    ANSWER(
        "chunked",
        /* no more is asked for on it, though its last byte may be missing */
        NET_HEAD(
            "Connection: close\r\nTransfer-Encoding: chunked\r\n") "10\r\n{\"code\":0,"
                                                                   "\"messa\r\n"
                                                                   "33;x=\"y\"\r\nge\":"
                                                                   "\"SUCCEED\","
                                                                   "\"data\":{\"task_"
                                                                   "result\":{"
                                                                   "\"images\":[]}}}"
                                                                   "\r\n0\r\nA: b"
                                                                   "\r\n\r\n",
        0, 1),
    ANSWER("after 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n" NET_SUCCESS, 0, 0),
    ANSWER("until the end", NET_HEAD("Connection: close\r\n") NET_BODY,
           sizeof(NET_HEAD("Connection: close\r\n")) - 1, 0),
};
enum { ANSWERS_COUNT = sizeof ANSWERS / sizeof ANSWERS[0] };

/* ---- Answers ---------------------------------------------------------------- */

static void
judge_cut_answer(size_t answer, raw_op end, bool tls, size_t taken,
                 const net_outcome *got)
{
    char name[96];
    /* libcurl does not wait for the line feed after the last chunk. Without it the
       status depends on timing, and the body is complete. */
    bool whole = taken >= ANSWERS[answer].len - ANSWERS[answer].spare;
    if (taken < ANSWERS[answer].len && got->status != KLINGREC_OK)
        whole = false;
    snprintf(name, sizeof name, "%s, %s, %s after byte %u of the answer",
             tls ? "TLS" : "plain", ANSWERS[answer].name,
             end == RAW_FIN ? "FIN" : "RST", (unsigned)taken);
    if (ANSWERS[answer].head != 0 && taken >= ANSWERS[answer].head) {
        /* Without a length only FIN marks the end, and a truncated answer is not
           JSON. TLS has close_notify for the end, which some versions of libcurl
           require. */
        bool ended = end == RAW_FIN && !(tls && net_libcurl_needs_close_notify());
        if (ended && whole)
            (void)net_expect_outcome(name, got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                                     1);
        else if (ended)
            (void)net_expect_outcome(name, got, KLINGREC_ERR_RESPONSE,
                                     KLINGREC_DELIVERY_ANSWERED, 1);
        else
            (void)net_expect_outcome(name, got, KLINGREC_ERR_TRANSFER,
                                     KLINGREC_DELIVERY_UNSURE, 1);
    } else if (whole) {
        (void)net_expect_outcome(name, got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED, 1);
    } else {
        (void)net_expect_outcome(name, got, KLINGREC_ERR_TRANSFER,
                                 KLINGREC_DELIVERY_UNSURE, 1);
    }
}

static void
cut_answer(size_t answer, raw_op end, bool tls)
{
    /* Connection number n sends n bytes. */
    const raw_step steps[] = {
        {.op = tls ? RAW_TLS : RAW_PAUSE},
        RAW_DO(REQUEST),
        {.op = RAW_SEND, .data = ANSWERS[answer].text, .grow = thin()},
        {.op = end},
    };
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, tls);
    klingrec_client *client = net_client(&config);
    klingrec_request request = net_tiny_request();
    unsigned jobs = 0;

    for (size_t taken = 0; taken <= ANSWERS[answer].len; taken += thin(), jobs++) {
        net_outcome got = net_ask(client, &request);
        judge_cut_answer(answer, end, tls, taken, &got);
    }
    klingrec_client_free(client);
    raw_server_stop(server);
    (void)net_expect(server->requests == jobs && server->connections == jobs,
                     "%u requests on %u connections for %u jobs", server->requests,
                     server->connections, jobs);
    raw_server_free(server);
}

static void
cut_answers(bool tls)
{
    for (size_t answer = 0; answer < ANSWERS_COUNT; answer++)
        for (size_t end = 0; end < ENDS_COUNT; end++)
            cut_answer(answer, ENDS[end].op, tls);
}

static void
an_answer_truncated_at_any_byte_is_not_a_success(void **state)
{
    (void)state;
    cut_answers(false);
    net_end_table("answers cut, plain");
}

static void
an_answer_truncated_at_any_byte_is_not_a_success_with_tls(void **state)
{
    (void)state;
    cut_answers(true);
    net_end_table("answers cut, TLS");
}

/* ---- Requests --------------------------------------------------------------- */

static size_t
request_size(const klingrec_request *request)
{
    static const raw_step steps[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                     RAW_DO(FIN)};
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, false);
    net_outcome got = net_ask_once(&config, request);
    assert_int_equal(got.status, KLINGREC_OK);
    raw_server_stop(server);
    size_t size = server->clear.len;
    raw_server_free(server);
    /* Requests to two servers differ only in the number of digits of the port. */
    return size;
}

typedef struct cuts {
    size_t from, step, count;
} cuts;

static void
cut_request(const klingrec_request *request, const cuts *at, raw_op end, bool tls,
            size_t size)
{
    const raw_step steps[] = {
        {.op = tls ? RAW_TLS : RAW_PAUSE},
        {.op = RAW_READ, .len = at->from, .grow = at->step},
        {.op = end},
    };
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, tls);
    klingrec_client *client = net_client(&config);
    char name[96];

    for (size_t i = 0; i < at->count; i++) {
        size_t taken = at->from + i * at->step;
        net_outcome got = net_ask(client, request);
        snprintf(name, sizeof name, "%s, %s after byte %u of the request's %u",
                 tls ? "TLS" : "plain", end == RAW_FIN ? "FIN" : "RST", (unsigned)taken,
                 (unsigned)size);
        bool whole = taken >= size;
        bool unsent = got.delivery == KLINGREC_DELIVERY_NOT_SENT && !whole;
        /* A reset may arrive before the connection is counted. */
        bool early = taken == 0 && got.status == KLINGREC_ERR_CONNECT;
        (void)net_expect_outcome(
            name, &got, early ? KLINGREC_ERR_CONNECT : KLINGREC_ERR_TRANSFER,
            unsent ? KLINGREC_DELIVERY_NOT_SENT : KLINGREC_DELIVERY_UNSURE, 1);
    }
    klingrec_client_free(client);
    raw_server_stop(server);
    (void)net_expect(server->connections == at->count, "%u connections for %u jobs",
                     server->connections, (unsigned)at->count);
    raw_server_free(server);
}

static void
cut_requests(const klingrec_request *request, const cuts *at, bool tls, size_t size)
{
    for (size_t end = 0; end < ENDS_COUNT; end++)
        cut_request(request, at, ENDS[end].op, tls, size);
}

static void
cut_tiny_requests(bool tls)
{
    klingrec_request request = net_tiny_request();
    size_t size = request_size(&request);
    cuts everywhere = {0, thin(), size / thin() + 1};
    cut_requests(&request, &everywhere, tls, size);
}

static void
a_request_cut_at_any_byte_is_never_sent_twice(void **state)
{
    (void)state;
    cut_tiny_requests(false);
    net_end_table("requests cut, plain");
}

static void
a_request_cut_at_any_byte_is_never_sent_twice_with_tls(void **state)
{
    (void)state;
    cut_tiny_requests(true);
    net_end_table("requests cut, TLS");
}

static void
an_upload_cut_at_every_kib_is_never_sent_twice(void **state)
{
    klingrec_request request = net_bytes_request(76800);
    size_t size = request_size(&request);
    size_t step = 1024 * thin();
    cuts all = {0, step, size / step + 1}, last = {size - 20, 1, 21};
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        cut_requests(&request, &all, tls != 0, size);
        cut_requests(&request, &last, tls != 0, size);
    }
    net_end_table("uploads cut");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_truncated_at_any_byte_is_not_a_success),
        cmocka_unit_test(an_answer_truncated_at_any_byte_is_not_a_success_with_tls),
        cmocka_unit_test(a_request_cut_at_any_byte_is_never_sent_twice),
        cmocka_unit_test(a_request_cut_at_any_byte_is_never_sent_twice_with_tls),
        cmocka_unit_test(an_upload_cut_at_every_kib_is_never_sent_twice),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
