/* host.c - runs a random program: the calls of its threads, and what they lend */
#define _POSIX_C_SOURCE 200809L

#include "program.h"

#include "../net/net.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STEP_JOBS = 8, BATCH_MAX = 7, KEPT_MAX = 16, LONGEST_MS = 30000 };

static struct {
    const program *program;
    klingrec_client *client;
    pthread_mutex_t turn; /* without a thread of the client's, one call at a time */
    intptr_t fd;
    char folder[64];
    bool has_file[MODEL_JOBS];
    pthread_mutex_t lock; /* of what follows */
    size_t allocated;
    klingrec_result *kept[KEPT_MAX]; /* freed after the client */
    unsigned kept_count;
} host;

/* ---- Memory ------------------------------------------------------------------- */

/* Checks that the client names the size of what it frees. */
static void *
allocate(void *user, void *ptr, size_t old_size, size_t new_size)
{
    size_t *block = ptr == NULL ? NULL : (size_t *)ptr - 2;
    (void)user;
    MUST((block == NULL ? 0 : block[0]) == old_size, "a block of another size");
    (void)pthread_mutex_lock(&host.lock);
    host.allocated += new_size - old_size;
    (void)pthread_mutex_unlock(&host.lock);
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, new_size + 2 * sizeof *block);
    MUST(block != NULL, "no memory");
    block[0] = new_size;
    return block + 2;
}

/* What a request lends, in one block that its release() frees. */
typedef struct loan {
    unsigned job;
    klingrec_reader reader;
    size_t len;
    char data[2 * SERVICE_IMAGE_MAX];
} loan;

static void
end_loan(loan *l)
{
    memset(l, 0xA5, sizeof *l);
    free(l);
}

static void
release(void *release_user)
{
    loan *l = release_user;
    model_released(l->job);
    end_loan(l);
}

static ptrdiff_t
read_at(void *user, uint64_t offset, void *buf, size_t len)
{
    const loan *l = user;
    size_t left = offset < l->len ? l->len - (size_t)offset : 0;
    len = len < left ? len : left;
    memcpy(buf, l->data + offset, len);
    return (ptrdiff_t)len;
}

static void
file_path(unsigned job, char *buf, size_t size)
{
    (void)snprintf(buf, size, "%s/%u", host.folder, job);
}

static void
write_file(loan *l)
{
    char path[96];
    file_path(l->job, path, sizeof path);
    FILE *file = fopen(path, "wb");
    MUST(file != NULL && fwrite(l->data, 1, l->len, file) == l->len &&
             fclose(file) == 0,
         "a file cannot be written");
    host.has_file[l->job] = true;
    memcpy(l->data, path, sizeof path);
    l->len = 0;
}

/* ---- Requests ----------------------------------------------------------------- */

/* Of random numbers: where the image comes from, whether it is one, and so on. */
static loan *
make_request(unsigned job, uint32_t a, uint32_t b, bool may_borrow,
             klingrec_request *request, model_job_facts *facts)
{
    unsigned char image[SERVICE_IMAGE_MAX];
    loan *l = calloc(1, sizeof *l);
    MUST(l != NULL, "no memory");
    uint32_t from = 1 + a % 5;
    facts->good_image = from == KLINGREC_FROM_URL || (a >> 4) % 8 != 0;
    facts->borrowed = (a >> 8) % 2 == 0 || from == KLINGREC_FROM_READER;
    facts->borrowed = facts->borrowed && may_borrow;
    facts->deadline_ms = 0;
    if (b % 4 == 0)
        facts->deadline_ms =
            model_is_exact() ? 1 + (b >> 2) % 20000 : 1 + (b >> 2) % 150;
    l->job = job;
    l->len = service_image(job, facts->good_image, image);
    memcpy(l->data, image, l->len);
    l->reader = klingrec_reader_default();
    l->reader.user = l;
    l->reader.read_at = read_at;
    l->reader.length = l->len;
    *request = klingrec_request_bytes(l->data, l->len);
    if (from == KLINGREC_FROM_URL) {
        service_url(job, l->data, sizeof l->data);
        *request = klingrec_request_url(l->data);
    } else if (from == KLINGREC_FROM_BASE64) {
        l->len = service_base64(image, l->len, l->data);
        *request = klingrec_request_base64(l->data, l->len);
    } else if (from == KLINGREC_FROM_FILE) {
        write_file(l);
        *request = klingrec_request_file(l->data);
    } else if (from == KLINGREC_FROM_READER) {
        *request = klingrec_request_reader(&l->reader);
    }
    request->user_data = (void *)(uintptr_t)job;
    request->deadline_ms = facts->deadline_ms;
    request->flags = (a >> 9) % 4 == 0 ? KLINGREC_REQUEST_HEADER_ONLY : 0;
    if (facts->borrowed) {
        request->release = release;
        request->release_user = l;
    }
    return l;
}

