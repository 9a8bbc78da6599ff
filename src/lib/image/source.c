/* SPDX-License-Identifier: MIT */
/* source.c - the source of the image's bytes, with one random-access read */
#include "base/build.h"

#include "image/source.h"

#include "base/abi.h"
#include "base/base64.h"
#include "base/text.h"
#include "base/url.h"

/* ---- Base64 text ------------------------------------------------------------ */

/* Set text to what follows white space and "data:...;base64,". */
static klr_detail
skip_prefix(klr_source *source, const char *text, size_t len, size_t *skipped)
{
    static const char scheme[] = "data:", marker[] = ";base64";
    size_t scheme_len = sizeof scheme - 1, marker_len = sizeof marker - 1;
    size_t at = 0;
    while (at < len && klr_text_is_space(text[at]))
        at++;
    if (klr_text_begins(text + at, len - at, scheme)) {
        const char *comma = memchr(text + at, ',', len - at);
        size_t head_len = comma != NULL ? (size_t)(comma - text) - at : 0;
        if (head_len < scheme_len + marker_len ||
            !klr_text_begins(comma - marker_len, marker_len, marker)) {
            *skipped = at;
            return KLR_DETAIL_BASE64_PREFIX;
        }
        at += head_len + 1;
    }
    *skipped = at;
    source->text = text + at;
    source->text_len = len - at;
    return KLR_DETAIL_NONE;
}

/* Check the alphabet and the padding, and count the characters, in one pass. */
static klr_detail
measure_base64(klr_source *source, size_t *where)
{
    uint64_t chars = 0;
    unsigned pads = 0;
    size_t last_at = 0; /* the last character that is not padding */
    size_t i = 0;
    for (;; i++) {
        size_t n =
            pads == 0 ? klr_base64_span(source->text + i, source->text_len - i) : 0;
        chars += n;
        i += n;
        last_at = n > 0 ? i - 1 : last_at;
        *where = i;
        if (i == source->text_len)
            break;
        char c = source->text[i];
        if (klr_text_is_space(c)) {
            source->text_has_space = true;
            continue;
        }
        if (c != '=')
            return pads > 0 ? KLR_DETAIL_BASE64_PADDING : KLR_DETAIL_BASE64_CHAR;
        if (chars % 4 < 2) /* also for a third one */
            return KLR_DETAIL_BASE64_PADDING;
        pads++;
        chars++;
    }
    if (chars % 4 != 0)
        return KLR_DETAIL_BASE64_LENGTH;
    /* The unused bits before padding are 0 in canonical text (RFC 4648, 3.5). */
    *where = last_at;
    int last = pads > 0 ? klr_base64_value(source->text[last_at]) : 0;
    if ((pads == 1 && (last & 3) != 0) || (pads == 2 && (last & 15) != 0))
        return KLR_DETAIL_BASE64_PADDING;
    source->length = chars / 4 * 3 - pads;
    return KLR_DETAIL_NONE;
}

static klingrec_status
open_base64(klr_source *source, const char *text, size_t len, klingrec_image_info *info)
{
    size_t skipped = 0, where = 0;
    klr_detail detail = skip_prefix(source, text, len, &skipped);
    if (detail == KLR_DETAIL_NONE)
        detail = measure_base64(source, &where);
    if (detail == KLR_DETAIL_NONE)
        return KLINGREC_OK;
    info->detail = detail;
    info->where = skipped + where;
    return KLINGREC_ERR_IMAGE_BASE64;
}

/* Seek to the group that starts at image byte `target`, a multiple of 3. */
static void
seek_group(klr_source *source, uint64_t target)
{
    if (!source->text_has_space) {
        source->text_at = (size_t)(target / 3 * 4);
        source->group_at = target;
        return;
    }
    if (target < source->group_at) {
        source->text_at = 0;
        source->group_at = 0;
    }
    for (uint64_t chars = (target - source->group_at) / 3 * 4; chars > 0;) {
        size_t left = source->text_len - source->text_at;
        size_t n = klr_base64_span(source->text + source->text_at,
                                   chars < left ? (size_t)chars : left);
        chars -= n;
        source->text_at += n > 0 ? n : 1; /* 1: white space */
    }
    source->group_at = target;
}

