/* SPDX-License-Identifier: MIT */
/* fake.c - a transport in memory with virtual time, on the public transport
   interface */
#include "fake.h"

static uint64_t now_ms;

const char FAKE_SUCCESS[] =
    "{\"code\":0,\"message\":\"SUCCEED\",\"request_id\":\"fake-1\",\"data\":{"
    "\"task_result\":{\"images\":["
    "{\"type\":\"head_seg\",\"is_contain\":true},"
    "{\"type\":\"face_seg\",\"is_contain\":true},"
    "{\"type\":\"cloth_seg\",\"is_contain\":false},"
    "{\"type\":\"object_seg\",\"is_contain\":true}]}}}";

uint64_t
fake_now(void)
{
    return now_ms;
}

void
fake_set_now(uint64_t now)
{
    now_ms = now;
}

static klingrec_status
start(void *user, klingrec_exchange *x)
{
    fake *self = user;
    fake_flight *flight = self->flights;
    const fake_answer *answer = self->answer(self, x, self->started);

    if (self->started < sizeof self->started_at / sizeof self->started_at[0])
        self->started_at[self->started] = now_ms;
    self->started++;
    if (answer->start != KLINGREC_OK)
        return answer->start;
    while (flight->x != NULL)
        flight++;
    flight->x = x;
    flight->answer = answer;
    flight->was_read = false;
    flight->due =
        answer->after_ms == UINT32_MAX ? UINT64_MAX : now_ms + answer->after_ms;
    klingrec_exchange_set_data(x, flight);
    if (++self->at_once > self->most_at_once)
        self->most_at_once = self->at_once;
    return KLINGREC_OK;
}

static bool
is_sent(const fake_flight *flight, klingrec_status status)
{
    return flight->answer->sent || status == KLINGREC_OK;
}

/* Reads the whole body. False: it cannot be read, and the attempt has ended. */
static bool
send_body(fake *self, fake_flight *flight)
{
    klingrec_exchange *x = flight->x;
    char chunk[4096];
    size_t n = 1;
    while (!flight->was_read && n > 0 && n != KLINGREC_BODY_FAILED)
        n = klingrec_exchange_body_read(x, chunk, sizeof chunk);
    flight->was_read = true;
    if (n != KLINGREC_BODY_FAILED)
        return true;
    flight->x = NULL;
    self->at_once--;
    klingrec_exchange_end(x, KLINGREC_ERR_TRANSFER, false, NULL);
    return false;
}

static void
end(fake *self, fake_flight *flight, klingrec_status status)
{
    klingrec_exchange *x = flight->x;
    const fake_answer *answer = flight->answer;
    bool whole = is_sent(flight, status);

    if (whole && !send_body(self, flight))
        return;
    flight->x = NULL;
    self->at_once--;
    if (self->ending != NULL)
        self->ending(self, x, status, whole);
    if (answer->http_status != 0)
        klingrec_exchange_set_http_status(x, answer->http_status);
    if (answer->retry_after != NULL)
        klingrec_exchange_set_header(x, "retry-after", answer->retry_after);
    if (answer->body != NULL)
        (void)klingrec_exchange_write(x, answer->body, strlen(answer->body));
    klingrec_exchange_end(x, status, whole, self->detail);
}

static void
cancel(void *user, klingrec_exchange *x)
{
    end(user, klingrec_exchange_data(x), KLINGREC_ERR_CANCELED);
}

static uint64_t
earliest(const fake *self)
{
    uint64_t due = UINT64_MAX;
    for (size_t i = 0; i < FAKE_MAX; i++)
        if (self->flights[i].x != NULL && self->flights[i].due < due)
            due = self->flights[i].due;
    return due;
}

static void
drive(void *user, int timeout_ms)
{
    fake *self = user;
    for (size_t i = 0; i < FAKE_MAX; i++) {
        fake_flight *flight = &self->flights[i];
        if (flight->x != NULL && is_sent(flight, flight->answer->end) &&
            !send_body(self, flight))
            timeout_ms = 0; /* the attempt has ended */
    }
    uint64_t due = earliest(self);
    uint64_t limit = now_ms + (uint64_t)timeout_ms;

    if (due > limit)
        due = limit;
    if (due > now_ms)
        now_ms = due;
    for (size_t i = 0; i < FAKE_MAX; i++)
        if (self->flights[i].x != NULL && self->flights[i].due <= now_ms)
            end(self, &self->flights[i], self->flights[i].answer->end);
}

static bool
wake(void *user)
{
    (void)user;
    return true;
}

static void
close_fake(void *user)
{
    fake *self = user;
    self->closed++;
}

klingrec_transport
fake_transport(fake *self)
{
    klingrec_transport transport = klingrec_transport_default();
    transport.user = self;
    transport.start = start;
    transport.cancel = cancel;
    transport.drive = drive;
    transport.wake = wake;
    transport.close = close_fake;
    return transport;
}
