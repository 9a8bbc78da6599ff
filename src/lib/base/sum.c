/* SPDX-License-Identifier: MIT */
/* sum.c - a checksum that tells whether the same bytes were read twice */
#include "base/build.h"

#include "base/sum.h"

#include <string.h>

enum { BLOCK = 16 };

/* The two halves of the product of a and b, combined with xor, so that every bit
   depends on all of a and b. Values may differ between machines. */
static inline uint64_t
fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 product;
    product p = (product)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32);
    uint64_t other = a0 * b1 + (uint32_t)middle; /* none of these exceeds 64 bits */
    uint64_t high = a1 * b1 + (middle >> 32) + (other >> 32);
    return (other << 32 | (uint32_t)low) ^ high;
#endif
}

static inline uint64_t
mix_block(const klr_sum *sum, uint64_t state, const unsigned char *block)
{
    uint64_t words[2];
    memcpy(words, block, sizeof words);
    return fold(words[0] ^ sum->key[0], words[1] ^ state);
}

void
klr_sum_init(klr_sum *sum, uint64_t seed)
{
    memset(sum, 0, sizeof *sum);
    /* Constants without a pattern; a key of 0 would make every product 0. */
    sum->key[0] = fold(seed ^ 0x9E3779B97F4A7C15u, 0xD6E8FEB86659FD93u);
    sum->key[1] = fold(seed ^ 0xC2B2AE3D27D4EB4Fu, 0xFF51AFD7ED558CCDu);
    klr_sum_restart(sum);
}

void
klr_sum_restart(klr_sum *sum)
{
    sum->state = sum->key[1];
    sum->length = 0;
    memset(sum->part, 0, sizeof sum->part);
}

void
klr_sum_add(klr_sum *sum, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    size_t used = (size_t)(sum->length % BLOCK);
    sum->length += len;
    if (used > 0) {
        size_t n = len < BLOCK - used ? len : BLOCK - used;
        memcpy(sum->part + used, p, n);
        if (used + n < BLOCK)
            return;
        sum->state = mix_block(sum, sum->state, sum->part);
        p += n;
        len -= n;
    }
    uint64_t state = sum->state;
    for (; len >= BLOCK; p += BLOCK, len -= BLOCK)
        state = mix_block(sum, state, p);
    sum->state = state;
    if (len > 0)
        memcpy(sum->part, p, len);
}

uint64_t
klr_sum_value(const klr_sum *sum)
{
    unsigned char last[BLOCK] = {0};
    memcpy(last, sum->part, (size_t)(sum->length % BLOCK));
    uint64_t state = mix_block(sum, sum->state, last);
    return fold(state ^ sum->key[1], sum->length ^ sum->key[0]);
}
