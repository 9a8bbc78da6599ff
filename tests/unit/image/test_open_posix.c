/* SPDX-License-Identifier: MIT */
/* test_open_posix.c - which files are opened on POSIX systems, and why others are not
 */
#define _POSIX_C_SOURCE 200809L

#include "../os.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "open_file.h"

static char folder[64];

static int
make_folder(void **state)
{
    (void)state;
    os_folder_new(folder, sizeof folder);
    return 0;
}

static const char *
in_folder(const char *name)
{
    static char path[100]; /* as short as a socket's */
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int
remove_folder(void **state)
{
    static const char *const names[] = {"fifo", "socket", "loop", "link", "secret"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(in_folder(names[i]));
    os_folder_remove(folder);
    return 0;
}

/* Only if it is a device: in a chroot it may be missing or an ordinary file. */
static void
expect_no_device(const char *path)
{
    struct stat at;
    if (stat(path, &at) == 0 && S_ISCHR(at.st_mode))
        expect_file(path, KLINGREC_ERR_FILE, KLR_DETAIL_NOT_REGULAR, 0);
    else
        print_message("left out: %s is no device here\n", path);
}

static void
only_regular_files_are_opened(void **state)
{
    (void)state;
    /* The FIFO has no writer, so a blocking open would never return. */
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    expect_file(in_folder("fifo"), KLINGREC_ERR_FILE, KLR_DETAIL_NOT_REGULAR, 0);
    expect_no_device("/dev/zero");
    expect_no_device("/dev/null");
    expect_file(folder, KLINGREC_ERR_FILE, KLR_DETAIL_DIRECTORY, 0);

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s",
                   in_folder("socket"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof address), 0);
    expect_file(in_folder("socket"), KLINGREC_ERR_FILE, KLR_DETAIL_NOT_REGULAR, ENXIO);
    assert_int_equal(close(fd), 0);
}

static void
the_message_says_why_a_path_cannot_be_opened(void **state)
{
    (void)state;
    expect_file(in_folder("missing"), KLINGREC_ERR_FILE, KLR_DETAIL_NOT_FOUND, ENOENT);
    expect_file("", KLINGREC_ERR_FILE, KLR_DETAIL_NOT_FOUND, ENOENT);
    assert_int_equal(symlink("loop", in_folder("loop")), 0);
    expect_file(in_folder("loop"), KLINGREC_ERR_FILE, KLR_DETAIL_UNREADABLE, ELOOP);
    assert_int_equal(symlink("missing", in_folder("link")), 0);
    expect_file(in_folder("link"), KLINGREC_ERR_FILE, KLR_DETAIL_NOT_FOUND, ENOENT);
    FILE *file = fopen(in_folder("secret"), "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    expect_file(in_folder("secret/a"), KLINGREC_ERR_FILE, KLR_DETAIL_UNREADABLE,
                ENOTDIR);
    assert_int_equal(chmod(in_folder("secret"), 0), 0);
    if (geteuid() != 0) /* root ignores file modes */
        expect_file(in_folder("secret"), KLINGREC_ERR_FILE, KLR_DETAIL_UNREADABLE,
                    EACCES);
}

/* Of the last length that fits, 4095 bytes: that is a folder. */
static void
a_path_with_a_length_may_be_as_long_as_the_system_allows(void **state)
{
    (void)state;
    char path[4095];
    klr_source source;
    klingrec_image_info info = klingrec_image_info_default();
    memset(path, '/', sizeof path);
    klingrec_request request =
        klingrec_request_from(KLINGREC_FROM_FILE, path, sizeof path);
    assert_int_equal(klr_source_open(&source, &request, &info), KLINGREC_ERR_FILE);
    assert_int_equal(info.detail, KLR_DETAIL_DIRECTORY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_regular_files_are_opened),
        cmocka_unit_test(the_message_says_why_a_path_cannot_be_opened),
        cmocka_unit_test(a_path_with_a_length_may_be_as_long_as_the_system_allows),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
