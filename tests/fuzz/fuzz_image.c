/* SPDX-License-Identifier: MIT */
/* fuzz_image.c - for any bytes, every source gives the same plausible verdict */
#include "fuzz.h"

#include "base/detail.h"

typedef struct memory {
    const uint8_t *bytes;
    size_t len;
    size_t at_most;
    size_t taken; /* bytes handed out so far */
} memory;

static ptrdiff_t
read_memory(void *user, uint64_t offset, void *buf, size_t len)
{
    memory *m = user;
    FUZZ_CHECK(offset <= m->len && len <= m->len - offset);
    if (len > m->at_most)
        len = m->at_most;
    memcpy(buf, m->bytes + offset, len);
    m->taken += len;
    return (ptrdiff_t)len;
}

static void
check_sense(klingrec_status status, const klingrec_image_info *info)
{
    char line[512];
    klr_detail_class about = klr_detail_class_of(info->detail);
    bool damaged = (info->broken_rules & KLINGREC_RULE_DAMAGED) != 0;
    bool known =
        info->format == KLINGREC_FORMAT_JPEG || info->format == KLINGREC_FORMAT_PNG;
    FUZZ_CHECK((status == KLINGREC_OK) == (info->broken_rules == 0));
    FUZZ_CHECK((info->broken_rules & info->edge_rules) == 0);
    FUZZ_CHECK(known == ((info->broken_rules & KLINGREC_RULE_FORMAT) == 0));
    FUZZ_CHECK(damaged == (about == KLR_CLASS_DAMAGE));
    FUZZ_CHECK(status != KLINGREC_OK || (info->width > 0 && info->height > 0));
    FUZZ_CHECK(info->orientation >= 1 && info->orientation <= 8);
    FUZZ_CHECK(info->where <= info->bytes);
    size_t len = klingrec_image_explain(info, NULL, line, sizeof line);
    FUZZ_CHECK(len > 0 && len < sizeof line && strlen(line) == len);
}

static void
check_feed(const uint8_t *bytes, size_t len, size_t at_most, uint32_t flags,
           klingrec_status expected, const klingrec_image_info *first)
{
    memory m = {bytes, len, at_most, 0};
    klingrec_reader reader = klingrec_reader_default();
    klingrec_image_info info = klingrec_image_info_default();
    reader.user = &m;
    reader.read_at = read_memory;
    reader.length = len;
    klingrec_request request = klingrec_request_reader(&reader);
    request.flags = flags;
    FUZZ_CHECK(klingrec_check(&request, NULL, &info) == expected);
    FUZZ_CHECK(memcmp(&info, first, sizeof info) == 0);
    /* The number of reads is linear: Exif and overlapping windows read bytes again. */
    FUZZ_CHECK(m.taken <= 4 * len + 8192);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    klingrec_image_info header = klingrec_image_info_default();
    klingrec_image_info whole = klingrec_image_info_default();
    klingrec_request request = klingrec_request_bytes(bytes, len);
    klingrec_status status = klingrec_check(&request, NULL, &whole);
    check_sense(status, &whole);
    check_feed(bytes, len, SIZE_MAX, 0, status, &whole);

    request.flags = KLINGREC_REQUEST_HEADER_ONLY;
    klingrec_status header_status = klingrec_check(&request, NULL, &header);
    check_sense(header_status, &header);
    check_feed(bytes, len, 7, request.flags, header_status, &header);
    /* A full check finds at least the errors of a header-only check. */
    FUZZ_CHECK((header.broken_rules & ~whole.broken_rules) == 0);
    FUZZ_CHECK(header.width == whole.width && header.height == whole.height);
    /* Exif may follow a palette that only the walk checks completely. */
    FUZZ_CHECK(header.orientation == whole.orientation ||
               whole.detail == KLR_DETAIL_PNG_PLTE_CRC);
    return 0;
}
