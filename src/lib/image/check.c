/* SPDX-License-Identifier: MIT */
/* check.c - whether the service accepts an image, and why not */
#include "base/build.h"

#include "image/check.h"

#include "base/abi.h"
#include "image/format.h"
#include "image/jpeg.h"
#include "image/png.h"
#include "image/walk.h"

enum {
    EDGE_BYTES = 10000000, /* "10 MB" read as 10 * 10^6 */
    /* An image with too many bytes is walked up to here, to report other faults. */
    WALK_BYTES = 64 << 20
};

klingrec_status
klr_limits_import(klingrec_limits *out, const klingrec_limits *theirs)
{
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    if (theirs != NULL) {
        klingrec_status status =
            klr_abi_import(out, sizeof *out, KLR_LIMITS_FIRST, theirs);
        if (status != KLINGREC_OK)
            return status;
    }
    if (out->max_bytes == 0)
        out->max_bytes = KLINGREC_MAX_BYTES;
    if (out->min_side == 0)
        out->min_side = KLINGREC_MIN_SIDE;
    if (out->max_aspect_milli == 0)
        out->max_aspect_milli = KLINGREC_MAX_ASPECT_MILLI;
    /* The ratio of the longer side to the shorter one is at least 1. */
    return out->max_aspect_milli < 1000 ? KLINGREC_ERR_ARGUMENT : KLINGREC_OK;
}

/* ---- Rules ------------------------------------------------------------------ */

static void
apply_bytes(uint64_t length, const klingrec_limits *limits, klingrec_image_info *info)
{
    if (length > limits->max_bytes)
        info->broken_rules |= KLINGREC_RULE_BYTES;
    else if (length > EDGE_BYTES)
        info->edge_rules |= KLINGREC_RULE_BYTES;
}

static void
apply_size(const klingrec_limits *limits, klingrec_image_info *info)
{
    uint32_t shorter = info->width < info->height ? info->width : info->height;
    uint32_t longer = info->width < info->height ? info->height : info->width;
    if (shorter == 0) /* unknown */
        return;
    if (shorter < limits->min_side)
        info->broken_rules |= KLINGREC_RULE_SIDE;
    else if (shorter == limits->min_side)
        info->edge_rules |= KLINGREC_RULE_SIDE;

    /* Both products are below 2^32 * 2^32, so 64 bits hold them. */
    uint64_t actual = (uint64_t)longer * 1000;
    uint64_t allowed = (uint64_t)shorter * limits->max_aspect_milli;
    if (actual > allowed)
        info->broken_rules |= KLINGREC_RULE_ASPECT;
    else if (actual == allowed)
        info->edge_rules |= KLINGREC_RULE_ASPECT;
}

static klingrec_status
first_broken(uint32_t broken)
{
    static const struct {
        uint32_t rule;
        klingrec_status status;
    } order[] = {
        {KLINGREC_RULE_BYTES, KLINGREC_ERR_IMAGE_BYTES},
        {KLINGREC_RULE_FORMAT, KLINGREC_ERR_IMAGE_FORMAT},
        {KLINGREC_RULE_DAMAGED, KLINGREC_ERR_IMAGE_DAMAGED},
        {KLINGREC_RULE_SIDE, KLINGREC_ERR_IMAGE_SIDE},
        {KLINGREC_RULE_ASPECT, KLINGREC_ERR_IMAGE_ASPECT},
    };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if ((broken & order[i].rule) != 0)
            return order[i].status;
    return KLINGREC_OK;
}

/* ---- The check -------------------------------------------------------------- */

