/* SPDX-License-Identifier: MIT */
/*
 * regress.c - run a fuzz target without libFuzzer
 *
 *     fuzz_NAME FILE...      replay inputs
 *     fuzz_NAME -runs N      N inputs made of the seeds, the same ones every time
 *     fuzz_NAME -seeds PATH  writes the seeds into a folder, for libFuzzer
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1 << 16 };

static uint64_t state = 88172645463325252u;

/* xorshift64 (Marsaglia): below n, which is not 0. */
static size_t
below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state >> 16) % n;
}

/* A copy of exactly that many bytes, so that a sanitizer sees one too many. */
static void
run(const uint8_t *bytes, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, bytes, len);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static size_t
spoil(uint8_t *bytes, size_t len)
{
    for (size_t n = below(6); n > 0 && len > 0; n--) {
        size_t at = below(len);
        switch (below(5)) {
        case 0:
            bytes[at] ^= (uint8_t)(1u << below(8));
            break;
        case 1:
            bytes[at] = (uint8_t)below(256);
            break;
        case 2:
            bytes[at] = 0xFF;
            break;
        case 3:
            memmove(bytes + at, bytes + at + 1, len - at - 1);
            len--;
            break;
        default:
            len = below(8) == 0 ? at : len;
            break;
        }
    }
    return len;
}

static void
run_seeds(unsigned long runs)
{
    static uint8_t seed[INPUT_MAX];
    size_t index = 0;
    while (runs > 0) {
        size_t len = fuzz_seed(index++, seed, sizeof seed);
        if (len == 0) {
            index = 0;
            continue;
        }
        for (unsigned k = 0; k < 64 && runs > 0; k++, runs--) {
            static uint8_t input[INPUT_MAX];
            memcpy(input, seed, len);
            run(input, spoil(input, len));
        }
    }
}

static int
write_seeds(const char *folder)
{
    static uint8_t seed[INPUT_MAX];
    size_t len;
    for (size_t i = 0; (len = fuzz_seed(i, seed, sizeof seed)) > 0; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%.4000s/seed-%03zu", folder, i);
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(seed, 1, len, file) != len || fclose(file) != 0)
            return 1;
    }
    return 0;
}

static int
replay(const char *path)
{
    static uint8_t input[1 << 24];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be opened\n", path);
        return 2;
    }
    size_t len = fread(input, 1, sizeof input, file);
    (void)fclose(file);
    run(input, len);
    return 0;
}

int
main(int argc, char **argv)
{
    int failed = 0;
    if (argc == 3 && strcmp(argv[1], "-runs") == 0) {
        run_seeds(strtoul(argv[2], NULL, 10));
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "-seeds") == 0)
        return write_seeds(argv[2]);
    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    return failed;
}
