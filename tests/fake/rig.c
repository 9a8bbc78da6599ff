/* SPDX-License-Identifier: MIT */
/* rig.c - a client on the fake transport, and answers for it */
#include "rig.h"

#include "http/transport_curl.h"

#include <stdio.h>

const fake_answer RIG_GOOD = {10,           KLINGREC_OK, true,       200,
                              FAKE_SUCCESS, NULL,        KLINGREC_OK};
const fake_answer RIG_NEVER = {UINT32_MAX, KLINGREC_OK, true,       0,
                               NULL,       NULL,        KLINGREC_OK};
const fake_answer RIG_SERVER = {
    10,   KLINGREC_OK, true, 503, "{\"code\":5001,\"message\":\"maintenance\"}",
    NULL, KLINGREC_OK};
const fake_answer RIG_REFUSED = {
    10,   KLINGREC_OK, true, 400, "{\"code\":1301,\"message\":\"policy\"}",
    NULL, KLINGREC_OK};
const fake_answer RIG_AUTH = {
    10,   KLINGREC_OK, true, 401, "{\"code\":1002,\"message\":\"no\"}",
    NULL, KLINGREC_OK};
const fake_answer RIG_LOST = {10,         KLINGREC_ERR_TRANSFER, true, 0, NULL, NULL,
                              KLINGREC_OK};
const fake_answer RIG_UNSENT = {10,   KLINGREC_ERR_CONNECT, false, 0, NULL,
                                NULL, KLINGREC_OK};

klingrec_config
rig_config(void)
{
    static fake idle;
    static klingrec_transport transport;
    klingrec_config config = klingrec_config_default();
    config.api_key = "test-key";
    transport = fake_transport(&idle);
    if (!klr_curl_is_built())
        config.transport = &transport;
    return config;
}

klingrec_client *
rig_client(fake *self, klingrec_config config)
{
    klingrec_transport transport = fake_transport(self);
    klingrec_client *client = NULL;
    config.transport = &transport;
    fake_set_now(1000);
    if (klingrec_client_new(&config, NULL, 0, &client) == KLINGREC_OK)
        client->clock_ms = fake_now;
    return client;
}

klingrec_request
rig_request(void)
{
    return klingrec_request_bytes(RIG_PNG, RIG_PNG_SIZE);
}

static const fake_answer *
answer_always(fake *self, klingrec_exchange *x, unsigned n)
{
    (void)x;
    (void)n;
    return self->user;
}

fake
rig_fake(const fake_answer *answer)
{
    return (fake){.answer = answer_always, .user = (void *)(uintptr_t)answer};
}

const fake_answer *
rig_script(fake *self, klingrec_exchange *x, unsigned n)
{
    const fake_answer *const *answers = self->user;
    unsigned i = 0;
    (void)x;
    while (i < n && answers[i + 1] != NULL)
        i++;
    return answers[i];
}

klingrec_result *
rig_recognize(fake *self, klingrec_config config, const klingrec_request *request)
{
    klingrec_client *client = rig_client(self, config);
    klingrec_result *result = NULL;
    assert_non_null(client);
    klingrec_status status = klingrec_recognize(client, request, &result);
    assert_non_null(result);
    assert_int_equal(status, klingrec_result_status(result));
    assert_int_equal(klingrec_pending(client), 0);
    klingrec_client_free(client);
    assert_int_equal(self->at_once, 0);
    assert_int_equal(self->closed, 1);
    return result;
}

const fake_answer *
rig_answer_and_capture(fake *self, klingrec_exchange *x, unsigned n)
{
    rig_capture *c = self->user;
    const char *name, *value;
    (void)n;
    for (size_t i = 0; (name = klingrec_exchange_header(x, i, &value)) != NULL; i++)
        snprintf(c->headers + strlen(c->headers),
                 sizeof c->headers - strlen(c->headers), "%s: %s\n", name, value);
    size_t got = 1;
    c->len = 0;
    while (got > 0) { /* the least that a transport may ask for */
        got = klingrec_exchange_body_read(x, c->text + c->len, 16);
        assert_true(got <= 16);
        c->len += got;
    }
    assert_int_equal(c->len, klingrec_exchange_body_size(x));
    assert_false(klingrec_exchange_body_rewind(x));
    return &RIG_GOOD;
}

int rig_released;

void
rig_count_release(void *release_user)
{
    assert_null(release_user); /* nobody set it, whatever user_data is */
    rig_released++;
}
