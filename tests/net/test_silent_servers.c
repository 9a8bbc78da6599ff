/* SPDX-License-Identifier: MIT */
/* test_silent_servers.c - servers that become silent, each connection at another
   byte */
#define _POSIX_C_SOURCE 200809L

#include "net.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Connection number n becomes silent n * step bytes later than the first one. */
typedef struct stalls {
    const char *name;
    const raw_step *steps;
    unsigned many; /* connections at once */
    size_t body;   /* bytes of the image; 0: a URL */
    bool tls, small_window;
    /* The number of requests that were written completely, as far as can be known. */
    unsigned least_unsure, most_unsure;
} stalls;

#define GROWING(operation, text, from, step)                                           \
    {                                                                                  \
        .op = RAW_##operation, .data = (text), .len = (from), .grow = (step)           \
    }

enum {
    ANSWER_BYTES = sizeof NET_SUCCESS - 1,
    HALF_REQUEST = 125, /* and a few more bytes, which depend on versions */
    KIB = 1024,
    HUGE = 8 * KIB * KIB,
    MANY = 100
};

static const raw_step IN_ANSWER[] = {RAW_DO(REQUEST), GROWING(SEND, NET_SUCCESS, 0, 1),
                                     RAW_DO(HOLD)};
static const raw_step IN_ANSWER_TLS[] = {
    RAW_DO(TLS), RAW_DO(REQUEST), GROWING(SEND, NET_SUCCESS, 0, 1), RAW_DO(HOLD)};
static const raw_step IN_REQUEST[] = {GROWING(READ, NULL, 0, 1), RAW_DO(HOLD)};
/* In two parts: 250 connections at once take too long to close. */
static const raw_step IN_FIRST_TLS[] = {RAW_DO(TLS), GROWING(READ, NULL, 0, 1),
                                        RAW_DO(HOLD)};
static const raw_step IN_SECOND_TLS[] = {
    RAW_DO(TLS), GROWING(READ, NULL, HALF_REQUEST, 1), RAW_DO(HOLD)};
static const raw_step IN_UPLOAD[] = {GROWING(READ, NULL, KIB, 4 * KIB), RAW_DO(HOLD)};
static const raw_step IN_UPLOAD_TLS[] = {RAW_DO(TLS), GROWING(READ, NULL, KIB, 4 * KIB),
                                         RAW_DO(HOLD)};
static const raw_step IN_HELLO[] = {GROWING(READ, NULL, 0, 3), RAW_DO(HOLD)};
static const raw_step IN_FLIGHT[] = {GROWING(TLS, NULL, 1, 7), RAW_DO(HOLD)};

/* ---- Running them ----------------------------------------------------------- */

enum { LONGEST_MS = 40000 }; /* the server's silence ends after 60 s */

/* Within it all handshakes must be done and all uploads blocked. */
static unsigned
first_limit_ms(const stalls *s)
{
    return s->many * (s->tls ? 8 : 3);
}

/* Longer if they were not, because a hundred server threads compete with the client.
   Late jobs get another try, and only then more time. */
static unsigned
next_limit_ms(unsigned limit, unsigned took, bool right, unsigned tries)
{
    unsigned next = limit;
    if (!right)
        next = 2 * (took > limit ? took : limit);
    else if (tries % 2 == 0)
        next = 2 * limit;
    return next < LONGEST_MS ? next : LONGEST_MS;
}

static void
no_release(void *user)
{
    (void)user;
}

static void
submit_all(klingrec_client *client, const stalls *s)
{
    klingrec_request request =
        s->body != 0 ? net_bytes_request(s->body) : net_tiny_request();
    request.release = no_release; /* so that nothing is copied */
    for (unsigned i = 0; i < s->many; i++)
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
}

/* How many requests count as sent. */
static unsigned
take_all(klingrec_client *client, const stalls *s)
{
    unsigned unsure = 0;
    for (unsigned i = 0; i < s->many; i++) {
        klingrec_result *result;
        assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
        net_outcome got = net_outcome_of(result);
        unsure += got.delivery == KLINGREC_DELIVERY_UNSURE;
        (void)net_expect_outcome(s->name, &got, KLINGREC_ERR_TIMEOUT,
                                 got.delivery == KLINGREC_DELIVERY_UNSURE
                                     ? KLINGREC_DELIVERY_UNSURE
                                     : KLINGREC_DELIVERY_NOT_SENT,
                                 1);
    }
    return unsure;
}

typedef struct outcome {
    unsigned ms; /* from the first submit to the last result */
    unsigned unsure, connections;
} outcome;

