/* SPDX-License-Identifier: MIT */
/* test_file_changes.c - only checked bytes are sent, whenever the file is
   overwritten */
#include "rig.h"

#include "../../sampling.h"
#include "../os.h"
#include "base/base64.h"
#include "file_changes.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- A file system whose clock stands still --------------------------------- */

/* So coarse is no real clock. What is read is written down. */
enum { LENGTH = 60000, NEVER = 1 << 30 };

static struct {
    unsigned reads;                /* of the job under way */
    unsigned change_at, change_to; /* before that read; and to what */
    unsigned change_back_at;
    unsigned shrink_at;
    unsigned wait_at; /* for a write of another thread */
    bool checking;
    unsigned char checked[LENGTH]; /* what the check was given, */
    unsigned char seen[LENGTH];    /* and where: 1 */
    unsigned char sent[LENGTH];
    bool whole;   /* the request was given out to its last byte */
    os_file file; /* for the writers */
} w;

static unsigned char versions[2][LENGTH];

static void
write_over(unsigned version)
{
    os_file_write(&w.file, 0, versions[version], LENGTH);
}

/* Shared by a job and a thread that overwrites its file. */
static struct {
    klr_lock lock;
    bool on;
    unsigned writes;
} race;

/* On a busy machine the writer rarely runs, so sometimes a read waits for a write. */
static void
let_write(void)
{
    klr_lock_enter(&race.lock);
    for (unsigned before = race.writes; race.on && race.writes == before;)
        klr_lock_wait(&race.lock, UINT64_MAX);
    klr_lock_leave(&race.lock);
}

void
before_read(void)
{
    if (w.reads == w.wait_at)
        let_write();
    if (w.reads == w.change_at)
        write_over(w.change_to);
    if (w.reads == w.change_back_at)
        write_over(1 - w.change_to);
    if (w.reads == w.shrink_at)
        os_file_truncate(&w.file, LENGTH / 2);
    w.reads++;
}

/* In the check, a byte that is read twice could differ. */
void
after_read(uint64_t offset, const void *bytes, size_t n)
{
    if (!w.checking)
        return;
    assert_null(memchr(w.seen + offset, 1, n));
    memset(w.seen + offset, 1, n);
    memcpy(w.checked + offset, bytes, n);
}

/* ---- Images ----------------------------------------------------------------- */

/* Two of one length and structure, so that every mixture is valid, too. The head of the
   second IDAT lies across the end of the first read. */
static void
make_pngs(void)
{
    for (unsigned v = 0; v < 2; v++) {
        unsigned char *image = versions[v];
        memset(image, 0x11 + 0x22 * (int)v, LENGTH);
        memcpy(image, RIG_PNG, 33); /* the signature and IHDR */
        for (size_t at = 33; at < LENGTH - 12;) {
            size_t left = LENGTH - 12 - at, len = at == 33 ? 4096 - 4 - 12 - 33 : 7000;
            len = left < 2 * 7000 ? left - 12 : len;
            unsigned char head[8] = {
                0,   0,  (unsigned char)(len >> 8), (unsigned char)len, 'I', 'D',
                'A', 'T'};
            memcpy(image + at, head, sizeof head);
            at += 12 + len;
        }
        memcpy(image + LENGTH - 12, RIG_PNG + RIG_PNG_SIZE - 12, 12);
    }
}

/* Its Exif directory lies far behind its header, and its scan consists of FF 00 or FF
   D0, so that the first FF of such a pair is the last byte of a read. */
static void
make_jpegs(void)
{
    static const unsigned char exif[] = {
        0xFF, 0xD8, 0xFF, 0xE1, 30000 >> 8, 30000 & 0xFF, 'E', 'x', 'i', 'f',
        0,    0,    'M',  'M',  0,          42,           0,   0,   78,  32};
    static const unsigned char frame[] = {0xFF, 0xC0, 0, 11,   8, 1,    0x2C, 1,
                                          0x2C, 1,    1, 0x11, 0, 0xFF, 0xDA, 0,
                                          8,    1,    1, 0,    0, 63,   0};
    size_t scan = 4 + 30000 + sizeof frame;
    for (unsigned v = 0; v < 2; v++) {
        memset(versions[v], 0x11 + 0x22 * (int)v, LENGTH);
        memcpy(versions[v], exif, sizeof exif);
        memcpy(versions[v] + 4 + 30000, frame, sizeof frame);
        for (size_t at = scan + 1; at + 1 < LENGTH; at += 2) {
            versions[v][at] = 0xFF;
            versions[v][at + 1] = v == 0 ? 0 : 0xD0;
        }
        memcpy(versions[v] + LENGTH - 2, "\xFF\xD9", 2);
    }
}