/* Copy up to max characters from *at on, without white space. Padding becomes 'A',
   whose bits are 0; they are after the image's end. */
static size_t
gather(const klr_source *source, size_t *at, char *chars, size_t max)
{
    size_t n = 0;
    while (n < max && *at < source->text_len) {
        const char *text = source->text + *at;
        size_t left = source->text_len - *at;
        size_t span = klr_base64_span(text, left < max - n ? left : max - n);
        memcpy(chars + n, text, span);
        n += span;
        *at += span;
        if (span == 0) {
            if (*text == '=')
                chars[n++] = 'A';
            (*at)++;
        }
    }
    return n;
}

static void
read_base64(klr_source *source, uint64_t offset, unsigned char *buf, size_t len)
{
    enum { GROUPS = 512 };
    char chars[GROUPS * 4];
    unsigned char bytes[GROUPS * 3];

    seek_group(source, offset - offset % 3);
    size_t skip = (size_t)(offset % 3);
    size_t at = source->text_at;
    while (len > 0) {
        size_t want = len > sizeof bytes - skip ? sizeof bytes : len + skip;
        size_t groups = gather(source, &at, chars, (want + 2) / 3 * 4) / 4;
        (void)klr_base64_decode(bytes, chars,
                                groups); /* measure_base64() has validated it */
        size_t n = groups * 3 - skip < len ? groups * 3 - skip : len;
        memcpy(buf, bytes + skip, n);
        buf += n;
        len -= n;
        skip = 0;
    }
}

/* ---- Opening ---------------------------------------------------------------- */

static klr_detail
open_detail(klr_open_result result)
{
    switch (result) {
    case KLR_OPEN_OK:
        break;
    case KLR_OPEN_NOT_BUILT:
        return KLR_DETAIL_NOT_BUILT;
    case KLR_OPEN_NOT_FOUND:
        return KLR_DETAIL_NOT_FOUND;
    case KLR_OPEN_DIRECTORY:
        return KLR_DETAIL_DIRECTORY;
    case KLR_OPEN_NOT_REGULAR:
        return KLR_DETAIL_NOT_REGULAR;
    case KLR_OPEN_FAILED:
        return KLR_DETAIL_UNREADABLE;
    }
    return KLR_DETAIL_NONE;
}

static klingrec_status
open_failed(klingrec_image_info *info, klr_detail detail, int error)
{
    info->detail = detail;
    info->system_error = error;
    return KLINGREC_ERR_FILE;
}

/* len 0: the path ends at its NUL. */
static klingrec_status
open_file(klr_source *source, const char *path, size_t len, klingrec_image_info *info)
{
    char copy[4096]; /* PATH_MAX of Linux */
    int error = 0;

    if (len >= sizeof copy)
        return open_failed(info, KLR_DETAIL_UNREADABLE, KLR_ERROR_NAME_TOO_LONG);
    if (len > 0) {
        if (memchr(path, '\0', len) != NULL)
            return open_failed(info, KLR_DETAIL_NOT_FOUND, 0);
        memcpy(copy, path, len);
        copy[len] = '\0';
        path = copy;
    }
    klr_open_result result = klr_file_open(&source->file, path, &error);
    if (result != KLR_OPEN_OK)
        return open_failed(info, open_detail(result), error);
    source->length = source->file.length;
    return KLINGREC_OK;
}

static klingrec_status
open_url(klr_source *source, const char *text, size_t len, klingrec_image_info *info)
{
    klr_url url;
    info->detail = klr_url_parse(&url, text, len, &info->where);
    source->text = text;
    source->text_len = len;
    source->length = len;
    if (info->detail != KLR_DETAIL_NONE)
        return KLINGREC_ERR_IMAGE_URL;
    info->where = 0;
    return KLINGREC_OK;
}

