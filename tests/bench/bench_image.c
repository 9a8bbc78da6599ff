/* SPDX-License-Identifier: MIT */
/*
 * bench_image.c - what the image check costs, beside what other probers cost
 *
 *     bench_image FOLDER...
 *
 * Takes the files that everybody here accepts. All figures are medians over rounds
 * within one run; compare them with each other, not with those of another run.
 */
#define _POSIX_C_SOURCE 200809L

#include "reference_decoders.h"

#include <klingrec/klingrec.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    ROUNDS = 25,
    MAX_FILES = 20000,
    MAX_REFERENCES = 8,
    PATH_SIZE = 4096,
    WALK = 10 << 20
};

typedef struct sample {
    char path[PATH_SIZE];
    unsigned char *bytes;
    size_t len;
    bool is_jpeg;
} sample;

static sample *samples;
static size_t sample_count;
static volatile uint64_t sink; /* so that no work can be left out */

static double
now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- What is measured ------------------------------------------------------- */

typedef void (*work)(const sample *s, const void *how);

static klingrec_limits no_limits; /* set by main() */

static void
ours(const klingrec_request *request)
{
    klingrec_image_info info = klingrec_image_info_default();
    sink += (uint64_t)(klingrec_check(request, &no_limits, &info) == KLINGREC_OK);
    sink += info.width;
}

static void
ours_in_memory(const sample *s, const void *how)
{
    klingrec_request request = klingrec_request_bytes(s->bytes, s->len);
    request.flags = *(const uint32_t *)how;
    ours(&request);
}

static void
ours_from_file(const sample *s, const void *how)
{
    klingrec_request request = klingrec_request_file(s->path);
    request.flags = *(const uint32_t *)how;
    ours(&request);
}

static void
theirs_in_memory(const sample *s, const void *how)
{
    const reference *r = how;
    verdict found = {.accepted = false};
    r->read(s->bytes, s->len, &found);
    sink += found.width;
}

/* The least that reading a header from a file can cost. */
static void
only_system_calls(const sample *s, const void *how)
{
    unsigned char buf[4096];
    struct stat st;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC);
    (void)how;
    if (fd < 0 || fstat(fd, &st) != 0 || pread(fd, buf, sizeof buf, 0) < 0)
        abort();
    sink += buf[0];
    (void)close(fd);
}

/* ---- Rounds ----------------------------------------------------------------- */

typedef enum kind { PNG, JPEG, BOTH } kind;

typedef struct contender {
    const char *name;
    work work;
    const void *how;
    double rounds[ROUNDS]; /* ns per image */
    double median;
} contender;

static double
median(const double *values)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, ROUNDS, sizeof sorted[0], compare_doubles);
    return sorted[ROUNDS / 2];
}

static double
one_round(const contender *c, kind k)
{
    size_t n = 0;
    double start = now_ns();
    for (size_t i = 0; i < sample_count; i++) {
        if (k != BOTH && samples[i].is_jpeg != (k == JPEG))
            continue;
        c->work(&samples[i], c->how);
        n++;
    }
    return n > 0 ? (now_ns() - start) / (double)n : 0;
}

/* They take turns, so that what slows the machine down for a while slows all. */
static void
measure(contender *c, size_t count, kind k)
{
    for (size_t r = 0; r < ROUNDS; r++)
        for (size_t i = 0; i < count; i++)
            c[i].rounds[r] = one_round(&c[i], k);
    for (size_t i = 0; i < count; i++)
        c[i].median = median(c[i].rounds);
}

/* How much of b's time a takes: the median of the rounds' ratios. */
static double
ratio(const contender *a, const contender *b)
{
    double ratios[ROUNDS];
    for (size_t r = 0; r < ROUNDS; r++)
        ratios[r] = a->rounds[r] / b->rounds[r];
    return median(ratios);
}

/* ---- Tables ----------------------------------------------------------------- */

static const uint32_t header_only = KLINGREC_REQUEST_HEADER_ONLY, whole = 0;

