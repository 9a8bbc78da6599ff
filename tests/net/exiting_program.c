/* SPDX-License-Identifier: MIT */
/* exiting_program.c - a program that exits, forks or lacks descriptors with a live
   client: exiting_program MODE ENDPOINT CA_FILE [NUMBER]. Exit code 0: everything
   was as expected. */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 200, FORKS = 40, HANG_SECONDS = 60 };

/* Leak checkers are not run: a child has no references to the memory of its parent's
   threads, and a live client and the exiting thread still use theirs. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}

static const char *endpoint, *ca_file;
static unsigned number;
static klingrec_client *client;
static unsigned polled;

static void
expect(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "leaver: not so: %s\n", what);
    fflush(NULL);
    _exit(3);
}
#define EXPECT(condition) expect(condition, #condition)

static klingrec_config
make_config(uint32_t run)
{
    klingrec_config config = klingrec_config_default();
    config.endpoint = endpoint;
    config.ca_file = ca_file;
    config.api_key = "sk-CANARY-0123456789abcdef";
    config.proxy = "";
    config.run = run;
    config.max_queued = 2 * JOBS;
    config.max_attempts = 1;
    config.flags = KLINGREC_CLIENT_NO_CHECK;
    return config;
}

static klingrec_request
make_request(void)
{
    return klingrec_request_url("https://images.example/hero.png");
}

static void
begin(const klingrec_config *config, unsigned jobs)
{
    klingrec_request request = make_request();
    EXPECT(klingrec_client_new(config, NULL, 0, &client) == KLINGREC_OK);
    for (unsigned i = 0; i < jobs; i++)
        EXPECT(klingrec_submit(client, &request, NULL) == KLINGREC_OK);
}

static void
take(unsigned count)
{
    for (; count > 0; count--) {
        klingrec_result *result = NULL;
        EXPECT(klingrec_poll(client, -1, &result) == KLINGREC_OK);
        klingrec_result_free(result);
        polled++;
    }
}

static bool
asks_well(klingrec_client *one)
{
    klingrec_request request = make_request();
    klingrec_result *result = NULL;
    bool good = klingrec_recognize(one, &request, &result) == KLINGREC_OK;
    if (!good)
        fprintf(stderr, "leaver: %s\n", klingrec_result_message(result));
    klingrec_result_free(result);
    return good;
}

/* ---- exit() ----------------------------------------------------------------- */

/* Runs jobs until there are as many results as requested. */
static void
leave_after_some(uint32_t run)
{
    klingrec_config config = make_config(run);
    begin(&config, JOBS);
    take(number);
}

static void
leave_main(void)
{
    leave_after_some(KLINGREC_RUN_THREAD);
}

static void
free_client(void)
{
    klingrec_client_free(client);
}

/* A destructor of the host that runs after those of OpenSSL. */
static void
use_and_free_late(void)
{
    klingrec_request request = make_request();
    klingrec_result *result = NULL;
    EXPECT(klingrec_submit(client, &request, NULL) == KLINGREC_ERR_CANCELED);
    EXPECT(klingrec_recognize(client, &request, &result) == KLINGREC_ERR_CANCELED);
    klingrec_result_free(result);
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK) {
        polled++;
        klingrec_status status = klingrec_result_status(result);
        EXPECT(status == KLINGREC_OK || status == KLINGREC_ERR_CANCELED);
        klingrec_result_free(result);
    }
    EXPECT(polled == JOBS);
    EXPECT(klingrec_pending(client) == 0);
    klingrec_client *other = NULL;
    klingrec_config config = make_config(KLINGREC_RUN_THREAD);
    EXPECT(klingrec_client_new(&config, NULL, 0, &other) == KLINGREC_ERR_SYSTEM);
    klingrec_client_free(client);
}

static void
leave_late(void)
{
    EXPECT(atexit(use_and_free_late) == 0);
    leave_after_some(KLINGREC_RUN_THREAD);
}

static void
leave_late_caller(void)
{
    EXPECT(atexit(use_and_free_late) == 0);
    leave_after_some(KLINGREC_RUN_CALLER);
}

