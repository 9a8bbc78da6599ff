/* SPDX-License-Identifier: MIT */
/* test_thread_setup.c - start hook, priority, CPUs and stack of the client's thread */
#define _GNU_SOURCE /* pthread_setattr_default_np, sched_getaffinity */

#include "net.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <cmocka.h>

static const raw_step KEEP[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS), RAW_DO(AGAIN)};

/* Filled in by hooks, and read after the client and its thread have ended. */
typedef struct place {
    unsigned starts;
    unsigned others; /* hooks before the start */
    pthread_t thread;
    pthread_t admit_thread;
    char name[16];
    int policy;
    int priority;
    int cpus;
    size_t stack;
} place;

static void
on_start(void *user)
{
    place *p = user;
    struct sched_param param = {0};
    pthread_attr_t attributes;
    cpu_set_t cpus;
    p->starts++;
    p->thread = pthread_self();
    (void)prctl(PR_GET_NAME, p->name);
    (void)pthread_getschedparam(pthread_self(), &p->policy, &param);
    p->priority = param.sched_priority;
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
        p->cpus = CPU_COUNT(&cpus);
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        (void)pthread_attr_getstacksize(&attributes, &p->stack);
        (void)pthread_attr_destroy(&attributes);
    }
}

static uint32_t
on_admit(void *user)
{
    place *p = user;
    p->others += p->starts == 0;
    p->admit_thread = pthread_self();
    return 0;
}

static void
on_log(void *user, uint32_t level, const char *line)
{
    place *p = user;
    (void)level;
    (void)line;
    p->others += p->starts == 0;
}

static place
look(const raw_server *server, uint32_t run)
{
    place p = {0};
    klingrec_config config = net_config(server, false);
    klingrec_request request = net_tiny_request();
    config.run = run;
    config.thread_start = on_start;
    config.thread_start_user = &p;
    config.admit = on_admit;
    config.admit_user = &p;
    config.log = on_log;
    config.log_user = &p;
    net_outcome got = net_ask_once(&config, &request);
    assert_int_equal(got.status, KLINGREC_OK);
    return p;
}

static void
the_start_hook_runs_first_and_once_on_the_clients_thread(void **state)
{
    (void)state;
    raw_server *server = net_server(KEEP, NULL);
    place p = look(server, KLINGREC_RUN_THREAD);
    assert_int_equal(p.starts, 1);
    assert_int_equal(p.others, 0);
    assert_false(pthread_equal(p.thread, pthread_self()));
    assert_true(pthread_equal(p.thread, p.admit_thread));
    assert_string_equal(p.name, "klingrec");
    p = look(server, KLINGREC_RUN_CALLER);
    assert_int_equal(p.starts, 0);
    assert_true(pthread_equal(p.admit_thread, pthread_self()));
    raw_server_free(server);
}

typedef struct host {
    const raw_server *server;
    int policy;
    int priority;
    bool permitted;
    place seen;
} host;

/* A thread of the host with a scheduling of its own, on one CPU, makes the client. */
static void *
run_host(void *user)
{
    host *h = user;
    cpu_set_t cpus;
    struct sched_param param = {0};
    param.sched_priority = h->priority;
    (void)sched_getaffinity(0, sizeof cpus, &cpus);
    for (size_t i = 0, kept = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &cpus) && kept++ > 0)
            CPU_CLR(i, &cpus);
    (void)sched_setaffinity(0, sizeof cpus, &cpus);
    (void)prctl(PR_SET_NAME, "host");
    h->permitted = pthread_setschedparam(pthread_self(), h->policy, &param) == 0;
    if (h->permitted)
        h->seen = look(h->server, KLINGREC_RUN_THREAD);
    return NULL;
}

static void
the_thread_has_the_cpus_of_its_host_but_not_its_priority(void **state)
{
    static const struct {
        const char *name;
        int policy;
        int priority;
    } rows[] = {
        {"SCHED_OTHER", SCHED_OTHER, 0}, {"SCHED_BATCH", SCHED_BATCH, 0},
        {"SCHED_FIFO", SCHED_FIFO, 10},  {"SCHED_RR", SCHED_RR, 10},
        {"SCHED_IDLE", SCHED_IDLE, 0},
    };
    (void)state;
    raw_server *server = net_server(KEEP, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pthread_t thread;
        host h = {server, rows[i].policy, rows[i].priority, false, {0}};
        assert_int_equal(pthread_create(&thread, NULL, run_host, &h), 0);
        (void)pthread_join(thread, NULL);
        if (!h.permitted) {
            print_message("%s: not permitted here\n", rows[i].name);
            continue;
        }
        /* A thread with SCHED_IDLE may not be allowed to create a normal one. */
        bool as_host = rows[i].policy == SCHED_IDLE && h.seen.policy == SCHED_IDLE;
        (void)net_expect(h.seen.policy == SCHED_OTHER || as_host, "%s: policy %d",
                         rows[i].name, h.seen.policy);
        (void)net_expect(h.seen.priority == 0, "%s: priority %d", rows[i].name,
                         h.seen.priority);
        (void)net_expect(h.seen.cpus == 1, "%s: %d CPUs", rows[i].name, h.seen.cpus);
        (void)net_expect(strcmp(h.seen.name, "klingrec") == 0, "%s: called %s",
                         rows[i].name, h.seen.name);
    }
    raw_server_free(server);
    net_end_table("scheduling");
}

/* As deep as jansson goes; musl's threads have 128 KiB, and ulimit -s can give less. */
static void
a_deeply_nested_answer_fits_into_a_small_stack(void **state)
{
    enum { DEPTH = 2040, SMALL = 64 * 1024, ENOUGH = 512 * 1024 };
    static char answer[2 * DEPTH + 200];
    pthread_attr_t attributes, before;
    char *end = answer;
    (void)state;
    end +=
        sprintf(end, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{\"code\":0,\"x\":",
                2 * DEPTH + 15);
    memset(end, '[', DEPTH);
    memset(end + DEPTH, ']', DEPTH);
    end[2 * DEPTH] = '}';
    const raw_step steps[] = {
        RAW_DO(REQUEST),
        {.op = RAW_SEND, .data = answer, .len = (size_t)(end - answer) + 2 * DEPTH + 1},
        RAW_DO(AGAIN)};

    assert_int_equal(pthread_getattr_default_np(&before), 0);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, SMALL), 0);
    raw_server *server = net_server(steps, NULL);
    place p = {0};
    klingrec_config config = net_config(server, false);
    klingrec_request request = net_tiny_request();
    config.run = KLINGREC_RUN_THREAD;
    config.thread_start = on_start;
    config.thread_start_user = &p;
    assert_int_equal(pthread_setattr_default_np(&attributes), 0);
    klingrec_client *client = net_client(&config);
    assert_int_equal(pthread_setattr_default_np(&before), 0);
    net_outcome got = net_ask(client, &request);
    klingrec_client_free(client);
    assert_int_equal(got.delivery, KLINGREC_DELIVERY_ANSWERED);
    assert_int_equal(got.http_status, 200);
    assert_true(p.stack >= ENOUGH);
    raw_server_free(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_start_hook_runs_first_and_once_on_the_clients_thread),
        cmocka_unit_test(the_thread_has_the_cpus_of_its_host_but_not_its_priority),
        cmocka_unit_test(a_deeply_nested_answer_fits_into_a_small_stack),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
