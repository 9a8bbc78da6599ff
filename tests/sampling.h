/* SPDX-License-Identifier: MIT */
/* sampling.h - fewer cases under tools that make each case slow */
#ifndef SAMPLING_H
#define SAMPLING_H

#include <stdlib.h>

/* Of cases that differ only in a byte or a random number, run one in thin(): the
   environment variable TEST_THIN, default 1. */
static inline unsigned
thin(void)
{
    const char *text = getenv("TEST_THIN");
    unsigned n = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 1;
    return n > 0 ? n : 1;
}

#endif
