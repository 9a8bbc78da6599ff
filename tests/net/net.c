/* SPDX-License-Identifier: MIT */
/* net.c - shared by all network tests: clients, requests, and checks of their
   outcome */
#define _DEFAULT_SOURCE /* NSIG */

#include "net.h"

#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static raw_authority authority;
enum { MAX_SHOWN = 25 }; /* the failures of a table are often all the same */

static unsigned cases, failures, lines_with_key;

/* ---- For main() ------------------------------------------------------------- */

/* Background shells, nohup and services leave signals ignored or blocked, which must
   not affect a test. Handlers belong to tools and are kept. */
static void
own_signals(void)
{
    struct sigaction action;
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            (void)signal(number, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool
has_ipv6(void)
{
    struct sockaddr_in6 at;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    memset(&at, 0, sizeof at);
    at.sin6_family = AF_INET6;
    at.sin6_addr = in6addr_loopback;
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0)
        (void)close(fd);
    return has;
}

int
net_setup(void **state)
{
    (void)state;
    own_signals();
    if (raw_is_ipv6() && !has_ipv6()) {
        print_message("left out: this machine has no IPv6\n");
        exit(77); /* meson: skipped */
    }
    (void)gnutls_global_init();
    return raw_authority_make(&authority) ? 0 : -1;
}

int
net_teardown(void **state)
{
    (void)state;
    raw_authority_free(&authority);
    gnutls_global_deinit();
    return lines_with_key == 0 ? 0 : -1;
}

const raw_authority *
net_authority(void)
{
    return &authority;
}

/* ---- Clients and requests --------------------------------------------------- */

static void
on_log(void *user, uint32_t level, const char *line)
{
    (void)user;
    (void)level;
    if (strstr(line, "CANARY") != NULL) {
        lines_with_key++; /* called on the library's thread, where cmocka's asserts
                             cannot be used */
        print_error("the key stands in a log line: %s\n", line);
    }
}

/* Of the server. Reused only after many more calls, when it is no longer needed. */
static const char *
endpoint_of(const raw_server *server, bool tls)
{
    static char texts[16][64];
    static unsigned next;
    char *text = texts[next++ % 16];
    snprintf(text, sizeof texts[0], "%s://%s:%u/kling/v1/recognize",
             tls ? "https" : "http", raw_is_ipv6() ? "[::1]" : "127.0.0.1",
             server->port);
    return text;
}

klingrec_config
net_config(const raw_server *server, bool tls)
{
    klingrec_config config = klingrec_config_default();
    config.endpoint = endpoint_of(server, tls);
    config.api_key = NET_KEY;
    config.proxy = "";
    config.ca_file = authority.ca_file;
    config.log = on_log;
    config.log_level = KLINGREC_LOG_DEBUG;
    config.max_attempts = 1;
    config.connect_timeout_ms = 120000; /* where time is not what is tested */
    config.attempt_timeout_ms = 120000;
    config.deadline_ms = 400000;
    config.flags = KLINGREC_CLIENT_NO_CHECK;
    return config;
}

klingrec_client *
net_client(const klingrec_config *config)
{
    klingrec_client *client = NULL;
    assert_int_equal(klingrec_client_new(config, NULL, 0, &client), KLINGREC_OK);
    return client;
}

raw_server *
net_server(const raw_step *first, const raw_step *others)
{
    raw_scripts scripts = {
        .steps = {first, others},
        .identity = &authority.identities[RAW_SOUND],
    };
    return raw_server_start(&scripts);
}

int
net_nobody(uint16_t *port)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

klingrec_request
net_tiny_request(void)
{
    return klingrec_request_url("https://images.example/hero.png");
}

klingrec_request
net_bytes_request(size_t len)
{
    static char bytes[8 * 1024 * 1024];
    assert_true(len <= sizeof bytes);
    return klingrec_request_bytes(bytes, len);
}

net_outcome
net_outcome_of(klingrec_result *result)
{
    net_outcome got = {0};
    size_t len = 0;
    assert_non_null(result);
    got.status = klingrec_result_status(result);
    got.delivery = klingrec_result_delivery(result);
    got.attempts = klingrec_result_attempts(result);
    got.http_status = klingrec_result_http_status(result);
    snprintf(got.message, sizeof got.message, "%s", klingrec_result_message(result));
    assert_null(strstr(klingrec_result_message(result), "CANARY"));
    const char *body = klingrec_result_body(result, &len);
    if (body != NULL)
        assert_null(strstr(body, "CANARY"));
    klingrec_result_free(result);
    return got;
}

net_outcome
net_ask(klingrec_client *client, const klingrec_request *request)
{
    klingrec_result *result = NULL;
    unsigned begin = net_now_ms();
    klingrec_status status = klingrec_recognize(client, request, &result);
    unsigned end = net_now_ms();
    net_outcome got = net_outcome_of(result);
    assert_int_equal(status, got.status);
    got.ms = end - begin;
    return got;
}

net_outcome
net_ask_once(const klingrec_config *config, const klingrec_request *request)
{
    klingrec_client *client = net_client(config);
    net_outcome got = net_ask(client, request);
    klingrec_client_free(client);
    return got;
}

static short
poll_events(uint32_t events)
{
    return (short)(((events & KLINGREC_FD_READ) != 0 ? POLLIN : 0) |
                   ((events & KLINGREC_FD_WRITE) != 0 ? POLLOUT : 0));
}

unsigned
net_wait_for_fds(klingrec_client *client, bool *ready)
{
    enum { FDS = 128, LONGEST_MS = 20000 };
    klingrec_fd fds[FDS];
    struct pollfd polled[FDS];
    size_t count;
    int timeout_ms;
    assert_int_equal(klingrec_client_fds(client, fds, FDS, &count, &timeout_ms),
                     KLINGREC_OK);
    assert_true(count <= FDS);
    for (size_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){(int)fds[i].fd, poll_events(fds[i].events), 0};
    int n = poll(polled, (nfds_t)count, timeout_ms < 0 ? LONGEST_MS : timeout_ms);
    assert_true(n >= 0);
    *ready = n > 0;
    return (unsigned)count;
}

static bool
has_bytes_from(int fd, uint16_t port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer;
    socklen_t len = sizeof peer;
    struct pollfd polled = {fd, POLLIN, 0};
    if (getpeername(fd, &peer.any, &len) != 0 ||
        (peer.any.sa_family != AF_INET && peer.any.sa_family != AF_INET6))
        return false;
    uint16_t from =
        peer.any.sa_family == AF_INET6 ? peer.v6.sin6_port : peer.v4.sin_port;
    return ntohs(from) == port && poll(&polled, 1, 0) == 1;
}

void
net_wait_for_bytes(const raw_server *server)
{
    const struct timespec pause = {0, 1000000};
    for (unsigned end_ms = net_now_ms() + 20000; net_now_ms() < end_ms;) {
        for (int fd = 0; fd < 256; fd++)
            if (has_bytes_from(fd, server->port))
                return;
        (void)nanosleep(&pause, NULL);
    }
}

/* ---- The libcurl in this process ------------------------------------------ */

bool
net_libcurl_is(unsigned version)
{
    unsigned major = 0, minor = 0, patch = 0;
    const char *text = strstr(klingrec_version_string(), "libcurl/");
    assert_non_null(text);
    assert_int_equal(sscanf(text, "libcurl/%u.%u.%u", &major, &minor, &patch), 3);
    return ((major << 16) | (minor << 8) | patch) >= version;
}

bool
net_libcurl_keeps(void)
{
    return net_libcurl_is(0x075000);
}

void
net_skip_unless_kept(void)
{
    if (net_libcurl_keeps())
        return;
    print_message("left out: no connection is kept with libcurl before 7.80\n");
    skip();
}

bool
net_openssl_is_old(void)
{
    return strstr(klingrec_version_string(), " OpenSSL/1.") != NULL;
}

bool
net_libcurl_needs_close_notify(void)
{
    return !net_openssl_is_old() &&
           (!net_libcurl_is(0x075700) || net_libcurl_is(0x080700));
}

/* ---- Judging ---------------------------------------------------------------- */

bool
net_expect(bool good, const char *format, ...)
{
    va_list args;
    cases++;
    if (good)
        return true;
    if (++failures > MAX_SHOWN)
        return false;
    va_start(args, format);
    vprint_error(format, args);
    va_end(args);
    print_error("\n");
    return false;
}

static const char *
delivery_name(klingrec_delivery delivery)
{
    static const char *const names[] = {"NOT_SENT", "UNSURE", "ANSWERED"};
    return names[delivery];
}

bool
net_expect_outcome(const char *name, const net_outcome *got, klingrec_status status,
                   klingrec_delivery delivery, uint32_t attempts)
{
    bool good =
        got->status == status && got->delivery == delivery && got->attempts == attempts;
    return net_expect(good, "%s: %s, %s, %u attempts where %s, %s, %u were due: %s",
                      name, klingrec_status_name(got->status),
                      delivery_name(got->delivery), (unsigned)got->attempts,
                      klingrec_status_name(status), delivery_name(delivery),
                      (unsigned)attempts, got->message);
}

void
net_end_table(const char *what)
{
    unsigned bad = failures;
    print_message("%s: %u cases, %u failed\n", what, cases, bad);
    cases = failures = 0;
    assert_int_equal(bad, 0);
}

static unsigned
count_entries(const char *folder)
{
    unsigned count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

/* A thread disappears from the list a moment after it has ended. */
static unsigned
count_settled(const char *folder, unsigned expected)
{
    const struct timespec moment = {0, 5000000};
    unsigned count = count_entries(folder);
    for (int i = 0; i < 200 && count > expected; i++) {
        (void)nanosleep(&moment, NULL);
        count = count_entries(folder);
    }
    return count;
}

unsigned
net_count_files(unsigned expected)
{
    return count_settled("/proc/self/fd", expected);
}

unsigned
net_count_threads(unsigned expected)
{
    return count_settled("/proc/self/task", expected);
}