klingrec_status
klr_request_import(klingrec_request *out, const klingrec_request *theirs,
                   uint32_t *detail)
{
    *detail = KLR_DETAIL_NONE;
    if (theirs == NULL)
        return KLINGREC_ERR_ARGUMENT;
    klingrec_status status =
        klr_abi_import(out, sizeof *out, KLR_REQUEST_FIRST, theirs);
    if (status != KLINGREC_OK)
        return status;
    if (out->from < KLINGREC_FROM_BYTES || out->from > KLINGREC_FROM_READER)
        *detail = KLR_DETAIL_FROM;
    else if ((out->flags & ~KLINGREC_REQUEST_HEADER_ONLY) != 0 || out->reserved != 0)
        *detail = KLR_DETAIL_FLAGS;
    return *detail == KLR_DETAIL_NONE ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT;
}

klingrec_status
klr_reader_import(klingrec_reader *out, const klingrec_reader *theirs)
{
    klingrec_status status = klr_abi_import(out, sizeof *out, KLR_READER_FIRST, theirs);
    /* The limit keeps the size of its base64 within 64 bits. A size_t may have 32. */
    const uint64_t length = out->length;
    if (status == KLINGREC_OK && (out->read_at == NULL || length > UINT64_MAX / 4))
        status = KLINGREC_ERR_ARGUMENT;
    return status;
}

static klingrec_status
open_reader(klr_source *source, const void *theirs, klingrec_image_info *info)
{
    klingrec_status status = klr_reader_import(&source->reader, theirs);
    if (status == KLINGREC_OK)
        source->length = source->reader.length;
    else if (status == KLINGREC_ERR_ARGUMENT)
        info->detail = KLR_DETAIL_NO_DATA;
    return status;
}

klingrec_status
klr_source_open(klr_source *source, const klingrec_request *request,
                klingrec_image_info *info)
{
    const void *data = request->data;
    size_t len = request->len;

    memset(source, 0, offsetof(klr_source, reader)); /* the rest is set when used */
    source->watch = KLR_WATCH_STAMPS;
    source->from = request->from;
    source->file.fd = -1;
    if (data == NULL && (request->from != KLINGREC_FROM_BYTES || len > 0)) {
        info->detail = KLR_DETAIL_NO_DATA;
        return KLINGREC_ERR_ARGUMENT;
    }
    bool is_text =
        request->from == KLINGREC_FROM_URL || request->from == KLINGREC_FROM_BASE64;
    if (is_text && len == 0)
        len = strlen(data);

    switch (request->from) {
    case KLINGREC_FROM_BYTES:
        source->bytes = data;
        source->length = len;
        return KLINGREC_OK;
    case KLINGREC_FROM_FILE:
        return open_file(source, data, len, info);
    case KLINGREC_FROM_URL:
        return open_url(source, data, len, info);
    case KLINGREC_FROM_BASE64:
        return open_base64(source, data, len, info);
    case KLINGREC_FROM_READER:
        return open_reader(source, data, info);
    default:
        info->detail = KLR_DETAIL_FROM;
        return KLINGREC_ERR_ARGUMENT;
    }
}

/* ---- Reading ---------------------------------------------------------------- */

static klingrec_status
read_failed(klr_source *source, klr_detail detail)
{
    source->detail = detail;
    return KLINGREC_ERR_FILE;
}

static klingrec_status
read_reader(klr_source *source, uint64_t offset, unsigned char *buf, size_t len)
{
    while (len > 0) {
        ptrdiff_t n = source->reader.read_at(source->reader.user, offset, buf, len);
        if (n < 0 || (size_t)n > len)
            return read_failed(source, KLR_DETAIL_READER_FAILED);
        if (n == 0)
            return read_failed(source, KLR_DETAIL_SHORT_READ);
        offset += (uint64_t)n;
        buf += n;
        len -= (size_t)n;
    }
    return KLINGREC_OK;
}

static klingrec_status
read_file(klr_source *source, uint64_t offset, void *buf, size_t len)
{
    ptrdiff_t n = klr_file_read(&source->file, offset, buf, len, &source->system_error);
    if (n < 0)
        return read_failed(source, KLR_DETAIL_UNREADABLE);
    return (size_t)n == len ? KLINGREC_OK : read_failed(source, KLR_DETAIL_SHORT_READ);
}

