/* SPDX-License-Identifier: MIT */
/* base64_neon.c - base64 with 64-bit ARM's NEON, chosen by base64.c */
#include "base/build.h"

#include "base/base64.h"

#if KLR_BASE64_ARM

#include <arm_neon.h>

static const unsigned char ALPHABET[65] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The load separates the bytes of sixteen groups into three vectors, and the store
   interleaves four vectors of characters. The alphabet is one look-up table. */
size_t
klr_base64_neon(char *dst, const unsigned char *src, size_t n)
{
    const uint8x16x4_t alphabet = vld1q_u8_x4(ALPHABET);
    const uint8x16_t six_bits = vdupq_n_u8(63);
    size_t used = 0;
    for (; n - used >= 48; used += 48, dst += 64) {
        uint8x16x3_t in = vld3q_u8(src + used);
        uint8x16x4_t out;
        out.val[0] = vshrq_n_u8(in.val[0], 2);
        out.val[1] =
            vandq_u8(vsliq_n_u8(vshrq_n_u8(in.val[1], 4), in.val[0], 4), six_bits);
        out.val[2] =
            vandq_u8(vsliq_n_u8(vshrq_n_u8(in.val[2], 6), in.val[1], 2), six_bits);
        out.val[3] = vandq_u8(in.val[2], six_bits);
        for (int i = 0; i < 4; i++)
            out.val[i] = vqtbl4q_u8(alphabet, out.val[i]);
        vst4q_u8((unsigned char *)dst, out);
    }
    return used;
}

#endif
