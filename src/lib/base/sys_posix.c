/* sys_posix.c - sys.h on POSIX systems */
#define _POSIX_C_SOURCE 200809L

#include "base/sys.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* For the library's thread, which also runs the host's hooks. Parsing JSON of jansson's
   maximum depth needs 170 KiB, TLS 37 KiB; musl's default is 128 KiB. */
enum { STACK_MIN = 512 * 1024 };

static void
copy_stamps(klr_file *file, const struct stat *st)
{
    file->length = (uint64_t)st->st_size;
    file->modified[0] = (int64_t)st->st_mtim.tv_sec;
    file->modified[1] = (int64_t)st->st_mtim.tv_nsec;
    file->modified[2] = (int64_t)st->st_ctim.tv_sec;
    file->modified[3] = (int64_t)st->st_ctim.tv_nsec;
}

klr_open_result
klr_file_open(klr_file *file, const char *path, int *error)
{
    /* Without O_NONBLOCK a FIFO that nobody writes to would block forever. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    *error = fd < 0 ? errno : 0;
    if (fd < 0 && errno == ENOENT)
        return KLR_OPEN_NOT_FOUND;
    if (fd < 0) /* ENXIO: a socket, or a device without a driver */
        return errno == ENXIO ? KLR_OPEN_NOT_REGULAR : KLR_OPEN_FAILED;

    struct stat st;
    klr_open_result result = KLR_OPEN_OK;
    if (fstat(fd, &st) != 0) {
        *error = errno;
        result = KLR_OPEN_FAILED;
    } else if (S_ISDIR(st.st_mode)) {
        result = KLR_OPEN_DIRECTORY;
    } else if (!S_ISREG(st.st_mode)) {
        result = KLR_OPEN_NOT_REGULAR;
    } else {
        file->fd = fd;
        copy_stamps(file, &st);
    }
    if (result != KLR_OPEN_OK)
        (void)close(fd);
    return result;
}

ptrdiff_t
klr_file_read(const klr_file *file, uint64_t offset, void *buf, size_t len, int *error)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n =
            pread(file->fd, (char *)buf + got, len - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            *error = errno;
            return -1;
        }
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ptrdiff_t)got;
}

bool
klr_file_unchanged(const klr_file *file)
{
    struct stat st;
    klr_file now = *file;
    if (fstat(file->fd, &st) != 0)
        return false;
    copy_stamps(&now, &st);
    for (size_t i = 0; i < sizeof now.modified / sizeof now.modified[0]; i++)
        if (now.modified[i] != file->modified[i])
            return false;
    return now.length == file->length;
}

bool
klr_file_settled(const klr_file *file, int64_t now_s)
{
    enum { SETTLED_S = 60 };
    return file->modified[2] <= now_s - SETTLED_S;
}

void
klr_file_close(klr_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

/* strerror() is not thread-safe, and strerror_r() depends on the locale and may
   allocate. */
const char *
klr_error_text(int error)
{
    static const struct {
        int error;
        const char *text;
    } texts[] = {
        {EACCES, "permission denied"},
        {EPERM, "not permitted"},
        {ENOENT, "no such file or directory"},
        {ENOTDIR, "a part of the path is not a directory"},
        {EISDIR, "it is a directory"},
        {ELOOP, "too many symbolic links"},
        {ENAMETOOLONG, "the name is too long"},
        {EMFILE, "too many open files in this process"},
        {ENFILE, "too many open files"},
        {ENOMEM, "out of memory"},
        {EIO, "input or output error"},
        {ENXIO, "no such device"},
        {ENODEV, "no such device"},
        {EOVERFLOW, "the file is too large"},
        {ETIMEDOUT, "timed out"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].error == error)
            return texts[i].text;
    return NULL;
}

/* Eight hexadecimal digits, a dot and a number: "5ed36f99.0". */
static bool
is_hashed_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
           klr_text_is_digit(name[9]);
}

bool
klr_has_hashed_certificates(const char *folder)
{
    bool found = false;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(dir)) != NULL;)
        found = is_hashed_name(entry->d_name);
    (void)closedir(dir);
    return found;
}

uint64_t
klr_monotonic_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t
klr_wall_clock_s(void)
{
    return (int64_t)time(NULL);
}

uint64_t
klr_seed(void)
{
    static int here;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t seed = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
    return seed ^ (uint64_t)getpid() << 20 ^ (uint64_t)(uintptr_t)&here;
}

