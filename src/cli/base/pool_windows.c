/* pool_windows.c - the same work for many things, on all processors */
#include "base/pool.h"

#include <windows.h>

/* More would need too much memory. */
enum { THREADS_MAX = 8 };

struct pool {
    volatile LONG64 next;
    size_t count;
    pool_fn fn;
    void *user;
};

static DWORD WINAPI
work(void *user)
{
    struct pool *pool = user;
    for (;;) {
        size_t number = (size_t)InterlockedIncrement64(&pool->next) - 1;
        if (number >= pool->count)
            return 0;
        pool->fn(pool->user, number);
    }
}

/* This thread works, too, so it does not matter if another one cannot be started. */
void
cli_pool_run(size_t count, pool_fn fn, void *user)
{
    struct pool pool = {0, count, fn, user};
    HANDLE threads[THREADS_MAX];
    size_t started = 0;
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    while (started < THREADS_MAX && started + 1 < info.dwNumberOfProcessors &&
           started + 1 < count &&
           (threads[started] = CreateThread(NULL, 0, work, &pool, 0, NULL)) != NULL)
        started++;
    (void)work(&pool);
    while (started > 0) {
        (void)WaitForSingleObject(threads[--started], INFINITE);
        (void)CloseHandle(threads[started]);
    }
}
