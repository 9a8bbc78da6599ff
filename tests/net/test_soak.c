/* SPDX-License-Identifier: MIT */
/* test_soak.c - many jobs on a server that fails now and then: counters add up, and
   memory, descriptors and threads do not grow: test_soak [JOBS] */
#define _POSIX_C_SOURCE 200809L

#include "../sampling.h"
#include "net.h"

#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    AT_ONCE = 16,
    FAULT_EVERY = 100, /* requests */
    SLOW_MS = 600,
    LIMIT_MS = 400, /* of an attempt */
    GROWTH_KIB = 4096
};

static unsigned long jobs = 3000;

/* ---- The server ------------------------------------------------------------- */

/* What one request in FAULT_EVERY gets instead of its answer, in turn. */
enum fault {
    CLOSE,     /* nothing */
    RESET,     /* half of the answer, and a reset */
    CUT,       /* half of the answer, and the end */
    MALFORMED, /* a head that is not one */
    REFUSED,   /* 400 */
    BUSY,      /* 429 */
    BROKEN,    /* 503 */
    FOREIGN,   /* JSON of something else */
    MORE,      /* the answer, and some bytes */
    LAST,      /* the answer, and the end */
    SLOW,      /* the answer, too late */
    FAULTS
};

static struct {
    int listener;
    uint16_t port;
    pthread_mutex_t lock;
    pthread_cond_t gone;
    unsigned connections;
    unsigned long requests;
    unsigned char *served; /* for each job: how many successes were sent whole */
} server = {.lock = PTHREAD_MUTEX_INITIALIZER, .gone = PTHREAD_COND_INITIALIZER};

/* Returns false when the connection has ended. */
static bool
take_request(int fd, unsigned long *job)
{
    char text[2048];
    size_t len = 0;
    for (;;) {
        ssize_t n = recv(fd, text + len, sizeof text - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        const char *at = strstr(text, "/job-");
        if (at != NULL && strstr(at, "\"}") != NULL) {
            *job = strtoul(at + 5, NULL, 10);
            return true;
        }
    }
}

static void
reply(int fd, const char *head, unsigned long job, const char *body, size_t cut)
{
    char text[1024];
    size_t len = (size_t)snprintf(text, sizeof text,
                                  "HTTP/1.1 %s\r\nX-Request-Id: job-%lu\r\n"
                                  "Content-Length: %zu\r\n\r\n%s",
                                  head, job, strlen(body), body);
    (void)send(fd, text, cut > 0 ? len / cut : len, MSG_NOSIGNAL);
}

/* Returns whether the connection goes on. */
static bool
serve_fault(int fd, enum fault fault, unsigned long job)
{
    static const struct linger at_once = {1, 0};
    const struct timespec slow = {0, SLOW_MS * 1000000L};
    switch (fault) {
    case CLOSE:
        return false;
    case RESET:
        reply(fd, "200 OK", job, NET_BODY, 2);
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    case CUT:
        reply(fd, "200 OK", job, NET_BODY, 2);
        return false;
    case MALFORMED:
        reply(fd, "200 OK\r\nno header", job, NET_BODY, 0);
        return false;
    case REFUSED:
        reply(fd, "400 No", job, "{\"code\":1301,\"message\":\"no\"}", 0);
        return true;
    case BUSY:
        reply(fd, "429 No", job, "{\"code\":1302,\"message\":\"no\"}", 0);
        return true;
    case BROKEN:
        reply(fd, "503 No", job, "{\"code\":5001,\"message\":\"no\"}", 0);
        return true;
    case FOREIGN:
        reply(fd, "200 OK", job, "{\"a\":1}", 0);
        return true;
    case MORE:
        reply(fd, "200 OK", job, NET_BODY, 0);
        (void)send(fd, "HTTP", 4, MSG_NOSIGNAL);
        return false;
    case LAST:
        reply(fd, "200 OK", job, NET_BODY, 0);
        return false;
    case SLOW:
        (void)nanosleep(&slow, NULL);
        reply(fd, "200 OK", job, NET_BODY, 0);
        return true;
    case FAULTS:
        break;
    }
    return false;
}

/* A success that is sent whole counts before it is sent, and SLOW ones too: they may be
   billed. */
static bool
serve_request(int fd, unsigned long job)
{
    (void)pthread_mutex_lock(&server.lock);
    unsigned long n = server.requests++;
    bool fails = n % FAULT_EVERY == FAULT_EVERY - 1;
    enum fault fault = (enum fault)(n / FAULT_EVERY % FAULTS);
    if (!fails || fault >= MORE)
        server.served[job]++;
    (void)pthread_mutex_unlock(&server.lock);
    if (fails)
        return serve_fault(fd, fault, job);
    reply(fd, "200 OK", job, NET_BODY, 0);
    return true;
}

static void *
serve(void *user)
{
    int fd = (int)(intptr_t)user;
    unsigned long job;
    while (take_request(fd, &job) && serve_request(fd, job))
        continue;
    (void)close(fd);
    (void)pthread_mutex_lock(&server.lock);
    server.connections--;
    (void)pthread_cond_broadcast(&server.gone);
    (void)pthread_mutex_unlock(&server.lock);
    return NULL;
}

static void *
accept_all(void *user)
{
    pthread_attr_t detached;
    pthread_t thread;
    int fd;
    (void)user;
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    while ((fd = accept(server.listener, NULL, NULL)) >= 0) {
        (void)pthread_mutex_lock(&server.lock);
        server.connections++;
        (void)pthread_mutex_unlock(&server.lock);
        if (pthread_create(&thread, &detached, serve, (void *)(intptr_t)fd) != 0)
            abort();
    }
    (void)pthread_attr_destroy(&detached);
    return NULL;
}

static pthread_t
start_server(void)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    pthread_t thread;
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.served = calloc(jobs, 1);
    assert_non_null(server.served);
    memset(server.served, 1, jobs); /* so that the pages are there */
    memset(server.served, 0, jobs);
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(server.listener, 256), 0);
    assert_int_equal(getsockname(server.listener, (struct sockaddr *)&at, &len), 0);
    server.port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&thread, NULL, accept_all, NULL), 0);
    return thread;
}

