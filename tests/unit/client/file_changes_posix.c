/* SPDX-License-Identifier: MIT */
/* file_changes_posix.c - file_changes.h by functions of the C library */
#define _GNU_SOURCE /* AT_EMPTY_PATH, preadv, unshare */

#include "file_changes.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

bool clock_stands;
bool files_are_old;
static struct timespec start; /* the time at which it stands */

/* This program's own fstat() and pread() come before the C library's, for the library
   as well. */
int
fstat(int fd, struct stat *st)
{
    int result = fstatat(fd, "", st, AT_EMPTY_PATH);
    if (clock_stands)
        st->st_mtim = st->st_ctim = start;
    if (files_are_old)
        st->st_mtim.tv_sec = st->st_ctim.tv_sec = 1;
    return result;
}

#if defined(__GLIBC__) && __GLIBC__ == 2 && __GLIBC_MINOR__ < 33
/* There fstat() is an inline function that calls this one. */
int
__fxstat64(int version, int fd, struct stat64 *st)
{
    (void)version;
    return fstat(fd, (struct stat *)(void *)st);
}
#endif

ssize_t
pread(int fd, void *buf, size_t len, off_t offset)
{
    before_read();
    struct iovec part = {buf, len};
    ssize_t n = preadv(fd, &part, 1, offset);
    if (n > 0)
        after_read((uint64_t)offset, buf, (size_t)n);
    return n;
}

static bool has_ramfs;
static char ramfs[] = "/tmp/klingrec-test-XXXXXX";

/* A mount of this process alone, which ends with it; only root may. */
int
prepare_files(void **state)
{
    (void)state;
    (void)clock_gettime(CLOCK_REALTIME, &start);
    start.tv_sec += 3600; /* or the file would settle while a slow machine runs this */
    has_ramfs = mkdtemp(ramfs) != NULL && unshare(CLONE_NEWNS) == 0 &&
                mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount("none", ramfs, "ramfs", 0, NULL) == 0;
    if (!has_ramfs)
        perror("no ramfs can be mounted here, so a clock that stands must do");
    return 0;
}

int
clean_files(void **state)
{
    (void)state;
    if (has_ramfs)
        (void)umount(ramfs);
    (void)rmdir(ramfs);
    return 0;
}

const char *
coarse_folder(void)
{
    return has_ramfs ? ramfs : NULL;
}

/* Opening takes the lowest free number. */
unsigned
count_handles(void)
{
    int fd = open("/dev/null", O_RDONLY);
    if (fd < 0)
        abort();
    (void)close(fd);
    return (unsigned)fd;
}
