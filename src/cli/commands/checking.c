/* SPDX-License-Identifier: MIT */
/* checking.c - checks images on several threads, and reports them in their order */
#include "commands/checking.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/threads.h"
#include "input/load.h"

#include <stdlib.h>
#include <string.h>

/* So many images may wait for one before them whose check takes long. */
enum { AHEAD = 1024 };

struct place {
    struct checked checked;
    bool is_done;
};

/* Places from `reported` to `taken` are checked or being checked, those from `taken` to
   `added` wait for a thread. The lock protects the numbers but `reported`, which only
   the first thread uses. */
struct checking {
    const struct options *options;
    const klingrec_limits *limits;
    checking_fn report;
    void *user;
    size_t reported, taken, added;
    size_t threads, idle; /* how many there are; and how many of them wait */
    bool stop;            /* the threads end */
    bool is_enough;       /* report() said so */
    struct place places[AHEAD];
};

static void
check(const struct checking *checking, struct checked *checked,
      const klingrec_request *what)
{
    klingrec_request request = *what;
    int64_t start_ms = cli_now_ms();
    if (checking->options->header_only)
        request.flags |= KLINGREC_REQUEST_HEADER_ONLY;
    checked->info = klingrec_image_info_default();
    checked->status = klingrec_check(&request, checking->limits, &checked->info);
    checked->elapsed_ms = cli_now_ms() - start_ms;
}

/* What will be copied is checked in memory: the copy must be of the same bytes. If they
   are too many, it is not acceptable, and the library says so. */
static void
check_file(const struct checking *checking, struct checked *checked)
{
    size_t max_bytes = checking->limits->max_bytes;
    max_bytes = max_bytes != 0 ? max_bytes : KLINGREC_MAX_BYTES;
    klingrec_request request = klingrec_request_file(checked->input);
    struct load load = {0};
    if (checking->options->copy_to != NULL &&
        cli_load_file(&load, checked->input, max_bytes)) {
        request = klingrec_request_bytes(load.bytes, load.len);
        cli_digest(load.bytes, load.len, "", 0, checked->digest);
    }
    check(checking, checked, &request);
    cli_load_free(&load);
}

/* Under the lock, which is open during the check. */
static void
take_one(struct checking *checking)
{
    struct place *place = &checking->places[checking->taken++ % AHEAD];
    if (place->is_done)
        return;
    cli_threads_unlock();
    check_file(checking, &place->checked);
    cli_threads_lock();
    place->is_done = true;
    cli_threads_wake(CHANGE_DONE);
}

static void
work(void *user)
{
    struct checking *checking = user;
    cli_threads_lock();
    while (!checking->stop) {
        if (checking->taken < checking->added) {
            take_one(checking);
            continue;
        }
        checking->idle++;
        cli_threads_wait(CHANGE_WORK);
        checking->idle--;
    }
    checking->threads--;
    cli_threads_wake(CHANGE_DONE);
    cli_threads_unlock();
}

/* Is the oldest done? wait: until it is. This thread checks meanwhile, too: to be woken
   for every image costs as much as its check. */
static bool
is_oldest_done(struct checking *checking, bool wait)
{
    const struct place *oldest = &checking->places[checking->reported % AHEAD];
    cli_threads_lock();
    while (!oldest->is_done && wait)
        if (checking->taken < checking->added)
            take_one(checking);
        else
            cli_threads_wait(CHANGE_DONE);
    bool is_done = oldest->is_done;
    cli_threads_unlock();
    return is_done;
}

/* One with an error needs no thread, so it may not have been taken yet; when its place
   gets another image, this one must not be taken twice. */
static void
drop_oldest(struct checking *checking)
{
    struct checked *checked = &checking->places[checking->reported++ % AHEAD].checked;
    free(checked->input);
    free(checked->error);
    cli_threads_lock();
    if (checking->taken < checking->reported)
        checking->taken = checking->reported;
    cli_threads_unlock();
}

/* Reports what is done, and waits until at most `rest` are not reported. */
static void
report_until(struct checking *checking, size_t rest)
{
    while (checking->reported < checking->added && !checking->is_enough &&
           is_oldest_done(checking, checking->added - checking->reported > rest)) {
        const struct place *oldest = &checking->places[checking->reported % AHEAD];
        checking->is_enough = !checking->report(checking->user, &oldest->checked);
        drop_oldest(checking);
    }
}

struct checking *
cli_checking_begin(const struct options *options, const klingrec_limits *limits,
                   checking_fn report, void *user)
{
    struct checking *checking = cli_resize(NULL, 1, sizeof *checking);
    memset(checking, 0, sizeof *checking);
    checking->options = options;
    checking->limits = limits;
    checking->report = report;
    checking->user = user;
    return checking;
}

static struct place *
next_place(struct checking *checking, const char *input, const char *below,
           klingrec_status status, const char *error)
{
    struct place *place = &checking->places[checking->added % AHEAD];
    memset(place, 0, sizeof *place);
    place->checked.input = cli_copy_text(input);
    if (below != NULL)
        place->checked.below = place->checked.input + (below - input);
    place->checked.error = error != NULL ? cli_copy_text(error) : NULL;
    place->checked.status = status;
    place->checked.elapsed_ms = -1;
    place->is_done = error != NULL;
    return place;
}

/* A thread is started when none is idle. The first thread checks, too. */
static void
hand_out(struct checking *checking)
{
    cli_threads_lock();
    checking->added++;
    if (checking->added - checking->taken > checking->idle &&
        checking->threads + 1 < checking->options->jobs &&
        cli_thread_start(work, checking))
        checking->threads++;
    cli_threads_wake(CHANGE_WORK);
    cli_threads_unlock();
}

void
cli_checking_add(struct checking *checking, const char *input, const char *below,
                 klingrec_status status, const char *error)
{
    report_until(checking, AHEAD - 1);
    if (checking->is_enough)
        return;
    (void)next_place(checking, input, below, status, error);
    hand_out(checking);
}

void
cli_checking_now(struct checking *checking, const char *input,
                 const klingrec_request *request)
{
    report_until(checking, 0);
    if (checking->is_enough)
        return;
    struct place *place = next_place(checking, input, NULL, KLINGREC_OK, NULL);
    check(checking, &place->checked, request);
    place->is_done = true;
    hand_out(checking);
}

size_t
cli_checking_count(const struct checking *checking)
{
    return checking->added;
}

void
cli_checking_end(struct checking *checking)
{
    report_until(checking, 0);
    cli_threads_lock();
    checking->stop = true;
    cli_threads_wake_all(CHANGE_WORK);
    while (checking->threads > 0)
        cli_threads_wait(CHANGE_DONE);
    cli_threads_unlock();
    while (checking->reported < checking->added)
        drop_oldest(checking);
    free(checking);
}