/* ---- Calls -------------------------------------------------------------------- */

static void
begin_turn(void)
{
    if (host.program->config.run == KLINGREC_RUN_CALLER)
        (void)pthread_mutex_lock(&host.turn);
}

static void
end_turn(void)
{
    if (host.program->config.run == KLINGREC_RUN_CALLER)
        (void)pthread_mutex_unlock(&host.turn);
}

static void
do_submit(unsigned number, const program_step *step)
{
    model_call call;
    klingrec_request request;
    model_job_facts facts = {.by = BY_SUBMIT};
    klingrec_job id = 77;
    loan *l = make_request(number, step->a, step->b, true, &request, &facts);
    begin_turn();
    model_call_begins(&call, false);
    model_ask(number, &facts);
    klingrec_status status = klingrec_submit(host.client, &request, &id);
    model_submitted(&call, number, status, id);
    end_turn();
    if (!facts.borrowed || status != KLINGREC_OK)
        end_loan(l);
}

static void
keep_or_free(klingrec_result *result, bool keep)
{
    (void)pthread_mutex_lock(&host.lock);
    keep = keep && host.kept_count < KEPT_MAX;
    if (keep)
        host.kept[host.kept_count++] = result;
    (void)pthread_mutex_unlock(&host.lock);
    if (!keep)
        klingrec_result_free(result);
}

static klingrec_status
take(bool waits, int timeout_ms, bool keep)
{
    model_call call;
    klingrec_result *result = (klingrec_result *)&call;
    begin_turn();
    model_call_begins(&call, true);
    model_may_release(true);
    klingrec_status status = waits ? klingrec_wait(host.client, timeout_ms, &result)
                                   : klingrec_poll(host.client, timeout_ms, &result);
    model_may_release(false);
    model_taken(&call, waits, timeout_ms, status, result);
    end_turn();
    keep_or_free(result, keep);
    return status;
}

static void
do_take(const program_step *step, bool waits)
{
    /* klingrec_wait() without a limit may wait for the shutdown. */
    bool forever =
        step->a % 4 == 0 && (!waits || host.program->config.run == KLINGREC_RUN_CALLER);
    uint32_t most = model_is_exact() ? 2000 : 8;
    int timeout_ms = forever ? -1 : step->a % 4 == 1 ? 0 : (int)(step->b % most);
    (void)take(waits, timeout_ms, (step->a >> 8) % 8 == 0);
}

static void
do_recognize(unsigned number, const program_step *step)
{
    model_call call;
    klingrec_request request;
    model_job_facts facts = {.by = BY_RECOGNIZE};
    klingrec_result *result = NULL;
    loan *l = make_request(number, step->a, step->b, true, &request, &facts);
    begin_turn();
    model_call_begins(&call, false);
    model_ask(number, &facts);
    model_may_release(true);
    klingrec_status status = klingrec_recognize(host.client, &request, &result);
    model_may_release(false);
    model_recognized(&call, number, status, result);
    end_turn();
    if (!facts.borrowed)
        end_loan(l);
    keep_or_free(result, false);
}

