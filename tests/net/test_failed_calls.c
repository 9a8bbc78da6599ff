/* SPDX-License-Identifier: MIT */
/* test_failed_calls.c - each call of the system that a client makes fails once, and
   from then on */
#define _GNU_SOURCE /* strverscmp() */

#include "../sampling.h"
#include "failing_calls.h"
#include "net.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * A client is made, checks a file and sends it, while call number n of one function
 * fails. With the argument "long" no n is left out.
 */

#define BODY                                                                           \
    "{\"code\":0,\"message\":\"SUCCEED\",\"data\":{\"task_result\":{\"images\":["      \
    "{\"type\":\"head_seg\",\"is_contain\":true}]}}}"
#define ANSWER NET_HEAD("Content-Length: 104\r\n") BODY

static const struct {
    int error;
    const char *name;
} FAULTS[] = {
    {EINTR, "EINTR"},         {EAGAIN, "EAGAIN"},         {EMFILE, "EMFILE"},
    {ENOMEM, "ENOMEM"},       {ECONNRESET, "ECONNRESET"}, {EIO, "EIO"},
    {FAILING_SHORT, "short"},
};
enum { FAULT_COUNT = sizeof FAULTS / sizeof FAULTS[0], HANG_SECONDS = 60 };

static bool is_long;

/* ---- The image -------------------------------------------------------------- */

static char image_path[128];

/* A PNG of several reads; nothing decodes it. */
static int
write_image(void)
{
    static const unsigned char head[] = {
        0x89, 'P',  'N',  'G',  0x0D, 0x0A, 0x1A, 0x0A, 0,    0,    0,   13,  'I', 'H',
        'D',  'R',  0,    0,    1,    0x2C, 0,    0,    1,    0x2C, 1,   0,   0,   0,
        0,    0x51, 0x06, 0xB3, 0xD8, 0,    0,    0xEA, 0x60, 'I',  'D', 'A', 'T'};
    static const unsigned char end[] = {0,   0,   0,    0,    'I',  'E',
                                        'N', 'D', 0xAE, 0x42, 0x60, 0x82};
    static const unsigned char data[60000 + 4];
    (void)snprintf(image_path, sizeof image_path, "%s/image.png",
                   net_authority()->folder);
    FILE *file = fopen(image_path, "wb");
    bool good = file != NULL && fwrite(head, 1, sizeof head, file) == sizeof head &&
                fwrite(data, 1, sizeof data, file) == sizeof data &&
                fwrite(end, 1, sizeof end, file) == sizeof end;
    return file != NULL && fclose(file) == 0 && good ? 0 : -1;
}

/* ---- One client ------------------------------------------------------------- */

typedef struct sweep {
    const char *name;
    bool tls;
    uint32_t run;
    uint32_t attempt_timeout_ms;
    raw_server *server;
} sweep;

typedef struct fault {
    failing_call call;
    size_t kind; /* in FAULTS */
    unsigned long at;
    bool onwards;
} fault;

typedef struct outcome {
    klingrec_status checked, status;
    klingrec_delivery delivery;
    bool contains;
    char why[256];
} outcome;

static klingrec_status
make(const sweep *s, klingrec_client **client)
{
    klingrec_config config = net_config(s->server, s->tls);
    config.run = s->run;
    config.flags = 0;
    config.attempt_timeout_ms = s->attempt_timeout_ms;
    return klingrec_client_new(&config, NULL, 0, client);
}

static void
ask(klingrec_client *client, outcome *got)
{
    klingrec_request request = klingrec_request_file(image_path);
    klingrec_result *result = NULL;
    got->status = klingrec_recognize(client, &request, &result);
    got->delivery = klingrec_result_delivery(result);
    got->contains = klingrec_result_contains(result, KLINGREC_KIND_HEAD);
    (void)snprintf(got->why, sizeof got->why, "%s", klingrec_result_message(result));
    klingrec_result_free(result);
}

static outcome
make_and_ask(const sweep *s, klingrec_client **client)
{
    klingrec_request request = klingrec_request_file(image_path);
    outcome got = {0};
    got.checked = klingrec_check(&request, NULL, NULL);
    got.status = make(s, client);
    if (*client != NULL)
        ask(*client, &got);
    return got;
}

/* ---- What may come of it ---------------------------------------------------- */

/* Programs have signal handlers, and calls move less than they could: nothing may come
   of that. */
