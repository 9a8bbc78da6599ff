/* SPDX-License-Identifier: MIT */
/* test_warm_up.c - a connection that is opened before there is a job */
#define _POSIX_C_SOURCE 200809L

#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ONE     RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS)
#define REFUSAL "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n"
#define FOREIGN "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
#define SCRIPT(name, ...)                                                              \
    static const raw_step name[] = {__VA_ARGS__, RAW_DO(STALL)};                       \
    static const raw_step name##_TLS[] = {RAW_DO(TLS), __VA_ARGS__, RAW_DO(STALL)}

SCRIPT(JOB, ONE, ONE);
SCRIPT(WARM, RAW_DO(HEAD), RAW_TEXT(REFUSAL), ONE);
/* A body that looks like an answer. */
SCRIPT(WITH_BODY, RAW_DO(HEAD),
       RAW_TEXT("HTTP/1.1 405 No\r\nContent-Length: 47\r\n\r\n" FOREIGN), ONE);
SCRIPT(SURPLUS, RAW_DO(HEAD), RAW_TEXT(REFUSAL FOREIGN), ONE);
SCRIPT(SURPLUS_LATER, RAW_DO(HEAD), RAW_TEXT(REFUSAL), RAW_DO(WAIT), RAW_TEXT(FOREIGN),
       RAW_DO(SHUT), ONE);
SCRIPT(MUTE, RAW_DO(HEAD));
SCRIPT(ONE_AND_CLOSE, ONE, RAW_DO(FIN));
SCRIPT(CLOSES, RAW_DO(HEAD), RAW_TEXT(REFUSAL), RAW_DO(FIN));

static void
pause_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

typedef struct scene {
    raw_server *server;
    klingrec_client *client;
} scene;

static scene
begin(const raw_step *first, const raw_step *others, bool tls)
{
    scene s = {net_server(first, others), NULL};
    klingrec_config config = net_config(s.server, tls);
    config.run = KLINGREC_RUN_THREAD;
    s.client = net_client(&config);
    return s;
}

/* Ends both, and returns the number of connections. */
static unsigned
end(scene *s)
{
    klingrec_client_free(s->client);
    raw_server_stop(s->server);
    return s->server->connections;
}

/* With older versions of libcurl klingrec_warm_up() does nothing. */
static void
skip_unless_opened(void)
{
    if (!net_libcurl_is(0x075700))
        skip();
}

/* Warms up, waits, sends a job, and returns the number of connections. goes: the server
   waits to be told, and then says that no more comes. */
static unsigned
warm_up_and_ask(scene *s, long wait_ms, bool goes)
{
    klingrec_request request = net_tiny_request();
    assert_int_equal(klingrec_warm_up(s->client), KLINGREC_OK);
    pause_ms(wait_ms);
    if (goes) {
        raw_server_go(s->server);
        raw_server_wait_for_end(s->server);
    }
    net_outcome got = net_ask(s->client, &request);
    (void)net_expect_outcome("the job", &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                             1);
    return end(s);
}

/* One HEAD without the key, and then the job with it. */
static bool
is_head_without_key(const raw_log *log)
{
    char text[4096] = "";
    memcpy(text, log->data, log->len < sizeof text ? log->len : sizeof text - 1);
    const char *post = strstr(text, "POST "), *key = strstr(text, NET_KEY);
    return strncmp(text, "HEAD ", 5) == 0 && strstr(text + 1, "HEAD ") == NULL &&
           post != NULL && key > post;
}

/* A slow machine may need longer to open it. */
static void
a_job_uses_the_connection_that_was_opened(void **state)
{
    (void)state;
    skip_unless_opened();
    for (int tls = 0; tls < 2; tls++) {
        unsigned connections = 0;
        for (long wait_ms = 50; wait_ms < 10000 && connections != 1; wait_ms *= 4) {
            scene s = begin(tls ? WARM_TLS : WARM, tls ? JOB_TLS : JOB, tls);
            assert_int_equal(klingrec_warm_up(s.client), KLINGREC_OK);
            pause_ms(wait_ms);
            connections = warm_up_and_ask(&s, wait_ms, false); /* no second one */
            const raw_log *log = tls ? &s.server->secret : &s.server->clear;
            (void)net_expect(connections != 1 || is_head_without_key(log),
                             "the server got something else");
            raw_server_free(s.server);
        }
        (void)net_expect(connections == 1, "%u connections", connections);
    }
    net_end_table("warm connections");
}

/* libcurl has not closed its side of the kept connection then. A slow machine may need
   longer to open the other one. */
static void
a_connection_that_the_server_has_closed_is_replaced(void **state)
{
    (void)state;
    skip_unless_opened();
    for (int tls = 0; tls < 2; tls++) {
        bool asked = false;
        for (long wait_ms = 50; wait_ms < 10000 && !asked; wait_ms *= 4) {
            klingrec_request request = net_tiny_request();
            scene s = begin(tls ? ONE_AND_CLOSE_TLS : ONE_AND_CLOSE,
                            tls ? WARM_TLS : WARM, tls);
            net_outcome got = net_ask(s.client, &request);
            (void)net_expect_outcome("the job before", &got, KLINGREC_OK,
                                     KLINGREC_DELIVERY_ANSWERED, 1);
            raw_server_wait_for_end(s.server);
            assert_int_equal(klingrec_warm_up(s.client), KLINGREC_OK);
            pause_ms(wait_ms);
            (void)end(&s);
            asked = raw_log_has(tls ? &s.server->secret : &s.server->clear, "HEAD ");
            raw_server_free(s.server);
        }
        (void)net_expect(asked, "TLS %d: no second connection", tls);
    }
    net_end_table("closed connections");
}

