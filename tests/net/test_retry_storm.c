/* SPDX-License-Identifier: MIT */
/* test_retry_storm.c - a thousand jobs and a server that is dead or overloaded */
#define _POSIX_C_SOURCE 200809L

#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * A client has 50 retries to spend, which successes refill: with none of them, a
 * thousand jobs are 1,050 attempts at most, though each might make three. The clients
 * run at the same time, because a retry waits for a second and more.
 */
enum { JOBS = 1000, RETRIES = 50, IN_FLIGHT = 32, LIMIT_MS = 120000 };

#define BUSY                                                                           \
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 31\r\n\r\n"                   \
    "{\"code\":5001,\"message\":\"busy\"}\n"
static const raw_step SAYS_BUSY[] = {RAW_DO(REQUEST), RAW_TEXT(BUSY), RAW_DO(AGAIN)};

typedef struct storm {
    const char *name;
    const raw_step *steps; /* NULL: nobody listens */
    uint32_t run;
    klingrec_status status;
    klingrec_delivery delivery;
    raw_server *server;
    int nobody; /* in the server's place; -1: there is one */
    klingrec_client *client;
    unsigned submitted, ended, attempts, retried;
} storm;

static void
begin(storm *s)
{
    raw_server nobody = {0};
    s->nobody = -1;
    if (s->steps != NULL)
        s->server = net_server(s->steps, NULL);
    else
        s->nobody = net_nobody(&nobody.port);
    klingrec_config config = net_config(s->server != NULL ? s->server : &nobody, false);
    config.run = s->run;
    config.max_attempts = 3;
    config.max_in_flight = IN_FLIGHT;
    config.max_queued = 2 * IN_FLIGHT + RETRIES;
    config.log = NULL; /* a line for each */
    s->client = net_client(&config);
}

/* Submits until the queue is full, and polls. */
static void
go_on(storm *s)
{
    klingrec_request request = net_tiny_request();
    klingrec_result *result;
    while (s->submitted < JOBS &&
           klingrec_submit(s->client, &request, NULL) == KLINGREC_OK)
        s->submitted++;
    while (klingrec_poll(s->client, 0, &result) == KLINGREC_OK) {
        net_outcome got = net_outcome_of(result);
        (void)net_expect_outcome(s->name, &got, s->status, s->delivery, got.attempts);
        s->ended++;
        s->attempts += got.attempts;
        s->retried += got.attempts > 1;
    }
}

static void
judge(storm *s)
{
    klingrec_client_free(s->client);
    if (s->server != NULL)
        raw_server_stop(s->server);
    else
        (void)close(s->nobody);
    print_message("%s: %u attempts for %u jobs\n", s->name, s->attempts, s->ended);
    (void)net_expect(s->ended == JOBS, "%s: %u results", s->name, s->ended);
    (void)net_expect(s->attempts <= JOBS + RETRIES, "%s: %u attempts", s->name,
                     s->attempts);
    (void)net_expect(s->retried > 0, "%s: nothing was tried again", s->name);
    if (s->steps == SAYS_BUSY)
        (void)net_expect(s->server->requests == s->attempts,
                         "%s: %u requests for %u attempts", s->name,
                         s->server->requests, s->attempts);
    raw_server_free(s->server);
}

static void
a_dead_server_does_not_get_each_job_three_times(void **state)
{
    storm storms[] = {
#define STORM(name, steps, run, status, delivery)                                      \
    {name,                                                                             \
     steps,                                                                            \
     KLINGREC_RUN_##run,                                                               \
     KLINGREC_ERR_##status,                                                            \
     KLINGREC_DELIVERY_##delivery,                                                     \
     NULL,                                                                             \
     -1,                                                                               \
     NULL,                                                                             \
     0,                                                                                \
     0,                                                                                \
     0,                                                                                \
     0}
        STORM("nobody listens, caller", NULL, CALLER, CONNECT, NOT_SENT),
        STORM("nobody listens, thread", NULL, THREAD, CONNECT, NOT_SENT),
        STORM("503, caller", SAYS_BUSY, CALLER, SERVER, ANSWERED),
        STORM("503, thread", SAYS_BUSY, THREAD, SERVER, ANSWERED),
    };
    enum { COUNT = sizeof storms / sizeof storms[0] };
    const struct timespec moment = {0, 1000000};
    unsigned start = net_now_ms(), limit = net_patience(LIMIT_MS), left = COUNT;
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        begin(&storms[i]);
    while (left > 0 && net_now_ms() - start < limit) {
        left = 0;
        for (size_t i = 0; i < COUNT; i++) {
            go_on(&storms[i]);
            left += storms[i].ended < JOBS;
        }
        (void)nanosleep(&moment, NULL);
    }
    print_message("%u ms\n", net_now_ms() - start);
    for (size_t i = 0; i < COUNT; i++)
        judge(&storms[i]);
    net_end_table("jobs of storms");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_server_does_not_get_each_job_three_times),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