static void
print_memory(kind k)
{
    contender c[2 + MAX_REFERENCES] = {
        {.name = "klingrec", .work = ours_in_memory, .how = &header_only},
        {.name = "with the walk", .work = ours_in_memory, .how = &whole},
    };
    size_t count = 2;
    for (const reference *r = references; r->name != NULL; r++)
        if (r->is_jpeg == (k == JPEG) && count < sizeof c / sizeof c[0])
            c[count++] =
                (contender){.name = r->name, .work = theirs_in_memory, .how = r};
    measure(c, count, k);
    printf("\n%s in memory, header\n", k == JPEG ? "JPEG" : "PNG");
    for (size_t i = 0; i < count; i++) {
        printf("  %-14s %9.0f ns per image", c[i].name, c[i].median);
        if (i >= 2)
            printf(", klingrec takes %.2f of it", ratio(&c[0], &c[i]));
        putchar('\n');
    }
}

static void
print_files(void)
{
    contender c[] = {
        {.name = "open, fstat, pread of 4 KiB, close", .work = only_system_calls},
        {.name = "klingrec, header", .work = ours_from_file, .how = &header_only},
        {.name = "klingrec, with the walk", .work = ours_from_file, .how = &whole},
    };
    size_t count = sizeof c / sizeof c[0];
    measure(c, count, BOTH);
    printf("\nfiles in the page cache\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-35s %6.2f us per file, %.2f of the first\n", c[i].name,
               c[i].median / 1e3, ratio(&c[i], &c[0]));
}

/* As few processes as a command line allows, which is how it is fastest. */
static void
print_identify(void)
{
    char list[] = "/tmp/klingrec-bench-XXXXXX", command[128];
    int fd = mkstemp(list);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL)
        return;
    for (size_t i = 0; i < sample_count; i++)
        fprintf(file, "%s\n", samples[i].path);
    (void)fclose(file);
    snprintf(command, sizeof command,
             "xargs -a %s -d '\\n' identify -ping -format x >/dev/null 2>/dev/null",
             list);
    double start = now_ns();
    int status = system(command); /* NOLINT: a tool's name, not a user's words */
    double each = (now_ns() - start) / (double)sample_count;
    (void)unlink(list);
    if (status == -1 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
        printf("  %-35s not installed\n", "identify -ping");
    else
        printf("  %-35s %6.2f us per file\n", "identify -ping", each / 1e3);
}

typedef struct counter {
    const sample *of;
    uint64_t bytes;
    uint64_t reads;
} counter;

static ptrdiff_t
read_counting(void *user, uint64_t offset, void *buf, size_t len)
{
    counter *c = user;
    memcpy(buf, c->of->bytes + offset, len);
    c->bytes += len;
    c->reads++;
    return (ptrdiff_t)len;
}

static void
print_reads(const char *name, uint32_t flags)
{
    counter c = {NULL, 0, 0};
    for (size_t i = 0; i < sample_count; i++) {
        klingrec_reader reader = klingrec_reader_default();
        c.of = &samples[i];
        reader.user = &c;
        reader.read_at = read_counting;
        reader.length = samples[i].len;
        klingrec_request request = klingrec_request_reader(&reader);
        request.flags = flags;
        ours(&request);
    }
    printf("  %-10s %8.0f bytes in %.2f reads per file\n", name,
           (double)c.bytes / (double)sample_count,
           (double)c.reads / (double)sample_count);
}

/* Scan data as an encoder writes it: random, each FF followed by 00. */
static void
make_walk(sample *s)
{
    static const unsigned char start[] = {
        0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 8, 0, 8, 0,  1, 1,
        0x11, 0,    0xFF, 0xDA, 0, 8,  1, 1, 0, 0, 63, 0};
    uint32_t state = 1;
    s->bytes = malloc(WALK);
    if (s->bytes == NULL)
        abort();
    memcpy(s->bytes, start, sizeof start);
    s->len = sizeof start;
    while (s->len < WALK - 3) {
        state = state * 1664525u + 1013904223u;
        s->bytes[s->len++] = (unsigned char)(state >> 24);
        if (s->bytes[s->len - 1] == 0xFF)
            s->bytes[s->len++] = 0;
    }
    s->bytes[s->len++] = 0xFF;
    s->bytes[s->len++] = 0xD9;
}

