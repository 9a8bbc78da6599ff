/* SPDX-License-Identifier: MIT */
/* test_tls.c - certificates, versions and handshakes that must not be accepted */
#include "../sampling.h"
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const raw_step ANSWERS[] = {RAW_DO(TLS), RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                   RAW_DO(FIN)};

/* ---- Who the server is ------------------------------------------------------ */

static const char OLD[] = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%COMPAT";
static const char TLS12[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
static const char TLS13[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

static const struct {
    const char *name;
    raw_flaw flaw;
    const char *priority;
    klingrec_status status;
} SERVERS[] = {
    {"a sound certificate", RAW_SOUND, NULL, KLINGREC_OK},
    {"TLS 1.2", RAW_SOUND, TLS12, KLINGREC_OK},
    {"TLS 1.3", RAW_SOUND, TLS13, KLINGREC_OK},
    {"TLS 1.0 and 1.1 only", RAW_SOUND, OLD, KLINGREC_ERR_TLS},
    {"another host's certificate", RAW_WRONG_HOST, NULL, KLINGREC_ERR_TLS},
    {"a name that spells the address", RAW_WRONG_ADDRESS, NULL, KLINGREC_ERR_TLS},
    {"an expired certificate", RAW_EXPIRED, NULL, KLINGREC_ERR_TLS},
    {"a certificate of tomorrow", RAW_NOT_YET_VALID, NULL, KLINGREC_ERR_TLS},
    {"a self-signed certificate", RAW_SELF_SIGNED, NULL, KLINGREC_ERR_TLS},
    {"an unknown CA", RAW_UNKNOWN_CA, NULL, KLINGREC_ERR_TLS},
    {"a signature with SHA-1", RAW_SHA1_SIGNED, NULL, KLINGREC_ERR_TLS},
    {"a certificate for clients", RAW_NOT_FOR_SERVERS, NULL, KLINGREC_ERR_TLS},
    {"a NUL in the name", RAW_NUL_IN_NAME, NULL, KLINGREC_ERR_TLS},
};

static void
ask_server(size_t i, uint32_t run)
{
    raw_scripts scripts = {
        .steps = {ANSWERS},
        .identity = &net_authority()->identities[SERVERS[i].flaw],
        .priority = SERVERS[i].priority,
    };
    raw_server *server = raw_server_start(&scripts);
    klingrec_config config = net_config(server, true);
    klingrec_request request = net_tiny_request();
    bool good = SERVERS[i].status == KLINGREC_OK;
    config.run = run;
    config.max_attempts = 3; /* a bad certificate is not retried */
    net_outcome got = net_ask_once(&config, &request);
    raw_server_stop(server);
    (void)net_expect_outcome(
        SERVERS[i].name, &got, SERVERS[i].status,
        good ? KLINGREC_DELIVERY_ANSWERED : KLINGREC_DELIVERY_NOT_SENT, 1);
    (void)net_expect(raw_log_has(&server->secret, NET_KEY) == good &&
                         !raw_log_has(&server->clear, NET_KEY),
                     "%s: the key went to the wrong place", SERVERS[i].name);
    (void)net_expect(good || server->secret.len == 0,
                     "%s: %u bytes were sent to a stranger", SERVERS[i].name,
                     (unsigned)server->secret.len);
    raw_server_free(server);
}

static void
nothing_is_sent_to_a_server_with_an_invalid_certificate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SERVERS / sizeof SERVERS[0]; i++) {
        ask_server(i, KLINGREC_RUN_CALLER);
        ask_server(i, KLINGREC_RUN_THREAD);
    }
    net_end_table("identities");
}

