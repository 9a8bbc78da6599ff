/* SPDX-License-Identifier: MIT */
/* test_machine_speed.c - the helpers of the network tests: signals and time limits */
#define _DEFAULT_SOURCE

#include "net.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const int NUMBERS[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD};
enum { COUNT = sizeof NUMBERS / sizeof NUMBERS[0] };

/* main() has ignored and blocked these, as nohup and others do. */
static void
signals_have_their_default_action_in_every_test(void **state)
{
    struct sigaction action;
    sigset_t mask;
    (void)state;
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(sigaction(NUMBERS[i], NULL, &action), 0);
        (void)net_expect(action.sa_handler != SIG_IGN, "%d is ignored", NUMBERS[i]);
        (void)net_expect(sigismember(&mask, NUMBERS[i]) == 0, "%d is blocked",
                         NUMBERS[i]);
    }
    net_end_table("signals");
}

/* The allowance depends on the measured speed only. */
static void
early_and_late_times_are_not_in_time(void **state)
{
    (void)state;
    assert_true(net_stretch() >= 1);
    assert_true(net_patience(1000) >= 1000);
    assert_true(net_in_time(1000, 1000) && net_in_time(999, 1000));
    assert_true(net_in_time(1000 + NET_OVERRUN_MS, 1000));
    assert_false(net_in_time(998, 1000));
    assert_false(net_in_time(0, 1000));
    unsigned late = 1000 * NET_OVERRUN_MS; /* no machine is that slow */
    assert_false(net_in_time(1000 + late, 1000));
    assert_false(net_in_time_after(1000 + 1000 * late, 1000, NET_OVERRUN_MS));
    assert_true(net_is_quick(10, 10));
    assert_false(net_is_quick(10000000, 10));
}

/* On a machine of this speed a sleep is usually in time. */
static void
an_exact_wait_is_in_time_on_any_machine(void **state)
{
    enum { LIMIT_MS = 50 };
    bool in_time = false;
    (void)state;
    for (int i = 0; i < NET_TRIES && !in_time; i++) {
        unsigned begun = net_now_ms();
        (void)usleep(LIMIT_MS * 1000);
        in_time = net_in_time(net_now_ms() - begun, LIMIT_MS);
    }
    assert_true(in_time);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_have_their_default_action_in_every_test),
        cmocka_unit_test(early_and_late_times_are_not_in_time),
        cmocka_unit_test(an_exact_wait_is_in_time_on_any_machine),
    };
    sigset_t mask;
    (void)sigemptyset(&mask);
    for (int i = 0; i < COUNT; i++) {
        (void)signal(NUMBERS[i], SIG_IGN);
        (void)sigaddset(&mask, NUMBERS[i]);
    }
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
