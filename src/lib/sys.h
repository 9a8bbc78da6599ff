/* sys.h - what the library needs of the operating system */
#ifndef KLR_SYS_H
#define KLR_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Files: regular ones only, read by offset, never mapped ---------------- */

typedef struct klr_file {
    int fd;
    uint64_t length;
    int64_t modified[4]; /* mtime and ctime, seconds and nanoseconds */
} klr_file;

typedef enum klr_open_result {
    KLR_OPEN_OK,
    KLR_OPEN_NOT_FOUND,
    KLR_OPEN_DIRECTORY,
    KLR_OPEN_NOT_REGULAR,
    KLR_OPEN_FAILED
} klr_open_result;

/* Never blocks, not even on a FIFO. *error is the errno of a failure. */
klr_open_result klr_file_open(klr_file *file, const char *path, int *error);
/* Bytes read at offset, fewer than len only at the end; -1 and *error on failure. */
ptrdiff_t klr_file_read(const klr_file *file, uint64_t offset, void *buf, size_t len,
                        int *error);
/* Whether length and time stamps are still those of klr_file_open(). */
bool klr_file_unchanged(const klr_file *file);
void klr_file_close(klr_file *file);

/* What an errno means, in English and without a full stop; NULL: an unusual one. */
const char *klr_error_text(int error);

#endif
