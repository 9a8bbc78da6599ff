/* SPDX-License-Identifier: MIT */
/* os.h - what the unit tests need of the operating system */
#ifndef OS_H
#define OS_H

#include "base/sys.h"

/* A new file, open for writing, that others may open and change. */
typedef struct os_file {
    int fd;
    char path[300]; /* in UTF-8, and so are all paths here */
} os_file;

/* In the folder, or in the system's for temporary files if it is NULL. */
os_file os_file_new(const char *folder);
void os_file_write(const os_file *file, uint64_t offset, const void *bytes, size_t len);
void os_file_truncate(const os_file *file, uint64_t length);
/* Close it and remove it. */
void os_file_remove(const os_file *file);

/* Set the time of the last write. */
void os_set_time(const char *path, int64_t seconds);

/* Make an empty folder whose path begins with that of temporary files. */
void os_folder_new(char *path, size_t size);
void os_folder_remove(const char *path);

/* Let another thread run. */
void os_yield(void);

/* The end of n writable bytes at least, after which access is an error; it stays. */
unsigned char *os_guarded(size_t n);

#endif
