/* SPDX-License-Identifier: MIT */
/* test_idle_connections.c - which idle connections are reused, and when a request
   was provably not received */
#define _GNU_SOURCE /* POLLRDHUP, RTLD_NEXT */

#include "../sampling.h"
#include "net.h"

#include <dlfcn.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#define ONE RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS)
static const raw_step KEEP[] = {ONE, RAW_DO(AGAIN)};

/* ---- Between the library and the system ------------------------------------- */

/* Called when the library checks an idle connection: lets the server go on and waits
   for the effect. */
static raw_server *behind_the_look;
static short awaited; /* POLLIN, POLLRDHUP */

ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
    typedef ssize_t recv_fn(int, void *, size_t, int);
    recv_fn *real;
    *(void **)&real = dlsym(RTLD_NEXT, "recv");
    ssize_t n = real(fd, buf, len, flags);
    if ((flags & MSG_PEEK) == 0 || behind_the_look == NULL) /* the server never peeks */
        return n;
    struct pollfd p = {fd, awaited, 0};
    raw_server_go(behind_the_look);
    behind_the_look = NULL;
    (void)poll(&p, 1, 20000);
    return n;
}

/* The number of acknowledged bytes that the library sees; 0: the real one. */
static uint64_t acknowledged;
static bool freeze;
static int told = -1; /* how often the system still knows that number; -1: always */

/* When the library has been told so often that bytes are unsent, this server reads on,
   and gets a moment for it. */
static raw_server *reads_on;
static int reads_on_after;

static void
let_it_read_on(const struct tcp_info *info)
{
    const struct timespec pause = {0, 1000000};
    if (reads_on == NULL || info->tcpi_notsent_bytes == 0 || --reads_on_after > 0)
        return;
    raw_server *server = reads_on;
    reads_on = NULL;
    raw_server_go(server);
    for (int ms = 0; ms < 300 && raw_server_requests(server) == 0; ms++)
        (void)nanosleep(&pause, NULL);
}

int
getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    typedef int getsockopt_fn(int, int, int, void *, socklen_t *);
    getsockopt_fn *real;
    *(void **)&real = dlsym(RTLD_NEXT, "getsockopt");
    int code = real(fd, level, name, value, len);
    if (level != IPPROTO_TCP || name != TCP_INFO)
        return code;
    if (told == 0)
        return -1;
    told -= told > 0;
    struct tcp_info *info = value;
    let_it_read_on(info);
    if (!freeze)
        return code;
    if (acknowledged == 0)
        acknowledged = info->tcpi_bytes_acked;
    info->tcpi_bytes_acked = acknowledged;
    return code;
}

/* ---- Silence ---------------------------------------------------------------- */

typedef struct talk {
    const char *name;
    raw_step said;
    unsigned connections; /* of three jobs */
} talk;

static const talk TALKS[] = {
    {"nothing", {.op = RAW_PAUSE}, 1},
    {"a session ticket", {.op = RAW_TICKET}, 1},
    {"a new key", {.op = RAW_KEY}, 1},
    {"a new key for both", {.op = RAW_KEY, .len = 1}, 1},
    {"a byte", RAW_TEXT("\n"), 3},
};

/* Three jobs; the server sends something after each answer. */
static void
judge_talk(const talk *row, uint32_t run)
{
    const raw_step script[] = {RAW_DO(TLS), ONE, row->said,     ONE,
                               row->said,   ONE, RAW_DO(STALL), RAW_DO(END)};
    klingrec_request request = net_tiny_request();
    const raw_scripts scripts = {
        .steps = {script},
        .identity = &net_authority()->identities[RAW_SOUND],
        .tickets = row->said.op == RAW_TICKET,
    };
    raw_server *server = raw_server_start(&scripts);
    klingrec_config config = net_config(server, true);
    config.run = run;
    klingrec_client *client = net_client(&config);
    for (int i = 0; i < 3; i++) {
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome(row->name, &got, KLINGREC_OK,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
    }
    klingrec_client_free(client);
    raw_server_stop(server);
    /* libcurl 8 closes an idle connection on which data arrived. */
    bool closes =
        strstr(klingrec_version_string(), "libcurl/7.") == NULL || !net_libcurl_keeps();
    (void)net_expect((server->connections == row->connections || closes) &&
                         server->requests == 3,
                     "%s: %u requests on %u connections", row->name, server->requests,
                     server->connections);
    raw_server_free(server);
}

static void
tls_records_without_data_do_not_end_an_idle_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof TALKS / sizeof TALKS[0]; i++) {
        judge_talk(&TALKS[i], KLINGREC_RUN_CALLER);
        judge_talk(&TALKS[i], KLINGREC_RUN_THREAD);
    }
    net_end_table("data on idle connections");
}

