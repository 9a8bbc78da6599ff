/* sum.h - whether the same bytes were read twice */
#ifndef KLR_SUM_H
#define KLR_SUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * A keyed checksum of 64 bits, for comparing within one process. Bytes come in pieces
 * of any size, and only their order counts. Whoever does not know the key makes two
 * different contents with the same sum by luck alone.
 */
typedef struct klr_sum {
    uint64_t key[2];
    uint64_t state;
    uint64_t length;        /* of all bytes that came */
    unsigned char part[16]; /* the last length % 16 of them */
} klr_sum;

void klr_sum_init(klr_sum *sum, uint64_t seed);
/* Forget the bytes and keep the key. */
void klr_sum_restart(klr_sum *sum);
void klr_sum_add(klr_sum *sum, const void *bytes, size_t len);
/* Of all bytes so far; more may come. */
uint64_t klr_sum_value(const klr_sum *sum);

#endif
