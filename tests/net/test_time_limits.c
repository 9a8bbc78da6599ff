/* SPDX-License-Identifier: MIT */
/* test_time_limits.c - failed connections, silent and slow servers, and time limits */
#define _POSIX_C_SOURCE 200809L

#include "net.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_MS = 150, AT_ONCE_MS = 200 };

/* ---- Silence and slowness --------------------------------------------------- */

typedef struct slow_case {
    const char *name;
    const raw_step *steps;
    bool tls, huge;
    klingrec_delivery delivery;
} slow_case;

static const raw_step NOTHING[] = {RAW_DO(STALL)};
static const raw_step NO_ANSWER[] = {RAW_DO(REQUEST), RAW_DO(STALL)};
static const raw_step NO_ANSWER_TLS[] = {RAW_DO(TLS), RAW_DO(REQUEST), RAW_DO(STALL)};
static const raw_step HALF_HELLO[] = {RAW_TAKE(100), RAW_DO(STALL)};
static const raw_step HALF_FLIGHT[] = {{.op = RAW_TLS, .len = 300}, RAW_DO(STALL)};
#define DRIP(text)                                                                     \
    {                                                                                  \
        .op = RAW_SEND, .data = (text), .len = sizeof(text) - 1, .ms = 50              \
    }
static const raw_step DRIPS_HEAD[] = {RAW_DO(REQUEST), DRIP(NET_SUCCESS)};
static const raw_step DRIPS_HEAD_TLS[] = {RAW_DO(TLS), RAW_DO(REQUEST),
                                          DRIP(NET_SUCCESS)};
static const raw_step DRIPS_BODY[] = {RAW_DO(REQUEST), RAW_TEXT(NET_HEAD(NET_LENGTH)),
                                      DRIP(NET_BODY)};
#define INTERIM "HTTP/1.1 100 Continue\r\n\r\n"
static const raw_step DRIPS_INTERIM[] = {RAW_DO(REQUEST),
                                         DRIP(INTERIM INTERIM INTERIM INTERIM)};
static const raw_step TAKES_A_BIT[] = {RAW_TAKE(5000), RAW_DO(STALL)};
static const raw_step TAKES_A_BIT_TLS[] = {RAW_DO(TLS), RAW_TAKE(5000), RAW_DO(STALL)};
static const raw_step TAKES_SLOWLY[] = {
    RAW_TAKE(9999), {.op = RAW_PAUSE, .ms = 5}, RAW_DO(AGAIN)};

static const slow_case SLOW[] = {
    {"silence from the start", NOTHING, false, false, KLINGREC_DELIVERY_UNSURE},
    {"silence before the handshake", NOTHING, true, false, KLINGREC_DELIVERY_NOT_SENT},
    {"silence inside of the client's hello", HALF_HELLO, true, false,
     KLINGREC_DELIVERY_NOT_SENT},
    {"silence inside of the server's flight", HALF_FLIGHT, true, false,
     KLINGREC_DELIVERY_NOT_SENT},
    {"silence after the request", NO_ANSWER, false, false, KLINGREC_DELIVERY_UNSURE},
    {"silence after the request, TLS", NO_ANSWER_TLS, true, false,
     KLINGREC_DELIVERY_UNSURE},
    {"a head byte by byte", DRIPS_HEAD, false, false, KLINGREC_DELIVERY_UNSURE},
    {"a head byte by byte, TLS", DRIPS_HEAD_TLS, true, false, KLINGREC_DELIVERY_UNSURE},
    {"a body byte by byte", DRIPS_BODY, false, false, KLINGREC_DELIVERY_UNSURE},
    {"interim answers byte by byte", DRIPS_INTERIM, false, false,
     KLINGREC_DELIVERY_UNSURE},
    {"an upload nobody takes", NOTHING, false, true, KLINGREC_DELIVERY_NOT_SENT},
    {"an upload that stops", TAKES_A_BIT, false, true, KLINGREC_DELIVERY_NOT_SENT},
    {"an upload that stops, TLS", TAKES_A_BIT_TLS, true, true,
     KLINGREC_DELIVERY_NOT_SENT},
    {"an upload taken slowly", TAKES_SLOWLY, false, true, KLINGREC_DELIVERY_NOT_SENT},
};

