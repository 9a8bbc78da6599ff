/* SPDX-License-Identifier: MIT */
/* sum.h - a checksum that tells whether the same bytes were read twice */
#ifndef KLR_SUM_H
#define KLR_SUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * A keyed checksum of 64 bits, for comparisons within one process. The bytes are added
 * in pieces of any size; the sizes do not change the result. Without the key, different
 * contents with the same sum can only be found by chance.
 */
typedef struct klr_sum {
    uint64_t key[2];
    uint64_t state;
    uint64_t length;        /* of all bytes added */
    unsigned char part[16]; /* the last length % 16 of them */
} klr_sum;

void klr_sum_init(klr_sum *sum, uint64_t seed);
/* Start again with the same key. */
void klr_sum_restart(klr_sum *sum);
void klr_sum_add(klr_sum *sum, const void *bytes, size_t len);
/* Of all bytes so far; more may be added. */
uint64_t klr_sum_value(const klr_sum *sum);

#endif
