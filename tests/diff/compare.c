/* SPDX-License-Identifier: MIT */
/* compare.c - compares our verdict on an image with those of other decoders */
#include "compare.h"

#include "base/detail.h"
#include "reference_decoders.h"

#include <stdio.h>

static const char *const cause_texts[CAUSE_COUNT] = {
#define CAUSE_TEXT(name, text) text,
    CAUSES(CAUSE_TEXT)
#undef CAUSE_TEXT
};

/* Limits that every image satisfies, so that only its format is checked. */
static klingrec_limits
no_limits(void)
{
    klingrec_limits limits = klingrec_limits_default();
    limits.max_bytes = SIZE_MAX;
    limits.min_side = 1;
    limits.max_aspect_milli = UINT32_MAX;
    return limits;
}

klingrec_status
our_verdict(const unsigned char *bytes, size_t len, bool header_only,
            klingrec_image_info *info)
{
    klingrec_limits limits = no_limits();
    klingrec_request request = klingrec_request_bytes(bytes, len);
    request.flags = header_only ? KLINGREC_REQUEST_HEADER_ONLY : 0;
    *info = klingrec_image_info_default();
    return klingrec_check(&request, &limits, info);
}

static bool
is_usable(const klingrec_image_info *info)
{
    return (info->broken_rules & (KLINGREC_RULE_FORMAT | KLINGREC_RULE_DAMAGED)) == 0;
}

static void
say(tally *counts, cause why, const char *name, const char *who, const char *what)
{
    counts->causes[why]++;
    if (why == CAUSE_UNEXPLAINED || counts->verbose)
        printf("%s: %s: %s [%s]\n", name, who, what, cause_texts[why]);
}

/* ---- Headers ---------------------------------------------------------------- */

static bool
is_about(const verdict *theirs, const char *words)
{
    return strstr(theirs->why, words) != NULL;
}

/* We accept it and the reference decoder does not; each known cause has its own
   flag. */
static cause
why_only_we_accept(const klingrec_image_info *ours, const verdict *theirs)
{
    bool odd = (ours->edge_rules & KLINGREC_RULE_FORMAT) != 0;
    bool wide = ours->width > 65500 || ours->height > 65500;
    if (ours->format == KLINGREC_FORMAT_JPEG) {
        if (odd && wide && is_about(theirs, "Maximum supported image dimension"))
            return CAUSE_LIBJPEG_SIDE;
        if (odd && is_about(theirs, "data precision"))
            return CAUSE_LIBJPEG_PRECISION;
        if (odd && (is_about(theirs, "SOF type 0xc3") || is_about(theirs, "0xcb")))
            return CAUSE_LIBJPEG_LOSSLESS;
        if (odd && is_about(theirs, "DNL not supported"))
            return CAUSE_LIBJPEG_HEIGHT;
        return CAUSE_UNEXPLAINED;
    }
    if (odd && (ours->width > 1000000 || ours->height > 1000000))
        return CAUSE_LIBPNG_SIDE;
    if (is_about(theirs, "PLTE: CRC error"))
        return CAUSE_PLTE_CRC;
    if (is_about(theirs, "chunk data is too large"))
        return CAUSE_LIBPNG_CHUNK;
    return CAUSE_UNEXPLAINED;
}

static cause
why_only_they_accept(const klingrec_image_info *ours)
{
    if (ours->detail == KLR_DETAIL_JPEG_GARBAGE_LIMIT)
        return CAUSE_GARBAGE;
    if (ours->format == KLINGREC_FORMAT_JPEG && ours->detail == KLR_DETAIL_TRUNCATED)
        return CAUSE_LIBJPEG_INVENTS;
    return CAUSE_UNEXPLAINED;
}

static void
compare_header(const char *name, const reference *r, const klingrec_image_info *ours,
               const verdict *theirs, tally *counts)
{
    char what[256];
    bool usable = is_usable(ours);
    counts->verdicts++;
    if (usable && theirs->accepted &&
        (ours->width != theirs->width || ours->height != theirs->height)) {
        (void)snprintf(what, sizeof what, "%u x %u, ours %u x %u", theirs->width,
                       theirs->height, ours->width, ours->height);
        say(counts, CAUSE_UNEXPLAINED, name, r->name, what);
    }
    if (usable == theirs->accepted)
        return;
    (void)snprintf(what, sizeof what, "%s, ours: %s",
                   theirs->accepted ? "accepted" : theirs->why,
                   usable ? "accepted" : klr_detail_string(ours->detail));
    cause why = CAUSE_NO_AUTHORITY;
    if (r->authority)
        why = usable ? why_only_we_accept(ours, theirs) : why_only_they_accept(ours);
    say(counts, why, name, r->name, what);
}

