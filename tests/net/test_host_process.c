/* SPDX-License-Identifier: MIT */
/* test_host_process.c - the effects of a client on the process of its host */
#define _POSIX_C_SOURCE 200809L

#include "net.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};
static const raw_step RESET[] = {RAW_TAKE(10), RAW_DO(RST)};
static const raw_step RESET_TLS[] = {RAW_DO(TLS), RAW_TAKE(10), RAW_DO(RST)};
static const raw_step ONCE_TLS[] = {RAW_DO(TLS), RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                    RAW_DO(STALL)};
static const raw_step SILENCE[] = {RAW_DO(STALL)};
static const raw_step RESPONSE_FIRST[] = {
    RAW_TAKE(300), RAW_TEXT("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"),
    RAW_DO(STALL)};

enum { FILES_MAX = 1024 };

/* ---- Signals ---------------------------------------------------------------- */

typedef struct signals {
    sigset_t mask;
    struct sigaction actions[32];
} signals;

static signals
look_at_signals(void)
{
    signals now;
    memset(&now, 0, sizeof now);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &now.mask), 0);
    for (int i = 1; i < 32; i++)
        (void)sigaction(i, NULL, &now.actions[i]);
    return now;
}

static void
expect_same_signals(const signals *before, const char *name)
{
    signals now = look_at_signals();
    for (int i = 1; i < 32; i++) {
        (void)net_expect(now.actions[i].sa_handler == before->actions[i].sa_handler,
                         "%s: the handler of signal %d has changed", name, i);
        (void)net_expect(sigismember(&now.mask, i) == sigismember(&before->mask, i),
                         "%s: the mask of signal %d has changed", name, i);
    }
}

/* ---- Scenes ----------------------------------------------------------------- */

typedef struct scene {
    const char *name;
    const raw_step *steps;
    bool tls;
    size_t bytes; /* of the image; 0: a URL */
    unsigned jobs;
    bool abandoned; /* free the client while jobs run */
} scene;

static const scene SCENES[] = {
    {"successes", KEEP, false, 0, 20, false},
    {"successes, TLS", ONCE_TLS, true, 0, 3, false},
    {"resets in the upload", RESET, false, 8 * 1024 * 1024, 8, false},
    {"resets in the upload, TLS", RESET_TLS, true, 8 * 1024 * 1024, 8, false},
    {"an answer before the end of the upload", RESPONSE_FIRST, false, 8 * 1024 * 1024,
     3, false},
    {"abandoned in the connect", SILENCE, true, 0, 5, true},
    {"abandoned in the upload", SILENCE, false, 8 * 1024 * 1024, 5, true},
    {"abandoned before the answer", SILENCE, false, 0, 5, true},
};

/* Returns the milliseconds it took to free the client. */
static unsigned
play(const scene *row, uint32_t run)
{
    raw_server *server = net_server(row->steps, NULL);
    klingrec_config config = net_config(server, row->tls);
    klingrec_request request =
        row->bytes != 0 ? net_bytes_request(row->bytes) : net_tiny_request();
    klingrec_result *result;
    config.run = run;
    config.attempt_timeout_ms = 20000;
    signals before = look_at_signals();
    klingrec_client *client = net_client(&config);
    for (unsigned i = 0; i < row->jobs; i++)
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    if (row->abandoned) {
        assert_int_equal(klingrec_poll(client, 50, &result), KLINGREC_PENDING);
    } else {
        for (unsigned i = 0; i < row->jobs; i++) {
            assert_int_equal(klingrec_poll(client, 20000, &result), KLINGREC_OK);
            klingrec_result_free(result);
        }
    }
    expect_same_signals(&before, row->name);
    unsigned begin = net_now_ms();
    klingrec_client_free(client);
    unsigned ms = net_now_ms() - begin;
    expect_same_signals(&before, row->name);
    raw_server_free(server);
    return ms;
}

static void
a_freed_client_leaves_nothing_behind(void **state)
{
    (void)state;
    /* SIGPIPE would end this program. */
    (void)signal(SIGPIPE, SIG_DFL);
    (void)play(&SCENES[0], KLINGREC_RUN_CALLER); /* what libraries open once and keep */
    (void)play(&SCENES[1], KLINGREC_RUN_CALLER);
    unsigned files = net_count_files(0), threads = net_count_threads(1);
    for (size_t i = 0; i < sizeof SCENES / sizeof SCENES[0]; i++)
        for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
            unsigned ms = 0;
            bool quick = false;
            for (int k = 0; k < NET_TRIES && !quick; k++) {
                ms = play(&SCENES[i], run);
                quick = net_is_quick(ms, NET_OVERRUN_MS);
            }
            (void)net_expect(quick, "%s: free took %u ms", SCENES[i].name, ms);
            unsigned left = net_count_files(files), live = net_count_threads(threads);
            (void)net_expect(left == files, "%s: %u files where %u were open",
                             SCENES[i].name, left, files);
            (void)net_expect(live == threads, "%s: %u threads where %u were",
                             SCENES[i].name, live, threads);
        }
    net_end_table("states of the host process");
}