/* Which of the time limits is the shortest. */
enum { ATTEMPT, DEADLINE, OWN_DEADLINE, LIMITS, OTHERS_MS = 9000 };
static const char *const LIMIT_NAMES[] = {"attempt", "deadline",
                                          "the request's own deadline"};

/* The first tries have the shortest limit; a slow machine may need more time to
   reach the state of the case. */
static uint32_t
limit_of_try(int number)
{
    return (uint32_t)LIMIT_MS << number / 3;
}

static net_outcome
ask_slow(const slow_case *row, int shortest, uint32_t limit_ms, uint32_t run,
         unsigned *requests)
{
    raw_scripts scripts = {.steps = {row->steps},
                           .identity = &net_authority()->identities[RAW_SOUND],
                           .small_window = row->huge};
    raw_server *server = raw_server_start(&scripts);
    klingrec_config config = net_config(server, row->tls);
    klingrec_request request =
        row->huge ? net_bytes_request(8 * 1024 * 1024) : net_tiny_request();
    config.run = run;
    config.connect_timeout_ms = OTHERS_MS;
    config.attempt_timeout_ms = shortest == ATTEMPT ? limit_ms : OTHERS_MS;
    config.deadline_ms = shortest == DEADLINE ? limit_ms : OTHERS_MS;
    request.deadline_ms = shortest == OWN_DEADLINE ? limit_ms : 0;
    net_outcome got = net_ask_once(&config, &request);
    raw_server_stop(server);
    *requests = server->requests;
    raw_server_free(server);
    return got;
}

static void
expect_in_time(const slow_case *row, int shortest, uint32_t run)
{
    char name[128];
    net_outcome got = {0};
    uint32_t limit_ms = 0;
    bool in_time = false, held_up = false;
    snprintf(name, sizeof name, "%s, %s%s", row->name, LIMIT_NAMES[shortest],
             run == KLINGREC_RUN_THREAD ? ", thread" : "");
    for (int i = 0; i < NET_TRIES && (!in_time || held_up); i++) {
        unsigned requests;
        limit_ms = limit_of_try(i);
        got = ask_slow(row, shortest, limit_ms, run, &requests);
        in_time = net_in_time(got.ms, limit_ms);
        /* A job that is blocked until the limit has sent nothing, and must report
           that. */
        held_up = got.delivery != row->delivery &&
                  got.delivery == KLINGREC_DELIVERY_NOT_SENT && requests == 0;
        if (!in_time || held_up)
            print_message("%s: %u ms%s\n", name, got.ms, held_up ? ", not sent" : "");
    }
    (void)net_expect_outcome(name, &got, KLINGREC_ERR_TIMEOUT, row->delivery, 1);
    (void)net_expect(in_time, "%s: %u ms where the limit is %u", name, got.ms,
                     (unsigned)limit_ms);
}

static void
run_slow(uint32_t run)
{
    for (size_t i = 0; i < sizeof SLOW / sizeof SLOW[0]; i++)
        for (int k = 0; k < LIMITS; k++)
            expect_in_time(&SLOW[i], k, run);
}

static void
time_limits_are_kept_on_the_callers_thread(void **state)
{
    (void)state;
    run_slow(KLINGREC_RUN_CALLER);
    net_end_table("slow servers, caller");
}

static void
time_limits_are_kept_on_the_librarys_thread(void **state)
{
    (void)state;
    run_slow(KLINGREC_RUN_THREAD);
    net_end_table("slow servers, thread");
}

static void
a_slow_answer_within_the_limit_is_a_success(void **state)
{
    static const raw_step steps[] = {
        RAW_DO(REQUEST),
        {.op = RAW_SEND, .data = NET_SUCCESS, .len = sizeof NET_SUCCESS - 1, .ms = 2},
        RAW_DO(FIN)};
    (void)state;
    raw_server *server = net_server(steps, NULL);
    klingrec_config config = net_config(server, false);
    klingrec_request request = net_tiny_request();
    net_outcome got = net_ask_once(&config, &request);
    (void)net_expect_outcome("a slow answer", &got, KLINGREC_OK,
                             KLINGREC_DELIVERY_ANSWERED, 1);
    raw_server_free(server);
    net_end_table("a slow success");
}