static bool
is_harmless(const fault *f)
{
    int error = FAULTS[f->kind].error;
    bool moves = f->call == FAILING_read || f->call == FAILING_write ||
                 f->call == FAILING_recv || f->call == FAILING_send;
    if (f->call == FAILING_close || error == FAILING_SHORT)
        return true;
    if (error == EAGAIN)
        return moves;
    return error == EINTR && (moves || f->call == FAILING_pread ||
                              f->call == FAILING_open || f->call == FAILING_poll);
}

/* Without a clock there is no time limit. */
static bool
may_last(const fault *f)
{
    return !is_harmless(f) && f->call != FAILING_clock_gettime;
}

static bool
is_about_files(failing_call call)
{
    return call == FAILING_open || call == FAILING_fstat || call == FAILING_pread;
}

static bool
is_possible(const sweep *s, const fault *f, klingrec_status status)
{
    switch ((int)status) {
    case KLINGREC_OK:
        return true;
    case KLINGREC_ERR_FILE:
        return is_about_files(f->call);
    case KLINGREC_ERR_TLS:
        return s->tls;
    case KLINGREC_ERR_NOMEM:
    case KLINGREC_ERR_SYSTEM:
    case KLINGREC_ERR_CONNECT:
    case KLINGREC_ERR_TRANSFER:
    case KLINGREC_ERR_TIMEOUT:
        return true;
    default:
        return false;
    }
}

/* For the handler, which may not format. */
static char current[160];