/* ---- Ends that cross with a request ----------------------------------------- */

typedef struct crossing {
    const char *name;
    raw_step end[3]; /* after the check, before the request is sent */
    short awaited;
    bool sure; /* the request was provably not received */
} crossing;

static const crossing CROSSINGS[] = {
    {"closed", {RAW_DO(END)}, POLLRDHUP, false},
    {"reset", {RAW_DO(RST)}, POLLRDHUP, true},
    {"half closed", {RAW_DO(FIN)}, POLLRDHUP, false},
    /* It cannot answer, but it receives the request. */
    {"half closed, then taken", {RAW_DO(SHUT), RAW_DO(REQUEST)}, POLLRDHUP, false},
    {"taken and closed", {RAW_DO(REQUEST)}, 0, false},
    /* The peer acknowledges nothing of what its program has read. */
    {"taken and reset", {RAW_DO(REQUEST), RAW_DO(RST)}, 0, false},
};

/* The result must agree with what the server received. */
static bool
is_true(const crossing *row, const net_outcome *got, unsigned taken)
{
    if (got->status == KLINGREC_OK)
        return got->delivery == KLINGREC_DELIVERY_ANSWERED && taken == 2;
    if (got->delivery == KLINGREC_DELIVERY_NOT_SENT)
        return taken == 1;
    return got->delivery == KLINGREC_DELIVERY_UNSURE && !row->sure && taken <= 2;
}

static void
judge_crossing(const crossing *row, bool tls, const klingrec_request *request)
{
    const raw_step script[] = {tls ? (raw_step)RAW_DO(TLS)
                                   : (raw_step){.op = RAW_PAUSE},
                               ONE,
                               RAW_DO(WAIT),
                               row->end[0],
                               row->end[1],
                               row->end[2],
                               RAW_DO(END)};
    const raw_step other[] = {tls ? (raw_step)RAW_DO(TLS) : (raw_step){.op = RAW_PAUSE},
                              ONE, RAW_DO(STALL), RAW_DO(END)};
    char name[64];
    klingrec_request tiny = net_tiny_request();
    raw_server *server = net_server(script, other);
    klingrec_config config = net_config(server, tls);
    klingrec_client *client = net_client(&config);
    snprintf(name, sizeof name, "%s%s", row->name, tls ? ", TLS" : "");
    net_outcome got = net_ask(client, &tiny);
    (void)net_expect_outcome(name, &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED, 1);
    behind_the_look = server;
    awaited = row->awaited;
    if (row->awaited == 0) {
        raw_server_go(server);
        behind_the_look = NULL;
    }
    got = net_ask(client, request);
    klingrec_client_free(client);
    raw_server_stop(server);
    (void)net_expect(is_true(row, &got, server->requests),
                     "%s: %s, delivery %d, %u requests taken", name,
                     klingrec_status_name(got.status), got.delivery, server->requests);
    raw_server_free(server);
}

static void
a_request_that_crosses_a_close_has_the_correct_delivery(void **state)
{
    klingrec_request tiny = net_tiny_request(), large = net_bytes_request(30000);
    (void)state;
    net_skip_unless_kept();
    for (unsigned i = 0; i < 10; i += thin())
        for (size_t k = 0; k < sizeof CROSSINGS / sizeof CROSSINGS[0]; k++) {
            const klingrec_request *request = (i + k) % 2 == 0 ? &tiny : &large;
            judge_crossing(&CROSSINGS[k], false, request);
            judge_crossing(&CROSSINGS[k], true, request);
        }
    net_end_table("requests that cross a close");
}

/* ---- What never left this machine ------------------------------------------- */

