/* SPDX-License-Identifier: MIT */
/* test_threads.c - a client of KLINGREC_RUN_THREAD that is used by many threads */
#include "../between.h"
#include "../sampling.h"
#include "net.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 8, JOBS_EACH = 150, JOBS = THREADS * JOBS_EACH, CALLS = 10000 };

static const raw_step answering[] = {RAW_DO(REQUEST), RAW_TEXT(NET_SUCCESS),
                                     RAW_DO(AGAIN)};

typedef struct crowd {
    klingrec_client *client;
    pthread_mutex_t lock;
    unsigned char results[JOBS]; /* of each job */
    unsigned char releases[JOBS];
    unsigned taken;
    unsigned answered;
    unsigned canceled;
    unsigned blocked; /* calls of klingrec_recognize() that were answered */
    bool cancels;
} crowd;

typedef struct member {
    crowd *crowd;
    unsigned number;
    pthread_t thread;
} member;

static crowd *all; /* release() is told the job's own counter only */

static void
count_release(void *release_user)
{
    unsigned char *counter = release_user;
    (void)pthread_mutex_lock(&all->lock);
    all->releases[counter - all->results]++;
    (void)pthread_mutex_unlock(&all->lock);
}

static void
take_one(crowd *c, int timeout_ms)
{
    klingrec_result *result = NULL;
    if (klingrec_poll(c->client, timeout_ms, &result) != KLINGREC_OK)
        return;
    unsigned char *counter = klingrec_result_user_data(result);
    (void)pthread_mutex_lock(&c->lock);
    ++*counter;
    c->taken++;
    c->answered += klingrec_result_status(result) == KLINGREC_OK;
    c->canceled += klingrec_result_status(result) == KLINGREC_ERR_CANCELED;
    (void)pthread_mutex_unlock(&c->lock);
    klingrec_result_free(result);
}

/* Submits, polls results of all threads, and sometimes cancels or blocks. */
static void *
run_member(void *user)
{
    member *self = user;
    crowd *c = self->crowd;

    for (unsigned i = 0; i < JOBS_EACH;) {
        klingrec_request request = net_tiny_request();
        klingrec_job job = 0;
        request.user_data = &c->results[self->number * JOBS_EACH + i];
        request.release = count_release;
        request.release_user = request.user_data;
        bool accepted = klingrec_submit(c->client, &request, &job) == KLINGREC_OK;
        if (accepted) {
            i++;
            if (c->cancels && i % 7 == 0)
                (void)klingrec_cancel(c->client, job);
        }
        take_one(c, !accepted || i % 16 == 0 ? 1 : 0);
        if (i % 50 == 1) {
            request.user_data = NULL;
            request.release = NULL;
            klingrec_result *result = NULL;
            klingrec_status status = klingrec_recognize(c->client, &request, &result);
            (void)pthread_mutex_lock(&c->lock);
            c->blocked += status == KLINGREC_OK;
            (void)pthread_mutex_unlock(&c->lock);
            klingrec_result_free(result);
        }
        (void)klingrec_pending(c->client);
        klingrec_stats stats = klingrec_stats_default();
        (void)klingrec_client_stats(c->client, &stats);
    }
    return NULL;
}

static void
crowd_start(crowd *c, member *members, const klingrec_config *config)
{
    memset(c, 0, sizeof *c);
    all = c;
    assert_int_equal(pthread_mutex_init(&c->lock, NULL), 0);
    c->client = net_client(config);
    for (unsigned i = 0; i < THREADS; i++) {
        members[i].crowd = c;
        members[i].number = i;
    }
}

