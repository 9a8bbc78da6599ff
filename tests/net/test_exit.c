/* SPDX-License-Identifier: MIT */
/* test_exit.c - programs that exit, fork or unload with a live client: test_exit
   EXITING_PROGRAM UNLOADING_PROGRAM PLUGIN_ON_SHARED PLUGIN_ON_ARCHIVE */
#define _POSIX_C_SOURCE 200809L

#include "../sampling.h"
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The library waits 2000 ms for a thread that hangs; a program needs time to start. */
enum { EXITS = 150, EXITS_OTHERWISE = 20, STUCK_MS = 2000, START_MS = 5000 };

#define ONE  RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS)
#define FIVE ONE, ONE, ONE, ONE, ONE
static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};
static const raw_step KEEP_TLS[] = {RAW_DO(TLS), FIVE, FIVE, RAW_DO(END)};
static const raw_step SILENCE[] = {RAW_DO(STALL)};
static const raw_step SILENCE_TLS[] = {RAW_DO(TLS), RAW_DO(STALL)};

static char **programs;
enum { LEAVER = 1, UNLOADER, PLUGIN_ON_SHARED, PLUGIN_ON_ARCHIVE };

/* The exit code; negative: the signal that ended the program. */
static int
run_program(const char *path, const char *first, const raw_server *server, bool tls,
            unsigned number)
{
    char endpoint[80], text[16];
    int status = 0;
    snprintf(endpoint, sizeof endpoint, "%s://127.0.0.1:%u/", tls ? "https" : "http",
             server->port);
    snprintf(text, sizeof text, "%u", number);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl(path, path, first, endpoint, net_authority()->ca_file, text,
                    (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* How often, each time a little later in the life of the client. Fewer without TLS,
   whose library may be unloaded before a thread ends; 1 in thin() with slow tools. */
static void
expect_good_ends(const char *mode, unsigned times, unsigned step)
{
    unsigned connections = 0;
    times = (times + thin() - 1) / thin();
    for (int tls = 0; tls <= 1; tls++) {
        raw_server *server = net_server(tls ? KEEP_TLS : KEEP, NULL);
        for (unsigned i = 0; i < (tls ? times : (times + 4) / 5); i++) {
            int code = run_program(programs[LEAVER], mode, server, tls != 0, i * step);
            (void)net_expect(code == 0, "%s, %s, %u: ends with %d", mode,
                             tls ? "https" : "http", i, code);
        }
        raw_server_stop(server);
        connections += server->connections;
        raw_server_free(server);
    }
    /* On a slow machine all may end before they have started. */
    (void)net_expect(connections > 0 || net_stretch() > 1, "%s: nobody came", mode);
}

static void
a_program_may_return_from_main_while_its_client_works(void **state)
{
    (void)state;
    expect_good_ends("main", EXITS, 1);
    net_end_table("exits");
}

static void
exit_handlers_find_a_client_that_has_ended(void **state)
{
    (void)state;
    expect_good_ends("late", EXITS_OTHERWISE, 7);
    expect_good_ends("late-caller", EXITS_OTHERWISE, 7);
    net_end_table("late uses");
}

static void
any_thread_may_call_exit_also_the_librarys(void **state)
{
    (void)state;
    expect_good_ends("poll", EXITS_OTHERWISE, 7);
    expect_good_ends("hook", EXITS_OTHERWISE, 2); /* of 50 or more */
    expect_good_ends("reader", EXITS_OTHERWISE, 7);
    net_end_table("exits of other threads");
}

/* Nor do connections that nobody answers on, and attempts that are under way. */
static void
a_hanging_hook_delays_the_exit_by_at_most_two_seconds(void **state)
{
    (void)state;
    for (int tls = 0; tls <= 1; tls++) {
        raw_server *server = net_server(tls ? SILENCE_TLS : SILENCE, NULL);
        unsigned begun = net_now_ms();
        int code = run_program(programs[LEAVER], "main", server, tls != 0, 0);
        unsigned ms = net_now_ms() - begun;
        (void)net_expect(code == 0, "silence: ends with %d", code);
        for (int i = 1; i < NET_TRIES && ms >= STUCK_MS; i++) {
            begun = net_now_ms();
            (void)run_program(programs[LEAVER], "main", server, tls != 0, 0);
            ms = net_now_ms() - begun;
        }
        (void)net_expect(ms < STUCK_MS + net_slack_ms(), "silence: %u ms", ms);
        begun = net_now_ms();
        code = run_program(programs[LEAVER], "stuck", server, tls != 0, 0);
        ms = net_now_ms() - begun;
        (void)net_expect(code == 0, "stuck: ends with %d", code);
        (void)net_expect(ms >= STUCK_MS - 1 &&
                             ms < STUCK_MS + START_MS + 10 * net_slack_ms(),
                         "stuck: %u ms", ms);
        raw_server_free(server);
    }
    net_end_table("exits that wait");
}

static void
a_forked_child_can_neither_use_nor_disturb_the_parents_client(void **state)
{
    static const struct {
        const char *mode;
        unsigned connections; /* 0: any number */
    } rows[] = {{"fork-thread", 2}, {"fork-caller", 2}, {"fork-busy", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int tls = 0; tls <= 1; tls++) {
            raw_server *server = net_server(tls ? KEEP_TLS : KEEP, NULL);
            int code = run_program(programs[LEAVER], rows[i].mode, server, tls != 0, 0);
            raw_server_stop(server);
            (void)net_expect(code == 0, "%s: ends with %d", rows[i].mode, code);
            (void)net_expect(rows[i].connections == 0 || !net_libcurl_keeps() ||
                                 server->connections == rows[i].connections,
                             "%s: %u connections", rows[i].mode, server->connections);
            raw_server_free(server);
        }
    net_end_table("forks");
}

static void
a_plugin_may_be_unloaded_while_its_client_works(void **state)
{
    (void)state;
    for (int plugin = PLUGIN_ON_SHARED; plugin <= PLUGIN_ON_ARCHIVE; plugin++)
        for (int tls = 0; tls <= 1; tls++) {
            raw_server *server = net_server(tls ? KEEP_TLS : KEEP, NULL);
            int code =
                run_program(programs[UNLOADER], programs[plugin], server, tls != 0, 0);
            (void)net_expect(code == 0, "%s: ends with %d", programs[plugin], code);
            raw_server_free(server);
        }
    net_end_table("unloads");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_may_return_from_main_while_its_client_works),
        cmocka_unit_test(exit_handlers_find_a_client_that_has_ended),
        cmocka_unit_test(any_thread_may_call_exit_also_the_librarys),
        cmocka_unit_test(a_hanging_hook_delays_the_exit_by_at_most_two_seconds),
        cmocka_unit_test(a_forked_child_can_neither_use_nor_disturb_the_parents_client),
        cmocka_unit_test(a_plugin_may_be_unloaded_while_its_client_works),
    };
    if (argc <= PLUGIN_ON_ARCHIVE)
        return 2;
    programs = argv;
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