static outcome
run_once(const stalls *s, unsigned limit)
{
    raw_scripts scripts = {.steps = {s->steps},
                           .identity = &net_authority()->identities[RAW_SOUND],
                           .small_window = s->small_window};
    raw_server *server = raw_server_start(&scripts);
    klingrec_config config = net_config(server, s->tls);
    config.max_in_flight = s->many;
    config.max_queued = s->many;
    config.deadline_ms = limit; /* from submit on; attempts begin in turns */
    config.attempt_timeout_ms = config.connect_timeout_ms = 2 * limit;
    config.run = s->tls ? KLINGREC_RUN_THREAD : KLINGREC_RUN_CALLER;
    outcome got;
    klingrec_client *client = net_client(&config);
    unsigned begin = net_now_ms();
    submit_all(client, s);
    got.unsure = take_all(client, s);
    got.ms = net_now_ms() - begin;
    klingrec_client_free(client);
    raw_server_stop(server);
    got.connections = server->connections;
    raw_server_free(server);
    return got;
}

/* Where connections by the hundred end within the same millisecond, making and closing
   them is seen: two milliseconds for each are fine, four with TLS, and one for uploads,
   which are few. */
static bool
is_in_time(const stalls *s, unsigned ms, unsigned limit)
{
    unsigned each_ms = s->body != 0 ? 1 : s->tls ? 4 : 2;
    return net_in_time_after(ms, limit, each_ms * s->many);
}

static bool
is_right(const stalls *s, const outcome *got)
{
    return got->connections == s->many && got->unsure >= s->least_unsure &&
           got->unsure <= s->most_unsure;
}

static void
run(const stalls *s)
{
    outcome got = {0};
    unsigned limit = first_limit_ms(s);
    bool in_time = false, right = false;
    for (unsigned i = 0; i < NET_TRIES && !(in_time && right); i++) {
        if (i > 0)
            limit = next_limit_ms(limit, got.ms, right, i);
        got = run_once(s, limit);
        in_time = is_in_time(s, got.ms, limit);
        right = is_right(s, &got);
        print_message("%s: %u ms, limit %u\n", s->name, got.ms, limit);
    }
    (void)net_expect(in_time, "%s: %u ms, not %u", s->name, got.ms, limit);
    (void)net_expect(
        right, "%s: %u connections; %u requests count as sent, not %u to %u", s->name,
        got.connections, got.unsure, s->least_unsure, s->most_unsure);
}

/* ---- The cases -------------------------------------------------------------- */

static void
silence_at_any_byte_ends_at_the_time_limit(void **state)
{
    static const stalls all[] = {
        {"in the answer", IN_ANSWER, ANSWER_BYTES, 0, false, false, ANSWER_BYTES,
         ANSWER_BYTES},
        {"in the answer, TLS", IN_ANSWER_TLS, ANSWER_BYTES, 0, true, false,
         ANSWER_BYTES, ANSWER_BYTES},
        {"in the request", IN_REQUEST, 2 * HALF_REQUEST, 0, false, false,
         2 * HALF_REQUEST, 2 * HALF_REQUEST},
        {"in the request's first half, TLS", IN_FIRST_TLS, HALF_REQUEST, 0, true, false,
         HALF_REQUEST, HALF_REQUEST},
        {"in the request's second half, TLS", IN_SECOND_TLS, HALF_REQUEST, 0, true,
         false, HALF_REQUEST, HALF_REQUEST},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        run(&all[i]);
    net_end_table("stalls at every byte");
}

/* Of 400 KiB, the system takes what it likes; of 11 MiB it cannot take the rest. */
static void
silence_during_an_upload_ends_at_the_time_limit(void **state)
{
    static const stalls all[] = {
        {"in 400 KiB", IN_UPLOAD, MANY + 5, 300 * KIB, false, false, 4, MANY + 5},
        {"in 400 KiB, TLS", IN_UPLOAD_TLS, MANY + 5, 300 * KIB, true, false, 4,
         MANY + 5},
        {"in 11 MiB", IN_UPLOAD, MANY, HUGE, false, true, 0, 0},
        {"in 11 MiB, TLS", IN_UPLOAD_TLS, MANY, HUGE, true, true, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        run(&all[i]);
    net_end_table("stalls in uploads");
}

static void
silence_during_a_handshake_ends_at_the_time_limit(void **state)
{
    static const stalls all[] = {
        {"in the client's hello", IN_HELLO, MANY, 0, true, false, 0, 0},
        {"in the server's flight", IN_FLIGHT, MANY, 0, true, false, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        run(&all[i]);
    net_end_table("stalls in handshakes");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_at_any_byte_ends_at_the_time_limit),
        cmocka_unit_test(silence_during_an_upload_ends_at_the_time_limit),
        cmocka_unit_test(silence_during_a_handshake_ends_at_the_time_limit),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
