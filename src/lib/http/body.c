/* SPDX-License-Identifier: MIT */
/* body.c - the request's JSON text, generated while it is sent */
#include "base/build.h"

#include "http/body.h"

#include "base/base64.h"

/* No other keys: the service refuses unknown ones. */
static const char PREFIX[] = "{\"image\":\"", SUFFIX[] = "\"}";
enum { PREFIX_LEN = sizeof PREFIX - 1, SUFFIX_LEN = sizeof SUFFIX - 1 };

void
klr_body_init(klr_body *body, klr_source *source)
{
    memset(body, 0, sizeof *body);
    body->source = source;
    /* No overflow: an image has less than 2^62 bytes. */
    body->text_size = source->from == KLINGREC_FROM_URL
                          ? source->length
                          : KLR_BASE64_SIZE(source->length);
    klr_body_rewind(body);
}

uint64_t
klr_body_size(const klr_body *body)
{
    return PREFIX_LEN + body->text_size + SUFFIX_LEN;
}

static size_t
smaller(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

/* Copy the rest of a fixed piece from offset `at`. */
static size_t
copy_piece(char *buf, size_t len, const char *piece, size_t size, uint64_t at)
{
    size_t n = smaller(size - at, len);
    memcpy(buf, piece + at, n);
    return n;
}

/* A part of one group of four: the caller's buffer begins or ends inside it. */
static klingrec_status
read_split_group(klr_body *body, uint64_t at, char *buf, size_t len, size_t *got)
{
    unsigned char bytes[3];
    klingrec_status status = KLINGREC_OK;
    size_t n;

    if (at % 4 == 0) {
        status = klr_source_read(body->source, at / 4 * 3, bytes, sizeof bytes, &n);
        if (status == KLINGREC_OK)
            (void)klr_base64_encode(body->group, bytes, n);
    }
    if (status == KLINGREC_OK)
        *got = copy_piece(buf, len, body->group, sizeof body->group, at % 4);
    return status;
}

/* Base64 text from `at` on. Whole groups are encoded in place, unless the image is in
   memory: its bytes are read into the tail of buf and encoded forwards, without another
   buffer. */
static klingrec_status
read_encoded(klr_body *body, uint64_t at, char *buf, size_t len, size_t *got)
{
    size_t groups = smaller((body->text_size - at) / 4, len / 4);
    if (at % 4 != 0 || groups == 0)
        return read_split_group(body, at, buf, len, got);

    uint64_t offset = at / 4 * 3;
    size_t n = smaller(body->source->length - offset, groups * 3);
    if (body->source->bytes != NULL) {
        *got = klr_base64_encode(buf, body->source->bytes + offset, n);
        return KLINGREC_OK;
    }
    unsigned char *tail = (unsigned char *)buf + KLR_BASE64_SIZE(n) - n;
    klingrec_status status = klr_source_read(body->source, offset, tail, n, got);
    if (status == KLINGREC_OK)
        *got = klr_base64_encode(buf, tail, n);
    return status;
}

/* Whether the text is sent as it is: a URL, or base64 without white space. The text was
   checked, and no other base64 text has the same bytes. */
static bool
is_sent_unchanged(const klr_source *source)
{
    return source->from == KLINGREC_FROM_URL ||
           (source->from == KLINGREC_FROM_BASE64 && !source->text_has_space);
}

static klingrec_status
read_text(klr_body *body, uint64_t at, char *buf, size_t len, size_t *got)
{
    len = smaller(body->text_size - at, len);
    if (is_sent_unchanged(body->source)) {
        memcpy(buf, body->source->text + at, len);
        *got = len;
        return KLINGREC_OK;
    }
    return read_encoded(body, at, buf, len, got);
}

/* One piece of the body: prefix, text or suffix. */
static klingrec_status
read_piece(klr_body *body, char *buf, size_t len, size_t *got)
{
    uint64_t at = body->at;
    *got = 0;
    if (at < PREFIX_LEN) {
        *got = copy_piece(buf, len, PREFIX, PREFIX_LEN, at);
        return KLINGREC_OK;
    }
    at -= PREFIX_LEN;
    if (at < body->text_size)
        return read_text(body, at, buf, len, got);
    at -= body->text_size;
    if (at == SUFFIX_LEN)
        return KLINGREC_OK;

    /* Without these last bytes the request is not complete, so a changed image is not
       sent. */
    klingrec_status status = klr_source_verify(body->source);
    if (status == KLINGREC_OK)
        *got = copy_piece(buf, len, SUFFIX, SUFFIX_LEN, at);
    return status;
}

klingrec_status
klr_body_read(klr_body *body, void *buf, size_t len, size_t *got)
{
    char *out = buf;
    size_t total = 0, n = 0;
    klingrec_status status;

    do {
        status = read_piece(body, out + total, len - total, &n);
        body->at += n;
        total += n;
        /* Less space than a group needs would split it: that costs two more reads. */
    } while (status == KLINGREC_OK && n > 0 && len - total >= 4);
    *got = status == KLINGREC_OK ? total : 0;
    return status;
}

void
klr_body_rewind(klr_body *body)
{
    body->at = 0;
    klr_source_restart(body->source);
}
