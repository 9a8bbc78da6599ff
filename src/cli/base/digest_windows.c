/* SPDX-License-Identifier: MIT */
/* digest_windows.c - SHA-256 by Windows */
#include "base/digest.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

#include <bcrypt.h>

static bool
add(BCRYPT_HASH_HANDLE hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    while (len > 0) {
        ULONG part = len < 1 << 30 ? (ULONG)len : 1 << 30;
        if (BCryptHashData(hash, (PUCHAR)(uintptr_t)at, part, 0) != 0)
            return false;
        at += part;
        len -= part;
    }
    return true;
}

void
cli_digest(const void *a, size_t a_len, const void *b, size_t b_len,
           unsigned char out[DIGEST_BYTES])
{
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_HASH_HANDLE hash = NULL;
    if (BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0) !=
            0 ||
        BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0) != 0 ||
        !add(hash, a, a_len) || !add(hash, b, b_len) ||
        BCryptFinishHash(hash, out, DIGEST_BYTES, 0) != 0)
        cli_out_of_memory(); /* no other failure is possible here */
    (void)BCryptDestroyHash(hash);
    (void)BCryptCloseAlgorithmProvider(algorithm, 0);
}
