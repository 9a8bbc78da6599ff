/* reference.h - what other people's decoders say of an image's header */
#ifndef REFERENCE_H
#define REFERENCE_H

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
    bool is_jpeg; /* else it reads PNG; stb, which reads both, comes twice */
    void (*read)(const unsigned char *bytes, size_t len, verdict *found);
} reference;

/* Those that were there at build time; ended by a row without a name. */
extern const reference references[];

#endif