static void
crowd_run(member *members)
{
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&members[i].thread, NULL, run_member, &members[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        (void)pthread_join(members[i].thread, NULL);
}

static klingrec_config
threaded_config(const raw_server *server)
{
    klingrec_config config = net_config(server, false);
    config.run = KLINGREC_RUN_THREAD;
    config.max_in_flight = 16;
    config.max_queued = 100;
    return config;
}

static void
eight_threads_share_a_client_and_each_job_has_one_result(void **state)
{
    (void)state;
    static crowd c;
    member members[THREADS];
    for (int cancels = 0; cancels <= 1; cancels++) {
        raw_server *server = net_server(answering, NULL);
        klingrec_config config = threaded_config(server);
        crowd_start(&c, members, &config);
        c.cancels = cancels != 0;
        crowd_run(members);
        while (klingrec_pending(c.client) > 0)
            take_one(&c, -1);
        for (unsigned i = 0; i < JOBS; i++) {
            assert_int_equal(c.results[i], 1);
            assert_int_equal(c.releases[i], 1);
        }
        assert_int_equal(c.taken, JOBS);
        assert_between(c.blocked, THREADS * (JOBS_EACH / 50), JOBS);
        assert_int_equal(c.answered + c.canceled, JOBS);
        assert_int_equal(c.canceled > 0, cancels != 0);
        klingrec_client_free(c.client);
        raw_server_stop(server);
        raw_server_free(server);
    }
}

/* Each job is released once, whatever its state is when the client is freed. */
static void
a_client_that_is_freed_early_releases_every_job(void **state)
{
    (void)state;
    static crowd c;
    member members[THREADS];
    for (unsigned round = 0; round < 30; round++) {
        raw_server *server = net_server(answering, NULL);
        klingrec_config config = threaded_config(server);
        crowd_start(&c, members, &config);
        unsigned accepted = 0;
        for (; accepted < 60; accepted++) {
            klingrec_request request = net_tiny_request();
            request.user_data = &c.results[accepted];
            request.release = count_release;
            request.release_user = request.user_data;
            assert_int_equal(klingrec_submit(c.client, &request, NULL), KLINGREC_OK);
            if (accepted % 30 == round)
                take_one(&c, 1);
        }
        klingrec_client_free(c.client);
        for (unsigned i = 0; i < accepted; i++)
            assert_int_equal(c.releases[i], 1);
        raw_server_stop(server);
        raw_server_free(server);
    }
}

/* ---- What the host lends -------------------------------------------------------- */

/* The thread that may call release, and the number of calls. */
static struct {
    pthread_t taker;
    unsigned released, elsewhere;
} lent;

static void
free_lent(void *release_user)
{
    free(release_user);
    lent.released++;
    lent.elsewhere += pthread_equal(pthread_self(), lent.taker) == 0;
}

/* Data of its own for release(), and a context that the result names. */
static klingrec_request
lend(unsigned i)
{
    klingrec_request request = net_tiny_request();
    unsigned *context = malloc(sizeof *context);
    void *data = malloc(strlen(request.data) + 1); /* a URL */
    assert_true(context != NULL && data != NULL);
    memcpy(data, request.data, strlen(request.data) + 1);
    *context = i;
    request.data = data;
    request.user_data = context;
    request.release = free_lent;
    request.release_user = data;
    return request;
}

static void
take_back(klingrec_client *client, bool *seen)
{
    klingrec_result *result;
    unsigned before = lent.released;
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK) {
        unsigned *context = klingrec_result_user_data(result);
        assert_int_equal(lent.released, ++before); /* its own, before it was seen */
        assert_false(seen[*context]);
        seen[*context] = true;
        klingrec_result_free(result);
        free(context);
    }
}

/* However a job ends, release is called on the thread that polls its result or frees
   the client. The context stays valid until the host has seen the result. */
