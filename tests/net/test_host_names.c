/* SPDX-License-Identifier: MIT */
/* test_host_names.c - host names without an address, with a thousand, and with a
   dead one */
#define _GNU_SOURCE /* EAI_NODATA */

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- A resolver ------------------------------------------------------------- */

/*
 * This program's own getaddrinfo() comes before the C library's, for libcurl as well.
 * IPv6 addresses are all ::1, and of the IPv4 addresses the last one is 127.0.0.1; at
 * those before it nobody listens.
 */
static const struct {
    const char *name;
    int code; /* what getaddrinfo() returns */
    unsigned ipv6, ipv4;
} NAMES[] = {
    {"missing.example", EAI_NONAME, 0, 0},
    {"nodata.example", EAI_NODATA, 0, 0},
    {"servfail.example", EAI_AGAIN, 0, 0},
    {"broken.example", EAI_FAIL, 0, 0},
    {"system.example", EAI_SYSTEM, 0, 0},
    {"nothing.example", 0, 0, 0},
    {"unix.example", 0, 0, 1}, /* behind one of another family */
    {"thousand.example", 0, 0, 1000},
    {"both.example", 0, 1, 1},
};

typedef struct node {
    struct addrinfo info; /* first: libcurl hands back a pointer to it */
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } at;
} node;

static struct addrinfo *
prepend(struct addrinfo *next, unsigned ipv4, in_port_t port)
{
    node *made = calloc(1, sizeof *made);
    if (made == NULL)
        abort();
    made->info.ai_socktype = SOCK_STREAM;
    made->info.ai_addr = &made->at.any;
    made->info.ai_next = next;
    if (ipv4 != 0) {
        made->info.ai_addrlen = sizeof made->at.ipv4;
        made->at.ipv4.sin_addr.s_addr = htonl(ipv4);
        made->at.ipv4.sin_port = port;
        made->at.any.sa_family = AF_INET;
    } else {
        made->info.ai_addrlen = sizeof made->at.ipv6;
        made->at.ipv6.sin6_addr = in6addr_loopback;
        made->at.ipv6.sin6_port = port;
        made->at.any.sa_family = AF_INET6;
    }
    made->info.ai_family = made->at.any.sa_family;
    return &made->info;
}

int
getaddrinfo(const char *restrict name, const char *restrict service,
            const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    in_port_t port = htons(service != NULL ? (in_port_t)strtoul(service, NULL, 10) : 0);
    size_t i = 0;
    (void)hints;
    *out = NULL;
    while (i < sizeof NAMES / sizeof NAMES[0] && strcmp(name, NAMES[i].name) != 0)
        i++;
    if (i == sizeof NAMES / sizeof NAMES[0])
        return EAI_NONAME;
    errno = EIO;
    for (unsigned k = 0; k < NAMES[i].ipv4; k++)
        *out = prepend(*out, INADDR_LOOPBACK + (k > 0 ? 0x10000 + k : 0), port);
    for (unsigned k = 0; k < NAMES[i].ipv6; k++)
        *out = prepend(*out, 0, port);
    if (strcmp(name, "unix.example") == 0) {
        *out = prepend(*out, 1, port);
        (*out)->ai_family = (*out)->ai_addr->sa_family = AF_UNIX;
    }
    return NAMES[i].code;
}

void
freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

/* ---- Asking ----------------------------------------------------------------- */

/* Ways to run a job: KLINGREC_RUN_CALLER, KLINGREC_RUN_THREAD, and this one. */
enum { RUN_LOOP = KLINGREC_RUN_THREAD + 1 };

static net_outcome
ask_in_loop(const klingrec_config *config, const klingrec_request *request)
{
    klingrec_client *client = net_client(config);
    klingrec_result *result;
    bool ready;
    unsigned begun = net_now_ms();
    assert_int_equal(klingrec_submit(client, request, NULL), KLINGREC_OK);
    while (klingrec_poll(client, 0, &result) == KLINGREC_PENDING)
        (void)net_wait_for_fds(client, &ready);
    net_outcome got = net_outcome_of(result);
    got.ms = net_now_ms() - begun;
    klingrec_client_free(client);
    return got;
}

static net_outcome
ask(const char *name, unsigned port, uint32_t run)
{
    char endpoint[512];
    const raw_server nobody = {.port = 9};
    klingrec_config config = net_config(&nobody, false);
    klingrec_request request = net_tiny_request();
    snprintf(endpoint, sizeof endpoint, "http://%s:%u/", name, port);
    config.endpoint = endpoint;
    config.flags |= KLINGREC_CLIENT_INSECURE_HTTP;
    if (run == RUN_LOOP)
        return ask_in_loop(&config, &request);
    config.run = run;
    return net_ask_once(&config, &request);
}

