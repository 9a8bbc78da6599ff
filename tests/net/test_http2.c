/* SPDX-License-Identifier: MIT */
/* test_http2.c - servers that send HTTP/2 to a client that did not offer it */
#define _POSIX_C_SOURCE 200809L

#include "../sampling.h"
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Frames (RFC 9113, 4.1): length, type, flags, stream. */
#define FRAME(length, type, flags, stream, payload)                                    \
    "\0\0" length type flags "\0\0\0" stream payload
#define SETTINGS        FRAME("\0", "\4", "\0", "\0", "")
#define SETTINGS_ACK    FRAME("\0", "\4", "\1", "\0", "")
#define NO_WINDOW       FRAME("\6", "\4", "\0", "\0", "\0\4\0\0\0\0")
#define ONE_STREAM      FRAME("\6", "\4", "\0", "\0", "\0\3\0\0\0\1")
#define PING            FRAME("\x8", "\6", "\0", "\0", "klingrec")
#define GOAWAY(last)    FRAME("\x8", "\7", "\0", "\0", "\0\0\0" last "\0\0\0\0")
#define CALM_GOAWAY     FRAME("\x8", "\7", "\0", "\0", "\0\0\0\0\0\0\0\x0b")
#define RST(code)       FRAME("\4", "\3", "\0", "\1", "\0\0\0" code)
#define NO_ERROR        "\0"
#define INTERNAL_ERROR  "\2"
#define REFUSED_STREAM  "\7"
#define ENHANCE_CALM    "\x0b"
#define HTTP11_REQUIRED "\x0d"
/* :status 200 of the static table (RFC 7541, A), then a success as DATA. */
#define HEADERS FRAME("\1", "\1", "\4", "\1", "\x88")
#define DATA    FRAME("\x43", "\0", "\1", "\1", NET_BODY)

typedef struct frames {
    const char *name;
    const char *text;
    size_t len;
} frames;

static const frames FRAMES[] = {
#define FRAMES_OF(name, text)                                                          \
    {                                                                                  \
        name, text, sizeof(text) - 1                                                   \
    }
    FRAMES_OF("SETTINGS", SETTINGS),
    FRAMES_OF("SETTINGS without a window", NO_WINDOW SETTINGS_ACK),
    FRAMES_OF("SETTINGS for one stream", ONE_STREAM SETTINGS_ACK),
    FRAMES_OF("GOAWAY before ours", SETTINGS GOAWAY("\0")),
    FRAMES_OF("GOAWAY after ours", SETTINGS GOAWAY("\1")),
    FRAMES_OF("GOAWAY: calm down", SETTINGS CALM_GOAWAY),
    FRAMES_OF("RST_STREAM: no error", SETTINGS RST(NO_ERROR)),
    FRAMES_OF("RST_STREAM: internal error", SETTINGS RST(INTERNAL_ERROR)),
    FRAMES_OF("RST_STREAM: refused", SETTINGS RST(REFUSED_STREAM)),
    FRAMES_OF("RST_STREAM: calm down", SETTINGS RST(ENHANCE_CALM)),
    FRAMES_OF("RST_STREAM: use HTTP/1.1", SETTINGS RST(HTTP11_REQUIRED)),
    FRAMES_OF("PING", SETTINGS PING),
    FRAMES_OF("a success", SETTINGS SETTINGS_ACK HEADERS DATA),
    FRAMES_OF("a success without SETTINGS", HEADERS DATA),
    FRAMES_OF("a success behind a line of HTTP/2",
              "HTTP/2 200\r\nContent-Length: 67\r\n\r\n" HEADERS DATA),
    FRAMES_OF("the client's own preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" SETTINGS),
};

/* ---- Frames as an answer ---------------------------------------------------- */

/* When the server speaks. */
typedef enum moment { AT_ONCE, AFTER_HEAD, AFTER_REQUEST, MOMENTS } moment;
static const char *const MOMENT_NAMES[] = {"at once", "after the head",
                                           "after the request"};
static const raw_op ENDS[] = {RAW_FIN, RAW_STALL, RAW_FLOOD};

typedef struct scene {
    const frames *says;
    moment when;
    raw_op end; /* FLOOD: with PING */
    bool tls, huge;
} scene;

