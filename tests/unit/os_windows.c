/* SPDX-License-Identifier: MIT */
/* os_windows.c - os.h on Windows */
#define WIN32_LEAN_AND_MEAN

#include "os.h"

#include <fcntl.h>
#include <io.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <windows.h>

#include <cmocka.h>

/* A path that nothing has in a folder, or among the temporary files if it is NULL. */
static void
new_path(char *path, size_t size, const char *folder)
{
    static unsigned count;
    char temporary[200];
    assert_true(GetTempPathA(sizeof temporary, temporary) > 0);
    for (char *c = temporary; (c = strchr(c, '\\')) != NULL;)
        *c = '/';
    size_t len = strlen(temporary);
    if (len > 0 && temporary[len - 1] == '/')
        temporary[len - 1] = '\0';
    (void)snprintf(
        path, size, "%s/klingrec-test-%lu-%lu-%u", folder != NULL ? folder : temporary,
        (unsigned long)GetCurrentProcessId(), (unsigned long)GetTickCount(), count++);
}

static void
write_at(int fd, uint64_t offset, const void *bytes, size_t len)
{
    if (_lseeki64(fd, (int64_t)offset, SEEK_SET) < 0 ||
        _write(fd, bytes, (unsigned)len) != (int)len)
        abort();
}

os_file
os_file_new(const char *folder)
{
    os_file file;
    new_path(file.path, sizeof file.path, folder);
    file.fd = _open(file.path, _O_RDWR | _O_CREAT | _O_EXCL | _O_BINARY,
                    _S_IREAD | _S_IWRITE);
    assert_true(file.fd >= 0);
    return file;
}

void
os_file_write(const os_file *file, uint64_t offset, const void *bytes, size_t len)
{
    write_at(file->fd, offset, bytes, len);
}

void
os_file_truncate(const os_file *file, uint64_t length)
{
    assert_int_equal(_chsize_s(file->fd, (int64_t)length), 0);
}

void
os_set_time(const char *path, int64_t seconds)
{
    uint64_t ticks = (uint64_t)(seconds + INT64_C(11644473600)) * 10000000;
    const FILETIME time = {(DWORD)(ticks & UINT32_MAX), (DWORD)(ticks >> 32)};
    HANDLE handle = CreateFileA(path, FILE_WRITE_ATTRIBUTES,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                NULL, OPEN_EXISTING, 0, NULL);
    if (!SetFileTime(handle, NULL, NULL, &time) || !CloseHandle(handle))
        abort();
}

void
os_file_remove(const os_file *file)
{
    assert_int_equal(_close(file->fd), 0);
    assert_true(DeleteFileA(file->path));
}

void
os_folder_new(char *path, size_t size)
{
    new_path(path, size, NULL);
    assert_true(CreateDirectoryA(path, NULL));
}

void
os_folder_remove(const char *path)
{
    assert_true(RemoveDirectoryA(path));
}

void
os_yield(void)
{
    (void)SwitchToThread();
}

unsigned char *
os_guarded(size_t n)
{
    SYSTEM_INFO system;
    DWORD before;
    GetSystemInfo(&system);
    size_t page = system.dwPageSize;
    size_t room = (n + page - 1) / page * page;
    char *all =
        VirtualAlloc(NULL, room + page, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(all);
    assert_true(VirtualProtect(all + room, page, PAGE_NOACCESS, &before));
    return (unsigned char *)all + room;
}