/* After the client is gone, and its connections with it. */
static void
stop_server(pthread_t thread)
{
    (void)pthread_mutex_lock(&server.lock);
    while (server.connections > 0)
        (void)pthread_cond_wait(&server.gone, &server.lock);
    (void)pthread_mutex_unlock(&server.lock);
    (void)shutdown(server.listener, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(server.listener);
    free(server.served);
}

/* ---- The process ------------------------------------------------------------ */

typedef struct use {
    unsigned files, threads;
    unsigned long kib;
} use;

static use
measure(void)
{
    use now = {net_count_files(UINT_MAX), net_count_threads(UINT_MAX), 0};
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long size, resident;
    if (file != NULL && fscanf(file, "%lu %lu", &size, &resident) == 2)
        now.kib = resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
    if (file != NULL)
        (void)fclose(file);
    return now;
}

/* A sanitizer keeps freed memory for a while. */
static bool
keeps_freed_memory(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#else
    return false;
#endif
#else
    return false;
#endif
}

/* ---- The jobs --------------------------------------------------------------- */

typedef struct tally {
    klingrec_stats due; /* what klingrec_client_stats() has to say */
    unsigned long taken;
} tally;

/* A job has the answer to its own request, and its delivery is true. */
static void
judge(const klingrec_result *result, unsigned long job, tally *t)
{
    klingrec_status status = klingrec_result_status(result);
    klingrec_delivery delivery = klingrec_result_delivery(result);
    const char *id = klingrec_result_request_id(result);
    char own[32];
    (void)snprintf(own, sizeof own, "job-%lu", job);
    (void)pthread_mutex_lock(&server.lock);
    unsigned served = server.served[job];
    (void)pthread_mutex_unlock(&server.lock);
    (void)net_expect(served <= 1, "job %lu: %u answers", job, served);
    (void)net_expect(status != KLINGREC_OK || (served == 1 && id != NULL),
                     "job %lu: answered, and not by the server", job);
    (void)net_expect(id == NULL || strcmp(id, own) == 0, "job %lu: the answer to %s",
                     job, id);
    (void)net_expect(served == 0 || delivery != KLINGREC_DELIVERY_NOT_SENT,
                     "job %lu: sent, and said not to be", job);
    (void)net_expect(served == 0 || status == KLINGREC_OK ||
                         delivery == KLINGREC_DELIVERY_UNSURE,
                     "job %lu: %s, delivery %d, and served", job,
                     klingrec_status_name(status), (int)delivery);
    t->due.succeeded += status == KLINGREC_OK;
    t->due.failed += status != KLINGREC_OK;
    t->due.answered += delivery == KLINGREC_DELIVERY_ANSWERED;
    t->due.unsure += delivery == KLINGREC_DELIVERY_UNSURE;
    t->due.attempts += klingrec_result_attempts(result);
    t->taken++;
}

static bool
take(klingrec_client *client, tally *t)
{
    klingrec_result *result = NULL;
    klingrec_status status = klingrec_poll(client, -1, &result);
    if (status == KLINGREC_OK)
        judge(result, (unsigned long)(uintptr_t)klingrec_result_user_data(result), t);
    klingrec_result_free(result);
    return status == KLINGREC_OK;
}

static void
run(klingrec_client *client, unsigned long from, unsigned long until, tally *t)
{
    for (unsigned long job = from; job < until;) {
        char url[64];
        (void)snprintf(url, sizeof url, "https://images.example/job-%lu", job);
        klingrec_request request = klingrec_request_url(url);
        request.user_data = (void *)(uintptr_t)job;
        klingrec_status status = klingrec_submit(client, &request, NULL);
        if (status == KLINGREC_ERR_QUEUE_FULL) {
            assert_true(take(client, t));
            continue;
        }
        assert_int_equal(status, KLINGREC_OK);
        job++;
    }
    while (take(client, t))
        continue;
}

static void
expect_sums(klingrec_client *client, const tally *t, unsigned long count)
{
    klingrec_stats stats = klingrec_stats_default();
    assert_int_equal(klingrec_client_stats(client, &stats), KLINGREC_OK);
    assert_int_equal(t->taken, count);
    assert_int_equal(stats.submitted, count);
    assert_int_equal(stats.canceled, 0);
    assert_int_equal(stats.succeeded, t->due.succeeded);
    assert_int_equal(stats.failed, t->due.failed);
    assert_int_equal(stats.answered, t->due.answered);
    assert_int_equal(stats.unsure, t->due.unsure);
    assert_int_equal(stats.attempts, t->due.attempts);
    assert_int_equal(stats.attempts, count + stats.retries_network +
                                         stats.retries_rate_limit +
                                         stats.retries_server);
    assert_true(server.requests <= stats.attempts);
    print_message("%lu jobs: %lu succeeded, %lu unsure, %lu attempts, %lu requests\n",
                  count, (unsigned long)stats.succeeded, (unsigned long)stats.unsure,
                  (unsigned long)stats.attempts, server.requests);
}

static void
nothing_grows_and_nothing_is_lost(void **state)
{
    char endpoint[64];
    unsigned long first = jobs / 10;
    tally t = {.taken = 0};
    (void)state;
    pthread_t thread = start_server();
    const use before = measure();
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u/", server.port);
    klingrec_config config = klingrec_config_default();
    config.endpoint = endpoint;
    config.api_key = NET_KEY;
    config.proxy = "";
    config.run = KLINGREC_RUN_THREAD;
    config.max_in_flight = AT_ONCE;
    config.max_queued = 10 * AT_ONCE;
    config.attempt_timeout_ms = LIMIT_MS;
    klingrec_client *client = net_client(&config);

    run(client, 0, first, &t);
    const use warm = measure();
    run(client, first, jobs, &t);
    const use end = measure();
    expect_sums(client, &t, jobs);
    print_message(
        "at a tenth: %u descriptors, %u threads, %lu KiB; at the end: %u, %u, "
        "%lu KiB\n",
        warm.files, warm.threads, warm.kib, end.files, end.threads, end.kib);
    /* Connections that are kept have two ends here, and a thread of the server. */
    assert_true(end.files <= before.files + 4 + 4 * AT_ONCE);
    assert_true(end.threads <= before.threads + 2 + 2 * AT_ONCE);
    if (!keeps_freed_memory())
        assert_true(end.kib <= warm.kib + GROWTH_KIB);

    klingrec_client_free(client);
    assert_true(net_count_files(before.files) <= before.files);
    assert_true(net_count_threads(before.threads) <= before.threads);
    stop_server(thread);
    net_end_table("jobs of a long run");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_grows_and_nothing_is_lost),
    };
    jobs = argc > 1 ? strtoul(argv[1], NULL, 10) : jobs / thin();
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
