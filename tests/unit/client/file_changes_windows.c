/* SPDX-License-Identifier: MIT */
/* file_changes_windows.c - file_changes.h by the linker's --wrap */
#include "file_changes.h"

#include "base/sys.h"

#include <windows.h>

bool clock_stands;
bool files_are_old;

ptrdiff_t __real_klr_file_read(const klr_file *file, uint64_t offset, void *buf,
                               size_t len, int *error);
ptrdiff_t __wrap_klr_file_read(const klr_file *file, uint64_t offset, void *buf,
                               size_t len, int *error);
bool __real_klr_file_unchanged(const klr_file *file);
bool __wrap_klr_file_unchanged(const klr_file *file);

ptrdiff_t
__wrap_klr_file_read(const klr_file *file, uint64_t offset, void *buf, size_t len,
                     int *error)
{
    before_read();
    ptrdiff_t n = __real_klr_file_read(file, offset, buf, len, error);
    if (n > 0)
        after_read(offset, buf, (size_t)n);
    return n;
}

/* No test here changes the length. */
bool
__wrap_klr_file_unchanged(const klr_file *file)
{
    return clock_stands || __real_klr_file_unchanged(file);
}

int
prepare_files(void **state)
{
    (void)state;
    return 0;
}

int
clean_files(void **state)
{
    (void)state;
    return 0;
}

const char *
coarse_folder(void)
{
    return NULL;
}

unsigned
count_handles(void)
{
    DWORD count = 0;
    return GetProcessHandleCount(GetCurrentProcess(), &count) ? (unsigned)count : 0;
}