static void
release_is_called_once_on_the_thread_that_polls(void **state)
{
    enum { LENT = 60 };
    (void)state;
    for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
        bool seen[LENT] = {false};
        void *contexts[LENT];
        raw_server *server = net_server(answering, NULL);
        klingrec_config config = threaded_config(server);
        config.run = run;
        klingrec_client *client = net_client(&config);
        memset(&lent, 0, sizeof lent);
        lent.taker = pthread_self();
        for (unsigned i = 0; i < LENT; i++) {
            klingrec_request request = lend(i);
            assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
            if (i == LENT / 2) /* some are answered */
                take_back(client, seen);
        }
        assert_int_equal(klingrec_cancel(client, 0), KLINGREC_OK);
        take_back(client, seen); /* and all others are released too */
        for (unsigned i = 0; i < LENT; i++)
            assert_true(seen[i]);
        assert_int_equal(lent.released, LENT);

        /* Jobs that are not polled are released by klingrec_client_free(). */
        for (unsigned i = 0; i < LENT; i++) {
            klingrec_request request = lend(i);
            contexts[i] = request.user_data;
            assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
        }
        klingrec_client_free(client);
        assert_int_equal(lent.released, 2 * LENT);
        assert_int_equal(lent.elsewhere, 0);
        for (unsigned i = 0; i < LENT; i++)
            free(contexts[i]);
        raw_server_stop(server);
        raw_server_free(server);
    }
}

static void
wake(void *user)
{
    crowd *c = user;
    (void)pthread_mutex_lock(&c->lock);
    c->taken++;
    (void)pthread_mutex_unlock(&c->lock);
}

static void
the_wakeup_hook_is_called_when_a_result_is_ready(void **state)
{
    (void)state;
    static crowd c;
    member members[THREADS];
    raw_server *server = net_server(answering, NULL);
    klingrec_config config = threaded_config(server);
    config.wakeup = wake;
    config.wakeup_user = &c;
    crowd_start(&c, members, &config);
    klingrec_request request = net_tiny_request();
    klingrec_result *result = NULL;
    assert_int_equal(klingrec_submit(c.client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(c.client, -1, &result), KLINGREC_OK);
    klingrec_result_free(result);
    klingrec_client_free(c.client);
    assert_int_equal(c.taken, 1);
    raw_server_stop(server);
    raw_server_free(server);
}

typedef struct gate {
    pthread_t thread; /* that asked */
    unsigned asked;
    uint32_t answers[4];
} gate;

static uint32_t
admit(void *user)
{
    gate *g = user;
    g->thread = pthread_self();
    return g->answers[g->asked < 3 ? g->asked++ : 3];
}

/* Read after the client and its thread have ended. */
static void
the_admit_hook_is_asked_on_the_clients_thread_and_a_wait_can_be_canceled(void **state)
{
    (void)state;
    raw_server *server = net_server(answering, NULL);
    klingrec_config config = net_config(server, false);
    gate g = {pthread_self(), 0, {40, 40, 0, 3600000}};
    config.run = KLINGREC_RUN_THREAD;
    config.admit = admit;
    config.admit_user = &g;
    klingrec_client *client = net_client(&config);
    klingrec_request request = net_tiny_request();
    net_outcome outcome = net_ask(client, &request);
    assert_int_equal(outcome.status, KLINGREC_OK);
    assert_true(outcome.ms >= 80);

    klingrec_result *result = NULL;
    klingrec_job job = 0;
    unsigned begun = net_now_ms();
    assert_int_equal(klingrec_submit(client, &request, &job), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 100, &result), KLINGREC_PENDING);
    assert_int_equal(klingrec_cancel(client, job), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, -1, &result), KLINGREC_OK);
    assert_true(net_now_ms() - begun < 20000); /* and not an hour */
    outcome = net_outcome_of(result);
    assert_int_equal(outcome.status, KLINGREC_ERR_CANCELED);
    assert_int_equal(outcome.delivery, KLINGREC_DELIVERY_NOT_SENT);
    assert_int_equal(klingrec_submit(client, &request, &job), KLINGREC_OK);
    klingrec_client_free(client); /* does not wait for the hour to pass */
    raw_server_stop(server);
    assert_int_equal(g.asked, 3);
    assert_false(pthread_equal(g.thread, pthread_self()));
    assert_int_equal(server->requests, 1);
    raw_server_free(server);
}

/* Pages of this process in memory. */
static unsigned long
resident_pages(void)
{
    unsigned long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &total, &resident), 2);
    (void)fclose(file);
    return resident;
}

/* ---- Threads that hand out what others submit ------------------------------- */

