/* SPDX-License-Identifier: MIT */
/* test_socks.c - SOCKS proxies that work, refuse, close early or send too much */
#define _POSIX_C_SOURCE 200809L

#include "../sampling.h"
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The text that net.c searches for in every log line, message and body. */
#define USER     "canary-user"
#define PASSWORD "CANARY-password"

enum { LATE_MS = 60 }; /* for proxies that would never come to an end */

/* What a client sends: RFC 1928, 3 and 4; RFC 1929, 2; the SOCKS 4 memo of Ying-Da Lee.
 */
#define GREETING    RAW_TAKE(1), RAW_DO(COUNTED)
#define CREDENTIALS RAW_TAKE(1), RAW_DO(COUNTED), RAW_DO(COUNTED)
#define TO_ADDRESS  RAW_TAKE(10)
#define TO_NAME     RAW_TAKE(4), RAW_DO(COUNTED), RAW_TAKE(2)
#define TO_SOCKS4   RAW_TAKE(9)
#define TO_SOCKS4A  RAW_TAKE(9 + sizeof "localhost")

/* What a server answers. */
#define NO_METHOD_NEEDED RAW_TEXT("\5\0")
#define PASSWORD_NEEDED  RAW_TEXT("\5\2")
#define GRANTED          "\5\0\0\1\0\0\0\0\0\0"
#define GRANTED4         "\0\x5a\0\0\0\0\0\0"

static const char *
proxy_url(const char *scheme, const char *credentials, const raw_server *server)
{
    static char text[128];
    snprintf(text, sizeof text, "%s://%s127.0.0.1:%u", scheme, credentials,
             server->port);
    return text;
}

/* Sends a request through a proxy with these steps, which also plays the service. */
typedef struct route {
    const char *scheme;
    const char *credentials; /* "" or up to the @ */
    const char *host;        /* of the endpoint, for the proxy to look up or not */
    bool tls;
    uint32_t run;
    uint32_t connect_timeout_ms; /* 0: more than enough */
} route;

static net_outcome
ask_through(const route *how, const raw_server *proxy)
{
    char endpoint[96];
    const raw_server nowhere = {.port = 9};
    klingrec_config config = net_config(&nowhere, how->tls);
    klingrec_request request = net_tiny_request();
    snprintf(endpoint, sizeof endpoint, "%s://%s:9/kling", how->tls ? "https" : "http",
             how->host);
    config.endpoint = endpoint;
    config.proxy = proxy_url(how->scheme, how->credentials, proxy);
    config.run = how->run;
    if (how->connect_timeout_ms != 0)
        config.connect_timeout_ms = how->connect_timeout_ms;
    return net_ask_once(&config, &request);
}

/* ---- Proxies that work ------------------------------------------------------ */

#define SERVES     RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(FIN)
#define SERVES_TLS RAW_DO(TLS), SERVES
#define SLOWLY(text)                                                                   \
    {                                                                                  \
        .op = RAW_SEND, .data = (text), .len = sizeof(text) - 1, .ms = 5               \
    }