/* In this thread's turn. */
static void
cancel_here(unsigned number, model_cancel how, bool shutdown)
{
    model_call call;
    model_call_begins(&call, false);
    klingrec_job id = model_cancel_begins(number, how, shutdown);
    klingrec_status status = shutdown ? klingrec_shutdown(host.client)
                             : how == CANCEL_WAITING
                                 ? klingrec_cancel_waiting(host.client)
                                 : klingrec_cancel(host.client, id);
    MUST(status == (id == UINT64_MAX ? KLINGREC_ERR_ARGUMENT : KLINGREC_OK),
         "to cancel %u returns %s", number, klingrec_status_name(status));
    if (id != UINT64_MAX)
        model_cancel_ended(&call, number, how, shutdown);
}

static void
cancel(unsigned number, model_cancel how, bool shutdown)
{
    begin_turn();
    cancel_here(number, how, shutdown);
    end_turn();
}

typedef struct batch {
    unsigned number; /* its first job, by which it is known */
    unsigned next, count;
    uint32_t a, b;
    unsigned until;      /* done() returns false at this result */
    unsigned shuts_down; /* and shuts down at this one */
    unsigned done;
    klingrec_status stop; /* why it ends early */
    loan *copied;         /* what the client has copied by the next call */
} batch;

static bool
batch_next(void *user, klingrec_request *request)
{
    batch *b = user;
    model_job_facts facts = {.by = BY_BATCH, .batch = b->number};
    if (b->copied != NULL)
        end_loan(b->copied);
    b->copied = NULL;
    if (b->next == b->count)
        return false;
    unsigned number = b->number + b->next++;
    loan *l = make_request(number, b->a + number * 37, b->b >> b->next, true, request,
                           &facts);
    if (!facts.borrowed)
        b->copied = l;
    model_ask(number, &facts);
    return true;
}

static bool
batch_done(void *user, const klingrec_result *result)
{
    batch *b = user;
    bool goes_on = ++b->done != b->until;
    klingrec_status status = klingrec_result_status(result);
    bool refused = status == KLINGREC_ERR_AUTH || status == KLINGREC_ERR_ACCOUNT;
    if (b->stop == KLINGREC_OK)
        b->stop = refused ? status : goes_on ? KLINGREC_OK : KLINGREC_ERR_CANCELED;
    model_batch_result(b->number, goes_on, result);
    if (b->done == b->shuts_down)
        cancel_here(0, CANCEL_WAITING, true);
    return goes_on;
}

static void
do_batch(unsigned number, const program_step *step)
{
    batch b = {.number = number,
               .count = (step->a >> 4) % 2 == 0 ? BATCH_MAX : step->a % BATCH_MAX,
               .a = step->a,
               .b = step->b,
               .until = (step->b >> 8) % 16,
               .shuts_down = (step->b >> 12) % 20};
    klingrec_batch work = klingrec_batch_default();
    work.next = batch_next;
    work.done = batch_done;
    work.user = &b;
    begin_turn();
    model_may_release(true);
    klingrec_status status = klingrec_run_batch(host.client, &work);
    model_may_release(false);
    model_batch_ended(number, b.stop, status);
    end_turn();
    if (b.copied != NULL)
        end_loan(b.copied);
}

/* One of the last jobs of the program's text, which may be nobody's, or all. */
static void
do_cancel(unsigned at, const program_step *step)
{
    unsigned back = step->a % 12;
    unsigned number = back > at ? 0 : (at - back) * STEP_JOBS + 1;
    cancel(step->b % 6 == 0 ? 0 : number, CANCEL_NOW, false);
}

static void
do_count(void)
{
    model_call call;
    klingrec_stats stats = klingrec_stats_default();
    begin_turn();
    model_call_begins(&call, false);
    model_pending(&call, klingrec_pending(host.client));
    MUST(klingrec_client_stats(host.client, &stats) == KLINGREC_OK, "no counters");
    model_stats(&call, &stats);
    end_turn();
}

/* ---- Event loops -------------------------------------------------------------- */

static bool
is_alone(void)
{
    return host.program->threads == 1 && !host.program->taker;
}

/* A host that only waits for the hook wakeup() gets its results. */
static void
wait_for_wakeups(void)
{
    for (;;) {
        unsigned before = model_wakeups();
        uint64_t until_ms = world_now_ms() + LONGEST_MS;
        if (take(false, 0, false) != KLINGREC_PENDING)
            return;
        while (model_wakeups() == before) {
            MUST(world_now_ms() < until_ms, "no wakeup() tells of a result");
            world_pass_ms(1);
        }
    }
}

