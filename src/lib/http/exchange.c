/* SPDX-License-Identifier: MIT */
/* exchange.c - the functions of transport.h that a transport calls */
#include "base/build.h"

#include "http/exchange.h"

#include "base/text.h"
#include "http/retry_after.h"

void
klr_exchange_init(klingrec_exchange *x, const char *url, klr_body *body,
                  const klr_alloc *alloc)
{
    memset(x, 0, sizeof *x);
    x->url = url;
    x->body = body;
    x->alloc = alloc;
    klr_buf_init(&x->response, KLR_RESPONSE_MAX);
    klr_body_rewind(body);
}

void
klr_exchange_free(klingrec_exchange *x)
{
    if (x->alloc != NULL)
        klr_buf_free(&x->response, x->alloc);
}

const char *
klingrec_exchange_url(const klingrec_exchange *x)
{
    return x->url;
}

const char *
klingrec_exchange_header(const klingrec_exchange *x, size_t index, const char **value)
{
    if (index >= KLR_REQUEST_HEADERS)
        return NULL;
    *value = x->headers[index].value;
    return x->headers[index].name;
}

uint64_t
klingrec_exchange_body_size(const klingrec_exchange *x)
{
    return klr_body_size(x->body);
}

static void
note_upload(klingrec_exchange *x)
{
    if (x->clock_ms == NULL)
        return;
    if (x->upload_began_ms == 0)
        x->upload_began_ms = x->clock_ms();
    if (x->body_was_read && x->upload_ended_ms == 0)
        x->upload_ended_ms = x->clock_ms();
}

size_t
klingrec_exchange_body_read(klingrec_exchange *x, void *buf, size_t len)
{
    size_t got;
    if (x->body_error != KLINGREC_OK) /* final, even if the image could be read now */
        return KLINGREC_BODY_FAILED;
    x->body_error = x->expired && !x->body_was_read
                        ? KLINGREC_ERR_CANCELED /* job->stop says why */
                        : klr_body_read(x->body, buf, len, &got);
    if (x->body_error != KLINGREC_OK)
        return KLINGREC_BODY_FAILED;
    if (x->body->at == klr_body_size(x->body))
        x->body_was_read = true;
    note_upload(x);
    return got;
}

bool
klingrec_exchange_body_rewind(klingrec_exchange *x)
{
    if (x->body_was_read)
        return false;
    klr_body_rewind(x->body);
    return true;
}

void
klingrec_exchange_set_data(klingrec_exchange *x, void *data)
{
    x->data = data;
}

void *
klingrec_exchange_data(const klingrec_exchange *x)
{
    return x->data;
}

void
klingrec_exchange_set_http_status(klingrec_exchange *x, int status)
{
    x->received++;
    x->http_status = status;
    x->response.len = 0;
    x->retry_after_ms = 0;
    x->request_id[0] = '\0';
}

/* Visible ASCII that fits: an id is not truncated, because klr_secret_hide() would not
   find a part of a key. */
static bool
is_usable_id(const char *value, size_t size)
{
    size_t len = strlen(value);
    return len > 0 && len < size && klr_text_is_visible(value, len);
}

void
klingrec_exchange_set_header(klingrec_exchange *x, const char *name, const char *value)
{
    static const char *const id_names[] = {"X-Oneapi-Request-Id", "X-Request-Id"};

    x->received++;
    if (klr_text_equal(name, "Retry-After")) {
        /* The _ms form is more exact and takes precedence. */
        if (x->retry_after_ms == 0)
            x->retry_after_ms = klr_retry_after(value, x->wall_clock_s);
    } else if (klr_text_equal(name, "Retry-After-Ms")) {
        uint32_t ms = klr_retry_after_ms(value);
        x->retry_after_ms = ms != 0 ? ms : x->retry_after_ms;
    }
    for (size_t i = 0; i < sizeof id_names / sizeof id_names[0]; i++)
        if (klr_text_equal(name, id_names[i]) && x->request_id[0] == '\0' &&
            is_usable_id(value, sizeof x->request_id))
            klr_text_copy(x->request_id, sizeof x->request_id, value);
}

bool
klingrec_exchange_write(klingrec_exchange *x, const void *buf, size_t len)
{
    x->received++;
    if (x->response_error == KLINGREC_OK)
        x->response_error = klr_buf_append(&x->response, x->alloc, buf, len);
    return x->response_error == KLINGREC_OK;
}

/* The statuses that transport.h permits. */
static bool
is_transport_status(klingrec_status status)
{
    bool is_network = status <= KLINGREC_ERR_RESOLVE && status >= KLINGREC_ERR_TRANSFER;
    return status == KLINGREC_OK || status == KLINGREC_ERR_CANCELED ||
           status == KLINGREC_ERR_NOMEM || status == KLINGREC_ERR_SYSTEM ||
           is_network || status == KLINGREC_ERR_RESPONSE ||
           status == KLINGREC_ERR_RESPONSE_BYTES;
}

void
klingrec_exchange_end(klingrec_exchange *x, klingrec_status status, bool sent,
                      const char *detail)
{
    x->ended = true;
    x->sent = sent;
    x->status = is_transport_status(status) ? status : KLINGREC_ERR_TRANSFER;
    /* If the library itself failed, the transport only saw the effect. */
    if (x->body_error != KLINGREC_OK) {
        x->status = x->body_error;
        x->sent = false;
    } else if (x->response_error != KLINGREC_OK) {
        x->status = x->response_error;
    }
    klr_text_copy(x->detail, sizeof x->detail, detail != NULL ? detail : "");
}
