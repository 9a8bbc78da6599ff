/* detail.c - what exactly is wrong or odd with an image, in words */
#include "detail.h"

const char *
klr_detail_string(uint32_t detail)
{
    static const char *const sentences[] = {
#define SENTENCE(name, sentence) sentence,
        KLR_DETAILS(SENTENCE)
#undef SENTENCE
    };
    return detail < sizeof sentences / sizeof sentences[0] ? sentences[detail]
                                                           : "unknown detail";
}
