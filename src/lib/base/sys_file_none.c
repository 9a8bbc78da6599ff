/* SPDX-License-Identifier: MIT */
/* sys_file_none.c - sys.h without files: none can be opened */
#include "base/build.h"

#include "base/sys.h"

#if !KLR_HAS_FILES

klr_open_result
klr_file_open(klr_file *file, const char *path, int *error)
{
    (void)file;
    (void)path;
    *error = 0;
    return KLR_OPEN_NOT_BUILT;
}

ptrdiff_t
klr_file_read(const klr_file *file, uint64_t offset, void *buf, size_t len, int *error)
{
    (void)file;
    (void)offset;
    (void)buf;
    (void)len;
    *error = 0;
    return -1;
}

bool
klr_file_unchanged(const klr_file *file)
{
    (void)file;
    return false;
}

bool
klr_file_settled(const klr_file *file, int64_t now_s)
{
    (void)file;
    (void)now_s;
    return false;
}

void
klr_file_close(klr_file *file)
{
    file->fd = -1;
}

const char *
klr_error_text(int error)
{
    (void)error;
    return NULL;
}

bool
klr_has_hashed_certificates(const char *folder)
{
    (void)folder;
    return false;
}

#endif
