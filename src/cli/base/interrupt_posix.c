/* SPDX-License-Identifier: MIT */
/* interrupt_posix.c - SIGINT, SIGTERM and SIGHUP as a flag that the program polls */
#include "base/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

static volatile sig_atomic_t caught;

static void
on_signal(int number)
{
    /* When a terminal is closed, both the shell and the kernel send SIGHUP. */
    if (number == SIGHUP && caught > 0)
        return;
    if (caught < 2)
        caught++;
    if (caught == 2) {
        (void)signal(SIGINT, SIG_DFL);
        (void)signal(SIGTERM, SIG_DFL);
        (void)signal(SIGHUP, SIG_DFL);
    }
}

/* A signal that is ignored at the start stays ignored: nohup and "&" rely on it. */
static void
catch_signal(int number)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        (void)sigaction(number, &action, NULL);
}

void
cli_interrupt_setup(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigaction(SIGXFSZ, &action, NULL); /* ulimit -f: as a full disk */
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
}

void
cli_interrupt_reads(bool begin)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sigaction(numbers[i], NULL, &action) == 0 &&
            action.sa_handler == on_signal) {
            action.sa_flags = begin ? 0 : SA_RESTART;
            (void)sigaction(numbers[i], &action, NULL);
        }
}

void
cli_interrupt_sleep(int ms)
{
    (void)poll(NULL, 0, ms);
}

bool
cli_interrupted(void)
{
    return caught != 0;
}

bool
cli_interrupted_twice(void)
{
    return caught > 1;
}
