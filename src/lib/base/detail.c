/* detail.c - what exactly is wrong or unusual with an image, as sentences */
#include "base/build.h"

#include "base/detail.h"

static const struct {
    const char *sentence;
    klr_detail_class class_of;
} rows[] = {
#define ROW(class, name, sentence) {sentence, KLR_CLASS_##class},
    KLR_DETAILS(ROW)
#undef ROW
};
enum { ROWS = sizeof rows / sizeof rows[0] };

const char *
klr_detail_string(uint32_t detail)
{
    return detail < ROWS ? rows[detail].sentence : "unknown detail";
}

klr_detail_class
klr_detail_class_of(uint32_t detail)
{
    return detail < ROWS ? rows[detail].class_of : KLR_CLASS_NONE;
}
