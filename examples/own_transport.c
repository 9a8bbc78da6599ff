/* SPDX-License-Identifier: MIT */
/*
 * own_transport.c - replace the built-in HTTP
 *
 * This transport uses no network: it answers every request at once, which is useful in
 * the tests of a game, and shows where the HTTP client of an engine is called.
 */
#include <klingrec/transport.h>

#include <stdio.h>

static const char ANSWER[] =
    "{\"code\":0,\"message\":\"SUCCEED\",\"data\":{\"task_result\":{\"images\":["
    "{\"type\":\"head_seg\",\"is_contain\":true},"
    "{\"type\":\"face_seg\",\"is_contain\":false}]}}}";

typedef struct instant {
    klingrec_exchange *pending; /* one at a time: max_in_flight is 1 */
} instant;

static klingrec_status
start(void *user, klingrec_exchange *x)
{
    instant *self = user;
    self->pending = x;
    return KLINGREC_OK;
}

static void
cancel(void *user, klingrec_exchange *x)
{
    instant *self = user;
    self->pending = NULL;
    klingrec_exchange_end(x, KLINGREC_ERR_CANCELED, false, NULL);
}

static void
drive(void *user, int timeout_ms)
{
    instant *self = user;
    klingrec_exchange *x = self->pending;
    char chunk[4096];
    size_t n;

    (void)timeout_ms;
    if (x == NULL)
        return;
    self->pending = NULL;
    printf("POST %s, %llu bytes\n", klingrec_exchange_url(x),
           (unsigned long long)klingrec_exchange_body_size(x));
    while ((n = klingrec_exchange_body_read(x, chunk, sizeof chunk)) > 0 &&
           n != KLINGREC_BODY_FAILED)
        continue; /* a real one sends chunk */
    if (n == KLINGREC_BODY_FAILED) {
        klingrec_exchange_end(x, KLINGREC_ERR_TRANSFER, false, NULL);
        return;
    }
    klingrec_exchange_set_http_status(x, 200);
    klingrec_exchange_write(x, ANSWER, sizeof ANSWER - 1);
    klingrec_exchange_end(x, KLINGREC_OK, true, NULL);
}

/* Only KLINGREC_RUN_THREAD needs to be woken. */
static bool
wake(void *user)
{
    (void)user;
    return false;
}

static void
nothing(void *user)
{
    (void)user;
}

int
main(void)
{
    instant self = {NULL};
    klingrec_transport transport = klingrec_transport_default();
    transport.user = &self;
    transport.start = start;
    transport.cancel = cancel;
    transport.drive = drive;
    transport.wake = wake;
    transport.close = nothing;

    klingrec_config config = klingrec_config_default();
    config.api_key = "not-used-here";
    config.transport = &transport;
    config.max_in_flight = 1;
    char why[256];
    klingrec_client *client = NULL;
    if (klingrec_client_new(&config, why, sizeof why, &client) < 0) {
        fprintf(stderr, "own_transport: %s\n", why);
        return 1;
    }
    klingrec_request request = klingrec_request_url("https://example.org/hero.png");
    klingrec_result *result = NULL;
    klingrec_status status = klingrec_recognize(client, &request, &result);
    printf("%s; head %d, face %d\n", klingrec_result_message(result),
           klingrec_result_contains(result, KLINGREC_KIND_HEAD),
           klingrec_result_contains(result, KLINGREC_KIND_FACE));
    klingrec_result_free(result);
    klingrec_client_free(client);
    return status < 0;
}
