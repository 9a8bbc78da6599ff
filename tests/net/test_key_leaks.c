/* SPDX-License-Identifier: MIT */
/* test_key_leaks.c - invalid keys and URLs are not sent, and keys are not shown */
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};

enum { LONGEST_KEY = 4096 };

static const struct {
    const char *name;
    const char *key;
    bool good;
} KEYS[] = {
    {"all characters of a bearer token", "AZaz09-._~+/==", true},
    {"one character", "k", true},
    {"empty", "", false},
    {"only padding", "==", false},
    {"padding in the middle", "a=b", false},
    {"a space in the middle", "sk-a b", false},
    {"a space in front", " sk-a", false},
    {"a space behind", "sk-a ", false},
    {"a tab", "sk-a\tb", false},
    {"CR", "sk-a\rb", false},
    {"LF", "sk-a\nb", false},
    {"LF behind, as from a file", "sk-a\n", false},
    {"CR LF and a header", "sk-a\r\nX-Injected: yes", false},
    {"a control character", "sk-a\x01", false},
    {"DEL", "sk-a\x7f", false},
    {"an 8-bit byte", "sk-a\xe9", false},
    {"UTF-8", "sk-\xc3\xa9", false},
    {"a byte order mark", "\xef\xbb\xbfsk-a", false},
    {"a colon", "user:password", false},
    {"quotation marks", "\"sk-a\"", false},
    {"with its scheme", "Bearer sk-a", false},
};

static const char *
key_of_length(size_t len)
{
    static char key[LONGEST_KEY + 2];
    memset(key, 'k', len);
    key[len] = '\0';
    return key;
}

static bool
give_token(void *user, char *buf, size_t len)
{
    const char *key = user;
    if (strlen(key) >= len)
        memset(buf, 'k', len); /* a callback that fills the buffer without a NUL */
    else
        memcpy(buf, key, strlen(key) + 1);
    return true;
}

static void
try_key(const char *name, const char *key, bool good)
{
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_request request = net_tiny_request();
    klingrec_client *client = NULL;
    char copy[LONGEST_KEY + 2], header[LONGEST_KEY + 40];

    config.api_key = key;
    klingrec_status status = klingrec_client_new(&config, NULL, 0, &client);
    (void)net_expect(status == (good ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT) &&
                         (client != NULL) == good,
                     "key, %s: %s", name, klingrec_status_name(status));
    if (good) {
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome(name, &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                                 1);
    }
    klingrec_client_free(client);

    /* The same from a callback, which is called only when a job starts. */
    memcpy(copy, key, strlen(key) + 1);
    config.api_key = NULL;
    config.token = give_token;
    config.token_user = copy;
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome(
        name, &got, good ? KLINGREC_OK : KLINGREC_ERR_AUTH,
        good ? KLINGREC_DELIVERY_ANSWERED : KLINGREC_DELIVERY_NOT_SENT, good ? 1 : 0);
    raw_server_stop(server);
    (void)net_expect(server->connections == (good ? 2u : 0u), "%s: %u connections",
                     name, server->connections);
    snprintf(header, sizeof header, "\r\nAuthorization: Bearer %s\r\n", key);
    (void)net_expect(raw_log_has(&server->clear, header) == good, "%s: the header",
                     name);
    raw_server_free(server);
}

static void
a_key_that_is_not_a_bearer_token_opens_no_socket(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        try_key(KEYS[i].name, KEYS[i].key, KEYS[i].good);
    try_key("the longest", key_of_length(LONGEST_KEY), true);
    try_key("one too long", key_of_length(LONGEST_KEY + 1), false);
    net_end_table("keys");
}

/* ---- URLs ------------------------------------------------------------------- */