static void (*const make[])(void) = {make_pngs, make_jpegs};

/* ---- One job ---------------------------------------------------------------- */

/* Reads the whole body when an attempt starts, like a fast transport. */
static const fake_answer *
take_body(fake *self, klingrec_exchange *x, unsigned n)
{
    static char body[LENGTH / 3 * 4 + 64];
    size_t got = 1, at = 0;
    w.checking = false;
    w.whole = false;
    while (got > 0 && at + 1024 <= sizeof body + 1024) {
        got = klingrec_exchange_body_read(x, body + at, 16 + (sizeof body - at) / 4);
        if (got == KLINGREC_BODY_FAILED)
            return rig_script(self, x, n);
        at += got;
    }
    assert_int_equal(at, klingrec_exchange_body_size(x));
    w.whole = true;
    (void)klr_base64_decode(w.sent, body + 10, LENGTH / 3);
    return rig_script(self, x, n);
}

static klingrec_client *
make_client(fake *self, const fake_answer *const *answers, uint32_t flags)
{
    klingrec_config config = rig_config();
    self->answer = take_body;
    self->user = (void *)(uintptr_t)answers;
    config.flags = flags;
    return rig_client(self, config);
}

static klingrec_status
send_file(klingrec_client *client, const char *path, uint32_t flags)
{
    klingrec_request request = klingrec_request_file(path);
    klingrec_result *result;
    request.flags = flags;
    memset(w.seen, 0, sizeof w.seen);
    w.reads = 0;
    w.checking = true;
    w.whole = false;
    klingrec_status status = klingrec_recognize(client, &request, &result);
    w.checking = false;
    if (status == KLINGREC_ERR_FILE) {
        assert_string_equal(
            klingrec_result_message(result),
            "the image cannot be read: it changed while it was being read");
        assert_false(w.whole);
        assert_int_equal(klingrec_result_delivery(result), KLINGREC_DELIVERY_NOT_SENT);
    } else {
        assert_int_equal(status, KLINGREC_OK);
        assert_true(w.whole);
        assert_null(memchr(w.seen, 0, LENGTH));
        assert_memory_equal(w.sent, w.checked, LENGTH);
    }
    klingrec_result_free(result);
    return status;
}

static void
open_file(const char *folder)
{
    w.file = os_file_new(folder);
    w.change_at = w.change_back_at = w.shrink_at = w.wait_at = NEVER;
}

/* ---- Cases ------------------------------------------------------------------ */

static const fake_answer *const good[] = {&RIG_GOOD, NULL};

/* Before each read of a job in turn; for good, and up to each later read. */
static void
change_at_every_read(klingrec_client *client, uint32_t flags)
{
    unsigned refused = 0, taken = 0, reads = 1;
    for (unsigned at = 0; at <= reads; at += thin()) {
        for (unsigned back = at + 1; back <= reads + 1; back++) {
            write_over(0);
            w.change_at = at;
            w.change_to = 1;
            w.change_back_at = back > reads ? NEVER : back;
            klingrec_status status = send_file(client, w.file.path, flags);
            refused += status != KLINGREC_OK;
            taken += status == KLINGREC_OK;
            if (at == 0 && back == 1) /* now it is known how many there are */
                reads = w.reads;
        }
    }
    assert_true(refused > reads);
    assert_true(taken >= 2);
    w.change_at = w.change_back_at = NEVER;
}

