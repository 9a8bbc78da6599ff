/* SPDX-License-Identifier: MIT */
/* test_proxy.c - proxies and redirects must not receive the key */
#define _POSIX_C_SOURCE 200809L

#include "../sampling.h"
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CONNECTED "HTTP/1.1 200 Connection established\r\n\r\n"
#define SIXTY     "................................................................"

static const char *
url_of(const raw_server *server)
{
    static char text[64];
    snprintf(text, sizeof text, "http://127.0.0.1:%u", server->port);
    return text;
}

/* ---- Proxies that say no ---------------------------------------------------- */

static const char ENDLESS_HEADERS[] = "headers without end";

/* What follows the CONNECT request; all endpoints are https. */
static const struct {
    const char *name;
    raw_step steps[5];
    klingrec_status status;
} REFUSALS[] = {
    {"407",
     {RAW_DO(HEAD),
      RAW_TEXT("HTTP/1.1 407 Proxy Authentication Required\r\n"
               "Proxy-Authenticate: Basic realm=\"x\"\r\n"
               "Content-Length: 2\r\n\r\nno"),
      RAW_DO(STALL)},
     KLINGREC_ERR_CONNECT},
    {"403",
     {RAW_DO(HEAD),
      RAW_TEXT("HTTP/1.1 403 Forbidden\r\nX-Request-Id: proxy\r\n"
               "Content-Length: 0\r\n\r\n"),
      RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"502",
     {RAW_DO(HEAD), RAW_TEXT("HTTP/1.1 502 Bad Gateway\r\n\r\n"), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"503 and when to come again",
     {RAW_DO(HEAD), RAW_TEXT("HTTP/1.1 503 Busy\r\nRetry-After: 600\r\n\r\n"),
      RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"302",
     {RAW_DO(HEAD),
      RAW_TEXT("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
               "Content-Length: 0\r\n\r\n"),
      RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"an answer that is no HTTP",
     {RAW_DO(HEAD), RAW_TEXT("SSH-2.0-x\r\n"), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"an end without an answer", {RAW_DO(HEAD), RAW_DO(FIN)}, KLINGREC_ERR_CONNECT},
    {"a reset without an answer", {RAW_DO(HEAD), RAW_DO(RST)}, KLINGREC_ERR_CONNECT},
    {"an answer cut in its head",
     {RAW_DO(HEAD), RAW_TEXT("HTTP/1.1 200"), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"a tunnel that ends at once",
     {RAW_DO(HEAD), RAW_TEXT(CONNECTED), RAW_DO(FIN)},
     KLINGREC_ERR_CONNECT},
    {"a tunnel to no TLS server",
     {RAW_DO(HEAD), RAW_TEXT(CONNECTED), RAW_TEXT("SSH-2.0-x\r\n"), RAW_DO(FIN)},
     KLINGREC_ERR_TLS},
    {"silence", {RAW_DO(HEAD), RAW_DO(STALL)}, KLINGREC_ERR_TIMEOUT},
    {"an answer byte by byte",
     {RAW_DO(HEAD),
      {.op = RAW_SEND, .data = CONNECTED, .len = sizeof CONNECTED - 1, .ms = 5000}},
     KLINGREC_ERR_TIMEOUT},
    {"a tunnel that stays silent",
     {RAW_DO(HEAD), RAW_TEXT(CONNECTED), RAW_DO(STALL)},
     KLINGREC_ERR_TIMEOUT},
    {ENDLESS_HEADERS,
     {RAW_DO(HEAD),
      RAW_TEXT("HTTP/1.1 200 OK\r\n"),
      {.op = RAW_FLOOD, .data = "X-A: " SIXTY "\r\n", .len = 71}},
     KLINGREC_ERR_CONNECT},
    {"one header without end",
     {RAW_DO(HEAD),
      RAW_TEXT("HTTP/1.1 200 OK\r\nX-A: "),
      {.op = RAW_FLOOD, .data = SIXTY, .len = 64}},
     KLINGREC_ERR_CONNECT},
    {"a refusal with a body without end",
     {RAW_DO(HEAD),
      RAW_TEXT("HTTP/1.1 407 No\r\nContent-Length: 1000000000\r\n\r\n"),
      {.op = RAW_FLOOD, .data = SIXTY, .len = 64}},
     KLINGREC_ERR_TIMEOUT},
};

/* Versions before 7.88 limit the length of a header of the proxy, and not their number.
 */
static klingrec_status
status_due(size_t i)
{
    bool endless = REFUSALS[i].name == ENDLESS_HEADERS && !net_libcurl_is(0x075800);
    return endless ? KLINGREC_ERR_TIMEOUT : REFUSALS[i].status;
}

static void
ask_through(size_t i, uint32_t run)
{
    raw_server *proxy = net_server(REFUSALS[i].steps, NULL);
    const raw_server nowhere = {.port = 9};
    klingrec_config config = net_config(&nowhere, true);
    klingrec_request request = net_tiny_request();
    config.proxy = url_of(proxy);
    bool late = status_due(i) == KLINGREC_ERR_TIMEOUT;
    /* While a proxy answers, libcurl only obeys the first limit, and it reads 300
       KiB of headers byte by byte. */
    config.connect_timeout_ms = late ? net_patience(200) : 60000;
    config.attempt_timeout_ms = config.connect_timeout_ms;
    config.deadline_ms = 2 * config.connect_timeout_ms;
    config.run = run;
    net_outcome got = net_ask_once(&config, &request);
    raw_server_stop(proxy);
    (void)net_expect_outcome(REFUSALS[i].name, &got, status_due(i),
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    (void)net_expect(got.http_status == 0, "%s: the proxy's status %d is given out",
                     REFUSALS[i].name, got.http_status);
    (void)net_expect(raw_log_has(&proxy->clear, "CONNECT 127.0.0.1:9 HTTP/1.1\r\n") &&
                         !raw_log_has(&proxy->clear, "CANARY") &&
                         !raw_log_has(&proxy->clear, "Authorization"),
                     "%s: what the proxy saw is wrong", REFUSALS[i].name);
    raw_server_free(proxy);
}

static void
a_proxy_that_refuses_gets_no_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSALS / sizeof REFUSALS[0]; i += thin()) {
        ask_through(i, KLINGREC_RUN_CALLER);
        ask_through(i, KLINGREC_RUN_THREAD);
    }
    net_end_table("proxies that say no");
}

/* ---- Proxies that work ------------------------------------------------------ */

static const raw_step TUNNEL[] = {RAW_DO(HEAD),    RAW_TEXT(CONNECTED),   RAW_DO(TLS),
                                  RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(FIN)};
static const raw_step DIRECT[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(FIN)};
static const raw_step DIRECT_TLS[] = {RAW_DO(TLS), RAW_DO(REQUEST),
                                      RAW_TEXT(NET_SUCCESS), RAW_DO(FIN)};

static void
a_tunnel_hides_the_key_from_its_proxy(void **state)
{
    raw_server *proxy = net_server(TUNNEL, NULL);
    const raw_server nowhere = {.port = 9};
    klingrec_config config = net_config(&nowhere, true);
    klingrec_request request = net_tiny_request();
    (void)state;
    config.proxy = url_of(proxy);
    net_outcome got = net_ask_once(&config, &request);
    raw_server_stop(proxy);
    (void)net_expect_outcome("tunnel", &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                             1);
    (void)net_expect(!raw_log_has(&proxy->clear, "CANARY"), "the key in clear");
    (void)net_expect(raw_log_has(&proxy->secret, "Bearer " NET_KEY "\r\n"),
                     "no key inside of the tunnel");
    (void)net_expect(!raw_log_has(&proxy->clear, "klingrec/"),
                     "the proxy is told who we are");
    raw_server_free(proxy);
    net_end_table("tunnels");
}

/* Set and cleared around a test, when no other thread runs. */
static void
set_proxies(const char *url)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",
                                        "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (url != NULL)
            assert_int_equal(setenv(names[i], url, 1), 0);
        else
            assert_int_equal(unsetenv(names[i]), 0);
}

/* libcurl's message about an invalid proxy shows its whole URL. A proxy of the
   configuration is refused before libcurl gets it. */
static void
no_message_shows_the_password_of_a_proxy(void **state)
{
    static const char *const proxies[] = {"http://user:SECRET@127.0.0.1:99999",
                                          "http://user:SECRET/x@127.0.0.1:9",
                                          "http://user:SECRET#x@127.0.0.1:9"};
    const raw_server nowhere = {.port = 9};
    klingrec_request request = net_tiny_request();
    char why[256];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        klingrec_config config = net_config(&nowhere, true);
        config.proxy = proxies[i];
        klingrec_status status = klingrec_config_check(&config, why, sizeof why);
        (void)net_expect(status == KLINGREC_ERR_ARGUMENT, "%s: it is taken",
                         proxies[i]);
        (void)net_expect(strstr(why, "SECRET") == NULL, "%s", why);
        config.proxy = NULL;
        set_proxies(proxies[i]);
        net_outcome got = net_ask_once(&config, &request);
        set_proxies(NULL);
        (void)net_expect(got.status != KLINGREC_OK &&
                             got.delivery == KLINGREC_DELIVERY_NOT_SENT,
                         "%s: it is taken from the environment", proxies[i]);
        (void)net_expect(strstr(got.message, "SECRET") == NULL, "%s", got.message);
    }
    net_end_table("passwords");
}

/* Whether the proxy of the environment is used, for each option and endpoint. */
static const struct {
    const char *name;
    const char *option;
    bool tls, used;
} RULES[] = {
    {"http without an option", NULL, false, false},
    {"http and none wanted", "", false, false},
    {"https without an option", NULL, true, true},
    {"https and none wanted", "", true, false},
};

static void
proxies_of_the_environment_are_used_for_https_only(void **state)
{
    (void)state;
    (void)unsetenv("no_proxy");
    (void)unsetenv("NO_PROXY");
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        raw_server *proxy = net_server(TUNNEL, NULL);
        raw_server *server = net_server(RULES[i].tls ? DIRECT_TLS : DIRECT, NULL);
        klingrec_config config = net_config(server, RULES[i].tls);
        klingrec_request request = net_tiny_request();
        set_proxies(url_of(proxy));
        config.proxy = RULES[i].option;
        net_outcome got = net_ask_once(&config, &request);
        set_proxies(NULL);
        raw_server_stop(proxy);
        raw_server_stop(server);
        (void)net_expect_outcome(RULES[i].name, &got, KLINGREC_OK,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
        (void)net_expect(proxy->connections == RULES[i].used &&
                             server->connections == !RULES[i].used,
                         "%s: %u at the proxy, %u at the server", RULES[i].name,
                         proxy->connections, server->connections);
        (void)net_expect(!raw_log_has(&proxy->clear, "CANARY"), "%s: the key in clear",
                         RULES[i].name);
        raw_server_free(proxy);
        raw_server_free(server);
    }
    net_end_table("environment");
}

/* ---- Redirects -------------------------------------------------------------- */

static const int REDIRECTS[] = {300, 301, 302, 303, 307, 308};

static void
redirect(int http_status, bool tls)
{
    static const raw_step target_steps[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                            RAW_DO(FIN)};
    char text[200], name[32];
    raw_server *target = net_server(target_steps, NULL);
    int len = sprintf(text,
                      "HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1:%u/\r\n"
                      "Content-Length: 0\r\n\r\n",
                      http_status, target->port);
    const raw_step steps[] = {{.op = tls ? RAW_TLS : RAW_PAUSE},
                              RAW_DO(REQUEST),
                              {.op = RAW_SEND, .data = text, .len = (size_t)len},
                              RAW_DO(FIN)};
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, tls);
    klingrec_request request = net_tiny_request();
    config.max_attempts = 3;
    net_outcome got = net_ask_once(&config, &request);
    sprintf(name, "redirect %d", http_status);
    (void)net_expect_outcome(name, &got, KLINGREC_ERR_RESPONSE,
                             KLINGREC_DELIVERY_ANSWERED, 1);
    raw_server_stop(target);
    (void)net_expect(target->connections == 0, "%s: %u connections at its target", name,
                     target->connections);
    raw_server_free(server);
    raw_server_free(target);
}

static void
no_redirect_is_followed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REDIRECTS / sizeof REDIRECTS[0]; i += thin()) {
        redirect(REDIRECTS[i], false);
        redirect(REDIRECTS[i], true);
    }
    net_end_table("redirects");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proxy_that_refuses_gets_no_key),
        cmocka_unit_test(a_tunnel_hides_the_key_from_its_proxy),
        cmocka_unit_test(no_message_shows_the_password_of_a_proxy),
        cmocka_unit_test(no_redirect_is_followed),
        cmocka_unit_test(proxies_of_the_environment_are_used_for_https_only),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
