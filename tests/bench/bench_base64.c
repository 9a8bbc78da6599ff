/* SPDX-License-Identifier: MIT */
/* bench_base64.c - base64 against memcpy and OpenSSL: medians */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include "base/base64.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N = 1 << 20, ROUNDS = 201, REPEATS = 4 };

static unsigned char in[N], decoded[N];
static char out[KLR_BASE64_SIZE(N) + 1];

static void
run_impl(int impl)
{
    (void)klr_base64_encode_by((klr_base64_impl)impl, out, in, N);
}

/* What moving the bytes alone costs: n are read, 4n/3 are written. */
static void
run_memcpy(int unused)
{
    (void)unused;
    memcpy(out, in, N);
    memcpy(out + N, in, N / 3);
}

static void
run_openssl(int unused)
{
    (void)unused;
    (void)EVP_EncodeBlock((unsigned char *)out, in, N);
}

static void
run_in_place(int unused)
{
    (void)unused;
    unsigned char *tail = (unsigned char *)out + KLR_BASE64_SIZE(N) - N;
    (void)klr_base64_encode(out, tail, N);
}

static void
run_openssl_decode(int unused)
{
    (void)unused;
    (void)EVP_DecodeBlock(decoded, (unsigned char *)out, N / 3 * 4);
}

static void
run_decode(int impl)
{
    (void)klr_base64_decode_by((klr_base64_impl)impl, decoded, out, N / 3);
}

static const struct {
    const char *name;
    void (*run)(int impl);
    int impl; /* -1: none of klr_base64_impl */
} CASES[] = {
    {"memcpy n -> 4n/3", run_memcpy, -1},
    {"OpenSSL EVP_EncodeBlock", run_openssl, -1},
    {"plain", run_impl, KLR_BASE64_PLAIN},
    {"SSSE3", run_impl, KLR_BASE64_SSSE3},
    {"AVX2", run_impl, KLR_BASE64_AVX2},
    {"NEON", run_impl, KLR_BASE64_NEON},
    {"in place, best implementation", run_in_place, -1},
    {"OpenSSL EVP_DecodeBlock", run_openssl_decode, -1},
    {"decode, plain", run_decode, KLR_BASE64_PLAIN},
    {"decode, AVX2", run_decode, KLR_BASE64_AVX2},
};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

static double seconds[CASE_COUNT][ROUNDS];

/* CPU time: on a busy machine the wall clock charges waiting to the slowest case. */
static double
now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double
median(int i)
{
    qsort(seconds[i], ROUNDS, sizeof seconds[i][0], compare);
    return seconds[i][ROUNDS / 2];
}

static int
is_missing(int i)
{
    return CASES[i].impl >= 0 && !klr_base64_has((klr_base64_impl)CASES[i].impl);
}

int
main(void)
{
    for (size_t i = 0; i < N; i++)
        in[i] = (unsigned char)(i * 2654435761u >> 13);
    /* Interleaved, so that a machine that slows down slows all of them. */
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CASE_COUNT; i++) {
            if (is_missing(i))
                continue;
            run_impl(KLR_BASE64_PLAIN); /* what is decoded */
            double start = now();
            for (int k = 0; k < REPEATS; k++)
                CASES[i].run(CASES[i].impl);
            seconds[i][round] = (now() - start) / REPEATS;
        }
    double copying = median(0), openssl = median(1);
    printf("%-24s %8s %10s %10s\n", "1 MiB", "GB/s", "x memcpy", "x OpenSSL");
    for (int i = 0; i < CASE_COUNT; i++)
        if (!is_missing(i))
            printf("%-24s %8.2f %10.2f %10.2f\n", CASES[i].name, N / median(i) / 1e9,
                   copying / median(i), openssl / median(i));
    return 0;
}