bool
klr_lock_init(klr_lock *lock)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&lock->mutex, NULL) != 0)
        return false;
    bool ok = pthread_condattr_init(&attributes) == 0;
    if (ok) {
        (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        ok = pthread_cond_init(&lock->changed, &attributes) == 0;
        (void)pthread_condattr_destroy(&attributes);
    }
    if (!ok)
        (void)pthread_mutex_destroy(&lock->mutex);
    return ok;
}

void
klr_lock_free(klr_lock *lock)
{
    (void)pthread_cond_destroy(&lock->changed);
    (void)pthread_mutex_destroy(&lock->mutex);
}

void
klr_lock_enter(klr_lock *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
}

void
klr_lock_leave(klr_lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}

void
klr_lock_notify(klr_lock *lock)
{
    (void)pthread_cond_broadcast(&lock->changed);
}

void
klr_lock_wait(klr_lock *lock, uint64_t until_ms)
{
    if (until_ms == UINT64_MAX) {
        (void)pthread_cond_wait(&lock->changed, &lock->mutex);
        return;
    }
    struct timespec at = {(time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000};
    (void)pthread_cond_timedwait(&lock->changed, &lock->mutex, &at);
}

void
klr_sleep_ms(uint64_t ms)
{
    const struct timespec span = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    (void)nanosleep(&span, NULL);
}

/* A new thread inherits the scheduling of the calling one. The library's thread must
   not run with the host's real-time priority. */
static void
choose_scheduling(pthread_attr_t *attributes)
{
    const struct sched_param ordinary = {0};
    struct sched_param ours;
    int policy = SCHED_OTHER;
    (void)pthread_getschedparam(pthread_self(), &policy, &ours);
    if (policy == SCHED_OTHER)
        return;
    (void)pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
    (void)pthread_attr_setschedpolicy(attributes, SCHED_OTHER);
    (void)pthread_attr_setschedparam(attributes, &ordinary);
}

static void
choose_stack(pthread_attr_t *attributes)
{
    size_t size = 0;
    if (pthread_attr_getstacksize(attributes, &size) == 0 && size < STACK_MIN)
        (void)pthread_attr_setstacksize(attributes, STACK_MIN);
}

static int
create(klr_thread *thread, void *(*run)(void *), void *user, bool ordinary)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    choose_stack(&attributes);
    if (ordinary)
        choose_scheduling(&attributes);
    error = pthread_create(&thread->id, &attributes, run, user);
    (void)pthread_attr_destroy(&attributes);
    return error;
}

bool
klr_thread_start(klr_thread *thread, void *(*run)(void *), void *user)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = create(thread, run, user, true);
    if (error == EPERM) /* a SCHED_IDLE thread may not raise its policy */
        error = create(thread, run, user, false);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

void
klr_thread_set_name(const char *name)
{
#ifdef __linux__
    (void)prctl(PR_SET_NAME, name);
#else
    (void)name;
#endif
}

bool
klr_thread_is_self(const klr_thread *thread)
{
    return pthread_equal(thread->id, pthread_self());
}

void
klr_thread_join(const klr_thread *thread)
{
    (void)pthread_join(thread->id, NULL);
}

void
klr_thread_detach(const klr_thread *thread)
{
    (void)pthread_detach(thread->id);
}

void
klr_once(klr_once_flag *once, void (*setup)(void))
{
    (void)pthread_once(once, setup);
}

bool
klr_at_exit(void (*run)(void))
{
    return atexit(run) == 0;
}

bool
klr_threads_are_dead(void)
{
    return false;
}

klr_sigpipe
klr_sigpipe_hold(bool needed)
{
    klr_sigpipe state = {needed, false, false};
    sigset_t one, pending, before;
    if (!needed)
        return state;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGPIPE);
    (void)sigpending(&pending);
    (void)pthread_sigmask(SIG_BLOCK, &one, &before);
    state.was_pending = sigismember(&pending, SIGPIPE) == 1;
    state.was_blocked = sigismember(&before, SIGPIPE) == 1;
    return state;
}

void
klr_sigpipe_release(const klr_sigpipe *state)
{
    sigset_t one, pending;
    int number;
    if (!state->held)
        return;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGPIPE);
    (void)sigpending(&pending);
    if (!state->was_pending && sigismember(&pending, SIGPIPE) == 1)
        (void)sigwait(&one, &number);
    if (!state->was_blocked)
        (void)pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

bool
klr_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    return pthread_atfork(before, in_parent, in_child) == 0;
}
