/* SPDX-License-Identifier: MIT */
/* test_wakeup_failure.c - a client's thread that cannot be woken, at its start or
   later: test_wakeup_failure EXITING_PROGRAM */
#define _POSIX_C_SOURCE 200809L

#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};
static const raw_step ONCE_TLS[] = {RAW_DO(TLS), RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                    RAW_DO(STALL)};

/* The longest wait of the client's thread, plus a tolerance for a busy machine. */
enum { BOUND_MS = 1000, MORE_MS = 1000, LONGEST_MS = 20000, SHORTEST_LAST = 12 };

/* ---- A write that fails ----------------------------------------------------- */

/*
 * This program's own send() and write() come before the C library's, for libcurl as
 * well, which wakes its waiting thread through a pair of local sockets, a pipe or an
 * eventfd, depending on its version.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int fails_with;      /* an errno; 0: nothing fails */
static unsigned fails_left; /* so many times */
static unsigned failed;     /* so many have */
static const unsigned ALWAYS = 1000000;

static bool
leads_out(int fd)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    return getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
           at.ss_family != AF_UNIX;
}

static bool
shall_fail(int fd, size_t len)
{
    if (len > 8 || fd <= 2 || leads_out(fd))
        return false;
    (void)pthread_mutex_lock(&lock);
    int error = fails_left > 0 ? fails_with : 0;
    if (error != 0) {
        fails_left--;
        failed++;
    }
    (void)pthread_mutex_unlock(&lock);
    errno = error;
    return error != 0;
}

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
    return shall_fail(fd, len) ? -1 : sendto(fd, bytes, len, flags, NULL, 0);
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
    union {
        const void *in;
        void *out;
    } data = {bytes};
    const struct iovec part = {data.out, len};
    return shall_fail(fd, len) ? -1 : writev(fd, &part, 1);
}

/* How many have failed since the last call. */
static unsigned
let_fail(int error, unsigned times)
{
    (void)pthread_mutex_lock(&lock);
    unsigned before = failed;
    failed = 0;
    fails_left = times;
    fails_with = error;
    (void)pthread_mutex_unlock(&lock);
    return before;
}

static const struct {
    int error;
    const char *name;
} ERRORS[] = {
    {EPIPE, "EPIPE"},           {ENOMEM, "ENOMEM"},
    {ENOBUFS, "ENOBUFS"},       {EIO, "EIO"},
    {EBADF, "EBADF"},           {ENOSPC, "ENOSPC"},
    {ECONNRESET, "ECONNRESET"}, {EAGAIN, "EAGAIN"},
};
enum { ERROR_COUNT = sizeof ERRORS / sizeof ERRORS[0] };

static klingrec_config
threaded_config(const raw_server *server, bool tls)
{
    klingrec_config config = net_config(server, tls);
    config.run = KLINGREC_RUN_THREAD;
    return config;
}

static void
a_thread_that_cannot_be_woken_is_not_started(void **state)
{
    (void)state;
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = threaded_config(server, false);
    for (size_t i = 0; i < ERROR_COUNT; i++) {
        klingrec_client *client = NULL;
        (void)let_fail(ERRORS[i].error, ALWAYS);
        char why[256];
        klingrec_status status = klingrec_client_new(&config, why, sizeof why, &client);
        unsigned count = let_fail(0, 0);
        /* A full pipe also wakes, because its content has not been read yet. */
        bool is_full = ERRORS[i].error == EAGAIN;
        (void)net_expect(status == (is_full ? KLINGREC_OK : KLINGREC_ERR_SYSTEM),
                         "%s: %s", ERRORS[i].name, klingrec_status_name(status));
        (void)net_expect(is_full || strstr(why, "woken") != NULL, "%s: %s",
                         ERRORS[i].name, why);
        (void)net_expect(count > 0, "%s: nothing failed", ERRORS[i].name);
        (void)net_expect((client != NULL) == is_full, "%s: a client", ERRORS[i].name);
        klingrec_client_free(client);
    }
    raw_server_free(server);
    net_end_table("threads that cannot be woken");
}

/* Milliseconds until a job has succeeded. */
static unsigned
ask_ms(klingrec_client *client, const char *name)
{
    klingrec_request request = net_tiny_request();
    klingrec_result *result = NULL;
    unsigned begun = net_now_ms();
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    klingrec_status status = klingrec_poll(client, LONGEST_MS, &result);
    unsigned ms = net_now_ms() - begun;
    if (net_expect(status == KLINGREC_OK, "%s: no result", name)) {
        net_outcome got = net_outcome_of(result);
        (void)net_expect_outcome(name, &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                                 1);
    }
    return ms;
}

static void
jobs_and_the_client_end_without_a_wakeup(void **state)
{
    (void)state;
    unsigned limit = BOUND_MS + MORE_MS + 2 * net_slack_ms();
    for (int tls = 0; tls <= 1; tls++)
        for (size_t i = 0; i < ERROR_COUNT; i++) {
            const char *name = ERRORS[i].name;
            raw_server *server = net_server(tls ? ONCE_TLS : KEEP, NULL);
            klingrec_config config = threaded_config(server, tls != 0);
            klingrec_client *client = net_client(&config);
            (void)let_fail(ERRORS[i].error, ALWAYS);
            unsigned ask = ask_ms(client, name);
            (void)net_expect(ask < limit, "%s: a job took %u ms", name, ask);
            unsigned begun = net_now_ms();
            klingrec_client_free(client);
            unsigned end = net_now_ms() - begun;
            (void)net_expect(end < limit, "%s: free took %u ms", name, end);
            (void)net_expect(let_fail(0, 0) >= 2, "%s: hardly any failed", name);
            raw_server_free(server);
        }
    net_end_table("wake-ups that fail");
}

/* ---- Descriptors ------------------------------------------------------------ */

static const char *leaver;

/* The exit code; negative: the signal that ended the program. */
static int
run_short(const raw_server *server, bool tls, unsigned free_ones)
{
    char endpoint[80], number[16];
    int status = 0;
    snprintf(endpoint, sizeof endpoint, "%s://127.0.0.1:%u/", tls ? "https" : "http",
             server->port);
    snprintf(number, sizeof number, "%u", free_ones);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl(leaver, leaver, "short", endpoint, net_authority()->ca_file, number,
                    (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
a_client_made_with_few_descriptors_works_or_is_refused(void **state)
{
    enum { WORKS = 0, REFUSED = 4 }; /* see exiting_program.c */
    (void)state;
    for (int tls = 0; tls <= 1; tls++) {
        raw_server *server = net_server(tls ? ONCE_TLS : KEEP, NULL);
        unsigned count[REFUSED + 1] = {0};
        for (unsigned i = 0; i <= SHORTEST_LAST; i++) {
            int code = run_short(server, tls != 0, i);
            if (code == -SIGABRT && i == 0 && net_openssl_is_old())
                code = REFUSED; /* by libgcrypt 1.8, in the libssh2 of Debian 11 */
            (void)net_expect(code == WORKS || code == REFUSED, "%u free: ends with %d",
                             i, code);
            count[code == REFUSED ? REFUSED : WORKS]++;
        }
        (void)net_expect(count[REFUSED] > 0, "none is refused");
        (void)net_expect(count[WORKS] > 0, "none works");
        raw_server_free(server);
    }
    net_end_table("few descriptors");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_that_cannot_be_woken_is_not_started),
        cmocka_unit_test(jobs_and_the_client_end_without_a_wakeup),
        cmocka_unit_test(a_client_made_with_few_descriptors_works_or_is_refused),
    };
    if (argc < 2)
        return 2;
    leaver = argv[1];
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
