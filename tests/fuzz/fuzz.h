/* fuzz.h - one entry for libFuzzer and for plain regression runs */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What every target defines; libFuzzer's own name. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Starting points for a run without libFuzzer: image number `index`, 0 at the end. */
size_t fuzz_seed(size_t index, uint8_t *bytes, size_t max);

/* A broken promise ends the run, with the input kept by libFuzzer or printed. */
#define FUZZ_CHECK(condition)                                                          \
    do {                                                                               \
        if (!(condition))                                                              \
            fuzz_fail(#condition, __FILE__, __LINE__);                                 \
    } while (0)
void fuzz_fail(const char *condition, const char *file, int line);

#endif
