/* SPDX-License-Identifier: MIT */
/* counting_allocator.h - an allocator that counts, fails on demand, and checks sizes */
#ifndef COUNTING_ALLOCATOR_H
#define COUNTING_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct meter {
    unsigned long calls;
    unsigned long fail_at; /* the call that fails; 0: none does */
    bool fail_from;        /* and all after it */
    size_t live;           /* bytes */
} meter;

/* A klingrec_alloc_fn; user is a meter. */
void *metered(void *user, void *ptr, size_t old_size, size_t new_size);

#endif
