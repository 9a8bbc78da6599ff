/* SPDX-License-Identifier: MIT */
/* reference_decoders.h - the verdicts of other decoders on an image */
#ifndef REFERENCE_DECODERS_H
#define REFERENCE_DECODERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct verdict {
    bool accepted; /* its header can be read */
    uint32_t width;
    uint32_t height;
    char why[96]; /* what the library said when it refused */
} verdict;

typedef struct reference {
    const char *name;
    bool is_jpeg;   /* else it reads PNG; stb, which reads both, comes twice */
    bool authority; /* the library whose verdict ours must match */
    void (*read)(const unsigned char *bytes, size_t len, verdict *found);
} reference;

/* Those that were there at build time; ended by a row without a name. */
extern const reference references[];

typedef enum decoding {
    DECODE_UNKNOWN, /* not tried: too large, or no decoder */
    DECODE_CLEAN,   /* to the end and without a warning */
    DECODE_WARNED,
    DECODE_CUT_OFF, /* the decoder ran out of bytes */
    DECODE_FAILED
} decoding;

/* Decode the whole image with the authority for its format. */
decoding reference_decode(bool is_jpeg, const unsigned char *bytes, size_t len);

#endif
