/* SPDX-License-Identifier: MIT */
/*
 * bench_fixed.c - what a client costs before it has done anything
 *
 *     bench_fixed klingrec URL CA|- FILE COUNT
 *     bench_fixed libcurl  URL CA|- FILE COUNT
 *
 * The server at URL closes each connection, so each of COUNT requests is a new one.
 * "-" is the system's certificates. libcurl has its own defaults here, as a program
 * has that sets nothing. One line of JSON: CPU milliseconds of the process for the
 * first client, the first request, the second, and the median of the later ones.
 */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_COUNT = 1000 };

static double
now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void
print(double created, double *took, unsigned count)
{
    double first = took[0], second = took[1];
    qsort(took + 1, count - 1, sizeof took[0], compare);
    printf("{\"create\": %.3f, \"first\": %.3f, \"second\": %.3f, \"later\": %.3f}\n",
           created, first, second, took[1 + (count - 1) / 2]);
}

static bool
by_klingrec(const char *url, const char *ca, const char *path, unsigned count)
{
    static double took[MAX_COUNT];
    klingrec_client *client = NULL;
    klingrec_config config = klingrec_config_default();
    klingrec_request request = klingrec_request_file(path);
    bool good = true;

    config.endpoint = url;
    config.ca_file = ca;
    config.api_key = "sk-bench";
    config.max_attempts = 1;
    double start = now_ms();
    if (klingrec_client_new(&config, NULL, 0, &client) != KLINGREC_OK)
        return false;
    double created = now_ms() - start;
    for (unsigned i = 0; good && i < count; i++) {
        klingrec_result *result = NULL;
        start = now_ms();
        good = klingrec_recognize(client, &request, &result) == KLINGREC_OK;
        took[i] = now_ms() - start;
        if (!good)
            (void)fprintf(stderr, "%s\n", klingrec_result_message(result));
        klingrec_result_free(result);
    }
    if (good)
        print(created, took, count);
    klingrec_client_free(client);
    return good;
}

static size_t
on_write(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)user;
    return size * count;
}

/* A body that says nothing: only what a connection costs is of interest. */
static bool
by_libcurl(const char *url, const char *ca, unsigned count)
{
    static double took[MAX_COUNT];
    double start = now_ms();
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *easy = curl_easy_init();
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{}");
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    if (ca != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    double created = now_ms() - start;
    CURLcode code = CURLE_OK;
    for (unsigned i = 0; code == CURLE_OK && i < count; i++) {
        start = now_ms();
        code = curl_easy_perform(easy);
        took[i] = now_ms() - start;
    }
    if (code == CURLE_OK)
        print(created, took, count);
    else
        (void)fprintf(stderr, "%s\n", curl_easy_strerror(code));
    curl_easy_cleanup(easy);
    return code == CURLE_OK;
}

int
main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    const char *ca = strcmp(argv[3], "-") == 0 ? NULL : argv[3];
    unsigned count = (unsigned)strtoul(argv[5], NULL, 10);
    if (count < 2 || count > MAX_COUNT)
        return 2;
    bool good = strcmp(argv[1], "klingrec") == 0
                    ? by_klingrec(argv[2], ca, argv[4], count)
                    : by_libcurl(argv[2], ca, count);
    return good ? 0 : 1;
}