static void
the_number_of_threads_is_as_configured(void **state)
{
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_request request = net_tiny_request();
    (void)state;
    unsigned alone = net_count_threads(1);
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
        config.run = run;
        klingrec_client *client = net_client(&config);
        net_outcome got = net_ask(client, &request);
        assert_int_equal(got.status, KLINGREC_OK);
        /* One is the server's, for the connection that is kept. */
        unsigned due = alone + run + (net_libcurl_keeps() ? 1 : 0);
        unsigned count = net_count_threads(due);
        (void)net_expect(count == due, "%u threads, before %u", count, alone);
        klingrec_client_free(client);
        (void)net_count_threads(alone);
    }
    raw_server_free(server);
    net_end_table("threads");
}

/* ---- Descriptors ------------------------------------------------------------ */

static bool
leads_out(int fd)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    return getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
           at.ss_family != AF_UNIX;
}

/* libcurl 7.88 has a pair of sockets for curl_multi_wakeup() that cannot be
   accessed. A child inherits both, but can only wake the parent with them. */
static void
expect_close_on_exec(const char *name, const bool *before)
{
    unsigned open = 0, inner = 0;
    for (int fd = 3; fd < FILES_MAX; fd++) {
        int flags = before[fd] ? -1 : fcntl(fd, F_GETFD);
        if (flags < 0)
            continue;
        open++;
        inner += (flags & FD_CLOEXEC) == 0 && !leads_out(fd);
        (void)net_expect((flags & FD_CLOEXEC) != 0 || !leads_out(fd),
                         "%s: a child would inherit %d", name, fd);
    }
    (void)net_expect(inner <= 2, "%s: %u inner sockets", name, inner);
    /* A kept connection and one that waits, each with two ends here. */
    (void)net_expect(open >= (net_libcurl_keeps() ? 4 : 2),
                     "%s: only %u files were looked at", name, open);
}

/* While a job is under way, on a kept connection, and while a name is resolved. */
static void
children_inherit_no_descriptor(void **state)
{
    bool before[FILES_MAX];
    (void)state;
    for (int tls = 0; tls < 2; tls++)
        for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
            raw_server *server = net_server(tls ? ONCE_TLS : KEEP, SILENCE);
            klingrec_config config = net_config(server, tls != 0);
            klingrec_request request = net_tiny_request();
            klingrec_result *result;
            config.run = run;
            for (int fd = 0; fd < FILES_MAX; fd++)
                before[fd] = fcntl(fd, F_GETFD) >= 0;
            klingrec_client *client = net_client(&config);
            assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
            assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
            assert_int_equal(klingrec_poll(client, 5000, &result), KLINGREC_OK);
            klingrec_result_free(result);
            assert_true(klingrec_poll(client, 20, &result) != KLINGREC_IDLE);
            klingrec_result_free(result);
            expect_close_on_exec(tls ? "TLS" : "plain", before);
            klingrec_client_free(client);
            raw_server_free(server);
        }
    net_end_table("close-on-exec");
}

/* ---- Headers ---------------------------------------------------------------- */

/* The complete head of a request, so that no header is added unnoticed, such as
   Expect or Cookie. */
static void
a_request_has_exactly_these_headers(void **state)
{
    raw_server *server = net_server(KEEP, NULL);
    klingrec_config config = net_config(server, false);
    char head[512];
    (void)state;
    config.user_agent = "test/1";
    klingrec_request request = net_bytes_request(2 * 1024 * 1024);
    net_outcome got = net_ask_once(&config, &request);
    assert_int_equal(got.status, KLINGREC_OK);
    raw_server_stop(server);
    snprintf(head, sizeof head,
             "POST /kling/v1/recognize HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
             "Content-Type: application/json\r\nAccept: application/json\r\n"
             "User-Agent: klingrec/" KLINGREC_VERSION_STRING " test/1\r\n"
             "Authorization: Bearer " NET_KEY "\r\n"
             "Content-Length: %u\r\n\r\n{\"image\":\"",
             server->port, (2 * 1024 * 1024 + 2) / 3 * 4 + 12);
    (void)net_expect(server->clear.len > strlen(head) &&
                         memcmp(server->clear.data, head, strlen(head)) == 0,
                     "the head is\n%.400s\nand not\n%s", server->clear.data, head);
    raw_server_free(server);
    net_end_table("request heads");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_freed_client_leaves_nothing_behind),
        cmocka_unit_test(the_number_of_threads_is_as_configured),
        cmocka_unit_test(children_inherit_no_descriptor),
        cmocka_unit_test(a_request_has_exactly_these_headers),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