static raw_server *
server_of(const scene *s, raw_step steps[5])
{
    static const raw_op takes[] = {RAW_PAUSE, RAW_HEAD, RAW_REQUEST};
    raw_scripts scripts = {.steps = {steps},
                           .identity = &net_authority()->identities[RAW_SOUND],
                           .small_window = s->huge};
    steps[0] = (raw_step){.op = s->tls ? RAW_TLS : RAW_PAUSE};
    steps[1] = (raw_step){.op = takes[s->when]};
    steps[2] = (raw_step){.op = RAW_SEND, .data = s->says->text, .len = s->says->len};
    steps[3] = (raw_step){.op = s->end, .data = PING, .len = sizeof PING - 1};
    steps[4] = (raw_step){.op = RAW_END};
    return raw_server_start(&scripts);
}

static void
play(const scene *s, uint32_t run)
{
    raw_step steps[5];
    char name[128];
    raw_server *server = server_of(s, steps);
    klingrec_config config = net_config(server, s->tls);
    klingrec_request request =
        s->huge ? net_bytes_request(8 * 1024 * 1024) : net_tiny_request();
    config.run = run;
    config.max_attempts = 3; /* none of these may be retried */
    net_outcome got = net_ask_once(&config, &request);
    raw_server_stop(server);
    snprintf(name, sizeof name, "%s, %s, %s%s", s->says->name, MOMENT_NAMES[s->when],
             s->tls ? "TLS" : "plain", s->huge ? ", 11 MiB" : "");
    /* An early answer may be read before the last byte of the request is written. */
    bool early = s->when != AFTER_REQUEST && got.delivery == KLINGREC_DELIVERY_NOT_SENT;
    bool unsent = s->huge || early;
    (void)net_expect_outcome(
        name, &got, KLINGREC_ERR_RESPONSE,
        unsent ? KLINGREC_DELIVERY_NOT_SENT : KLINGREC_DELIVERY_UNSURE, 1);
    (void)net_expect(server->connections == 1, "%s: %u connections", name,
                     server->connections);
    (void)net_expect(net_is_quick(got.ms, 10000), "%s: %u ms", name, got.ms);
    raw_server_free(server);
}

/* All frames at all moments, followed by each ending in turn. */
static void
http2_frames_are_not_an_answer(void **state)
{
    enum { ENDS_COUNT = sizeof ENDS / sizeof ENDS[0] };
    (void)state;
    for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i += thin())
        for (unsigned when = AT_ONCE; when < MOMENTS; when++) {
            scene s = {&FRAMES[i], (moment)when, ENDS[(i + when) % ENDS_COUNT], false,
                       false};
            play(&s, KLINGREC_RUN_CALLER);
            s.end = ENDS[(i + when + 1) % ENDS_COUNT];
            s.tls = true;
            play(&s, KLINGREC_RUN_THREAD);
        }
    net_end_table("frames");
}

static void
http2_frames_during_an_upload_end_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i += thin()) {
        scene s = {&FRAMES[i], AFTER_HEAD, RAW_STALL, false, true};
        play(&s, KLINGREC_RUN_THREAD);
        s.tls = true;
        play(&s, KLINGREC_RUN_CALLER);
    }
    net_end_table("frames in an upload");
}

/* ---- An upgrade that nobody asked for --------------------------------------- */

static void
an_unrequested_upgrade_is_not_an_answer(void **state)
{
    static const frames upgrade = {
#define UPGRADE                                                                        \
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "             \
    "h2c\r\n\r\n" SETTINGS HEADERS DATA
        "an upgrade", UPGRADE, sizeof UPGRADE - 1};
    static const klingrec_status statuses[] = {
        KLINGREC_ERR_TRANSFER, KLINGREC_ERR_TIMEOUT, KLINGREC_ERR_RESPONSE_BYTES};
    klingrec_request request = net_tiny_request();
    (void)state;
    for (size_t end = 0; end < sizeof ENDS / sizeof ENDS[0]; end++) {
        raw_step steps[5];
        scene s = {&upgrade, AFTER_REQUEST, ENDS[end], false, false};
        raw_server *server = server_of(&s, steps);
        klingrec_config config = net_config(server, false);
        if (ENDS[end] == RAW_STALL)
            config.attempt_timeout_ms = net_patience(500);
        net_outcome got = net_ask_once(&config, &request);
        (void)net_expect_outcome("an upgrade", &got, statuses[end],
                                 KLINGREC_DELIVERY_UNSURE, 1);
        raw_server_free(server);
    }
    net_end_table("upgrades");
}

