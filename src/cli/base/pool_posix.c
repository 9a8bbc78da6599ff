/* pool_posix.c - the same work for many things, on all processors */
#include "base/pool.h"

#include <pthread.h>
#include <unistd.h>

/* More would need too much memory. */
enum { THREADS_MAX = 8 };

struct pool {
    pthread_mutex_t lock;
    size_t next; /* under the lock */
    size_t count;
    pool_fn fn;
    void *user;
};

static void *
work(void *user)
{
    struct pool *pool = user;
    for (;;) {
        (void)pthread_mutex_lock(&pool->lock);
        size_t number = pool->next < pool->count ? pool->next++ : pool->count;
        (void)pthread_mutex_unlock(&pool->lock);
        if (number == pool->count)
            return NULL;
        pool->fn(pool->user, number);
    }
}

/* This thread works, too, so it does not matter if another one cannot be started. */
void
cli_pool_run(size_t count, pool_fn fn, void *user)
{
    struct pool pool = {PTHREAD_MUTEX_INITIALIZER, 0, count, fn, user};
    pthread_t threads[THREADS_MAX];
    size_t started = 0;
    long wanted = sysconf(_SC_NPROCESSORS_ONLN);
    while (started < THREADS_MAX && (long)started + 1 < wanted && started + 1 < count &&
           pthread_create(&threads[started], NULL, work, &pool) == 0)
        started++;
    (void)work(&pool);
    while (started > 0)
        (void)pthread_join(threads[--started], NULL);
    (void)pthread_mutex_destroy(&pool.lock);
}
