/* SPDX-License-Identifier: MIT */
/* test_start_without_memory.c - memory is exhausted when the first client is created */
#define _DEFAULT_SOURCE

#include "net.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const raw_step KEEP[] = {RAW_DO(TLS), RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                RAW_DO(AGAIN)};

/* ---- All memory but so many bytes ---------------------------------------------- */

static void
take_all(void ***list, size_t size)
{
    void **block;
    while ((block = malloc(size)) != NULL) {
        *block = *list;
        *list = block;
    }
}

static void
give_back(void ***list)
{
    while (*list != NULL) {
        void **next = **list;
        free(*list);
        *list = next;
    }
}

static rlim_t
address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu", &pages) != 1)
        _exit(9);
    (void)fclose(file);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* In a process where no client was made before: 0 when the second one, made when there
   is memory again, has its answer. */
static int
ask_after_starving(const klingrec_config *config, size_t left)
{
    klingrec_client *client = NULL;
    void **all = NULL;
    void *volatile spare; /* or the compiler removes the allocation */
    struct rlimit was, less;
    (void)signal(SIGSEGV,
                 SIG_DFL); /* cmocka's exit would print the results of the parent */
    if (getrlimit(RLIMIT_AS, &was) != 0)
        return 9;
    less = was;
    less.rlim_cur = address_space();
    if (setrlimit(RLIMIT_AS, &less) != 0)
        return 9;
    spare = malloc(left);
    for (size_t size = 65536; size >= 16; size /= 2)
        take_all(&all, size);
    free(spare);
    klingrec_status first = klingrec_client_new(config, NULL, 0, &client);
    klingrec_client_free(client);
    give_back(&all);
    if (setrlimit(RLIMIT_AS, &was) != 0)
        return 9;
    if (first != KLINGREC_OK && first != KLINGREC_ERR_NOMEM)
        return 1;
    klingrec_request request = net_tiny_request();
    klingrec_result *result = NULL;
    if (klingrec_client_new(config, NULL, 0, &client) != KLINGREC_OK)
        return 2;
    if (klingrec_recognize(client, &request, &result) != KLINGREC_OK)
        return 3;
    klingrec_result_free(result);
    klingrec_client_free(client);
    return 0;
}

/* OpenSSL 3.0 that ran out of memory while it started crashed with the first
   connection, however much there was by then. */
static void
a_start_without_memory_can_be_repeated(void **state)
{
    (void)state;
    for (size_t left = 0; left <= 120000; left += 2000) {
        raw_server *server = net_server(KEEP, NULL);
        const klingrec_config config = net_config(server, true);
        int ended = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(ask_after_starving(&config, left));
        assert_int_equal(waitpid(child, &ended, 0), child);
        (void)net_expect(!WIFSIGNALED(ended), "%zu bytes left: signal %d", left,
                         WTERMSIG(ended));
        (void)net_expect(WIFSIGNALED(ended) || WEXITSTATUS(ended) == 0,
                         "%zu bytes left: step %d failed", left, WEXITSTATUS(ended));
        raw_server_stop(server);
        raw_server_free(server);
    }
    net_end_table("starts without memory");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_without_memory_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
