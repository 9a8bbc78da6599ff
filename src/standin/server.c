/* SPDX-License-Identifier: MIT */
/* server.c - the server and its event loop */
#include "server.h"

#include "regions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

enum {
    FILES_WANTED = 16384,
    FILES_SPARE = 32,
    IDLE_CONNECTION_S = 120,
    CONNECTION_MEMORY = 64 * 1024,
    CHECK_MS = 200, /* how often parent and idle time are checked */
    WAIT_MAX_MS = 60000,
    PEM_MAX = 256 * 1024
};

int64_t
standin_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
on_connection(void *cls, struct MHD_Connection *connection, void **slot,
              enum MHD_ConnectionNotificationCode code)
{
    struct server *server = cls;
    (void)connection;
    (void)slot;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        server->stats.connections++;
}

/* Every waiting request needs a descriptor. Returns the number of connections. */
static unsigned
raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 256;
    rlim_t wanted = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            getrlimit(RLIMIT_NOFILE, &limit);
    }
    rlim_t files = limit.rlim_cur < FILES_WANTED ? limit.rlim_cur : FILES_WANTED;
    return files > 2 * FILES_SPARE ? (unsigned)files - FILES_SPARE : FILES_SPARE;
}

static bool
read_pem(const char *path, struct text *out)
{
    char block[4096];
    size_t n;
    standin_text_init(out, PEM_MAX);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    while ((n = fread(block, 1, sizeof block, file)) != 0)
        standin_text_add(out, block, n);
    bool good = !ferror(file) && !out->failed && out->len != 0;
    fclose(file);
    return good;
}

static bool
start_daemon(struct server *server, int fd, const struct text *cert,
             const struct text *key)
{
    bool tls = cert->data != NULL;
    unsigned flags = MHD_ALLOW_SUSPEND_RESUME;
    unsigned connections = raise_file_limit();
    if (MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES)
        flags |= MHD_USE_EPOLL;
    else if (connections > FD_SETSIZE - FILES_SPARE)
        connections = FD_SETSIZE - FILES_SPARE;
    if (tls)
        flags |= MHD_USE_TLS;
    struct MHD_OptionItem with_tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, cert->data},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key->data},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem *extra = tls ? with_tls : &with_tls[2];
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, standin_exchange_handle, server, MHD_OPTION_LISTEN_SOCKET,
        fd, MHD_OPTION_NOTIFY_COMPLETED, standin_exchange_completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_CONNECTION_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_ARRAY, extra, MHD_OPTION_END);
    return server->daemon != NULL;
}

static bool
start_with_pem(struct server *server, int fd)
{
    const struct options *options = server->options;
    struct text cert = {0};
    struct text key = {0};
    bool good = true;
    if (options->cert != NULL) {
        const char *bad = !read_pem(options->cert, &cert)     ? options->cert
                          : !read_pem(options->key_pem, &key) ? options->key_pem
                                                              : NULL;
        good = bad == NULL;
        if (!good)
            fprintf(stderr, "klingrec-standin: '%s': expected 1 to %d bytes of PEM\n",
                    bad, (int)PEM_MAX);
    }
    if (good && !start_daemon(server, fd, &cert, &key)) {
        fprintf(stderr, "klingrec-standin: libmicrohttpd %s did not start%s\n",
                MHD_get_version(),
                cert.data
                    ? "; does the key of --key-pem match the certificate of --cert?"
                    : "");
        good = false;
    }
    standin_text_free(&cert);
    standin_text_free(&key);
    return good;
}

bool
standin_server_start(struct server *server, const struct options *options, pid_t parent,
                     int fd, uint16_t port)
{
    char error[SPEC_ERROR];
    memset(server, 0, sizeof *server);
    server->options = options;
    server->parent = parent;
    server->last_activity_ms = standin_now_ms();
    server->random =
        (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid() ^ 0x9e3779b97f4a7c15;
    standin_regions_parse(options->regions, &server->regions);
    snprintf(server->origin, sizeof server->origin, "%s://%s:%u",
             options->cert != NULL ? "https" : "http",
             options->ipv6 ? "[::1]" : "127.0.0.1", port);
    (void)standin_spec_parse(options->answer, strlen(options->answer), &server->usual,
                             error);
    if (options->script != NULL &&
        !standin_script_parse(options->script, &server->script, error)) {
        fprintf(stderr, "klingrec-standin: --script: %s\n", error);
        return false;
    }
    if (!standin_limit_init(&server->limit, options->rate, options->concurrency) ||
        !standin_stats_init(&server->stats, options->key)) {
        fprintf(stderr, "klingrec-standin: out of memory for --rate %u\n",
                options->rate);
        return false;
    }
    return start_with_pem(server, fd);
}

static int64_t
next_wait_ms(const struct server *server, int64_t now_ms)
{
    const struct options *options = server->options;
    int64_t wait_ms = WAIT_MAX_MS;
    MHD_UNSIGNED_LONG_LONG daemon_wait_ms;
    if (options->idle_exit_s != 0 || options->exit_with_parent)
        wait_ms = CHECK_MS;
    if (MHD_get_timeout(server->daemon, &daemon_wait_ms) == MHD_YES &&
        daemon_wait_ms < (MHD_UNSIGNED_LONG_LONG)wait_ms)
        wait_ms = (int64_t)daemon_wait_ms;
    if (server->first_waiting != NULL &&
        server->first_waiting->due_ms - now_ms < wait_ms)
        wait_ms = server->first_waiting->due_ms - now_ms;
    return wait_ms > 0 ? wait_ms : 0;
}

static bool
must_stop(const struct server *server, int64_t now_ms)
{
    const struct options *options = server->options;
    if (options->exit_with_parent && getppid() != server->parent)
        return true;
    return options->idle_exit_s != 0 && server->in_flight == 0 &&
           now_ms - server->last_activity_ms >= (int64_t)options->idle_exit_s * 1000;
}

void
standin_server_run(struct server *server, const volatile sig_atomic_t *stop,
                   const sigset_t *wait_mask)
{
    while (!*stop && !must_stop(server, standin_now_ms())) {
        fd_set reads, writes, errors;
        MHD_socket max = -1;
        FD_ZERO(&reads);
        FD_ZERO(&writes);
        FD_ZERO(&errors);
        /* With epoll this is a single descriptor for all connections. */
        if (MHD_get_fdset(server->daemon, &reads, &writes, &errors, &max) != MHD_YES)
            return;
        int64_t wait_ms = next_wait_ms(server, standin_now_ms());
        struct timespec timeout = {(time_t)(wait_ms / 1000),
                                   (long)(wait_ms % 1000) * 1000000};
        if (pselect(max + 1, &reads, &writes, &errors, &timeout, wait_mask) < 0)
            continue;
        standin_waiting_wake(server, standin_now_ms());
        MHD_run(server->daemon);
    }
}

void
standin_server_stop(struct server *server)
{
    /* libmicrohttpd requires that no connection is suspended when it stops. */
    standin_waiting_wake(server, INT64_MAX);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    standin_stats_free(&server->stats);
    standin_limit_free(&server->limit);
    standin_script_free(&server->script);
}
