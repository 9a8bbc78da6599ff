/* SPDX-License-Identifier: MIT */
/*
 * fuzz_reader.c - a reader that lies: short reads, failures, too much, other bytes
 *
 * The first 16 bytes say how it behaves, the rest is the image.
 */
#include "fuzz.h"

#include "base/detail.h"

enum { HABITS = 16 };

typedef struct liar {
    const uint8_t *habits;
    const uint8_t *bytes;
    size_t len;
    size_t calls;
} liar;

static ptrdiff_t
read_at(void *user, uint64_t offset, void *buf, size_t len)
{
    liar *r = user;
    uint8_t habit = r->habits[r->calls++ % HABITS];
    if (habit == 255)
        return -1;
    if (habit == 254)
        return (ptrdiff_t)len + 1;
    if (habit == 253 || offset >= r->len)
        return 0;
    if (habit < 64 && len > (size_t)habit + 1)
        len = (size_t)habit + 1;
    if (len > r->len - (size_t)offset)
        len = r->len - (size_t)offset;
    memcpy(buf, r->bytes + offset, len);
    if (habit == 252) /* the file changes under us */
        memset(buf, 0xFF, len);
    return (ptrdiff_t)len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < HABITS)
        return 0;
    liar r = {bytes, bytes + HABITS, len - HABITS, 0};
    klingrec_reader reader = klingrec_reader_default();
    reader.user = &r;
    reader.read_at = read_at;
    /* It may claim more than it has. */
    reader.length = r.len + (bytes[0] % 4 == 3 ? 100000 : 0);
    for (uint32_t flags = 0; flags <= KLINGREC_REQUEST_HEADER_ONLY; flags++) {
        klingrec_image_info info = klingrec_image_info_default();
        klingrec_request request = klingrec_request_reader(&reader);
        request.flags = flags;
        klingrec_status status = klingrec_check(&request, NULL, &info);
        bool failed = klr_detail_class_of(info.detail) == KLR_CLASS_FILE;
        FUZZ_CHECK((status == KLINGREC_ERR_FILE) == failed);
        FUZZ_CHECK(!failed || (info.broken_rules == 0 && info.width == 0));
        FUZZ_CHECK(status != KLINGREC_ERR_ARGUMENT && status != KLINGREC_ERR_ABI);
        FUZZ_CHECK(r.calls <= 4 * len + 64);
        r.calls = 0;
    }
    return 0;
}