static const struct {
    const char *name;
    route how;
    raw_step steps[16];
    const char *told; /* where the proxy is asked to go to */
    size_t told_len;
} WORKING[] = {
#define TOLD(text) text, sizeof(text) - 1
#define OPEN(scheme, host)                                                             \
    {                                                                                  \
        scheme, "", host, false, 0, 0                                                  \
    }
#define SEALED(scheme, host)                                                           \
    {                                                                                  \
        scheme, "", host, true, 0, 0                                                   \
    }
#define NAMED(scheme, user)                                                            \
    {                                                                                  \
        scheme, user "@", "127.0.0.1", true, 0, 0                                      \
    }
    {"socks5",
     SEALED("socks5", "127.0.0.1"),
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT(GRANTED), SERVES_TLS},
     TOLD("\5\1\0\1\x7f\0\0\1\0\x9")},
    {"socks5, plain",
     OPEN("socks5", "127.0.0.1"),
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT(GRANTED), SERVES},
     TOLD("\5\1\0\1\x7f\0\0\1\0\x9")},
    {"socks5h: the proxy looks the name up",
     SEALED("socks5h", "localhost"),
     {GREETING, NO_METHOD_NEEDED, TO_NAME, RAW_TEXT(GRANTED), SERVES_TLS},
     TOLD("\5\1\0\3\x9localhost\0\x9")},
    {"socks5, slowly",
     SEALED("socks5", "127.0.0.1"),
     {GREETING, SLOWLY("\5\0"), TO_ADDRESS, SLOWLY(GRANTED), SERVES_TLS},
     TOLD("\5\1\0\1\x7f\0\0\1\0\x9")},
    {"socks5, bound to a name",
     SEALED("socks5", "127.0.0.1"),
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT("\5\0\0\3\4here\0\1"),
      SERVES_TLS},
     TOLD("\5\1\0\1\x7f\0\0\1\0\x9")},
    {"socks5, bound to an IPv6 address",
     SEALED("socks5", "127.0.0.1"),
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS,
      RAW_TEXT("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1"), SERVES_TLS},
     TOLD("\5\1\0\1\x7f\0\0\1\0\x9")},
    {"socks5, a password that nobody wants",
     NAMED("socks5", USER ":" PASSWORD),
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT(GRANTED), SERVES_TLS},
     TOLD("\5\1\0\1\x7f\0\0\1\0\x9")},
    {"socks5, the right password",
     NAMED("socks5", "canary%40user:" PASSWORD),
     {GREETING, PASSWORD_NEEDED, CREDENTIALS, RAW_TEXT("\1\0"), TO_ADDRESS,
      RAW_TEXT(GRANTED), SERVES_TLS},
     TOLD("\1\x0b"
          "canary@user"
          "\x0f" PASSWORD "\5\1\0\1\x7f\0\0\1\0\x9")},
    {"socks4",
     SEALED("socks4", "127.0.0.1"),
     {TO_SOCKS4, RAW_TEXT(GRANTED4), SERVES_TLS},
     TOLD("\4\1\0\x9\x7f\0\0\1\0")},
    {"socks4, a user",
     NAMED("socks4", USER),
     {RAW_TAKE(9 + sizeof USER - 1), RAW_TEXT(GRANTED4), SERVES_TLS},
     TOLD("\4\1\0\x9\x7f\0\0\1" USER "\0")},
    {"socks4a: the proxy looks the name up",
     SEALED("socks4a", "localhost"),
     {TO_SOCKS4A, RAW_TEXT(GRANTED4), SERVES_TLS},
     TOLD("\4\1\0\x9\0\0\0\1\0localhost\0")},
};

static void
expect_served(size_t i, uint32_t run)
{
    const char *name = WORKING[i].name;
    route how = WORKING[i].how;
    how.run = run;
    raw_server *proxy = net_server(WORKING[i].steps, NULL);
    net_outcome got = ask_through(&how, proxy);
    raw_server_stop(proxy);
    (void)net_expect_outcome(name, &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED, 1);
    (void)net_expect(
        raw_log_has_bytes(&proxy->clear, WORKING[i].told, WORKING[i].told_len),
        "%s: the proxy was not told where to", name);
    (void)net_expect(!how.tls || !raw_log_has(&proxy->clear, NET_KEY),
                     "%s: the key in clear", name);
    (void)net_expect(
        raw_log_has(how.tls ? &proxy->secret : &proxy->clear, "Bearer " NET_KEY "\r\n"),
        "%s: no key in the request", name);
    raw_server_free(proxy);
}

static void
a_socks_proxy_connects_to_the_service(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WORKING / sizeof WORKING[0]; i++) {
        expect_served(i, KLINGREC_RUN_CALLER);
        expect_served(i, KLINGREC_RUN_THREAD);
    }
    net_end_table("SOCKS proxies that work");
}

