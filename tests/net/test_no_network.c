/* SPDX-License-Identifier: MIT */
/* test_no_network.c - a machine without a network */
#define _GNU_SOURCE /* unshare */

#include "net.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Moves this process into a network namespace whose only interface is a loopback
   that is down. If that is not permitted, the tests are skipped. */
static bool alone;

static const struct {
    const char *name;
    const char *endpoint;
    klingrec_status status;
} PLACES[] = {
    {"an IPv4 address", "https://192.0.2.1/", KLINGREC_ERR_CONNECT},
    {"an IPv6 address", "https://[2001:db8::1]/", KLINGREC_ERR_CONNECT},
    {"this machine", "http://127.0.0.1:9/", KLINGREC_ERR_CONNECT},
    {"this machine, IPv6", "http://[::1]:9/", KLINGREC_ERR_CONNECT},
    {"a name", "https://api.example/", KLINGREC_ERR_RESOLVE},
};

static void
ask(size_t i, uint32_t run)
{
    const raw_server nobody = {.port = 9};
    klingrec_config config = net_config(&nobody, false);
    klingrec_request request = net_tiny_request();
    config.endpoint = PLACES[i].endpoint;
    config.run = run;
    net_outcome got = {0};
    bool quick = false;
    for (int k = 0; k < NET_TRIES && !quick; k++) {
        got = net_ask_once(&config, &request);
        quick = net_is_quick(got.ms, 200);
    }
    (void)net_expect_outcome(PLACES[i].name, &got, PLACES[i].status,
                             KLINGREC_DELIVERY_NOT_SENT, 1);
    (void)net_expect(quick, "%s: %u ms", PLACES[i].name, got.ms);
}

static void
without_a_route_a_job_ends_at_once(void **state)
{
    (void)state;
    if (!alone) {
        print_message("left out: no network of its own is permitted here\n");
        skip();
    }
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        ask(i, KLINGREC_RUN_CALLER);
        ask(i, KLINGREC_RUN_THREAD);
    }
    net_end_table("no route");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_route_a_job_ends_at_once),
    };
    /* Before other threads exist: unshare() requires it. */
    alone = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