static void
walk(klr_cursor *cursor, bool header_only, klingrec_image_info *info)
{
    static const unsigned char png[KLR_MAGIC_SIZE] = {0x89, 'P',  'N',  'G',
                                                      '\r', '\n', 0x1A, '\n'};
    const unsigned char *p = klr_peek(cursor, 0, 2);
    if (p != NULL && p[0] == 0xFF && p[1] == 0xD8) {
        klr_jpeg_walk(cursor, header_only, info);
        return;
    }
    p = klr_peek(cursor, 0, KLR_MAGIC_SIZE);
    if (p != NULL && memcmp(p, png, sizeof png) == 0) {
        klr_png_walk(cursor, header_only, info);
        return;
    }
    info->format = klr_format_detect(cursor);
    if (info->format != KLINGREC_FORMAT_PNG)
        info->broken_rules |= KLINGREC_RULE_FORMAT;
    else if (cursor->end < sizeof png &&
             (p = klr_peek(cursor, 0, (size_t)cursor->end)) != NULL &&
             memcmp(p, png, (size_t)cursor->end) == 0)
        (void)klr_truncated(info, cursor);
    else
        (void)klr_damage(info, KLR_DETAIL_PNG_TEXT_MODE, 0);
}

static void
reset(klingrec_image_info *info)
{
    *info = klingrec_image_info_default();
    info->orientation = 1;
}

/* Report only why the image could not be read. */
static klingrec_status
unreadable(const klr_source *source, klingrec_status status, klingrec_image_info *info)
{
    reset(info);
    info->detail = source->detail;
    info->system_error = source->system_error;
    return status;
}

/* The walk ended at its limit, not at the end of the image. */
static void
clear_false_truncation(const klr_source *source, const klr_cursor *cursor,
                       klingrec_image_info *info)
{
    if (cursor->end == source->length || info->detail != KLR_DETAIL_TRUNCATED)
        return;
    info->broken_rules &= ~KLINGREC_RULE_DAMAGED;
    info->detail = KLR_DETAIL_NONE;
    info->where = 0;
}

klingrec_status
klr_image_check(klr_source *source, const klingrec_limits *limits, bool header_only,
                klingrec_image_info *info)
{
    unsigned char window[KLR_CURSOR_WINDOW];
    klr_cursor cursor;
    uint64_t walk_end = limits->max_bytes > WALK_BYTES ? limits->max_bytes : WALK_BYTES;

    reset(info);
    info->bytes = klr_clamp(source->length);
    klr_cursor_init(&cursor, source,
                    source->length < walk_end ? source->length : walk_end, window);
    walk(&cursor, header_only, info);
    /* A walk takes long enough for the file to change; reading a header does not. */
    if (cursor.status == KLINGREC_OK && !header_only)
        cursor.status = klr_source_verify(source);
    if (cursor.status != KLINGREC_OK)
        return unreadable(source, cursor.status, info);
    clear_false_truncation(source, &cursor, info);
    apply_bytes(source->length, limits, info);
    apply_size(limits, info);
    return first_broken(info->broken_rules);
}

static klingrec_status
check_request(const klingrec_request *request, const klingrec_limits *limits,
              klingrec_image_info *info)
{
    klr_source source;
    klingrec_status status = klr_source_open(&source, request, info);
    if (status != KLINGREC_OK)
        return status;
    if (source.from != KLINGREC_FROM_URL) {
        bool header_only = (request->flags & KLINGREC_REQUEST_HEADER_ONLY) != 0;
        status = klr_image_check(&source, limits, header_only, info);
    }
    klr_source_close(&source);
    return status;
}

klingrec_status
klingrec_check(const klingrec_request *request, const klingrec_limits *limits,
               klingrec_image_info *info)
{
    klingrec_request known_request;
    klingrec_limits known_limits;
    klingrec_image_info own, *found = info;
    bool same_version = info != NULL && info->size == sizeof own;

    if (!same_version) {
        found = &own;
        if (info != NULL &&
            klr_abi_import(&own, sizeof own, KLR_IMAGE_INFO_FIRST, info) != KLINGREC_OK)
            return KLINGREC_ERR_ABI;
    }
    reset(found);
    klingrec_status status =
        klr_request_import(&known_request, request, &found->detail);
    if (status == KLINGREC_OK)
        status = klr_limits_import(&known_limits, limits);
    if (status == KLINGREC_OK)
        status = check_request(&known_request, &known_limits, found);

    if (info != NULL && !same_version) { /* the fields that both versions have */
        own.size = info->size;
        memcpy(info, &own, own.size < sizeof own ? own.size : sizeof own);
    }
    return status;
}