/* ---- Proxies that say no ---------------------------------------------------- */

static const struct {
    const char *name;
    const char *scheme;
    raw_step steps[8];
    klingrec_status status;
} REFUSALS[] = {
#define SOCKS5_SAYS(reply, name)                                                       \
    {                                                                                  \
        name, "socks5",                                                                \
            {GREETING, NO_METHOD_NEEDED, TO_ADDRESS,                                   \
             RAW_TEXT("\5" reply "\0\1\0\0\0\0\0\0"), RAW_DO(FIN)},                    \
            KLINGREC_ERR_CONNECT                                                       \
    }
    SOCKS5_SAYS("\1", "reply 1: general failure"),
    SOCKS5_SAYS("\2", "reply 2: not allowed"),
    SOCKS5_SAYS("\3", "reply 3: network unreachable"),
    SOCKS5_SAYS("\4", "reply 4: host unreachable"),
    SOCKS5_SAYS("\5", "reply 5: connection refused"),
    SOCKS5_SAYS("\6", "reply 6: time to live expired"),
    SOCKS5_SAYS("\7", "reply 7: command not supported"),
    SOCKS5_SAYS("\x8", "reply 8: address type not supported"),
    SOCKS5_SAYS("\x9", "reply 9"),
    SOCKS5_SAYS("\xff", "reply 255"),
    {"a reply of two bytes",
     "socks5",
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT("\5\1"), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"a reply and silence",
     "socks5",
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT("\5\1\0\1\0\0\0\0\0\0"),
      RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"no acceptable method",
     "socks5",
     {GREETING, RAW_TEXT("\5\xff"), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"a method that was not offered",
     "socks5",
     {GREETING, RAW_TEXT("\5\x80"), RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"a wrong password",
     "socks5",
     {GREETING, PASSWORD_NEEDED, CREDENTIALS, RAW_TEXT("\1\1"), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"a wrong password, and silence",
     "socks5",
     {GREETING, PASSWORD_NEEDED, CREDENTIALS, RAW_TEXT("\1\xff"), RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"another version",
     "socks5",
     {GREETING, RAW_TEXT("\4\0"), RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"another version of the reply",
     "socks5",
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT("\4\0\0\1\0\0\0\0\0\0"),
      RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"an address of a kind nobody knows",
     "socks5",
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT("\5\0\0\x9\0\0\0\0\0\0"),
      RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"a name shorter than its length",
     "socks5",
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT("\5\0\0\3\xffhere\0\1"),
      RAW_DO(STALL)},
     KLINGREC_ERR_TIMEOUT},
    {"an HTTP server",
     "socks5",
     {GREETING, RAW_TEXT("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
      RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"an SSH server",
     "socks5",
     {RAW_TEXT("SSH-2.0-x\r\n"), RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"bytes without end",
     "socks5",
     {GREETING, {.op = RAW_FLOOD, .data = "\5\5\5\5\5\5\5\5", .len = 8}},
     KLINGREC_ERR_CONNECT},
    {"silence", "socks5", {RAW_DO(STALL)}, KLINGREC_ERR_TIMEOUT},
    {"silence behind the method",
     "socks5",
     {GREETING, NO_METHOD_NEEDED, RAW_DO(STALL)},
     KLINGREC_ERR_TIMEOUT},
    {"a reply byte by byte",
     "socks5",
     {GREETING,
      NO_METHOD_NEEDED,
      TO_ADDRESS,
      {.op = RAW_SEND, .data = GRANTED, .len = 10, .ms = 100}},
     KLINGREC_ERR_TIMEOUT},
    {"granted, and an end",
     "socks5",
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT(GRANTED), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"granted, and silence",
     "socks5",
     {GREETING, NO_METHOD_NEEDED, TO_ADDRESS, RAW_TEXT(GRANTED), RAW_DO(STALL)},
     KLINGREC_ERR_TIMEOUT},
    {"socks4: rejected",
     "socks4",
     {RAW_TAKE(9), RAW_TEXT("\0\x5b\0\0\0\0\0\0"), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"socks4: no identd",
     "socks4",
     {RAW_TAKE(9), RAW_TEXT("\0\x5c\0\0\0\0\0\0"), RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"socks4: another user",
     "socks4",
     {RAW_TAKE(9), RAW_TEXT("\0\x5d\0\0\0\0\0\0"), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"socks4: a code nobody knows",
     "socks4",
     {RAW_TAKE(9), RAW_TEXT("\0\x5e\0\0\0\0\0\0"), RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"socks4: another version",
     "socks4",
     {RAW_TAKE(9), RAW_TEXT("\4\x5a\0\0\0\0\0\0"), RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"socks4: silence", "socks4", {RAW_TAKE(9), RAW_DO(STALL)}, KLINGREC_ERR_TIMEOUT},
};

static void
expect_refused(const char *name, const route *how, const raw_step *steps,
               klingrec_status status)
{
    raw_server *proxy = net_server(steps, NULL);
    net_outcome got = ask_through(how, proxy);
    raw_server_stop(proxy);
    (void)net_expect_outcome(name, &got, status, KLINGREC_DELIVERY_NOT_SENT, 1);
    (void)net_expect(!raw_log_has(&proxy->clear, NET_KEY) &&
                         !raw_log_has(&proxy->clear, "Authorization"),
                     "%s: the key in clear", name);
    (void)net_expect(strstr(got.message, USER) == NULL, "%s: the user in: %s", name,
                     got.message);
    raw_server_free(proxy);
}

static void
a_socks_proxy_that_refuses_gets_no_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSALS / sizeof REFUSALS[0]; i++) {
        bool late = REFUSALS[i].status == KLINGREC_ERR_TIMEOUT;
        route how = {REFUSALS[i].scheme,  USER ":" PASSWORD "@", "127.0.0.1", true,
                     KLINGREC_RUN_CALLER, late ? LATE_MS : 0};
        expect_refused(REFUSALS[i].name, &how, REFUSALS[i].steps, REFUSALS[i].status);
        how.run = KLINGREC_RUN_THREAD;
        expect_refused(REFUSALS[i].name, &how, REFUSALS[i].steps, REFUSALS[i].status);
    }
    net_end_table("SOCKS proxies that say no");
}

/* libcurl says so with an empty one. */
static void
a_proxy_without_a_configured_password_gets_none(void **state)
{
    static const raw_step steps[] = {GREETING, PASSWORD_NEEDED, RAW_TAKE(3),
                                     RAW_TEXT("\1\1"), RAW_DO(FIN)};
    const route how = {"socks5", "", "127.0.0.1", true, KLINGREC_RUN_CALLER, 0};
    (void)state;
    expect_refused("no password", &how, steps, KLINGREC_ERR_CONNECT);
    net_end_table("SOCKS proxies that want a password");
}

/* ---- Proxies that break off ------------------------------------------------- */

/* A handshake of the proxy: the bytes it reads, and the bytes it answers. */
typedef struct turn {
    raw_step takes[3];
    const char *says;
    size_t len;
} turn;

typedef struct handshake {
    const char *scheme;
    size_t turns_count;
    turn turns[3];
} handshake;

static const handshake HANDSHAKES[] = {
    {"socks5",
     3,
     {{{GREETING}, "\5\2", 2},
      {{CREDENTIALS}, "\1\0", 2},
      {{TO_ADDRESS}, GRANTED, 10}}},
    {"socks4", 1, {{{RAW_TAKE(9 + sizeof USER - 1)}, GRANTED4, 8}}},
};

/* The steps up to the answers' byte number at, and then the end; false: it has fewer.
 */
static bool
cut_handshake(const handshake *whole, size_t at, raw_op end, raw_step *steps)
{
    for (size_t i = 0; i < whole->turns_count; i++) {
        const turn *t = &whole->turns[i];
        for (size_t k = 0; k < 3 && t->takes[k].op != RAW_END; k++)
            *steps++ = t->takes[k];
        size_t len = at < t->len ? at : t->len;
        *steps++ = (raw_step){.op = RAW_SEND, .data = t->says, .len = len};
        *steps = (raw_step){.op = end};
        if (at < t->len)
            return true;
        at -= t->len;
    }
    return false;
}

static const struct {
    const char *name;
    raw_op op;
    klingrec_status status;
} ENDS[] = {{"FIN", RAW_FIN, KLINGREC_ERR_CONNECT},
            {"RST", RAW_RST, KLINGREC_ERR_CONNECT},
            {"silence", RAW_STALL, KLINGREC_ERR_TIMEOUT}};

static void
a_socks_handshake_that_ends_at_any_byte_sends_no_key(void **state)
{
    raw_step steps[16];
    char name[96];
    (void)state;
    for (size_t h = 0; h < 2; h++)
        for (size_t end = 0; end < sizeof ENDS / sizeof ENDS[0]; end++)
            for (size_t at = 0; cut_handshake(&HANDSHAKES[h], at, ENDS[end].op, steps);
                 at += thin()) {
                bool late = ENDS[end].op == RAW_STALL;
                route how = {HANDSHAKES[h].scheme,
                             USER ":" PASSWORD "@",
                             "127.0.0.1",
                             at % 2 == 0,
                             at % 2 == 0 ? KLINGREC_RUN_CALLER : KLINGREC_RUN_THREAD,
                             late ? LATE_MS : 0};
                snprintf(name, sizeof name, "%s, %s after byte %u",
                         HANDSHAKES[h].scheme, ENDS[end].name, (unsigned)at);
                expect_refused(name, &how, steps, ENDS[end].status);
            }
    net_end_table("SOCKS handshakes cut");
}

/* ---- Proxies that send too much --------------------------------------------- */

#define ACCEPTS GREETING, NO_METHOD_NEEDED, TO_ADDRESS

/* After surplus bytes the client opens a connection for each request. */
static void
an_answer_before_the_request_is_not_taken_on_any_connection(void **state)
{
    static const raw_step surplus[] = {
        ACCEPTS,      RAW_TEXT(GRANTED), RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
        RAW_DO(WAIT), RAW_TEXT("\n"),    RAW_DO(STALL)};
    static const raw_step early[] = {ACCEPTS, RAW_TEXT(GRANTED NET_SUCCESS),
                                     RAW_DO(REQUEST), RAW_DO(STALL)};
    const raw_server nowhere = {.port = 9};
    klingrec_request request = net_tiny_request();
    (void)state;
    net_skip_unless_kept();
    raw_server *proxy = net_server(surplus, early);
    klingrec_config config = net_config(&nowhere, false);
    config.proxy = proxy_url("socks5", "", proxy);
    klingrec_client *client = net_client(&config);
    net_outcome got = net_ask(client, &request);
    (void)net_expect_outcome("first", &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED, 1);
    raw_server_go(proxy);
    net_wait_for_bytes(proxy);
    for (int i = 0; i < 2; i++) {
        got = net_ask(client, &request);
        (void)net_expect_outcome("later", &got, KLINGREC_ERR_RESPONSE,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
    }
    klingrec_client_free(client);
    raw_server_stop(proxy);
    (void)net_expect(proxy->requests == 1, "%u requests", proxy->requests);
    raw_server_free(proxy);
    net_end_table("answers before the request");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socks_proxy_connects_to_the_service),
        cmocka_unit_test(a_socks_proxy_that_refuses_gets_no_key),
        cmocka_unit_test(a_proxy_without_a_configured_password_gets_none),
        cmocka_unit_test(a_socks_handshake_that_ends_at_any_byte_sends_no_key),
        cmocka_unit_test(an_answer_before_the_request_is_not_taken_on_any_connection),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