static void
print_walk(void)
{
    sample *kept = samples;
    size_t count = sample_count;
    sample big = {.is_jpeg = true, .path = "/tmp/klingrec-bench-XXXXXX"};
    make_walk(&big);
    int fd = mkstemp(big.path);
    if (fd < 0 || write(fd, big.bytes, big.len) != (ssize_t)big.len || close(fd) != 0)
        abort();
    samples = &big;
    sample_count = 1;
    contender c[] = {
        {.name = "in memory", .work = ours_in_memory, .how = &whole},
        {.name = "from a file", .work = ours_from_file, .how = &whole},
    };
    measure(c, 2, BOTH);
    printf("\nthe walk over a JPEG of 10 MiB\n");
    for (size_t i = 0; i < 2; i++)
        printf("  %-12s %6.2f ms, %5.2f GB/s\n", c[i].name, c[i].median / 1e6,
               (double)big.len / c[i].median);
    (void)unlink(big.path);
    free(big.bytes);
    samples = kept;
    sample_count = count;
}

/* ---- Samples ---------------------------------------------------------------- */

static bool
everybody_accepts(const sample *s)
{
    klingrec_request request = klingrec_request_bytes(s->bytes, s->len);
    if (klingrec_check(&request, &no_limits, NULL) != KLINGREC_OK)
        return false;
    for (const reference *r = references; r->name != NULL; r++) {
        verdict found = {.accepted = false};
        if (r->is_jpeg == s->is_jpeg)
            r->read(s->bytes, s->len, &found);
        if (r->is_jpeg == s->is_jpeg && !found.accepted)
            return false;
    }
    return true;
}

static void
take_file(const char *path)
{
    sample *s = &samples[sample_count];
    struct stat st;
    FILE *file = fopen(path, "rb");
    if (file == NULL || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size < 8 || sample_count == MAX_FILES) {
        if (file != NULL)
            (void)fclose(file);
        return;
    }
    (void)snprintf(s->path, sizeof s->path, "%s", path);
    s->len = (size_t)st.st_size;
    s->bytes = malloc(s->len);
    bool read = s->bytes != NULL && fread(s->bytes, 1, s->len, file) == s->len;
    (void)fclose(file);
    s->is_jpeg = read && s->bytes[0] == 0xFF;
    if (read && everybody_accepts(s))
        sample_count++;
    else
        free(s->bytes);
}

static void
take_folder(const char *folder)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[PATH_SIZE];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        take_file(path);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

int
main(int argc, char **argv)
{
    samples = calloc(MAX_FILES, sizeof *samples);
    if (samples == NULL)
        return 2;
    no_limits = klingrec_limits_default();
    no_limits.max_bytes = SIZE_MAX;
    no_limits.min_side = 1;
    no_limits.max_aspect_milli = UINT32_MAX;
    for (int i = 1; i < argc; i++)
        take_folder(argv[i]);
    size_t jpegs = 0;
    for (size_t i = 0; i < sample_count; i++)
        jpegs += samples[i].is_jpeg;
    printf("%zu JPEG and %zu PNG\n", jpegs, sample_count - jpegs);
    if (jpegs > 0)
        print_memory(JPEG);
    if (jpegs < sample_count)
        print_memory(PNG);
    if (sample_count > 0) {
        print_files();
        print_identify();
        printf("\nread through a reader\n");
        print_reads("header", header_only);
        print_reads("whole", whole);
    }
    print_walk();
    for (size_t i = 0; i < sample_count; i++)
        free(samples[i].bytes);
    free(samples);
    return 0;
}
