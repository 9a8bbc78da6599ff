/* sampling.h - fewer cases for the tools that make every one slow */
#ifndef THIN_H
#define THIN_H

#include <stdlib.h>

/* Of cases that differ by a byte or a random number, one in so many is enough:
   TEST_THIN of the environment [1]. */
static inline unsigned
thin(void)
{
    const char *text = getenv("TEST_THIN");
    unsigned n = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 1;
    return n > 0 ? n : 1;
}

#endif
