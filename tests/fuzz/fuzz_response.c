/* SPDX-License-Identifier: MIT */
/* fuzz_response.c - any bytes as the response to a request, through the built-in
   transport */
#include "fuzz.h"

#include <klingrec/klingrec.h>

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY "sk-CANARY-0123456789"
#define OK_BODY                                                                        \
    "{\"code\":0,\"data\":{\"task_result\":{\"images\":[{\"type\":\"head_seg\","       \
    "\"is_contain\":true}]}}}"

FUZZ_SEEDS(
    "HTTP/1.1 200 OK\r\nContent-Length: 79\r\n\r\n" OK_BODY,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4f\r\n" OK_BODY
    "\r\n0\r\nA: b\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\n" OK_BODY,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 No\r\nRetry-After: 1\r\n"
    "Content-Length: 13\r\n\r\n{\"code\":1303}",
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 301 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", "HTTP/2 200\r\n\r\n",
    "HTTP/1.1 204 No\r\nConnection: close\r\n\r\n");

/* ---- The server ------------------------------------------------------------- */

static struct {
    int listener;
    uint16_t port;
    pthread_mutex_t lock;
    const uint8_t *bytes; /* to answer with */
    size_t len;
    unsigned requests; /* received whole */
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The request is short, and its end is known. */
static bool
take_request(int fd)
{
    char text[4096];
    size_t len = 0;
    while (len < sizeof text - 1) {
        ssize_t n = recv(fd, text + len, sizeof text - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        if (strstr(text, "\"}") != NULL)
            return true;
    }
    return false;
}

static void
serve(int fd)
{
    char byte;
    if (take_request(fd)) {
        (void)pthread_mutex_lock(&server.lock);
        server.requests++;
        size_t len = server.len;
        uint8_t *answer = (uint8_t *)fuzz_copy(server.bytes, len);
        (void)pthread_mutex_unlock(&server.lock);
        for (size_t at = 0; at < len;) {
            ssize_t n = send(fd, answer + at, len - at, MSG_NOSIGNAL);
            if (n <= 0)
                break;
            at += (size_t)n;
        }
        free(answer);
        (void)shutdown(fd, SHUT_WR);
        while (recv(fd, &byte, 1, 0) > 0)
            continue;
    }
    (void)close(fd);
}

static void *
serve_all(void *user)
{
    (void)user;
    for (;;) {
        int fd = accept(server.listener, NULL, NULL);
        if (fd >= 0)
            serve(fd);
    }
    return NULL;
}

static void
start_server(void)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    pthread_t thread;
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    FUZZ_CHECK(bind(server.listener, (struct sockaddr *)&at, len) == 0);
    FUZZ_CHECK(listen(server.listener, 16) == 0);
    FUZZ_CHECK(getsockname(server.listener, (struct sockaddr *)&at, &len) == 0);
    FUZZ_CHECK(pthread_create(&thread, NULL, serve_all, NULL) == 0);
    server.port = ntohs(at.sin_port);
}

/* ---- The client ------------------------------------------------------------- */

/* A client of its own for each run, because a connection that is kept would wait before
   its next request. */
static klingrec_client *
make_client(void)
{
    char endpoint[64];
    klingrec_client *client = NULL;
    klingrec_config config = klingrec_config_default();
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u/",
                   (unsigned)server.port);
    config.endpoint = endpoint;
    config.api_key = KEY;
    config.proxy = "";
    config.max_attempts = 1;
    config.attempt_timeout_ms = 20000;
    FUZZ_CHECK(klingrec_client_new(&config, NULL, 0, &client) == KLINGREC_OK);
    return client;
}

static void
check_result(const klingrec_result *result)
{
    klingrec_status status = klingrec_result_status(result);
    int http_status = klingrec_result_http_status(result);
    size_t len;
    (void)klingrec_result_body(result, &len);
    FUZZ_CHECK(len <= 1 << 20);
    FUZZ_CHECK(status != KLINGREC_ERR_TIMEOUT && status != KLINGREC_ERR_NOMEM);
    FUZZ_CHECK(status != KLINGREC_OK || (http_status >= 200 && http_status <= 299));
    FUZZ_CHECK(status == KLINGREC_OK || !klingrec_result_contains(result, 1));
    FUZZ_CHECK(http_status == 0 || (http_status >= 100 && http_status <= 999));
    /* The server took the whole request. */
    FUZZ_CHECK(klingrec_result_delivery(result) != KLINGREC_DELIVERY_NOT_SENT);
    FUZZ_CHECK(status != KLINGREC_OK ||
               klingrec_result_delivery(result) == KLINGREC_DELIVERY_ANSWERED);
    FUZZ_CHECK(strstr(klingrec_result_message(result), KEY) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (server.port == 0)
        start_server();
    klingrec_request request = klingrec_request_url("https://images.example/a.png");
    klingrec_result *result = NULL;
    (void)pthread_mutex_lock(&server.lock);
    server.bytes = bytes;
    server.len = len;
    unsigned before = server.requests;
    (void)pthread_mutex_unlock(&server.lock);
    klingrec_client *client = make_client();
    FUZZ_CHECK(klingrec_recognize(client, &request, &result) ==
               klingrec_result_status(result));
    check_result(result);
    klingrec_result_free(result);
    klingrec_client_free(client);
    (void)pthread_mutex_lock(&server.lock);
    FUZZ_CHECK(server.requests == before + 1);
    server.len = 0;
    (void)pthread_mutex_unlock(&server.lock);
    return 0;
}
