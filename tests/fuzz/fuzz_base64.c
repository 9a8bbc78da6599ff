/* SPDX-License-Identifier: MIT */
/* fuzz_base64.c - accepted text decodes correctly; other text is refused */
#include "fuzz.h"

#include "base/base64.h"
#include "base/detail.h"
#include "image/source.h"

#include <stdlib.h>

static bool
is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The image's bytes, by an encoder that is tested apart, are the text again. */
static void
check_round_trip(klr_source *source)
{
    size_t len = (size_t)source->length, got;
    unsigned char *image = malloc(len + 1);
    char *text = malloc(KLR_BASE64_SIZE(len) + 1);
    FUZZ_CHECK(image != NULL && text != NULL);
    FUZZ_CHECK(klr_source_read(source, 0, image, len + 1, &got) == KLINGREC_OK);
    FUZZ_CHECK(got == len);
    size_t n = klr_base64_encode(text, image, len), at = 0;
    for (size_t i = 0; i < source->text_len; i++)
        if (!is_blank((uint8_t)source->text[i]))
            FUZZ_CHECK(at < n && text[at++] == source->text[i]);
    FUZZ_CHECK(at == n);

    /* The same bytes in any piece, forward and back. */
    for (size_t i = 0; i < 8 && len > 0; i++) {
        unsigned char piece[64];
        size_t offset = (i * 7919) % len, want = 1 + (i * 31) % sizeof piece;
        FUZZ_CHECK(klr_source_read(source, offset, piece, want, &got) == KLINGREC_OK);
        FUZZ_CHECK(got == (want < len - offset ? want : len - offset));
        FUZZ_CHECK(memcmp(piece, image + offset, got) == 0);
    }
    free(image);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    klr_source source;
    klingrec_image_info info = klingrec_image_info_default();
    if (len == 0) /* a length of 0 means up to a NUL */
        return 0;
    klingrec_request request = klingrec_request_base64((const char *)bytes, len);
    klingrec_status status = klr_source_open(&source, &request, &info);
    FUZZ_CHECK(status == KLINGREC_OK || status == KLINGREC_ERR_IMAGE_BASE64);
    if (status == KLINGREC_OK) {
        FUZZ_CHECK(info.detail == KLR_DETAIL_NONE);
        check_round_trip(&source);
    } else {
        FUZZ_CHECK(klr_detail_class_of(info.detail) == KLR_CLASS_BASE64);
        FUZZ_CHECK(info.where <= len);
    }
    klr_source_close(&source);
    return 0;
}