/* ---- No connection ---------------------------------------------------------- */

static int
bound_socket(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(at, 0, sizeof *at);
    at->sin_family = AF_INET;
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
    return fd;
}

static net_outcome
ask_port(const struct sockaddr_in *at, bool tls, uint32_t attempts)
{
    raw_server nobody = {.port = ntohs(at->sin_port)};
    klingrec_config config = net_config(&nobody, tls);
    klingrec_request request = net_tiny_request();
    config.max_attempts = attempts;
    config.connect_timeout_ms = LIMIT_MS;
    config.deadline_ms = 8000;
    return net_ask_once(&config, &request);
}

static void
a_refused_connection_is_reported_and_retried(void **state)
{
    struct sockaddr_in at;
    int fd = bound_socket(&at); /* bound and not listening: the port is nobody's */
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        net_outcome got = {0};
        bool quick = false;
        for (int i = 0; i < NET_TRIES && !quick; i++) {
            got = ask_port(&at, tls != 0, 1);
            quick = net_is_quick(got.ms, AT_ONCE_MS);
        }
        (void)net_expect_outcome("refused", &got, KLINGREC_ERR_CONNECT,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
        (void)net_expect(quick, "refused: %u ms", got.ms);
    }
    net_outcome got = ask_port(&at, false, 2);
    (void)net_expect_outcome("refused twice", &got, KLINGREC_ERR_CONNECT,
                             KLINGREC_DELIVERY_NOT_SENT, 2);
    (void)net_expect(got.ms >= 1000, "the second attempt came after %u ms", got.ms);
    (void)close(fd);
    net_end_table("refused");
}

/* A connection to a full queue gets no answer to its SYN. */
static void
a_host_that_drops_packets_fails_at_the_connect_limit(void **state)
{
    struct sockaddr_in at;
    int fillers[8], fd = bound_socket(&at);
    (void)state;
    assert_int_equal(listen(fd, 0), 0);
    for (int i = 0; i < 8; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_true(fillers[i] >= 0);
        (void)fcntl(fillers[i], F_SETFL, O_NONBLOCK);
        (void)connect(fillers[i], (struct sockaddr *)&at, sizeof at);
    }
    for (int tls = 0; tls < 2; tls++) {
        net_outcome got = {0};
        bool in_time = false;
        for (int i = 0; i < NET_TRIES && !in_time; i++) {
            got = ask_port(&at, tls != 0, 1);
            in_time = net_in_time(got.ms, LIMIT_MS);
        }
        (void)net_expect_outcome("dropped packets", &got, KLINGREC_ERR_TIMEOUT,
                                 KLINGREC_DELIVERY_NOT_SENT, 1);
        (void)net_expect(in_time, "dropped packets: %u ms", got.ms);
    }
    for (int i = 0; i < 8; i++)
        (void)close(fillers[i]);
    (void)close(fd);
    net_end_table("dropped packets");
}

static void
a_retry_after_the_deadline_is_not_awaited(void **state)
{
    struct sockaddr_in at;
    int fd = bound_socket(&at);
    raw_server nobody = {.port = ntohs(at.sin_port)};
    klingrec_config config = net_config(&nobody, false);
    klingrec_request request = net_tiny_request();
    (void)state;
    config.max_attempts = 3;
    config.deadline_ms = 900; /* the first retry is due after a second at least */
    net_outcome got = {0};
    bool quick = false;
    for (int i = 0; i < NET_TRIES && !quick; i++) {
        got = net_ask_once(&config, &request);
        quick = net_is_quick(got.ms, AT_ONCE_MS);
    }
    (void)net_expect_outcome("too late for a retry", &got, KLINGREC_ERR_CONNECT,
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    (void)net_expect(quick, "%u ms", got.ms);
    (void)close(fd);
    net_end_table("late retries");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_limits_are_kept_on_the_callers_thread),
        cmocka_unit_test(time_limits_are_kept_on_the_librarys_thread),
        cmocka_unit_test(a_slow_answer_within_the_limit_is_a_success),
        cmocka_unit_test(a_refused_connection_is_reported_and_retried),
        cmocka_unit_test(a_host_that_drops_packets_fails_at_the_connect_limit),
        cmocka_unit_test(a_retry_after_the_deadline_is_not_awaited),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