static void *
call_exit(void *user)
{
    (void)user;
    exit(0);
}

static void
leave_in_poll(void)
{
    pthread_t thread;
    klingrec_result *result = NULL;
    klingrec_config config = make_config(KLINGREC_RUN_THREAD);
    begin(&config, JOBS);
    take(number);
    EXPECT(pthread_create(&thread, NULL, call_exit, NULL) == 0);
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK)
        klingrec_result_free(result);
    for (;;)
        (void)pause();
}

static void
exit_in_wakeup(void *user)
{
    unsigned *left = user;
    if ((*left)-- == 0)
        exit(0);
}

/* Called on the library's own thread; also frees the client. */
static void
leave_in_hook(void)
{
    unsigned left = number;
    klingrec_config config = make_config(KLINGREC_RUN_THREAD);
    config.wakeup = exit_in_wakeup;
    config.wakeup_user = &left;
    EXPECT(atexit(free_client) == 0);
    begin(&config, JOBS);
    for (;;)
        (void)pause();
}

static ptrdiff_t
exit_in_read(void *user, uint64_t offset, void *buf, size_t len)
{
    (void)user;
    memset(buf, 'x', len);
    if (offset >= 100000)
        exit(0);
    return (ptrdiff_t)len;
}

static void
leave_in_reader(void)
{
    klingrec_reader reader = klingrec_reader_default();
    klingrec_config config = make_config(KLINGREC_RUN_THREAD);
    reader.read_at = exit_in_read;
    reader.length = 1000000;
    klingrec_request request = klingrec_request_reader(&reader);
    EXPECT(atexit(free_client) == 0);
    begin(&config, 0);
    EXPECT(klingrec_submit(client, &request, NULL) == KLINGREC_OK);
    for (;;)
        (void)pause();
}

/* A hook that waits for a lock that the exiting thread holds. */
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static int stuck[2];

static uint32_t
admit_never(void *user)
{
    char byte = 0;
    (void)user;
    (void)!write(stuck[1], &byte, 1);
    (void)pthread_mutex_lock(&held);
    return 0;
}

static void
leave_stuck(void)
{
    char byte;
    klingrec_config config = make_config(KLINGREC_RUN_THREAD);
    config.admit = admit_never;
    (void)pthread_mutex_lock(&held);
    EXPECT(pipe(stuck) == 0);
    EXPECT(atexit(free_client) == 0);
    begin(&config, 1);
    EXPECT(read(stuck[0], &byte, 1) == 1);
}

/* ---- fork() ----------------------------------------------------------------- */

static bool
no_next(void *user, klingrec_request *request)
{
    (void)user;
    (void)request;
    return false;
}

static void
use_in_child(void)
{
    klingrec_request request = make_request();
    klingrec_batch batch = klingrec_batch_default();
    klingrec_result *result = NULL;
    intptr_t fd;
    batch.next = no_next;
    (void)alarm(HANG_SECONDS);
    EXPECT(klingrec_submit(client, &request, NULL) == KLINGREC_ERR_ARGUMENT);
    EXPECT(klingrec_poll(client, -1, &result) == KLINGREC_ERR_ARGUMENT);
    EXPECT(klingrec_recognize(client, &request, &result) == KLINGREC_ERR_ARGUMENT);
    klingrec_result_free(result);
    EXPECT(klingrec_run_batch(client, &batch) == KLINGREC_ERR_ARGUMENT);
    EXPECT(klingrec_cancel(client, 0) == KLINGREC_ERR_ARGUMENT);
    EXPECT(klingrec_cancel_waiting(client) == KLINGREC_ERR_ARGUMENT);
    EXPECT(klingrec_client_fd(client, &fd) == KLINGREC_ERR_ARGUMENT && fd == -1);
    EXPECT(klingrec_pending(client) == 0);
    klingrec_client_free(client);
}