/* A thread that is alone gets a result whenever the descriptor is readable, and it is
   readable as long as there is one. */
static void
do_fd(const program_step *step)
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
    if (!is_alone())
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
        MUST(take(false, 0, false) == KLINGREC_OK, "readable, and no result");
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
        if (model_is_exact() && timeout_ms > 0) {
            MUST(take(false, 0, false) != KLINGREC_OK, "a result before its time");
            world_pass_ms((unsigned)timeout_ms);
        } else {
            (void)poll(polled, (nfds_t)count, timeout_ms < 0 ? LONGEST_MS : timeout_ms);
        }
        if (take(false, 0, false) != KLINGREC_PENDING)
            return;
    }
}

static void
do_fds(void)
{
    size_t count = 77;
    int timeout_ms = 77;
    if (host.program->config.run == KLINGREC_RUN_THREAD)
        MUST(klingrec_client_fds(host.client, NULL, 0, &count, &timeout_ms) ==
                     KLINGREC_ERR_ARGUMENT &&
                 count == 0 && timeout_ms == 0,
             "descriptors of a client with a thread");
    else if (is_alone())
        loop_until_result();
}

static void
do_warm_up(void)
{
    model_call call;
    begin_turn();
    model_call_begins(&call, false);
    model_warmed(&call, klingrec_warm_up(host.client));
    end_turn();
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
    if (is_alone())
        MUST(before == __atomic_load_n(&refused_releases, __ATOMIC_SEQ_CST),
             "a wrong request is released");
    klingrec_result *result = NULL;
    MUST(klingrec_recognize(host.client, &request, &result) == due && result != NULL &&
             klingrec_result_status(result) == due,
         "a wrong request is accepted by klingrec_recognize()");
    klingrec_result_free(result);
    if (is_alone())
        MUST(__atomic_load_n(&refused_releases, __ATOMIC_SEQ_CST) ==
                 before + (due != KLINGREC_ERR_ABI),
             "a wrong request is not released once");
}

static void
do_misuse(const program_step *step)
{
    klingrec_result *result = (klingrec_result *)&host;
    klingrec_stats stats = klingrec_stats_default();
    stats.size = 1;
    begin_turn();
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
    end_turn();
}

/* ---- A program ----------------------------------------------------------------- */

static void
do_step(unsigned at)
{
    const program_step *step = &host.program->steps[at];
    unsigned number = at * STEP_JOBS + 1;
    switch (step->op) {
    case OP_SUBMIT:
        do_submit(number, step);
        return;
    case OP_POLL:
    case OP_WAIT:
        do_take(step, step->op == OP_WAIT);
        return;
    case OP_CANCEL:
        do_cancel(at, step);
        return;
    case OP_PASS_TIME:
        world_pass_ms(step->b % (model_is_exact() ? 3000 : 4));
        return;
    case OP_RECOGNIZE:
        do_recognize(number, step);
        return;
    case OP_BATCH:
        do_batch(number, step);
        return;
    case OP_FD:
        do_fd(step);
        return;
    case OP_FDS:
        do_fds();
        return;
    case OP_COUNT:
        do_count();
        return;
    case OP_DRAIN:
        cancel(0, CANCEL_WAITING, false);
        return;
    case OP_WARM_UP:
        do_warm_up();
        return;
    case OP_MISUSE:
        do_misuse(step);
        return;
    case OP_SHUTDOWN:
        cancel(0, CANCEL_WAITING, true);
        return;
    case OPS:
        break;
    }
}

static void *
run_thread(void *user)
{
    unsigned thread = (unsigned)(uintptr_t)user;
    for (unsigned i = 0; i < host.program->count; i++)
        if (host.program->steps[i].thread == thread && !host.program->steps[i].off)
            do_step(i);
    return NULL;
}

static void *
run_taker(void *user)
{
    (void)user;
    while (take(true, -1, false) == KLINGREC_OK)
        continue;
    return NULL;
}

