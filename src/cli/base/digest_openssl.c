/* SPDX-License-Identifier: MIT */
/* digest_openssl.c - SHA-256 by OpenSSL */
#include "base/digest.h"

#include "base/memory.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

void
cli_digest(const void *a, size_t a_len, const void *b, size_t b_len,
           unsigned char out[DIGEST_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(context, a, a_len) != 1 ||
        EVP_DigestUpdate(context, b, b_len) != 1 ||
        EVP_DigestFinal_ex(context, out, NULL) != 1)
        cli_out_of_memory(); /* no other failure is possible here */
    EVP_MD_CTX_free(context);
    /* The program may end, and OpenSSL with it, before this thread does. */
    OPENSSL_thread_stop();
}
