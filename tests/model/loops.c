/* SPDX-License-Identifier: MIT */
/* loops.c - the calls of a random program that event loops use, and wrong ones */
#include "host.h"

#include <poll.h>

enum { LONGEST_MS = 30000 };

/* ---- Event loops -------------------------------------------------------------- */

/* A host that only waits for the hook wakeup() gets its results. */
static void
wait_for_wakeups(void)
{
    for (;;) {
        unsigned before = model_wakeups();
        uint64_t until_ms = world_now_ms() + LONGEST_MS;
        if (host_take(false, 0, false) != KLINGREC_PENDING)
            return;
        while (model_wakeups() == before) {
            MUST(world_now_ms() < until_ms, "no wakeup() tells of a result");
            world_pass_ms(1);
        }
    }
}

/* A thread that is alone gets a result whenever the descriptor is readable, and it is
   readable as long as there is one. */
void
call_fd(const program_step *step)
{
    intptr_t fd = 77;
    klingrec_status status = klingrec_client_fd(host.client, &fd);
    if (host.program->config.run == KLINGREC_RUN_CALLER) {
        MUST(status == KLINGREC_ERR_ARGUMENT && fd == -1,
             "a descriptor without a thread");
        return;
    }
    (void)pthread_mutex_lock(&host.lock);
    MUST(status == KLINGREC_OK && fd >= 0 && (host.fd < 0 || host.fd == fd),
         "no descriptor, or another one");
    host.fd = fd;
    (void)pthread_mutex_unlock(&host.lock);
    if (!host_is_alone())
        return;
    if (step->a % 2 == 0) {
        wait_for_wakeups();
        return;
    }
    bool due = model_has_waiting();
    struct pollfd p = {(int)fd, POLLIN, 0};
    bool readable = poll(&p, 1, due ? LONGEST_MS : 0) == 1;
    MUST(readable == due, "the descriptor is %sreadable", readable ? "" : "not ");
    if (readable)
        MUST(host_take(false, 0, false) == KLINGREC_OK, "readable, and no result");
}

/* In virtual time no limit may pass while a loop waits. */
static void
expect_in_time(int timeout_ms)
{
    uint64_t now_ms = world_now_ms(), limit_ms = model_next_limit_ms();
    MUST(timeout_ms == 0 || now_ms + (unsigned)timeout_ms <= limit_ms,
         "a loop waits %d ms, and a limit is due before", timeout_ms);
}

/* As docs/threading.md says, until there is a result. */
static void
loop_until_result(void)
{
    for (;;) {
        enum { FDS = 64 };
        klingrec_fd fds[FDS];
        struct pollfd polled[FDS];
        size_t count = 77;
        int timeout_ms = 77;
        klingrec_status status =
            klingrec_client_fds(host.client, fds, FDS, &count, &timeout_ms);
        MUST(status == KLINGREC_OK && count <= FDS, "no descriptors");
        if (!model_has_waiting()) {
            MUST(timeout_ms == -1 && count == 0, "a limit without a job");
            return;
        }
        MUST(count > 0 || timeout_ms >= 0, "nothing ends the wait of a loop");
        for (size_t i = 0; i < count; i++)
            polled[i] = (struct pollfd){
                (int)fds[i].fd,
                (short)(((fds[i].events & KLINGREC_FD_READ) != 0 ? POLLIN : 0) |
                        ((fds[i].events & KLINGREC_FD_WRITE) != 0 ? POLLOUT : 0)),
                0};
        if (model_is_exact())
            expect_in_time(timeout_ms);
        if (model_is_exact() && timeout_ms > 0) {
            MUST(host_take(false, 0, false) != KLINGREC_OK, "a result before its time");
            world_pass_ms((unsigned)timeout_ms);
        } else {
            (void)poll(polled, (nfds_t)count, timeout_ms < 0 ? LONGEST_MS : timeout_ms);
        }
        if (host_take(false, 0, false) != KLINGREC_PENDING)
            return;
    }
}

void
call_fds(void)
{
    size_t count = 77;
    int timeout_ms = 77;
    if (host.program->config.run == KLINGREC_RUN_THREAD)
        MUST(klingrec_client_fds(host.client, NULL, 0, &count, &timeout_ms) ==
                     KLINGREC_ERR_ARGUMENT &&
                 count == 0 && timeout_ms == 0,
             "descriptors of a client with a thread");
    else if (host_is_alone())
        loop_until_result();
}

void
call_warm_up(void)
{
    model_call call;
    host_begin_turn();
    model_call_begins(&call, false);
    model_warmed(&call, klingrec_warm_up(host.client));
    host_end_turn();
}

/* ---- Calls that are refused ---------------------------------------------------- */

static unsigned refused_releases;

static void
count_refused(void *release_user)
{
    (void)release_user;
    (void)__atomic_add_fetch(&refused_releases, 1, __ATOMIC_SEQ_CST);
}

static void
submit_misused(unsigned kind)
{
    klingrec_request request = klingrec_request_url("https://images.example/job-0.");
    klingrec_job id = 77;
    klingrec_status due = KLINGREC_ERR_ARGUMENT;
    unsigned before = __atomic_load_n(&refused_releases, __ATOMIC_SEQ_CST);
    request.release = count_refused;
    if (kind == 0)
        request.from = 0;
    else if (kind == 1)
        request.reserved = 1;
    else if (kind == 2)
        request.data = NULL;
    else
        request.size = 1;
    due = kind == 3 ? KLINGREC_ERR_ABI : due;
    klingrec_status status = klingrec_submit(host.client, &request, &id);
    /* Whether there is space may be seen first. */
    MUST((status == due || (kind == 2 && status == KLINGREC_ERR_QUEUE_FULL)) && id == 0,
         "a wrong request is accepted");
    if (host_is_alone())
        MUST(before == __atomic_load_n(&refused_releases, __ATOMIC_SEQ_CST),
             "a wrong request is released");
    klingrec_result *result = NULL;
    MUST(klingrec_recognize(host.client, &request, &result) == due && result != NULL &&
             klingrec_result_status(result) == due,
         "a wrong request is accepted by klingrec_recognize()");
    klingrec_result_free(result);
    if (host_is_alone())
        MUST(__atomic_load_n(&refused_releases, __ATOMIC_SEQ_CST) ==
                 before + (due != KLINGREC_ERR_ABI),
             "a wrong request is not released once");
}

void
call_misuse(const program_step *step)
{
    klingrec_result *result = (klingrec_result *)&host;
    klingrec_stats stats = klingrec_stats_default();
    stats.size = 1;
    host_begin_turn();
    if (step->a % 5 < 4)
        submit_misused(step->a % 5);
    MUST(klingrec_submit(host.client, NULL, NULL) == KLINGREC_ERR_ARGUMENT &&
             klingrec_cancel(host.client, UINT64_MAX) == KLINGREC_ERR_ARGUMENT &&
             klingrec_poll(host.client, 0, NULL) == KLINGREC_ERR_ARGUMENT &&
             klingrec_wait(NULL, -1, &result) == KLINGREC_ERR_ARGUMENT &&
             result == NULL && klingrec_client_fd(host.client, NULL) < 0 &&
             klingrec_client_stats(host.client, NULL) == KLINGREC_ERR_ARGUMENT &&
             klingrec_client_stats(host.client, &stats) == KLINGREC_ERR_ABI,
         "a wrong call is accepted");
    host_end_turn();
}