/* The loopback's own certificate is not among the system's. */
static void
the_systems_certificates_do_not_verify_the_test_server(void **state)
{
    (void)state;
    raw_server *server = net_server(ANSWERS, NULL);
    klingrec_config config = net_config(server, true);
    klingrec_request request = net_tiny_request();
    config.ca_file = NULL;
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome("the system's CAs", &got, KLINGREC_ERR_TLS,
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    config.ca_file = "/nonexistent/ca.pem";
    got = net_ask_once(&config, &request);
    (void)net_expect_outcome("a CA file that is missing", &got, KLINGREC_ERR_TLS,
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    config.ca_file = net_authority()->key_file;
    got = net_ask_once(&config, &request);
    (void)net_expect_outcome("a CA file without a certificate", &got, KLINGREC_ERR_TLS,
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    raw_server_stop(server);
    (void)net_expect(server->secret.len == 0, "%u bytes", (unsigned)server->secret.len);
    raw_server_free(server);
    net_end_table("CA files");
}

/* ---- Certificates from memory ------------------------------------------------ */

static const char *
read_text(const char *path)
{
    static char text[16384];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[n] = '\0';
    return text;
}

static void
certificates_from_memory_replace_the_systems(void **state)
{
    static const char bad[] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
                              "-----END CERTIFICATE-----\n";
    const char *sound = read_text(net_authority()->ca_file);
    const char *const texts[] = {sound, bad};
    char why[256];
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int flaw = RAW_SOUND; flaw <= RAW_UNKNOWN_CA; flaw += RAW_UNKNOWN_CA) {
            const raw_scripts scripts = {
                .steps = {ANSWERS},
                .identity = &net_authority()->identities[flaw],
            };
            raw_server *server = raw_server_start(&scripts);
            klingrec_config config = net_config(server, true);
            klingrec_request request = net_tiny_request();
            klingrec_client *client = NULL;
            config.ca_file = NULL;
            config.ca_pem = texts[i];
            klingrec_status made =
                klingrec_client_new(&config, why, sizeof why, &client);
            if (!net_libcurl_is(0x074d00)) {
                (void)net_expect(made == KLINGREC_ERR_ARGUMENT && client == NULL &&
                                     strncmp(why, "ca_pem: ", 8) == 0,
                                 "before 7.77: %s", why);
            } else {
                bool good = texts[i] == sound && flaw == RAW_SOUND;
                net_outcome got = net_ask(client, &request);
                (void)net_expect_outcome(
                    good ? "a good text" : "a wrong text or server", &got,
                    good ? KLINGREC_OK : KLINGREC_ERR_TLS,
                    good ? KLINGREC_DELIVERY_ANSWERED : KLINGREC_DELIVERY_NOT_SENT, 1);
                (void)net_expect(raw_log_has(&server->secret, NET_KEY) == good,
                                 "the key went to the wrong place");
            }
            klingrec_client_free(client);
            raw_server_free(server);
        }
    net_end_table("certificates from memory");
}

/* ---- Handshakes that break -------------------------------------------------- */

static const struct {
    const char *name;
    const char *priority;
} VERSIONS[] = {{"TLS 1.2", TLS12}, {"TLS 1.3", TLS13}};

static const raw_op ENDS[] = {RAW_FIN, RAW_RST};

/* The server's bytes of one whole handshake. */
static size_t
flight_size(const char *priority)
{
    raw_scripts scripts = {.steps = {ANSWERS},
                           .identity = &net_authority()->identities[RAW_SOUND],
                           .priority = priority};
    raw_server *server = raw_server_start(&scripts);
    klingrec_config config = net_config(server, true);
    klingrec_request request = net_tiny_request();
    net_outcome got = net_ask_once(&config, &request);
    assert_int_equal(got.status, KLINGREC_OK);
    raw_server_stop(server);
    size_t size = server->handshake;
    raw_server_free(server);
    return size;
}

/* Connection number n is closed after n * step bytes of the server. */
static void
break_flight(size_t version, raw_op end, size_t size, bool client_side)
{
    const size_t step = 7 * thin();
    const raw_step in_flight[] = {{.op = RAW_TLS, .len = 1, .grow = step}, {.op = end}};
    const raw_step in_hello[] = {{.op = RAW_READ, .len = 1, .grow = step}, {.op = end}};
    raw_scripts scripts = {.steps = {client_side ? in_hello : in_flight},
                           .identity = &net_authority()->identities[RAW_SOUND],
                           .priority = VERSIONS[version].priority};
    raw_server *server = raw_server_start(&scripts);
    klingrec_config config = net_config(server, true);
    klingrec_request request = net_tiny_request();
    klingrec_client *client = net_client(&config);
    char name[96];
    /* A signature differs by a few bytes from one handshake to the next. */
    for (size_t at = 1; at + 10 < size; at += step) {
        snprintf(name, sizeof name, "%s, %s after byte %u of the %s",
                 VERSIONS[version].name, end == RAW_FIN ? "FIN" : "RST", (unsigned)at,
                 client_side ? "hello" : "server's flight");
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome(name, &got, KLINGREC_ERR_CONNECT,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
    }
    klingrec_client_free(client);
    raw_server_stop(server);
    (void)net_expect(!raw_log_has(&server->clear, NET_KEY), "%s: the key in clear",
                     VERSIONS[version].name);
    raw_server_free(server);
}

static void
a_handshake_that_breaks_at_any_flight_sends_no_request(void **state)
{
    (void)state;
    for (size_t version = 0; version < 2; version++) {
        size_t size = flight_size(VERSIONS[version].priority);
        for (size_t end = 0; end < 2; end++) {
            break_flight(version, ENDS[end], size, false);
            break_flight(version, ENDS[end], 250, true);
        }
    }
    net_end_table("broken handshakes");
}

/* Instead of a handshake. */
static const struct {
    const char *name;
    const char *text;
    size_t len;
    klingrec_status status;
} NO_TLS[] = {
#define BYTES(name, text, status)                                                      \
    {                                                                                  \
        name, text, sizeof(text) - 1, status                                           \
    }
    BYTES("an HTTP server", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
          KLINGREC_ERR_TLS),
    BYTES("an SSH server", "SSH-2.0-OpenSSH_9.2\r\n", KLINGREC_ERR_TLS),
    BYTES("an alert: handshake_failure", "\x15\x03\x03\0\2\2\x28", KLINGREC_ERR_TLS),
    BYTES("an alert: protocol_version", "\x15\x03\x01\0\2\2\x46", KLINGREC_ERR_TLS),
    BYTES("an alert: close_notify", "\x15\x03\x03\0\2\1\0", KLINGREC_ERR_TLS),
    BYTES("a record that is too long", "\x16\x03\x03\xff\xff", KLINGREC_ERR_TLS),
    BYTES("zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", KLINGREC_ERR_TLS),
};

static void
nothing_is_sent_to_a_server_without_tls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof NO_TLS / sizeof NO_TLS[0]; i++) {
        const raw_step steps[] = {
            RAW_TAKE(100),
            {.op = RAW_SEND, .data = NO_TLS[i].text, .len = NO_TLS[i].len},
            RAW_DO(FIN)};
        raw_server *server = net_server(steps, NULL);
        klingrec_config config = net_config(server, true);
        klingrec_request request = net_tiny_request();
        net_outcome got = net_ask_once(&config, &request);
        raw_server_stop(server);
        (void)net_expect_outcome(NO_TLS[i].name, &got, NO_TLS[i].status,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
        (void)net_expect(!raw_log_has(&server->clear, NET_KEY), "%s: the key in clear",
                         NO_TLS[i].name);
        raw_server_free(server);
    }
    net_end_table("no TLS");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_to_a_server_with_an_invalid_certificate),
        cmocka_unit_test(the_systems_certificates_do_not_verify_the_test_server),
        cmocka_unit_test(certificates_from_memory_replace_the_systems),
        cmocka_unit_test(a_handshake_that_breaks_at_any_flight_sends_no_request),
        cmocka_unit_test(nothing_is_sent_to_a_server_without_tls),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
