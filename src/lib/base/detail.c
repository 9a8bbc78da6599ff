/* SPDX-License-Identifier: MIT */
/* detail.c - what exactly is wrong or unusual with an image, as sentences */
#include "base/build.h"

#include "base/detail.h"

static const struct {
    const char *sentence;
    klr_detail_class class_of;
} DETAILS[] = {
#define DETAIL(class, name, sentence) {sentence, KLR_CLASS_##class},
    KLR_DETAILS(DETAIL)
#undef DETAIL
};
enum { DETAIL_COUNT = sizeof DETAILS / sizeof DETAILS[0] };

const char *
klr_detail_string(uint32_t detail)
{
    return detail < DETAIL_COUNT ? DETAILS[detail].sentence : "unknown detail";
}

klr_detail_class
klr_detail_class_of(uint32_t detail)
{
    return detail < DETAIL_COUNT ? DETAILS[detail].class_of : KLR_CLASS_NONE;
}