static bool
has_open_file(const klr_source *source)
{
    return source->from == KLINGREC_FROM_FILE && source->bytes == NULL;
}

/* Read the bytes from the end of the sum to `until` only to add them to the sum. */
static klingrec_status
add_up_to(klr_source *source, uint64_t until)
{
    unsigned char piece[8192];
    while (source->sum.length < until) {
        uint64_t left = until - source->sum.length;
        size_t n = left < sizeof piece ? (size_t)left : sizeof piece;
        klingrec_status status = read_file(source, source->sum.length, piece, n);
        if (status != KLINGREC_OK)
            return status;
        klr_sum_add(&source->sum, piece, n);
    }
    return KLINGREC_OK;
}

/* Add each byte to the sum once; offsets only increase. */
static klingrec_status
read_watched(klr_source *source, uint64_t offset, unsigned char *buf, size_t len)
{
    klingrec_status status = add_up_to(source, offset);
    if (status == KLINGREC_OK)
        status = read_file(source, offset, buf, len);
    uint64_t known = source->sum.length - offset;
    if (status == KLINGREC_OK && known < len)
        klr_sum_add(&source->sum, buf + known, len - (size_t)known);
    return status;
}

klingrec_status
klr_source_read(klr_source *source, uint64_t offset, void *buf, size_t len, size_t *got)
{
    *got = 0;
    if (offset >= source->length)
        return KLINGREC_OK;
    if (len > source->length - offset)
        len = (size_t)(source->length - offset);

    klingrec_status status = KLINGREC_OK;
    if (source->bytes != NULL)
        memcpy(buf, source->bytes + offset, len);
    else if (source->from == KLINGREC_FROM_BASE64)
        read_base64(source, offset, buf, len);
    else if (source->from == KLINGREC_FROM_READER)
        status = read_reader(source, offset, buf, len);
    else if (source->watch == KLR_WATCH_STAMPS)
        status = read_file(source, offset, buf, len);
    else
        status = read_watched(source, offset, buf, len);
    if (status == KLINGREC_OK)
        *got = len;
    return status;
}

void
klr_source_watch(klr_source *source, int64_t now_s)
{
    if (source->from != KLINGREC_FROM_FILE || klr_file_settled(&source->file, now_s))
        return;
    source->watch = KLR_WATCH_CHECK;
    klr_sum_init(&source->sum, klr_seed());
}

bool
klr_source_is_loadable(const klr_source *source)
{
    return has_open_file(source) && source->watch == KLR_WATCH_STAMPS &&
           source->length <= KLR_LOAD_MAX;
}

klingrec_status
klr_source_load(klr_source *source, unsigned char *memory)
{
    klingrec_status status = read_file(source, 0, memory, (size_t)source->length);
    if (status == KLINGREC_OK)
        status = klr_source_verify(source);
    if (status != KLINGREC_OK)
        return status;
    klr_file_close(&source->file);
    source->bytes = memory;
    return KLINGREC_OK;
}

klingrec_status
klr_source_finish_check(klr_source *source)
{
    if (source->watch != KLR_WATCH_CHECK)
        return KLINGREC_OK;
    klingrec_status status = add_up_to(source, source->length);
    source->checked_sum = klr_sum_value(&source->sum);
    source->watch = KLR_WATCH_SEND;
    return status;
}

void
klr_source_restart(klr_source *source)
{
    if (source->watch == KLR_WATCH_SEND)
        klr_sum_restart(&source->sum);
}

klingrec_status
klr_source_verify(klr_source *source)
{
    bool changed = has_open_file(source) && !klr_file_unchanged(&source->file);
    if (source->watch == KLR_WATCH_SEND)
        changed = changed || klr_sum_value(&source->sum) != source->checked_sum;
    return changed ? read_failed(source, KLR_DETAIL_CHANGED) : KLINGREC_OK;
}

void
klr_source_close(klr_source *source)
{
    if (has_open_file(source))
        klr_file_close(&source->file);
}
