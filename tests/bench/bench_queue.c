/* SPDX-License-Identifier: MIT */
/*
 * bench_queue.c - what a queue of jobs that wait takes in memory
 *
 *     bench_queue FILE COUNT
 *
 * Nothing is sent: the client is one that is polled by its caller, and is not. One
 * line of JSON: bytes by the library's own count, and KiB of the process.
 */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static size_t in_use;

static void *
counting(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    void *got = NULL;
    if (new_size == 0)
        free(ptr);
    else
        got = realloc(ptr, new_size);
    if (new_size == 0 || got != NULL)
        in_use += new_size - old_size;
    return got;
}

static long
resident_kib(void)
{
    long pages = 0, unused = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &unused, &pages) != 2)
        pages = 0;
    if (file != NULL)
        (void)fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int
main(int argc, char **argv)
{
    klingrec_client *client = NULL;
    klingrec_config config = klingrec_config_default();

    if (argc != 3)
        return 2;
    unsigned count = (unsigned)strtoul(argv[2], NULL, 10);
    config.endpoint = "https://127.0.0.1:9/";
    config.api_key = "sk-bench";
    config.max_queued = count;
    config.alloc = counting;
    if (klingrec_client_new(&config, NULL, 0, &client) != KLINGREC_OK)
        return 2;
    size_t bytes = in_use;
    long kib = resident_kib();
    for (unsigned i = 0; i < count; i++) {
        klingrec_request request = klingrec_request_file(argv[1]);
        if (klingrec_submit(client, &request, NULL) != KLINGREC_OK)
            return 1;
    }
    printf("{\"jobs\": %u, \"bytes\": %zu, \"kib\": %ld}\n", count, in_use - bytes,
           resident_kib() - kib);
    klingrec_client_free(client);
    return 0;
}
