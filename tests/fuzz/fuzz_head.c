/* SPDX-License-Identifier: MIT */
/* fuzz_head.c - any lines of a response head, and any Retry-After, against libcurl's
   parser of dates */
#include "fuzz.h"

#include "http/exchange.h"
#include "http/response_head.h"
#include "http/retry_after.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <time.h>

FUZZ_SEEDS(
    "HTTP/1.1 200 OK\r\nRetry-After: 7\r\nX-Request-Id: a\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 No\nretry-after:\t3  \n\n",
    "HTTP/1.0 503\r\nRetry-After: Tue, 14 Nov 2023 22:13:25 GMT\r\n\r\nA: b\r\n",
    "HTTP/1.1 200 OK\r\nRetry-After: Tuesday, 14-Nov-23 22:13:25 GMT\r\n\r\n",
    "HTTP/1.1 200 OK\r\nRetry-After: Tue Nov 14 22:13:25 2023\r\nA\r\n",
    "HTTP/1.1 200 OK\r\nRetry-After: 1.5\r\nRetry-After-Ms: 99999999999\r\n b\r\n",
    "HTTP/2 200\r\n\r\n", "HTTP/1.1 099 X\r\n", "Tue, 29 Feb 2024 23:59:60 GMT",
    "4294967.295", "Thu, 31 Dec 9999 23:59:59 GMT");

enum { NOW_S = 1700000000 }; /* Tue, 14 Nov 2023 22:13:20 GMT */

/* libcurl takes other forms of dates too, any word as a weekday not, and two digits of
   a year as another one: what both take is the same time. */
static void
check_time(const char *value)
{
    uint32_t ms = klr_retry_after(value, NOW_S);
    time_t due_s = curl_getdate(value, NULL);
    bool is_number = value[strspn(value, " \t0123456789.")] == '\0';
    if (ms == 0 || ms == UINT32_MAX || is_number || due_s == -1 ||
        strchr(value, '-') != NULL)
        return;
    FUZZ_CHECK(due_s - NOW_S == (time_t)(ms / 1000));
}

static void
check_lines(klingrec_exchange *x, const uint8_t *bytes, size_t len)
{
    klr_head head = {.x = x};
    size_t total = 0;
    bool good = true;
    while (len > 0 && good) {
        const uint8_t *end = memchr(bytes, '\n', len);
        size_t n = end != NULL ? (size_t)(end - bytes) + 1 : len;
        char *line = malloc(n); /* of exactly that size, for a sanitizer */
        FUZZ_CHECK(line != NULL);
        memcpy(line, bytes, n);
        good = klr_head_line(&head, line, n);
        free(line);
        total += n;
        FUZZ_CHECK(head.bytes == total);
        FUZZ_CHECK(good || head.not_http1 || head.malformed || total > KLR_HEAD_MAX);
        FUZZ_CHECK(!head.whole || (head.http_status >= 200 && head.http_status <= 999));
        FUZZ_CHECK(!head.open || head.http_status >= 100);
        bytes += n;
        len -= n;
    }
    FUZZ_CHECK(x->http_status == head.http_status || head.malformed || head.not_http1);
    FUZZ_CHECK(memchr(x->request_id, '\0', sizeof x->request_id) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    klingrec_request request = klingrec_request_url("https://example.org/a.png");
    klingrec_image_info info = klingrec_image_info_default();
    klr_alloc alloc = klr_alloc_from(NULL, NULL);
    klr_source source;
    klr_body body;
    klingrec_exchange x;
    FUZZ_CHECK(klr_source_open(&source, &request, &info) == KLINGREC_OK);
    klr_body_init(&body, &source);
    klr_exchange_init(&x, "https://example.org/", &body, &alloc);
    x.wall_clock_s = NOW_S;
    check_lines(&x, bytes, len);
    klr_exchange_free(&x);

    char *text = fuzz_copy(bytes, len);
    check_time(text);
    (void)klr_retry_after_ms(text);
    free(text);
    return 0;
}
