/* write_seeds.c - writes the seeds into a folder, for libFuzzer */
#include "fuzz.h"

#include <stdio.h>

int
main(int argc, char **argv)
{
    static uint8_t seed[1 << 16];
    size_t len;
    for (size_t i = 0; argc == 2 && (len = fuzz_seed(i, seed, sizeof seed)) > 0; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%.4000s/seed-%03zu", argv[1], i);
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(seed, 1, len, file) != len || fclose(file) != 0)
            return 1;
    }
    return argc == 2 ? 0 : 2;
}