/* Whatever its server does, the connection causes no failure and no foreign answer. */
static void
a_bad_connection_is_not_used(void **state)
{
    static const struct {
        const char *name;
        const raw_step *plain, *tls;
        bool goes;
    } rows[] = {{"a body", WITH_BODY, WITH_BODY_TLS, false},
                {"a second answer", SURPLUS, SURPLUS_TLS, false},
                {"a second answer later", SURPLUS_LATER, SURPLUS_LATER_TLS, true},
                {"no answer", MUTE, MUTE_TLS, false},
                {"a close", CLOSES, CLOSES_TLS, false}};
    (void)state;
    skip_unless_opened();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int tls = 0; tls < 2; tls++) {
            for (long wait_ms = 0; wait_ms <= 200; wait_ms += 100) {
                scene s =
                    begin(tls ? rows[i].tls : rows[i].plain, tls ? JOB_TLS : JOB, tls);
                (void)net_expect(warm_up_and_ask(&s, wait_ms, rows[i].goes) <= 2, "%s",
                                 rows[i].name);
                raw_server_free(s.server);
            }
        }
    }
    net_end_table("bad connections");
}

/* The hook of an attempt, on the library's thread: lets the server answer the HEAD
   request, and waits for that answer, which libcurl then reads after the attempt has
   begun. */
static uint32_t
answer_the_head(void *user)
{
    const raw_server *server = user;
    raw_server_go(server);
    net_wait_for_bytes(server);
    return 0;
}

/* libcurl chooses the job's connection in the call in which the HEAD request ends. */
static void
the_connection_is_not_used_in_the_turn_in_which_it_opens(void **state)
{
    static const raw_step head[] = {RAW_DO(HEAD),      RAW_DO(WAIT),
                                    RAW_TEXT(REFUSAL), RAW_DO(REQUEST),
                                    RAW_TEXT(FOREIGN), RAW_DO(STALL)};
    (void)state;
    skip_unless_opened();
    scene s = {net_server(head, JOB), NULL};
    klingrec_config config = net_config(s.server, false);
    config.run = KLINGREC_RUN_THREAD;
    config.admit = answer_the_head;
    config.admit_user = s.server;
    s.client = net_client(&config);
    unsigned connections = warm_up_and_ask(&s, 100, false);
    (void)net_expect(connections == 2, "%u connections", connections);
    raw_server_free(s.server);
    net_end_table("turns");
}

/* Versions of libcurl without a limit of their own keep all headers in memory. */
static void
a_long_head_ends_the_connection(void **state)
{
    enum { LINES = 5000, LINE = 20 }; /* 100,000 bytes */
    static char lines[LINES * LINE + 1];
    (void)state;
    skip_unless_opened();
    for (size_t i = 0; i < LINES; i++)
        memcpy(lines + i * LINE, "X-A: 0123456789012\r\n", LINE);
    const raw_step script[] = {RAW_DO(HEAD),
                               RAW_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"),
                               {.op = RAW_SEND, .data = lines, .len = LINES * LINE},
                               RAW_TEXT("\r\n"),
                               ONE,
                               RAW_DO(STALL)};
    for (long wait_ms = 100; wait_ms <= 400; wait_ms *= 2) {
        scene s = begin(script, JOB, false);
        unsigned connections = warm_up_and_ask(&s, wait_ms, false);
        (void)net_expect(connections == 2, "%u connections", connections);
        raw_server_free(s.server);
    }
    net_end_table("long heads");
}

static void
it_is_no_error_if_nobody_answers(void **state)
{
    uint16_t port;
    (void)state;
    int nobody = net_nobody(&port);
    const raw_server closed = {.port = port};
    klingrec_config config = net_config(&closed, true);
    config.run = KLINGREC_RUN_THREAD;
    klingrec_client *client = net_client(&config);
    klingrec_request request = net_tiny_request();
    assert_int_equal(klingrec_warm_up(client), KLINGREC_OK);
    net_outcome got = net_ask(client, &request);
    assert_int_equal(got.status, KLINGREC_ERR_CONNECT);
    assert_int_equal(klingrec_warm_up(client), KLINGREC_OK);
    klingrec_client_free(client); /* while it is opened */
    assert_true(nobody >= 0);
    (void)close(nobody);
}

static void
wrong_calls_are_refused(void **state)
{
    (void)state;
    scene s = begin(JOB, NULL, false);
    klingrec_config config = net_config(s.server, false);
    klingrec_client *caller = net_client(&config);
    assert_int_equal(klingrec_warm_up(NULL), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_warm_up(caller), KLINGREC_ERR_ARGUMENT);
    assert_int_equal(klingrec_shutdown(s.client), KLINGREC_OK);
    assert_int_equal(klingrec_warm_up(s.client), KLINGREC_ERR_CANCELED);
    klingrec_client_free(caller);
    assert_int_equal(end(&s), 0);
    raw_server_free(s.server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_uses_the_connection_that_was_opened),
        cmocka_unit_test(a_connection_that_the_server_has_closed_is_replaced),
        cmocka_unit_test(a_bad_connection_is_not_used),
        cmocka_unit_test(the_connection_is_not_used_in_the_turn_in_which_it_opens),
        cmocka_unit_test(a_long_head_ends_the_connection),
        cmocka_unit_test(it_is_no_error_if_nobody_answers),
        cmocka_unit_test(wrong_calls_are_refused),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
