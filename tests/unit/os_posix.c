/* SPDX-License-Identifier: MIT */
/* os_posix.c - os.h on POSIX systems */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "os.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME "klingrec-test-XXXXXX"

os_file
os_file_new(const char *folder)
{
    os_file file;
    (void)snprintf(file.path, sizeof file.path, "%s/" NAME,
                   folder != NULL ? folder : "/tmp");
    file.fd = mkstemp(file.path);
    assert_true(file.fd >= 0);
    return file;
}

/* No assertion: it is also called on threads that are not cmocka's. */
void
os_file_write(const os_file *file, uint64_t offset, const void *bytes, size_t len)
{
    if (pwrite(file->fd, bytes, len, (off_t)offset) != (ssize_t)len)
        abort();
}

void
os_file_truncate(const os_file *file, uint64_t length)
{
    assert_int_equal(ftruncate(file->fd, (off_t)length), 0);
}

void
os_set_time(const char *path, int64_t seconds)
{
    const struct timespec times[2] = {{(time_t)seconds, 0}, {(time_t)seconds, 0}};
    if (utimensat(AT_FDCWD, path, times, 0) != 0)
        abort();
}

void
os_file_remove(const os_file *file)
{
    assert_int_equal(close(file->fd), 0);
    assert_int_equal(unlink(file->path), 0);
}

void
os_folder_new(char *path, size_t size)
{
    (void)snprintf(path, size, "/tmp/" NAME);
    assert_non_null(mkdtemp(path));
}

void
os_folder_remove(const char *path)
{
    assert_int_equal(rmdir(path), 0);
}

void
os_yield(void)
{
    (void)sched_yield();
}

unsigned char *
os_guarded(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (n + page - 1) / page * page;
    char *all = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(all != MAP_FAILED);
    assert_int_equal(mprotect(all + room, page, PROT_NONE), 0);
    return (unsigned char *)all + room;
}