static void
bytes_of_a_changing_file_are_checked_or_not_sent(void **state)
{
    static const struct {
        uint32_t client, request;
    } modes[] = {
        {0, 0}, {0, KLINGREC_REQUEST_HEADER_ONLY}, {KLINGREC_CLIENT_NO_CHECK, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof make / sizeof make[0]; i++)
        for (size_t k = 0; k < sizeof modes / sizeof modes[0]; k++) {
            fake self = {0};
            klingrec_client *client = make_client(&self, good, modes[k].client);
            make[i]();
            open_file(NULL);
            change_at_every_read(client, modes[k].request);
            os_file_remove(&w.file);
            klingrec_client_free(client);
        }
}

static void
a_file_that_becomes_shorter_while_it_is_checked_is_refused(void **state)
{
    static const uint32_t flags[] = {0, KLINGREC_REQUEST_HEADER_ONLY};
    (void)state;
    make_pngs();
    for (size_t i = 0; i < 2; i++) {
        fake self = {0};
        klingrec_client *client = make_client(&self, good, 0);
        klingrec_result *result;
        open_file(NULL);
        write_over(0);
        klingrec_request request = klingrec_request_file(w.file.path);
        request.flags = flags[i];
        w.reads = 0;
        w.shrink_at = 1;
        assert_int_equal(klingrec_recognize(client, &request, &result),
                         KLINGREC_ERR_FILE);
        assert_string_equal(klingrec_result_message(result),
                            "the image cannot be read: it ended before its stated "
                            "length");
        assert_null(klingrec_result_image(result));
        assert_int_equal(self.started, 0);
        klingrec_result_free(result);
        klingrec_client_free(client);
        os_file_remove(&w.file);
    }
}

/* Between two attempts: what was checked is gone, so the second one is not made. */
static unsigned change_before;

static const fake_answer *
change_and_take(fake *self, klingrec_exchange *x, unsigned n)
{
    if (n == change_before)
        write_over(1);
    return take_body(self, x, n);
}

static void
a_file_that_changes_between_attempts_is_refused(void **state)
{
    static const fake_answer *const answers[] = {&RIG_SERVER, &RIG_UNSENT, &RIG_GOOD,
                                                 NULL};
    (void)state;
    make_pngs();
    open_file(NULL);
    for (change_before = 0; change_before < 4; change_before++) {
        fake self = {0};
        klingrec_client *client = make_client(&self, answers, 0);
        klingrec_request request = klingrec_request_file(w.file.path);
        klingrec_result *result;
        self.answer = change_and_take;
        write_over(0);
        klingrec_status status = klingrec_recognize(client, &request, &result);
        bool changed = change_before < 3;
        assert_int_equal(status, changed ? KLINGREC_ERR_FILE : KLINGREC_OK);
        assert_int_equal(self.started, changed ? change_before + 1 : 3);
        assert_int_equal(w.whole, !changed);
        /* The attempts before that one were whole, and of the version checked. */
        assert_int_equal(klingrec_result_delivery(result),
                         change_before == 0 ? KLINGREC_DELIVERY_NOT_SENT
                                            : KLINGREC_DELIVERY_ANSWERED);
        if (change_before > 0)
            assert_memory_equal(w.sent, versions[0], LENGTH);
        klingrec_result_free(result);
        klingrec_client_free(client);
    }
    os_file_remove(&w.file);
}

/* Its bytes are in memory from the first read on. */
static void
a_small_old_file_is_read_once(void **state)
{
    static const fake_answer *const answers[] = {&RIG_SERVER, &RIG_UNSENT, &RIG_GOOD,
                                                 NULL};
    (void)state;
#ifdef _WIN32
    skip(); /* no file counts as settled there */
#endif
    files_are_old = true;
    for (size_t i = 0; i < 2 * sizeof make / sizeof make[0]; i++) {
        unsigned handles = count_handles();
        fake self = {0};
        klingrec_client *client = make_client(&self, answers, 0);
        make[i / 2]();
        open_file(NULL);
        write_over(0);
        change_before = 0;
        if (i % 2 == 1)
            self.answer = change_and_take;
        assert_int_equal(send_file(client, w.file.path, 0), KLINGREC_OK);
        assert_int_equal(w.reads, 1);
        assert_int_equal(self.started, 3);
        assert_memory_equal(w.sent, versions[0], LENGTH);
        os_file_remove(&w.file);
        klingrec_client_free(client);
        assert_int_equal(count_handles(), handles);
    }
    files_are_old = false;
}

/* ---- Races ------------------------------------------------------------------ */

/* Counts a write, and says whether there is to be another. */
static bool
go_on(void)
{
    klr_lock_enter(&race.lock);
    race.writes++;
    bool on = race.on;
    klr_lock_notify(&race.lock);
    klr_lock_leave(&race.lock);
    return on;
}

static void
a_finished_job_has_closed_its_file_before_its_result_is_taken(void **state)
{
    (void)state;
    fake self = {0};
    klingrec_client *client = make_client(&self, good, 0);
    klingrec_result *result = NULL;
    make_pngs();
    open_file(NULL);
    write_over(0);
    klingrec_request request = klingrec_request_file(w.file.path);
    unsigned handles = count_handles();
    assert_int_equal(klingrec_submit(client, &request, NULL), KLINGREC_OK);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_PENDING);
    assert_true(count_handles() > handles || handles == 0); /* wine counts none */
    (void)send_file(client, w.file.path, 0); /* finishes the other job as well */
    assert_int_equal(count_handles(), handles);
    assert_int_equal(klingrec_poll(client, 0, &result), KLINGREC_OK);
    klingrec_result_free(result);
    klingrec_client_free(client);
    os_file_remove(&w.file);
}