static void
run_threads(void)
{
    const program *p = host.program;
    pthread_t threads[PROGRAM_THREADS], taker;
    if (p->taker)
        MUST(pthread_create(&taker, NULL, run_taker, NULL) == 0, "no thread");
    for (unsigned i = 1; i < p->threads; i++)
        MUST(pthread_create(&threads[i], NULL, run_thread, (void *)(uintptr_t)i) == 0,
             "no thread");
    (void)run_thread(NULL);
    for (unsigned i = 1; i < p->threads; i++)
        (void)pthread_join(threads[i], NULL);
    if (p->end == END_SHUTDOWN)
        cancel(0, CANCEL_WAITING, true);
    if (p->taker)
        (void)pthread_join(taker, NULL);
}

/* Take what is left, in one of the ways that the header names. */
static void
finish(program_end end)
{
    klingrec_stats stats = klingrec_stats_default();
    if (end == END_FREE) {
        (void)take(false, 0, false); /* some attempts are under way then */
        return;
    }
    if (end == END_CANCEL)
        cancel(0, CANCEL_NOW, false);
    if (end == END_DRAIN)
        cancel(0, CANCEL_WAITING, false);
    bool waits = end == END_SHUTDOWN;
    while (take(waits, -1, false) == KLINGREC_OK)
        continue;
    MUST(klingrec_pending(host.client) == 0, "jobs are pending behind IDLE");
    MUST(klingrec_client_stats(host.client, &stats) == KLINGREC_OK, "no counters");
    model_quiet(false, &stats);
    if (host.fd >= 0) {
        struct pollfd p = {(int)host.fd, POLLIN, 0};
        MUST(poll(&p, 1, 0) == 0, "the descriptor is readable behind IDLE");
    }
}

static void
wakeup(void *user)
{
    (void)user;
    model_woken();
}

/* Results outlive their client. */
static void
free_kept(void)
{
    for (unsigned i = 0; i < host.kept_count; i++) {
        klingrec_result *result = host.kept[i];
        MUST(klingrec_result_message(result)[0] != '\0', "a result says nothing");
        MUST(klingrec_result_status(result) != KLINGREC_OK ||
                 service_attempt_of(
                     (unsigned)(uintptr_t)klingrec_result_user_data(result),
                     klingrec_result_request_id(result)) != 0,
             "a result has changed");
        klingrec_result_free(result);
    }
}

static void
remove_files(void)
{
    char path[96];
    for (unsigned i = 0; i < MODEL_JOBS; i++) {
        if (!host.has_file[i])
            continue;
        file_path(i, path, sizeof path);
        (void)remove(path);
    }
    (void)rmdir(host.folder);
}

void
program_run(const program *p)
{
    klingrec_config config = p->config;
    memset(&host, 0, sizeof host);
    host.program = p;
    host.fd = -1;
    (void)pthread_mutex_init(&host.turn, NULL);
    (void)pthread_mutex_init(&host.lock, NULL);
    (void)snprintf(host.folder, sizeof host.folder, "/tmp/klingrec-model-XXXXXX");
    MUST(mkdtemp(host.folder) != NULL, "no folder");
    unsigned files = net_count_files(UINT32_MAX);
    service_init(p->seed, p->service_fails);
    config.alloc = allocate;
    config.wakeup = wakeup;
    world_start(&p->world, &config);
    model_begin(p->world.world, &config, world_now_ms);
    MUST(klingrec_client_new(&config, NULL, 0, &host.client) == KLINGREC_OK,
         "no client");
    world_adopt(host.client);
    run_threads();
    finish(p->end);
    model_may_release(true);
    klingrec_client_free(host.client);
    model_may_release(false);
    model_quiet(true, NULL);
    free_kept();
    MUST(host.allocated == 0, "%zu bytes are lost", host.allocated);
    world_stop();
    model_quiet(true, NULL);
    remove_files();
    MUST(net_count_files(files) <= files, "descriptors are lost");
    (void)pthread_mutex_destroy(&host.turn);
    (void)pthread_mutex_destroy(&host.lock);
}