/* ---- The whole image -------------------------------------------------------- */

static void
compare_decoding(const char *name, const unsigned char *bytes, size_t len,
                 const klingrec_image_info *whole, tally *counts)
{
    bool is_jpeg = whole->format == KLINGREC_FORMAT_JPEG;
    decoding found = reference_decode(is_jpeg, bytes, len);
    if (found != DECODE_UNKNOWN)
        counts->decoded++;
    if (found == DECODE_CLEAN && !is_usable(whole))
        say(counts, CAUSE_UNEXPLAINED, name, "decoder",
            "clean, and we call it damaged or cut off");
    if (found == DECODE_CUT_OFF && is_usable(whole))
        say(counts, CAUSE_UNEXPLAINED, name, "decoder",
            "it runs out of bytes, and we call it whole");
}

typedef struct memory {
    const unsigned char *bytes;
    size_t len;
    size_t at_most;
} memory;

static ptrdiff_t
read_memory(void *user, uint64_t offset, void *buf, size_t len)
{
    const memory *m = user;
    if (len > m->at_most)
        len = m->at_most;
    memcpy(buf, m->bytes + offset, len);
    return (ptrdiff_t)len;
}

/* The verdict is the same for every source. */
static void
compare_feeds(const char *name, const unsigned char *bytes, size_t len,
              bool header_only, const klingrec_image_info *expected, tally *counts)
{
    size_t portions[] = {SIZE_MAX, 1};
    for (size_t i = 0; i < (len <= 4096 ? 2 : 1); i++) {
        memory m = {bytes, len, portions[i]};
        klingrec_limits limits = no_limits();
        klingrec_reader reader = klingrec_reader_default();
        reader.user = &m;
        reader.read_at = read_memory;
        reader.length = len;
        klingrec_request request = klingrec_request_reader(&reader);
        request.flags = header_only ? KLINGREC_REQUEST_HEADER_ONLY : 0;
        klingrec_image_info info = klingrec_image_info_default();
        (void)klingrec_check(&request, &limits, &info);
        if (memcmp(&info, expected, sizeof info) != 0)
            say(counts, CAUSE_UNEXPLAINED, name, "reader",
                "another verdict than memory");
    }
}

void
compare_image(const char *name, const unsigned char *bytes, size_t len, tally *counts)
{
    klingrec_image_info header, whole;
    klingrec_status header_status = our_verdict(bytes, len, true, &header);
    klingrec_status whole_status = our_verdict(bytes, len, false, &whole);
    bool is_jpeg = header.format == KLINGREC_FORMAT_JPEG;
    counts->images++;
    counts->accepted += whole_status == KLINGREC_OK;
    if (header_status != KLINGREC_OK && whole_status == KLINGREC_OK)
        say(counts, CAUSE_UNEXPLAINED, name, "walk", "good, but the header is not");
    compare_feeds(name, bytes, len, true, &header, counts);
    compare_feeds(name, bytes, len, false, &whole, counts);

    for (const reference *r = references; r->name != NULL; r++) {
        verdict theirs = {.accepted = false};
        /* Other formats must be refused by both; stb also reads other formats. */
        bool ours_to_judge = is_jpeg || header.format == KLINGREC_FORMAT_PNG;
        if (ours_to_judge ? r->is_jpeg != is_jpeg : !r->authority)
            continue;
        r->read(bytes, len, &theirs);
        compare_header(name, r, &header, &theirs, counts);
    }
    if (is_usable(&header))
        compare_decoding(name, bytes, len, &whole, counts);
}

int
print_tally(const tally *counts)
{
    printf("%lu images, %lu of them acceptable; %lu verdicts compared, %lu decoded\n",
           counts->images, counts->accepted, counts->verdicts, counts->decoded);
    for (size_t i = 0; i < CAUSE_COUNT; i++)
        printf("%8lu  %s\n", counts->causes[i], cause_texts[i]);
    return counts->causes[CAUSE_UNEXPLAINED] != 0;
}