/* ---- ALPN ------------------------------------------------------------------- */

static const raw_step SUCCEEDS[] = {RAW_DO(TLS), RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                    RAW_DO(FIN)};
static const char *const VERSIONS[] = {"NORMAL:-VERS-TLS1.3", "NORMAL"};

static const struct {
    const char *name;
    raw_alpn alpn;
    klingrec_status status;
    klingrec_delivery delivery;
    const char *agreed;
} ALPN[] = {
    {"no ALPN", RAW_ALPN_NONE, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED, ""},
    {"h2 preferred", RAW_ALPN_PREFERS_H2, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
     "http/1.1"},
    {"h2 needed", RAW_ALPN_NEEDS_H2, KLINGREC_ERR_TLS, KLINGREC_DELIVERY_NOT_SENT, ""},
};

static void
agree(size_t i, size_t version, uint32_t run)
{
    raw_scripts scripts = {.steps = {SUCCEEDS},
                           .identity = &net_authority()->identities[RAW_SOUND],
                           .priority = VERSIONS[version],
                           .alpn = ALPN[i].alpn};
    raw_server *server = raw_server_start(&scripts);
    klingrec_config config = net_config(server, true);
    klingrec_request request = net_tiny_request();
    config.run = run;
    net_outcome got = net_ask_once(&config, &request);
    raw_server_stop(server);
    (void)net_expect_outcome(ALPN[i].name, &got, ALPN[i].status, ALPN[i].delivery, 1);
    (void)net_expect(strcmp(server->alpn, ALPN[i].agreed) == 0,
                     "%s: agreed on \"%s\", not \"%s\"", ALPN[i].name, server->alpn,
                     ALPN[i].agreed);
    raw_server_free(server);
}

static void
the_library_offers_http1_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ALPN / sizeof ALPN[0]; i++)
        for (size_t version = 0; version < 2; version++) {
            agree(i, version, KLINGREC_RUN_CALLER);
            agree(i, version, KLINGREC_RUN_THREAD);
        }
    net_end_table("ALPN");
}

/* The hello of a TLS 1.2 server that chooses ECDHE-ECDSA-AES128-GCM-SHA256 and this
   protocol; then its connection ends. */
#define HELLO(record, hello, extensions, alpn)                                         \
    RAW_TEXT("\x16\3\3\0" record "\2\0\0" hello "\3\3"                                 \
             "klingrec klingrec klingrec 12345\0"                                      \
             "\xc0\x2b\0\0" extensions "\xff\1\0\1\0\0\x10\0" alpn)

static const struct {
    const char *name;
    raw_step steps[4];
    klingrec_status status;
} HELLOS[] = {
    {"http/1.1",
     {RAW_TAKE(100), HELLO("\x40", "\x3c", "\x14", "\x0b\0\x9\x8http/1.1"),
      RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    /* A server must not select a protocol that was not offered (RFC 7301, 3.2). */
    {"h2",
     {RAW_TAKE(100), HELLO("\x3a", "\x36", "\x0e", "\5\0\3\2h2"), RAW_DO(FIN)},
     KLINGREC_ERR_TLS},
};

static void
nothing_is_sent_to_a_server_that_selects_http2(void **state)
{
    klingrec_request request = net_tiny_request();
    (void)state;
    for (size_t i = 0; i < sizeof HELLOS / sizeof HELLOS[0]; i++) {
        raw_server *server = net_server(HELLOS[i].steps, NULL);
        klingrec_config config = net_config(server, true);
        net_outcome got = net_ask_once(&config, &request);
        raw_server_stop(server);
        /* OpenSSL 1.1 does not check what the server selects: the close ends it. */
        (void)net_expect_outcome(HELLOS[i].name, &got,
                                 net_openssl_is_old() ? KLINGREC_ERR_CONNECT
                                                      : HELLOS[i].status,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
        (void)net_expect(!raw_log_has(&server->clear, "HTTP/2"), "%s: it is spoken",
                         HELLOS[i].name);
        raw_server_free(server);
    }
    net_end_table("HTTP/2 chosen by the server");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http2_frames_are_not_an_answer),
        cmocka_unit_test(http2_frames_during_an_upload_end_it),
        cmocka_unit_test(an_unrequested_upgrade_is_not_an_answer),
        cmocka_unit_test(the_library_offers_http1_only),
        cmocka_unit_test(nothing_is_sent_to_a_server_that_selects_http2),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