static void
bytes_that_are_still_in_the_socket_are_not_sent(void **state)
{
    const raw_step takes_head[] = {RAW_DO(HEAD), RAW_DO(STALL)};
    const raw_step takes_head_tls[] = {RAW_DO(TLS), RAW_DO(HEAD), RAW_DO(STALL)};
    /* Before 7.80 libcurl does not tell which socket a request uses. */
    klingrec_delivery unsent =
        net_libcurl_keeps() ? KLINGREC_DELIVERY_NOT_SENT : KLINGREC_DELIVERY_UNSURE;
    (void)state;
    for (int i = 0; i < 3; i++) {
        const bool tls = i == 1, untold = i == 2;
        raw_scripts scripts = {
            .steps = {tls ? takes_head_tls : takes_head},
            .identity = &net_authority()->identities[RAW_SOUND],
            .small_window = true,
        };
        klingrec_request request = net_bytes_request(60000);
        raw_server *server = raw_server_start(&scripts);
        klingrec_config config = net_config(server, tls);
        config.attempt_timeout_ms = 1000 + net_slack_ms();
        told = untold ? 1 : -1;
        net_outcome got = net_ask_once(&config, &request);
        (void)net_expect_outcome(tls ? "unsent, TLS" : "unsent", &got,
                                 KLINGREC_ERR_TIMEOUT,
                                 untold ? KLINGREC_DELIVERY_UNSURE : unsent, 1);
        told = -1;
        raw_server_free(server);
    }
    net_end_table("bytes that stay in the socket");
}

/* The server begins to read while the library decides what it has got. */
static void
bytes_are_unsent_only_if_they_can_no_longer_be_sent(void **state)
{
    const raw_step takes_all[] = {RAW_DO(WAIT), RAW_DO(REQUEST), RAW_DO(STALL)};
    const raw_step takes_all_tls[] = {RAW_DO(TLS), RAW_DO(WAIT), RAW_DO(REQUEST),
                                      RAW_DO(STALL)};
    klingrec_request request = net_bytes_request(60000);
    (void)state;
    net_skip_unless_kept();
    for (int i = 0; i < 4; i++) {
        const bool tls = i % 2 != 0, decided = i >= 2;
        raw_scripts scripts = {
            .steps = {tls ? takes_all_tls : takes_all},
            .identity = &net_authority()->identities[RAW_SOUND],
            .small_window = true,
        };
        raw_server *server = raw_server_start(&scripts);
        klingrec_config config = net_config(server, tls);
        config.attempt_timeout_ms = 300 + net_slack_ms();
        reads_on = server;
        reads_on_after = decided ? 2 : 1;
        net_outcome got = net_ask_once(&config, &request);
        reads_on = NULL;
        raw_server_stop(server);
        klingrec_delivery due = server->requests == 0 ? KLINGREC_DELIVERY_NOT_SENT
                                                      : KLINGREC_DELIVERY_UNSURE;
        (void)net_expect(!decided || server->requests == 0, "it was sent all the same");
        (void)net_expect_outcome(decided ? "decided" : "deciding", &got,
                                 KLINGREC_ERR_TIMEOUT, due, 1);
        raw_server_free(server);
    }
    net_end_table("bytes that may still be sent");
}

/* ---- Answers from before the request ---------------------------------------- */

static void
an_answer_without_an_acknowledgement_is_foreign(void **state)
{
    klingrec_request request = net_tiny_request();
    (void)state;
    net_skip_unless_kept();
    for (int frozen = 0; frozen < 2; frozen++) {
        raw_server *server = net_server(KEEP, NULL);
        klingrec_config config = net_config(server, false);
        klingrec_client *client = net_client(&config);
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome("first", &got, KLINGREC_OK, KLINGREC_DELIVERY_ANSWERED,
                                 1);
        freeze = frozen != 0;
        acknowledged = 0;
        got = net_ask(client, &request);
        freeze = false;
        (void)net_expect_outcome(
            frozen ? "nothing acknowledged" : "acknowledged", &got,
            frozen ? KLINGREC_ERR_TRANSFER : KLINGREC_OK,
            frozen ? KLINGREC_DELIVERY_UNSURE : KLINGREC_DELIVERY_ANSWERED, 1);
        klingrec_client_free(client);
        raw_server_free(server);
    }
    net_end_table("acknowledgements");
}