typedef struct pump {
    klingrec_client *client;
    unsigned taken;
    klingrec_status last;
} pump;

static void *
run_pump(void *user)
{
    pump *p = user;
    klingrec_result *result;
    while ((p->last = klingrec_wait(p->client, -1, &result)) == KLINGREC_OK) {
        p->taken++;
        klingrec_result_free(result);
    }
    return NULL;
}

static void
a_waiting_thread_gets_every_result_and_returns_at_shutdown(void **state)
{
    enum { PUMPS = 3, GIVEN = 60 };
    pump pumps[PUMPS];
    pthread_t threads[PUMPS];
    klingrec_result *result;
    unsigned taken = 0;
    (void)state;
    raw_server *server = net_server(answering, NULL);
    klingrec_config config = net_config(server, false);
    config.run = KLINGREC_RUN_THREAD;
    klingrec_client *client = net_client(&config);
    klingrec_request request = net_tiny_request();
    /* It waits although the queue is empty. */
    assert_int_equal(klingrec_wait(client, 20, &result), KLINGREC_PENDING);
    for (int i = 0; i < PUMPS; i++) {
        pumps[i] = (pump){.client = client};
        assert_int_equal(pthread_create(&threads[i], NULL, run_pump, &pumps[i]), 0);
    }
    for (int i = 0; i < GIVEN; i++)
        assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    while (klingrec_pending(client) > 0)
        (void)sched_yield();
    assert_int_equal(klingrec_shutdown(client), KLINGREC_OK);
    for (int i = 0; i < PUMPS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(pumps[i].last, KLINGREC_IDLE);
        taken += pumps[i].taken;
    }
    assert_int_equal(taken, GIVEN);
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_ERR_CANCELED);
    klingrec_client_free(client);
    raw_server_free(server);
}

static void
ten_thousand_calls_leave_files_threads_and_memory_as_they_were(void **state)
{
    (void)state;
    raw_server *server = net_server(answering, NULL);
    klingrec_config config = net_config(server, false);
    config.run = KLINGREC_RUN_THREAD;
    klingrec_client *client = net_client(&config);
    klingrec_request request = net_tiny_request();
    unsigned files = 0, threads = 0;
    unsigned long pages = 0;
    /* Memory checkers use memory of their own and need a larger tolerance. */
    bool is_watched = net_is_watched();
    unsigned calls = is_watched ? CALLS / 10 / thin() : CALLS;

    for (unsigned i = 0; i < calls; i++) {
        net_outcome outcome = net_ask(client, &request);
        assert_int_equal(outcome.status, KLINGREC_OK);
        if (i == calls / 10) { /* by now all caches are filled */
            files = net_count_files(0);
            threads = net_count_threads(0);
            pages = resident_pages();
        }
    }
    assert_int_equal(net_count_files(files), files);
    assert_int_equal(net_count_threads(threads), threads);
    unsigned long pages_after = resident_pages();
    klingrec_client_free(client);
    raw_server_stop(server);
    assert_int_equal(server->requests, calls);
    assert_int_equal(server->connections, net_libcurl_keeps() ? 1 : calls);
    /* 1 MiB, and what the server here has written down of every request; tools that
       watch memory keep more of it themselves. */
    unsigned long log_pages = server->clear.len / 4096;
    if (!is_watched)
        assert_between(pages_after, 0, pages + 256 + 2 * log_pages);
    raw_server_free(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_threads_share_a_client_and_each_job_has_one_result),
        cmocka_unit_test(a_client_that_is_freed_early_releases_every_job),
        cmocka_unit_test(release_is_called_once_on_the_thread_that_polls),
        cmocka_unit_test(the_wakeup_hook_is_called_when_a_result_is_ready),
        cmocka_unit_test(
            the_admit_hook_is_asked_on_the_clients_thread_and_a_wait_can_be_canceled),
        cmocka_unit_test(a_waiting_thread_gets_every_result_and_returns_at_shutdown),
        cmocka_unit_test(
            ten_thousand_calls_leave_files_threads_and_memory_as_they_were),
    };
    return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
