/* SPDX-License-Identifier: MIT */
/*
 * bench_pause.c - how long a frame waits for the library
 *
 *     bench_pause MODE URL CA FILE COUNT AT_ONCE GAP_US
 *
 * Keeps AT_ONCE uploads in flight until COUNT have ended, and calls
 * klingrec_poll(client, 0) every GAP_US microseconds, as a game does each frame. MODE
 * is caller or thread. One line of JSON, microseconds: percentiles of the poll by the
 * wall clock and by the CPU time of this thread; the longest submit; cancel; free of
 * an idle client, and of one with AT_ONCE uploads under way. The wall clock also
 * charges what other programs took of this machine.
 */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_SAMPLES = 1 << 20 };

typedef struct samples {
    double *us;
    size_t count;
} samples;

typedef struct bench {
    klingrec_client *client;
    const char *path;
    samples wall, cpu;
    double longest_submit;
    unsigned submitted, ended;
    bool good;
} bench;

static double
now_us(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static void
add(samples *s, double us)
{
    if (s->count < MAX_SAMPLES)
        s->us[s->count++] = us;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void
print(const char *name, samples *s)
{
    static const double SHARES[] = {0.5, 0.99, 0.999};
    static const char *const NAMES[] = {"p50", "p99", "p99.9"};
    qsort(s->us, s->count, sizeof s->us[0], compare);
    printf("\"%s\": {", name);
    for (size_t i = 0; i < 3; i++)
        printf("\"%s\": %.1f, ", NAMES[i],
               s->us[(size_t)(SHARES[i] * (double)(s->count - 1))]);
    printf("\"max\": %.1f}, ", s->us[s->count - 1]);
}

static void
submit(bench *b)
{
    klingrec_request request = klingrec_request_file(b->path);
    double start = now_us(CLOCK_MONOTONIC);
    b->good = klingrec_submit(b->client, &request, NULL) == KLINGREC_OK && b->good;
    double took = now_us(CLOCK_MONOTONIC) - start;
    if (took > b->longest_submit)
        b->longest_submit = took;
    b->submitted++;
}

/* One frame: is there a result? */
static bool
frame(bench *b)
{
    klingrec_result *result = NULL;
    double wall = now_us(CLOCK_MONOTONIC), cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
    (void)klingrec_poll(b->client, 0, &result);
    add(&b->cpu, now_us(CLOCK_THREAD_CPUTIME_ID) - cpu);
    add(&b->wall, now_us(CLOCK_MONOTONIC) - wall);
    if (result == NULL)
        return false;
    b->good = klingrec_result_status(result) == KLINGREC_OK && b->good;
    klingrec_result_free(result);
    b->ended++;
    return true;
}

static void
run(bench *b, unsigned count, unsigned at_once, long gap_us)
{
    const struct timespec gap = {0, gap_us * 1000};
    while (b->good && b->ended < count) {
        while (b->submitted < count && b->submitted - b->ended < at_once)
            submit(b);
        while (frame(b)) {
        }
        (void)nanosleep(&gap, NULL);
    }
}

/* A client with nothing to do, and then one with everything in flight. */
static bool
stop(bench *b, const klingrec_config *config)
{
    const struct timespec while_it_runs = {0, 100 * 1000 * 1000};
    double start = now_us(CLOCK_MONOTONIC);
    klingrec_client_free(b->client);
    double idle = now_us(CLOCK_MONOTONIC) - start;
    b->client = NULL;
    if (klingrec_client_new(config, NULL, 0, &b->client) != KLINGREC_OK)
        return false;
    for (unsigned i = 0; i < config->max_in_flight; i++)
        submit(b);
    for (int i = 0; i < 3; i++)
        (void)frame(b);
    (void)nanosleep(&while_it_runs, NULL);
    start = now_us(CLOCK_MONOTONIC);
    (void)klingrec_cancel(b->client, 0);
    double canceled = now_us(CLOCK_MONOTONIC), cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
    klingrec_client_free(b->client);
    printf("\"submit\": %.1f, \"cancel\": %.1f, \"free_idle\": %.1f, "
           "\"free_busy\": %.1f, \"free_busy_cpu\": %.1f}\n",
           b->longest_submit, canceled - start, idle,
           now_us(CLOCK_MONOTONIC) - canceled, now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    return b->good;
}

int
main(int argc, char **argv)
{
    bench b = {.good = true};
    klingrec_config config = klingrec_config_default();

    if (argc != 8)
        return 2;
    unsigned count = (unsigned)strtoul(argv[5], NULL, 10);
    unsigned at_once = (unsigned)strtoul(argv[6], NULL, 10);
    b.path = argv[4];
    b.wall.us = malloc(MAX_SAMPLES * sizeof(double));
    b.cpu.us = malloc(MAX_SAMPLES * sizeof(double));
    config.endpoint = argv[2];
    config.ca_file = argv[3];
    config.api_key = "sk-bench";
    config.max_in_flight = config.max_queued = at_once;
    config.max_attempts = 1;
    config.run =
        strcmp(argv[1], "thread") == 0 ? KLINGREC_RUN_THREAD : KLINGREC_RUN_CALLER;
    if (b.wall.us == NULL || b.cpu.us == NULL ||
        klingrec_client_new(&config, NULL, 0, &b.client) != KLINGREC_OK)
        return 2;
    run(&b, count, at_once, strtol(argv[7], NULL, 10));
    printf("{\"polls\": %zu, ", b.wall.count);
    print("wall", &b.wall);
    print("cpu", &b.cpu);
    bool good = stop(&b, &config);
    free(b.wall.us);
    free(b.cpu.us);
    return good ? 0 : 1;
}