static void
hangs_or_crashes(int number)
{
    static const char text[] = "\nended by a signal: ";
    (void)!write(2, text, sizeof text - 1);
    (void)!write(2, current, strlen(current));
    (void)!write(2, "\n", 1);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void
judge(const sweep *s, const fault *f, const outcome *got, unsigned requests)
{
    bool good = got->status == KLINGREC_OK;
    (void)net_expect(is_possible(s, f, got->status), "%s: %s: %s", current,
                     klingrec_status_name(got->status), got->why);
    (void)net_expect(!is_harmless(f) || good, "%s: harmless, and %s: %s", current,
                     klingrec_status_name(got->status), got->why);
    (void)net_expect(got->checked == KLINGREC_OK ||
                         (got->checked == KLINGREC_ERR_FILE &&
                          is_about_files(f->call) && !is_harmless(f)),
                     "%s: checked: %s", current, klingrec_status_name(got->checked));
    (void)net_expect(good == got->contains, "%s: another answer", current);
    (void)net_expect(good == (got->delivery == KLINGREC_DELIVERY_ANSWERED),
                     "%s: %s, delivery %d", current, klingrec_status_name(got->status),
                     (int)got->delivery);
    (void)net_expect(requests == 0 || got->delivery != KLINGREC_DELIVERY_NOT_SENT,
                     "%s: sent, and said not to be", current);
    (void)net_expect(requests == (got->delivery == KLINGREC_DELIVERY_ANSWERED) ||
                         got->delivery == KLINGREC_DELIVERY_UNSURE,
                     "%s: %u requests, delivery %d", current, requests,
                     (int)got->delivery);
}

/* Measured before, because measuring makes calls too. */
static void
arm(sweep *s, const fault *f)
{
    s->attempt_timeout_ms = net_patience(2000);
    failing_arm(f->call, FAULTS[f->kind].error, f->at, f->onwards);
}

static void
fail_once(sweep *s, const fault *f, unsigned *slowest_ms)
{
    klingrec_client *client = NULL;
    outcome after = {0};
    unsigned files = net_count_files(UINT_MAX), threads = net_count_threads(UINT_MAX);
    unsigned requests = raw_server_requests(s->server), begun = net_now_ms();
    (void)snprintf(current, sizeof current, "%s: %s %lu%s: %s", s->name,
                   failing_name(f->call), f->at, f->onwards ? " and later" : "",
                   FAULTS[f->kind].name);
    (void)alarm(HANG_SECONDS);
    arm(s, f);
    outcome got = make_and_ask(s, &client);
    failing_disarm();
    unsigned ms = net_now_ms() - begun;
    *slowest_ms = ms > *slowest_ms ? ms : *slowest_ms;
    judge(s, f, &got, raw_server_requests(s->server) - requests);
    if (client != NULL) {
        ask(client, &after);
        /* When the clock fails, libcurl takes another one, and mixes up the two. */
        bool good = after.status == KLINGREC_OK && after.contains;
        bool late =
            f->call == FAILING_clock_gettime && after.status == KLINGREC_ERR_TIMEOUT;
        (void)net_expect(good || late, "%s: afterwards %s: %s", current,
                         klingrec_status_name(after.status), after.why);
    }
    klingrec_client_free(client);
    raw_server_settle(s->server);
    (void)net_expect(net_count_files(files) <= files, "%s: a descriptor is lost",
                     current);
    (void)net_expect(net_count_threads(threads) <= threads, "%s: a thread is lost",
                     current);
    (void)alarm(0);
}

/* ---- All of them ------------------------------------------------------------ */

static void
count_calls(sweep *s, unsigned long counts[FAILING_COUNT])
{
    const fault none = {FAILING_open, 0, 0, false};
    for (int i = 0; i < 2; i++) { /* without what is done once in a process */
        klingrec_client *client = NULL;
        arm(s, &none);
        assert_int_equal(make_and_ask(s, &client).status, KLINGREC_OK);
        klingrec_client_free(client);
        failing_disarm();
        raw_server_settle(s->server);
    }
    for (int i = 0; i < FAILING_COUNT; i++)
        counts[i] = failing_calls((failing_call)i);
}

static void
fail_each(sweep *s, bool onwards, unsigned step)
{
    unsigned long counts[FAILING_COUNT], cases = 0;
    unsigned slowest_ms = 0, skipped = 0;
    count_calls(s, counts);
    for (int call = 0; call < FAILING_COUNT; call++)
        for (size_t kind = 0; kind < FAULT_COUNT; kind++)
            for (unsigned long at = 1; at <= counts[call]; at++) {
                fault f = {(failing_call)call, kind, at, onwards};
                if (++skipped < step || (onwards && !may_last(&f)))
                    continue;
                skipped = 0;
                fail_once(s, &f, &slowest_ms);
                cases++;
            }
    print_message("%s%s: %lu cases, the slowest took %u ms\n", s->name,
                  onwards ? ", from then on" : "", cases, slowest_ms);
}

static void
sweep_all(bool onwards, unsigned plain_step, unsigned tls_step)
{
    static const raw_step plain[] = {RAW_DO(REQUEST), RAW_TEXT(ANSWER), RAW_DO(AGAIN)};
    static const raw_step secret[] = {RAW_DO(TLS),      RAW_DO(REQUEST),
                                      RAW_TEXT(ANSWER), RAW_DO(REQUEST),
                                      RAW_TEXT(ANSWER), RAW_DO(STALL)};
    sweep sweeps[] = {
        {.name = "plain"},
        {.name = "plain, thread", .run = KLINGREC_RUN_THREAD},
        {.name = "TLS", .tls = true},
        {.name = "TLS, thread", .tls = true, .run = KLINGREC_RUN_THREAD},
    };
    for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++) {
        sweep *s = &sweeps[i];
        const raw_scripts scripts = {.steps = {s->tls ? secret : plain},
                                     .identity =
                                         &net_authority()->identities[RAW_SOUND]};
        s->server = raw_server_start(&scripts); /* its threads are not watched */
        failing_watch(true);
        fail_each(s, onwards, is_long ? 1 : (s->tls ? tls_step : plain_step) * thin());
        failing_watch(false);
        raw_server_free(s->server);
    }
}

static void
a_call_that_fails_once_does_no_harm(void **state)
{
    (void)state;
    sweep_all(false, 6, 29);
    net_end_table("calls that fail once");
}

static void
a_call_that_fails_from_then_on_ends_the_job_and_not_the_client(void **state)
{
    (void)state;
    sweep_all(true, 11, 31);
    net_end_table("calls that fail from then on");
}

static int
set_up(void **state)
{
    (void)signal(SIGALRM, hangs_or_crashes);
    (void)signal(SIGSEGV, hangs_or_crashes);
    (void)signal(SIGABRT, hangs_or_crashes);
    return net_setup(state) == 0 ? write_image() : -1;
}

static int
tear_down(void **state)
{
    (void)unlink(image_path);
    return net_teardown(state);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_fails_once_does_no_harm),
        cmocka_unit_test(
            a_call_that_fails_from_then_on_ends_the_job_and_not_the_client),
    };
    /* In older versions some of these calls are no functions that can be replaced. */
    if (strverscmp(gnu_get_libc_version(), "2.33") < 0) {
        print_message("left out: the C library is older than glibc 2.33\n");
        return 0;
    }
    is_long = argc > 1 && strcmp(argv[1], "long") == 0;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
