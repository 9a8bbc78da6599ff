/* SPDX-License-Identifier: MIT */
/* fuzz.h - one entry for libFuzzer and for plain regression runs */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What every target defines; libFuzzer's own name. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Starting points for a run without libFuzzer: image number `index`, 0 at the end. */
size_t fuzz_seed(size_t index, uint8_t *bytes, size_t max);

/* The same for targets whose inputs are text: FUZZ_SEEDS("a", "b"); */
#define FUZZ_SEEDS(...)                                                                \
    size_t fuzz_seed(size_t index, uint8_t *bytes, size_t max)                         \
    {                                                                                  \
        static const char *const seeds[] = {__VA_ARGS__, NULL};                        \
        return fuzz_text(seeds, index, bytes, max);                                    \
    }                                                                                  \
    struct fuzz_end_of_seeds
size_t fuzz_text(const char *const *texts, size_t index, uint8_t *bytes, size_t max);

/* A copy of the bytes with a NUL at the end, for functions that take such texts. */
char *fuzz_copy(const uint8_t *bytes, size_t len);

/* A broken promise ends the run, with the input kept by libFuzzer or printed. */
#define FUZZ_CHECK(condition)                                                          \
    do {                                                                               \
        if (!(condition))                                                              \
            fuzz_fail(#condition, __FILE__, __LINE__);                                 \
    } while (0)
void fuzz_fail(const char *condition, const char *file, int line);

#endif