/* ---- Two requests in one turn ----------------------------------------------- */

/* The second job is added to libcurl before the first one has ended. libcurl chooses
   its connection in the same call in which the first one ends. */
static void
a_connection_is_not_reused_in_the_turn_in_which_its_transfer_ends(void **state)
{
    static const raw_step speaks[] = {
        RAW_DO(REQUEST),
        RAW_DO(WAIT),
        RAW_TEXT(NET_SUCCESS),
        RAW_DO(WAIT),
        RAW_TEXT("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"),
        RAW_DO(STALL)};
    const struct timespec span = {0, 50000000};
    klingrec_request request = net_tiny_request();
    klingrec_result *result = NULL;
    (void)state;
    raw_server *server = net_server(speaks, KEEP);
    klingrec_config config = net_config(server, false);
    klingrec_client *client = net_client(&config);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    while (raw_server_requests(server) == 0)
        (void)klingrec_poll(client, 0, &result);
    raw_server_go(server);
    (void)nanosleep(&span, NULL); /* the answer arrives, but is not read yet */
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    for (int taken = 0; taken < 2;) {
        if (klingrec_poll(client, 1, &result) != KLINGREC_OK)
            continue;
        net_outcome got = net_outcome_of(result);
        (void)net_expect_outcome("in turn", &got, KLINGREC_OK,
                                 KLINGREC_DELIVERY_ANSWERED, 1);
        if (++taken == 1)
            raw_server_go(server);
    }
    klingrec_client_free(client);
    raw_server_stop(server);
    (void)net_expect(server->connections == 2 && server->requests == 2,
                     "%u requests on %u connections", server->requests,
                     server->connections);
    raw_server_free(server);
    net_end_table("answers in turn");
}

/* ---- Where the time goes ---------------------------------------------------- */

static void
the_time_of_a_slow_server_is_in_the_phase_that_is_slow(void **state)
{
    static const raw_step slow_to_read[] = {
        {.op = RAW_PAUSE, .ms = 200}, ONE, RAW_DO(END)};
    static const raw_step slow_to_answer[] = {RAW_DO(REQUEST),
                                              {.op = RAW_PAUSE, .ms = 200},
                                              RAW_TEXT(NET_SUCCESS),
                                              RAW_DO(END)};
    static const raw_step slow_handshake[] = {
        {.op = RAW_PAUSE, .ms = 200}, RAW_DO(TLS), ONE, RAW_DO(END)};
    static const struct {
        const raw_step *steps;
        uint32_t phase;
        bool tls;
    } rows[] = {{slow_to_read, KLINGREC_PHASE_UPLOAD, false},
                {slow_to_answer, KLINGREC_PHASE_WAIT, false},
                {slow_handshake, KLINGREC_PHASE_CONNECT, true}};
    klingrec_request request = net_bytes_request(8 * 1024 * 1024);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klingrec_result *result = NULL;
        raw_server *server = net_server(rows[i].steps, NULL);
        klingrec_config config = net_config(server, rows[i].tls);
        klingrec_client *client = net_client(&config);
        assert_int_equal(klingrec_recognize(client, &request, &result), KLINGREC_OK);
        (void)net_expect(klingrec_result_elapsed_ms(result, rows[i].phase) >= 180,
                         "phase %u: %u of %u ms", rows[i].phase,
                         klingrec_result_elapsed_ms(result, rows[i].phase),
                         klingrec_result_elapsed_ms(result, KLINGREC_PHASE_ALL));
        klingrec_result_free(result);
        klingrec_client_free(client);
        raw_server_free(server);
    }
    net_end_table("phases");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_records_without_data_do_not_end_an_idle_connection),
        cmocka_unit_test(a_request_that_crosses_a_close_has_the_correct_delivery),
        cmocka_unit_test(bytes_that_are_still_in_the_socket_are_not_sent),
        cmocka_unit_test(bytes_are_unsent_only_if_they_can_no_longer_be_sent),
        cmocka_unit_test(an_answer_without_an_acknowledgement_is_foreign),
        cmocka_unit_test(
            a_connection_is_not_reused_in_the_turn_in_which_its_transfer_ends),
        cmocka_unit_test(the_time_of_a_slow_server_is_in_the_phase_that_is_slow),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
