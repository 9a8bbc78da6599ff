/* SPDX-License-Identifier: MIT */
/* compare.h - compares our verdict on an image with those of other decoders */
#ifndef COMPARE_H
#define COMPARE_H

#include <klingrec/klingrec.h>

/*
 * What a disagreement comes from. A library that is not the authority for its format
 * is only asked for sizes: where ours and the authority agree, it is out of step.
 */
#define CAUSES(X)                                                                      \
    X(LIBJPEG_SIDE, "libjpeg takes no side over 65500")                                \
    X(LIBJPEG_PRECISION, "this libjpeg takes 8 bits only")                             \
    X(LIBJPEG_LOSSLESS, "this libjpeg takes no lossless JPEG")                         \
    X(LIBJPEG_HEIGHT, "libjpeg takes no height from DNL")                              \
    X(LIBJPEG_INVENTS, "libjpeg makes up the end of a scan header")                    \
    X(GARBAGE, "more garbage than we skip")                                            \
    X(LIBPNG_SIDE, "libpng takes no side over 1000000")                                \
    X(LIBPNG_CHUNK, "libpng takes no chunk over 8 MB")                                 \
    X(PLTE_CRC, "the palette's checksum is looked at in the walk")                     \
    X(NO_AUTHORITY, "another library is laxer or stricter than the authority")         \
    X(UNEXPLAINED, "UNEXPLAINED")

typedef enum cause {
#define CAUSE_VALUE(name, text) CAUSE_##name,
    CAUSES(CAUSE_VALUE)
#undef CAUSE_VALUE
        CAUSE_COUNT
} cause;

typedef struct tally {
    unsigned long images;
    unsigned long accepted;
    unsigned long verdicts; /* of others, compared with ours */
    unsigned long decoded;
    unsigned long causes[CAUSE_COUNT];
    bool verbose; /* print explained disagreements as well */
} tally;

/* Our verdict from memory. */
klingrec_status our_verdict(const unsigned char *bytes, size_t len, bool header_only,
                            klingrec_image_info *info);

void compare_image(const char *name, const unsigned char *bytes, size_t len,
                   tally *counts);

/* 1 when something stayed unexplained, else 0: what main() returns. */
int print_tally(const tally *counts);

#endif