/* URLs of images; endpoints have the same rules and more. */
static const struct {
    const char *name;
    const char *url;
    bool image, endpoint;
} URLS[] = {
    {"a plain one", "http://127.0.0.1:9/a", true, true},
    {"with a query", "http://127.0.0.1:9/a?b=c&d=%20e", true, true},
    {"empty", "", false, false},
    {"a space", "http://127.0.0.1:9/a b", false, false},
    {"a space behind", "http://127.0.0.1:9/a ", false, false},
    {"CR", "http://127.0.0.1:9/a\rb", false, false},
    {"LF", "http://127.0.0.1:9/a\nb", false, false},
    {"CR LF and a header", "http://127.0.0.1:9/ HTTP/1.1\r\nX-Injected: yes\r\n\r\n",
     false, false},
    {"CR LF in the host", "http://127.0.0.1\r\n:9/", false, false},
    {"a tab", "http://127.0.0.1:9/\t", false, false},
    {"a control character", "http://127.0.0.1:9/\x01", false, false},
    {"DEL", "http://127.0.0.1:9/\x7f", false, false},
    {"UTF-8", "http://127.0.0.1:9/\xc3\xa9", true, false},
    {"an 8-bit byte that is no UTF-8", "http://127.0.0.1:9/\xe9", false, false},
    {"a quotation mark", "http://127.0.0.1:9/\"", false, false},
    {"a backslash", "http://127.0.0.1:9\\@x/", false, false},
    {"a user", "http://user@127.0.0.1:9/", false, false},
    {"a user and a password", "http://user:pw@127.0.0.1:9/", false, false},
    {"no host", "http://:9/", false, false},
    {"another scheme", "ftp://127.0.0.1:9/", false, false},
    {"no scheme", "127.0.0.1:9/", false, false},
    {"file", "file:///etc/hostname", false, false},
    {"gopher", "gopher://127.0.0.1:9/_POST", false, false},
    {"plain http to another host", "http://192.0.2.1:9/", true, false},
    {"a host that only looks like this one", "http://127.0.0.1.example:9/", true,
     false},
    {"localhost as a part of a name", "http://localhost.example:9/", true, false},
};

static void
try_image_url(size_t i)
{
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_request request = klingrec_request_url(URLS[i].url);
    net_outcome got = net_ask_once(&config, &request);
    bool good = URLS[i].image;
    raw_server_stop(server);
    (void)net_expect_outcome(
        URLS[i].name, &got, good ? KLINGREC_OK : KLINGREC_ERR_IMAGE_URL,
        good ? KLINGREC_DELIVERY_ANSWERED : KLINGREC_DELIVERY_NOT_SENT, good);
    (void)net_expect(server->connections == good, "image URL, %s: %u connections",
                     URLS[i].name, server->connections);
    (void)net_expect(!raw_log_has(&server->clear, "X-Injected"), "%s: injected",
                     URLS[i].name);
    raw_server_free(server);
}

static void
try_endpoint(size_t i)
{
    const raw_server nobody = {.port = 9};
    klingrec_client *client = NULL;
    klingrec_config config = net_config(&nobody, false);
    config.endpoint = URLS[i].url;
    klingrec_status status = klingrec_client_new(&config, NULL, 0, &client);
    (void)net_expect(status == (URLS[i].endpoint ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT),
                     "endpoint, %s: %s", URLS[i].name, klingrec_status_name(status));
    klingrec_client_free(client);
}

static void
an_invalid_url_opens_no_socket(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof URLS / sizeof URLS[0]; i++) {
        try_image_url(i);
        try_endpoint(i);
    }
    net_end_table("URLs");
}

static void
a_nul_does_not_truncate_a_text(void **state)
{
    static const char text[] = "http://127.0.0.1/a\0b";
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_request request = klingrec_request_url(text);
    (void)state;
    request.len = sizeof text - 1;
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome("a NUL", &got, KLINGREC_ERR_IMAGE_URL,
                             KLINGREC_DELIVERY_NOT_SENT, 0);
    raw_server_stop(server);
    (void)net_expect(server->connections == 0, "%u connections", server->connections);
    raw_server_free(server);
    net_end_table("NUL");
}

/* ---- Other texts that become headers ---------------------------------------- */

static void
no_text_can_inject_headers(void **state)
{
    static const char *const bad[] = {
        "a\r\nX-Injected: yes", "a\nb", "a\rb", "\x01", "\x7f", "\xc3\xa9"};
    raw_server *server = net_server(KEEP, NULL);
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        klingrec_client *client = NULL;
        klingrec_config config = net_config(server, false);
        config.user_agent = bad[i];
        (void)net_expect(klingrec_client_new(&config, NULL, 0, &client) ==
                             KLINGREC_ERR_ARGUMENT,
                         "user agent %u", (unsigned)i);
        klingrec_client_free(client);
        client = NULL;
        config = net_config(server, false);
        config.proxy = bad[i];
        (void)net_expect(klingrec_client_new(&config, NULL, 0, &client) ==
                             KLINGREC_ERR_ARGUMENT,
                         "proxy %u", (unsigned)i);
        klingrec_client_free(client);
    }
    raw_server_free(server);
    net_end_table("other texts");
}

