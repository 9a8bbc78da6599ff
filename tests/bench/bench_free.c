/* SPDX-License-Identifier: MIT */
/*
 * bench_free.c - how long klingrec_client_free() takes while uploads begin
 *
 *     bench_free URL CA FILE AT_ONCE
 *
 * A client with a thread gets AT_ONCE jobs and is freed so many milliseconds later.
 * Each line has the median and the longest of several runs. The wall clock also charges
 * what other programs took of this machine.
 */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 21 };

static const unsigned MOMENTS_MS[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 32, 40};

static double
now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Milliseconds, or less than 0 after an error. */
static double
free_after(const klingrec_config *config, const char *path, unsigned ms)
{
    const struct timespec moment = {0, ms * 1000000L};
    klingrec_request request = klingrec_request_file(path);
    klingrec_client *client;
    if (klingrec_client_new(config, NULL, 0, &client) != KLINGREC_OK)
        return -1;
    for (unsigned i = 0; i < config->max_in_flight; i++)
        if (klingrec_submit(client, &request, NULL) != KLINGREC_OK)
            return -1;
    (void)nanosleep(&moment, NULL);
    double start = now_ms();
    klingrec_client_free(client);
    return now_ms() - start;
}

int
main(int argc, char **argv)
{
    klingrec_config config = klingrec_config_default();
    if (argc != 5)
        return 2;
    config.endpoint = argv[1];
    config.ca_file = argv[2];
    config.api_key = "sk-bench";
    config.max_in_flight = config.max_queued = (uint32_t)strtoul(argv[4], NULL, 10);
    config.max_attempts = 1;
    config.run = KLINGREC_RUN_THREAD;
    puts("freed after   median  longest, ms");
    for (size_t i = 0; i < sizeof MOMENTS_MS / sizeof MOMENTS_MS[0]; i++) {
        double took[RUNS];
        for (size_t n = 0; n < RUNS; n++)
            if ((took[n] = free_after(&config, argv[3], MOMENTS_MS[i])) < 0)
                return 1;
        qsort(took, RUNS, sizeof took[0], compare);
        printf("%8u ms   %6.2f   %6.2f\n", MOMENTS_MS[i], took[RUNS / 2],
               took[RUNS - 1]);
    }
    return 0;
}