/* One version, the other, and mixtures; the times are put back each time. */
static void *
write_on_and_on(void *user)
{
    unsigned state = 1;
    int64_t start_s = klr_wall_clock_s();
    (void)user;
    while (go_on()) {
        state = state * 1103515245u + 12345u;
        size_t from = (state >> 8) % LENGTH;
        size_t len = (state >> 12) % 3 == 0 ? LENGTH - from : 1 + (LENGTH - from) / 9;
        const unsigned char *version = versions[state >> 30 & 1];
        os_file_write(&w.file, from, version + from, len);
        os_set_time(w.file.path, start_s);
        for (unsigned rest = (state >> 20) % 64; rest > 0; rest--)
            os_yield();
    }
    return NULL;
}

static void
run_races(unsigned races)
{
    unsigned handles = count_handles();
    fake self = {0};
    klingrec_client *client = make_client(&self, good, 0);
    unsigned taken = 0, refused = 0;
    const uint64_t end_ms = klr_monotonic_ms() + 5000; /* a busy machine makes fewer */
    klr_thread writer;
    write_over(0);
    race.on = true;
    assert_true(klr_thread_start(&writer, write_on_and_on, NULL));
    for (unsigned i = 0; i < races; i++) {
        if (klr_monotonic_ms() > end_ms && taken > 0 && refused > 0)
            break;
        w.wait_at = i % 16 == 0 ? i / 16 % 16 : NEVER;
        klingrec_status status = send_file(client, w.file.path, 0);
        taken += status == KLINGREC_OK;
        refused += status != KLINGREC_OK;
    }
    klr_lock_enter(&race.lock);
    race.on = false;
    klr_lock_leave(&race.lock);
    klr_thread_join(&writer);
    klingrec_client_free(client);
    assert_int_equal(count_handles(), handles);
    print_message("%u races: %u sent, %u refused\n", taken + refused, taken, refused);
    assert_true(taken > 0 && refused > 0);
}

static void
no_write_is_missed_while_the_clock_does_not_advance(void **state)
{
    (void)state;
    if (!KLR_HAS_THREADS)
        skip(); /* nothing else can write meanwhile */
    for (size_t i = 0; i < sizeof make / sizeof make[0]; i++) {
        make[i]();
        open_file(NULL);
        run_races(5000 / thin());
        os_file_remove(&w.file);
    }
}

static void
no_write_is_missed_with_coarse_time_stamps(void **state)
{
    (void)state;
    if (!KLR_HAS_THREADS)
        skip(); /* nothing else can write meanwhile */
    make_pngs();
    const char *folder = coarse_folder();
    open_file(folder);
    clock_stands = folder == NULL;
    run_races(5000 / thin());
    clock_stands = true;
    os_file_remove(&w.file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_a_changing_file_are_checked_or_not_sent),
        cmocka_unit_test(a_file_that_becomes_shorter_while_it_is_checked_is_refused),
        cmocka_unit_test(a_file_that_changes_between_attempts_is_refused),
        cmocka_unit_test(a_finished_job_has_closed_its_file_before_its_result_is_taken),
        cmocka_unit_test(a_small_old_file_is_read_once),
        cmocka_unit_test(no_write_is_missed_while_the_clock_does_not_advance),
        cmocka_unit_test(no_write_is_missed_with_coarse_time_stamps),
    };
    if (!klr_lock_init(&race.lock))
        return 1;
    clock_stands = true;
    int failed = cmocka_run_group_tests(tests, prepare_files, clean_files);
    klr_lock_free(&race.lock);
    return failed;
}
