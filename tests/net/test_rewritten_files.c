/* SPDX-License-Identifier: MIT */
/* test_rewritten_files.c - a file that is overwritten between check and upload is
   not sent */
#define _GNU_SOURCE /* AT_EMPTY_PATH, unshare */

#include "../sampling.h"
#include "net.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * Where no file system with coarse time stamps can be mounted, this program's own
 * fstat() stands in for one: it comes before the C library's, for the library as well.
 */
static bool has_ramfs;
static char folder[] = "/tmp/klingrec-test-XXXXXX";
static struct timespec start;

int
fstat(int fd, struct stat *st)
{
    int result = fstatat(fd, "", st, AT_EMPTY_PATH);
    if (!has_ramfs)
        st->st_mtim = st->st_ctim = start;
    return result;
}

/* A mount of this process alone, which ends with it; only root may. */
static void
mount_ramfs(void)
{
    has_ramfs = mkdtemp(folder) != NULL && unshare(CLONE_NEWNS) == 0 &&
                mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount("none", folder, "ramfs", 0, NULL) == 0;
    if (!has_ramfs)
        perror("no ramfs can be mounted here, so a clock that stands must do");
}

/* ---- One upload ------------------------------------------------------------- */

enum { LENGTH = 3000, UPLOADS = 125 };

typedef struct upload {
    int fd;
    bool rewrites;
    unsigned admitted;
} upload;

static unsigned char before[LENGTH], after[LENGTH];
static const char before_text[] = "QUFBQUFBQUFBQUFB"; /* 'A's in base64, 'B's */
static const char after_text[] = "QkJCQkJCQkJCQkJC";

/* Called after the check of the image, just before it is read again. */
static uint32_t
write_over(void *user)
{
    upload *u = user;
    struct stat st;
    u->admitted++;
    if (!u->rewrites)
        return 0;
    if (fstatat(u->fd, "", &st, AT_EMPTY_PATH) != 0 ||
        pwrite(u->fd, after, LENGTH, 0) != LENGTH)
        abort();
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    if (futimens(u->fd, times) != 0)
        abort();
    return 0;
}

/* A PNG as far as the check looks, but for the pixels. */
static void
make_image(unsigned char *image, int pixel)
{
    static const unsigned char head[] = {
        0x89, 'P',  'N', 'G', '\r', '\n', 0x1A, '\n', 0,    0,    0,
        13,   'I',  'H', 'D', 'R',  0,    0,    1,    0x2C, 0,    0,
        1,    0x2C, 1,   0,   0,    0,    0,    0x51, 0x06, 0xB3, 0xD8};
    static const unsigned char end[] = {0,   0,   0,    0,    'I',  'E',
                                        'N', 'D', 0xAE, 0x42, 0x60, 0x82};
    size_t data = LENGTH - sizeof head - 12 - sizeof end;
    const unsigned char idat[] = {
        0, 0, (unsigned char)(data >> 8), (unsigned char)data, 'I', 'D', 'A', 'T'};
    memset(image, pixel, LENGTH);
    memcpy(image, head, sizeof head);
    memcpy(image + sizeof head, idat, sizeof idat);
    memcpy(image + LENGTH - sizeof end, end, sizeof end);
}

#define ANSWER NET_HEAD(NET_LENGTH "Connection: close\r\n") NET_BODY
static const raw_step plain[] = {RAW_DO(REQUEST), RAW_TEXT(ANSWER), RAW_DO(FIN)};
static const raw_step secure[] = {RAW_DO(TLS), RAW_DO(REQUEST), RAW_TEXT(ANSWER),
                                  RAW_DO(FIN)};

static void
upload_all(bool tls, uint32_t run, bool rewrites)
{
    upload u = {.rewrites = rewrites};
    raw_server *server = net_server(tls ? secure : plain, NULL);
    klingrec_config config = net_config(server, tls);
    config.run = run;
    config.flags &= ~KLINGREC_CLIENT_NO_CHECK;
    config.max_attempts = 3;
    config.admit = write_over;
    config.admit_user = &u;
    klingrec_client *client = net_client(&config);
    unsigned uploads = UPLOADS / thin() + 1;

    for (unsigned i = 0; i < uploads; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s/image-%u", folder, i);
        u.fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        assert_true(u.fd >= 0 && write(u.fd, before, LENGTH) == LENGTH);
        klingrec_request request = klingrec_request_file(path);
        net_outcome got = net_ask(client, &request);
        (void)net_expect_outcome(
            rewrites ? "written over" : "left alone", &got,
            rewrites ? KLINGREC_ERR_FILE : KLINGREC_OK,
            rewrites ? KLINGREC_DELIVERY_NOT_SENT : KLINGREC_DELIVERY_ANSWERED, 1);
        assert_int_equal(close(u.fd), 0);
        assert_int_equal(unlink(path), 0);
    }
    klingrec_client_free(client);
    raw_server_stop(server);
    const raw_log *log = tls ? &server->secret : &server->clear;
    (void)net_expect(u.admitted == uploads, "%u were admitted", u.admitted);
    (void)net_expect(server->requests == (rewrites ? 0 : uploads), "%u requests",
                     server->requests);
    if (!rewrites)
        (void)net_expect(raw_log_has(log, before_text) && !raw_log_has(log, after_text),
                         "another image arrived");
    raw_server_free(server);
}

static void
a_file_overwritten_between_check_and_upload_is_not_sent(void **state)
{
    (void)state;
    make_image(before, 'A');
    make_image(after, 'B');
    for (int tls = 0; tls < 2; tls++)
        for (uint32_t run = KLINGREC_RUN_CALLER; run <= KLINGREC_RUN_THREAD; run++) {
            upload_all(tls != 0, run, true);
            upload_all(tls != 0, run, false);
        }
    net_end_table("files written over");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_overwritten_between_check_and_upload_is_not_sent),
    };
    mount_ramfs();
    (void)clock_gettime(CLOCK_REALTIME, &start);
    int failed = cmocka_run_group_tests(tests, net_setup, net_teardown);
    if (has_ramfs)
        (void)umount(folder);
    (void)rmdir(folder);
    return failed;
}