static void
wait_for(pid_t child)
{
    int status = -1;
    EXPECT(child > 0);
    EXPECT(waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Other threads may hold any lock at this moment. */
static void
fork_busy(void)
{
    klingrec_config config = make_config(KLINGREC_RUN_THREAD);
    begin(&config, JOBS);
    for (unsigned i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            use_in_child();
            _exit(0);
        }
        take(JOBS / FORKS);
        wait_for(child);
    }
    klingrec_client_free(client);
}

/* The host's memory, which is unmapped when the client is freed. */
enum { ARENA_SIZE = 16 << 20 };
static char *arena;
static size_t arena_used;

static void *
alloc_in_arena(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    if (new_size == 0)
        return NULL;
    size_t at = __atomic_fetch_add(&arena_used, (new_size + 15) & ~(size_t)15,
                                   __ATOMIC_RELAXED);
    EXPECT(at + new_size <= ARENA_SIZE);
    if (ptr != NULL)
        memcpy(arena + at, ptr, old_size < new_size ? old_size : new_size);
    return arena + at;
}

static void
fork_quiet(uint32_t run)
{
    klingrec_config config = make_config(run);
    FILE *file = tmpfile();
    EXPECT(file != NULL && ftruncate(fileno(file), ARENA_SIZE) == 0);
    arena =
        mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(file), 0);
    EXPECT(arena != MAP_FAILED && fclose(file) == 0);
    config.alloc = alloc_in_arena;
    begin(&config, 0);
    EXPECT(asks_well(client));
    pid_t child = fork();
    if (child == 0) {
        use_in_child();
        EXPECT(munmap(arena, ARENA_SIZE) == 0);
        klingrec_client *own = NULL;
        config.alloc = NULL;
        config.run = KLINGREC_RUN_CALLER; /* the tools do not support threads here */
        EXPECT(klingrec_client_new(&config, NULL, 0, &own) == KLINGREC_OK);
        EXPECT(asks_well(own));
        klingrec_client_free(own);
        exit(0);
    }
    wait_for(child);
    EXPECT(asks_well(client)); /* on the connection that it has */
    klingrec_client_free(client);
}

static void
fork_thread(void)
{
    fork_quiet(KLINGREC_RUN_THREAD);
}

static void
fork_caller(void)
{
    fork_quiet(KLINGREC_RUN_CALLER);
}

/* ---- Descriptors ------------------------------------------------------------ */

/* The number of free descriptors while the client is created; later there are
   enough. */
static void
make_short(void)
{
    struct rlimit before, now;
    EXPECT(getrlimit(RLIMIT_NOFILE, &before) == 0);
    int first = open("/dev/null", O_RDONLY); /* the lowest free one */
    EXPECT(first >= 0 && close(first) == 0);
    now = before;
    now.rlim_cur = (rlim_t)first + number;
    EXPECT(setrlimit(RLIMIT_NOFILE, &now) == 0);
    klingrec_config config = make_config(KLINGREC_RUN_THREAD);
    klingrec_status status = klingrec_client_new(&config, NULL, 0, &client);
    EXPECT(setrlimit(RLIMIT_NOFILE, &before) == 0);
    if (status == KLINGREC_OK)
        EXPECT(asks_well(client));
    else
        EXPECT(status == KLINGREC_ERR_SYSTEM && client == NULL);
    klingrec_client_free(client);
    client = NULL;
    begin(&config, 0); /* and now it works */
    EXPECT(asks_well(client));
    klingrec_client_free(client);
    exit(status == KLINGREC_OK ? 0 : 4);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {
        {"main", leave_main},
        {"late", leave_late},
        {"poll", leave_in_poll},
        {"hook", leave_in_hook},
        {"reader", leave_in_reader},
        {"stuck", leave_stuck},
        {"fork-busy", fork_busy},
        {"fork-thread", fork_thread},
        {"fork-caller", fork_caller},
        {"short", make_short},
        {"late-caller", leave_late_caller},
    };
    if (argc < 4)
        return 2;
    endpoint = argv[2];
    ca_file = argv[3];
    number = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
    (void)alarm(HANG_SECONDS);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, argv[1]) == 0) {
            modes[i].run();
            return 0;
        }
    return 2;
}