static void
a_name_without_an_address_is_not_resolved(void **state)
{
    char endless[301];
    (void)state;
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= RUN_LOOP; run++) {
        for (size_t i = 0; i < 6; i++) {
            net_outcome got = ask(NAMES[i].name, 9, run);
            (void)net_expect_outcome(NAMES[i].name, &got, KLINGREC_ERR_RESOLVE,
                                     KLINGREC_DELIVERY_NOT_SENT, 1);
        }
        net_outcome got = ask(endless, 9, run);
        (void)net_expect_outcome("300 letters", &got, KLINGREC_ERR_RESOLVE,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
    }
    net_end_table("names without an address");
}

static const raw_step SUCCEEDS[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                    RAW_DO(FIN)};

static void
an_address_of_an_unknown_family_is_ignored(void **state)
{
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= RUN_LOOP; run++) {
        raw_server *server = net_server(SUCCEEDS, NULL);
        net_outcome got = ask("unix.example", server->port, run);
        (void)net_expect_outcome("unix", &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                                 1);
        raw_server_free(server);
    }
    net_end_table("an unknown family");
}

static void
the_one_working_address_of_a_thousand_is_found(void **state)
{
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= RUN_LOOP; run++) {
        raw_server *server = net_server(SUCCEEDS, NULL);
        net_outcome got = ask("thousand.example", server->port, run);
        (void)net_expect_outcome("a thousand, one good", &got, KLINGREC_OK,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
        uint16_t port;
        int nobody = net_nobody(&port);
        raw_server_stop(server);
        (void)net_expect(server->connections == 1, "%u connections",
                         server->connections);
        raw_server_free(server);
        got = ask("thousand.example", port, run);
        (void)net_expect_outcome("a thousand, none good", &got, KLINGREC_ERR_CONNECT,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
        (void)net_expect(net_is_quick(got.ms, 8000), "%u ms", got.ms);
        (void)close(nobody);
    }
    net_end_table("a thousand addresses");
}

/* ---- IPv6 that is dead ------------------------------------------------------ */

enum { FILLERS = 8, HAPPY_EYEBALLS_MS = 200 }; /* libcurl's own */

/* A socket at ::1 that never accepts: its queue is full, so packets are dropped. -1:
   no IPv6. */
static int
deaf_socket(uint16_t port, int fillers[FILLERS])
{
    struct sockaddr_in6 at;
    int on = 1, fd = socket(AF_INET6, SOCK_STREAM, 0);
    memset(&at, 0, sizeof at);
    at.sin6_family = AF_INET6;
    at.sin6_addr = in6addr_loopback;
    at.sin6_port = htons(port);
    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 0) != 0) {
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    for (int i = 0; i < FILLERS; i++) {
        fillers[i] = socket(AF_INET6, SOCK_STREAM, 0);
        assert_true(fillers[i] >= 0);
        (void)fcntl(fillers[i], F_SETFL, O_NONBLOCK);
        (void)connect(fillers[i], (struct sockaddr *)&at, sizeof at);
    }
    return fd;
}

/* First a closed port at ::1, then one that drops packets. */
static void
a_dead_ipv6_address_causes_only_a_short_delay(void **state)
{
    int fillers[FILLERS];
    (void)state;
    for (int deaf = 0; deaf < 2; deaf++) {
        raw_server *server = net_server(SUCCEEDS, NULL);
        int fd = deaf ? deaf_socket(server->port, fillers) : -1;
        if (deaf && fd < 0)
            print_message("left out: there is no IPv6\n");
        net_outcome got = ask("both.example", server->port, KLINGREC_RUN_CALLER);
        (void)net_expect_outcome("dead IPv6", &got, KLINGREC_OK,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
        (void)net_expect(fd < 0 || got.ms + 1 >= HAPPY_EYEBALLS_MS,
                         "%u ms: packets were not dropped", got.ms);
        (void)net_expect(net_is_quick(got.ms, 8000), "dead IPv6: %u ms", got.ms);
        for (int i = 0; fd >= 0 && i < FILLERS; i++)
            (void)close(fillers[i]);
        if (fd >= 0)
            (void)close(fd);
        raw_server_free(server);
    }
    net_end_table("dead IPv6");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_without_an_address_is_not_resolved),
        cmocka_unit_test(an_address_of_an_unknown_family_is_ignored),
        cmocka_unit_test(the_one_working_address_of_a_thousand_is_found),
        cmocka_unit_test(a_dead_ipv6_address_causes_only_a_short_delay),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
