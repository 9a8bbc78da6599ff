/* SPDX-License-Identifier: MIT */
/* pool.c - the same work for many things, on all processors */
#include "base/pool.h"

#include "base/host.h"
#include "base/threads.h"

/* More would need too much memory. */
enum { THREADS_MAX = 8 };

/* The lock of threads.h protects the numbers. */
struct pool {
    size_t next, count;
    size_t running; /* threads, this one included */
    pool_fn fn;
    void *user;
};

static void
work(void *user)
{
    struct pool *pool = user;
    cli_threads_lock();
    while (pool->next < pool->count) {
        size_t number = pool->next++;
        cli_threads_unlock();
        pool->fn(pool->user, number);
        cli_threads_lock();
    }
    pool->running--;
    cli_threads_wake_all(CHANGE_DONE);
    cli_threads_unlock();
}

/* This thread works, too, so it does not matter if another one cannot be started. */
void
cli_pool_run(size_t count, pool_fn fn, void *user)
{
    struct pool pool = {0, count, 1, fn, user};
    size_t wanted = cli_host_processors();
    wanted = wanted < THREADS_MAX ? wanted : THREADS_MAX;
    wanted = wanted < count ? wanted : count;
    cli_threads_lock();
    while (pool.running < wanted && cli_thread_start(work, &pool))
        pool.running++;
    cli_threads_unlock();
    work(&pool);
    cli_threads_lock();
    while (pool.running > 0)
        cli_threads_wait(CHANGE_DONE);
    cli_threads_unlock();
}