/* ---- A server that sends the key back --------------------------------------- */

/* A server may return the key in the reason phrase, a header and the body. */
static void
a_key_in_an_answer_is_hidden(void **state)
{
    static const raw_step steps[] = {
        RAW_DO(REQUEST),
        RAW_TEXT("HTTP/1.1 401 " NET_KEY "\r\nX-Request-Id: " NET_KEY
                 "\r\nConnection: close\r\n\r\n{\"code\":1000,\"message\":\"Invalid "
                 "token " NET_KEY "\"}"),
        RAW_DO(FIN)};
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_request request = net_tiny_request();
    (void)state;
    /* This looks for the key in the message, the body and all lines of the log. */
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome("echo", &got, KLINGREC_ERR_AUTH,
                             KLINGREC_DELIVERY_ANSWERED, 1);
    (void)net_expect(strstr(got.message, "Invalid token ****") != NULL, "message: %s",
                     got.message);
    raw_server_free(server);
    net_end_table("keys that the server sends back");
}

/* NET_KEY as it may stand in a JSON document. */
static const char *const SPELLINGS[] = {
    NET_KEY,
    "SK-CANARY-0123456789ABCDEF",
    "sk-canary-0123456789abcdef",
    "\\u0073k-\\u0043ANARY-0123456789abcdef",
    "\\\\u0073\\\\u006B-CANARY-0123456789abcde\\\\u0066",
    "sk%2DCANARY%2d0123456789%61bcdef",
    "sk%252DCANARY%252d0123456789abcdef",
    "sk&#45;CANARY&#x2D;0123456789abcdef",
};

/* The message and the body when the server returns such a key. */
static void
try_echo(const char *spelling, bool nested)
{
    char answer[512], left[512], stars[128] = "";
    const char *form = nested ? "{\"code\":400,\"message\":\"{\\\"code\\\":1000,"
                                "\\\"message\\\":\\\"Invalid token %s!\\\"}\"}"
                              : "{\"code\":1000,\"message\":\"Invalid token %s!\"}";
    const char *split = strstr(form, "%s");
    memset(stars, '*', strlen(spelling));
    snprintf(left, sizeof left, "%.*s%s%s", (int)(split - form), form, stars,
             split + 2);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 401 no\r\nConnection: close\r\n\r\n%.*s%s%s",
             (int)(split - form), form, spelling, split + 2);
    const raw_step steps[] = {RAW_DO(REQUEST),
                              {.op = RAW_SEND, .data = answer, .len = strlen(answer)},
                              RAW_DO(FIN)};
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_client *client = net_client(&config);
    klingrec_request request = net_tiny_request();
    klingrec_result *result = NULL;
    size_t len = 0;
    klingrec_status status = klingrec_recognize(client, &request, &result);
    const char *body = klingrec_result_body(result, &len);
    (void)net_expect(status == KLINGREC_ERR_AUTH, "%s: %s", spelling,
                     klingrec_status_name(status));
    (void)net_expect(len == strlen(left) && memcmp(body, left, len) == 0,
                     "the body: %.*s", (int)len, body != NULL ? body : "");
    snprintf(left, sizeof left, "Invalid token %s!", stars);
    (void)net_expect(strstr(klingrec_result_message(result), left) != NULL,
                     "the message: %s", klingrec_result_message(result));
    klingrec_result_free(result);
    klingrec_client_free(client);
    raw_server_free(server);
}

static void
a_key_in_another_encoding_in_an_answer_is_hidden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SPELLINGS / sizeof SPELLINGS[0]; i++) {
        try_echo(SPELLINGS[i], false);
        try_echo(SPELLINGS[i], true);
    }
    net_end_table("spellings of an echo");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_is_not_a_bearer_token_opens_no_socket),
        cmocka_unit_test(an_invalid_url_opens_no_socket),
        cmocka_unit_test(a_nul_does_not_truncate_a_text),
        cmocka_unit_test(no_text_can_inject_headers),
        cmocka_unit_test(a_key_in_an_answer_is_hidden),
        cmocka_unit_test(a_key_in_another_encoding_in_an_answer_is_hidden),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
