/* SPDX-License-Identifier: MIT */
/* image_sources.h - passes the same image to klingrec_check() from every source */
#ifndef IMAGE_SOURCES_H
#define IMAGE_SOURCES_H

#include "base/base64.h"
#include "base/detail.h"
#include "base/sys.h"

#include "os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct feed_memory {
    const unsigned char *bytes;
    size_t len;
    size_t at_most; /* the maximum that one read returns */
} feed_memory;

static inline ptrdiff_t
feed_read_at(void *user, uint64_t offset, void *buf, size_t len)
{
    const feed_memory *memory = user;
    if (offset >= memory->len)
        return 0;
    if (len > memory->len - (size_t)offset)
        len = memory->len - (size_t)offset;
    if (len > memory->at_most)
        len = memory->at_most;
    memcpy(buf, memory->bytes + offset, len);
    return (ptrdiff_t)len;
}

static inline klingrec_status
feed_reader(const unsigned char *bytes, size_t len, size_t at_most, uint32_t flags,
            const klingrec_limits *limits, klingrec_image_info *info)
{
    feed_memory memory = {bytes, len, at_most};
    klingrec_reader reader = klingrec_reader_default();
    reader.user = &memory;
    reader.read_at = feed_read_at;
    reader.length = len;
    klingrec_request request = klingrec_request_reader(&reader);
    request.flags = flags;
    return klingrec_check(&request, limits, info);
}

static inline klingrec_status
feed_file(const unsigned char *bytes, size_t len, uint32_t flags,
          const klingrec_limits *limits, klingrec_image_info *info)
{
    os_file file = os_file_new(NULL);
    os_file_write(&file, 0, bytes, len);
    klingrec_request request = klingrec_request_file(file.path);
    request.flags = flags;
    klingrec_status status = klingrec_check(&request, limits, info);
    os_file_remove(&file);
    return status;
}

/* every: 0, or a line break after so many characters. */
static inline klingrec_status
feed_base64(const unsigned char *bytes, size_t len, size_t every, uint32_t flags,
            const klingrec_limits *limits, klingrec_image_info *info)
{
    size_t size = KLR_BASE64_SIZE(len), at = 0;
    char *plain = malloc(size + 1), *text = malloc(size * 2 + 1);
    assert_true(plain != NULL && text != NULL);
    size = klr_base64_encode(plain, bytes, len);
    for (size_t i = 0; i < size; i++) {
        text[at++] = plain[i];
        if (every != 0 && i % every == every - 1)
            text[at++] = '\n';
    }
    text[at] = '\0'; /* a length of 0 means up to here */
    klingrec_request request = klingrec_request_base64(text, at);
    request.flags = flags;
    klingrec_status status = klingrec_check(&request, limits, info);
    free(plain);
    free(text);
    return status;
}

static inline void
feed_compare(const char *name, const char *feed, klingrec_status status,
             const klingrec_image_info *info, klingrec_status expected,
             const klingrec_image_info *first)
{
    if (status != expected || memcmp(info, first, sizeof *info) != 0)
        fail_msg("%s: %s says %d detail %u at %zu, memory says %d detail %u at %zu",
                 name, feed, (int)status, info->detail, info->where, (int)expected,
                 first->detail, first->where);
}

/* The result of klingrec_check() for bytes in memory, and for all other sources. */
static inline klingrec_status
feed_all(const char *name, const unsigned char *bytes, size_t len, uint32_t flags,
         const klingrec_limits *limits, klingrec_image_info *first)
{
    klingrec_image_info info = klingrec_image_info_default();
    *first = klingrec_image_info_default();
    /* A block of exactly this size, so that a sanitizer detects reads past the end. */
    unsigned char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    klingrec_request request = klingrec_request_bytes(exact, len);
    request.flags = flags;
    klingrec_status expected = klingrec_check(&request, limits, first), status;
    free(exact);

    status = feed_reader(bytes, len, SIZE_MAX, flags, limits, &info);
    feed_compare(name, "a reader", status, &info, expected, first);
    if (len < 8192) {
        status = feed_reader(bytes, len, 1, flags, limits, &info);
        feed_compare(name, "one byte at a time", status, &info, expected, first);
    }
    if (KLR_HAS_FILES) {
        status = feed_file(bytes, len, flags, limits, &info);
        feed_compare(name, "a file", status, &info, expected, first);
    }
    status = feed_base64(bytes, len, 0, flags, limits, &info);
    feed_compare(name, "base64", status, &info, expected, first);
    status = feed_base64(bytes, len, 76, flags, limits, &info);
    feed_compare(name, "base64 in lines", status, &info, expected, first);
    return expected;
}

/* Limits that every size satisfies, so that only the format is checked. */
static inline klingrec_limits
feed_any_size(void)
{
    klingrec_limits limits = klingrec_limits_default();
    limits.min_side = 1;
    limits.max_aspect_milli = UINT32_MAX;
    return limits;
}

#endif
