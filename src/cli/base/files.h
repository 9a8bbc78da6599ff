/* SPDX-License-Identifier: MIT */
/* files.h - files and folders of the operating system; paths are UTF-8 on Windows */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Functions that return false, -1 or NULL set errno. */

enum file_kind { FILE_OTHER, FILE_REGULAR, FILE_FOLDER };

struct file_info {
    uint64_t device; /* device and id are equal for all names of one file */
    uint64_t id;
    uint64_t bytes;
    enum file_kind kind;
    bool is_removed; /* the open file has no name any more */
    bool is_linked;  /* it has more than one name */
    bool is_shared;  /* other users can read it; false if that is not known */
};

/* Links are followed. */
bool cli_file_info(const char *path, struct file_info *info);
bool cli_file_info_of(int file, struct file_info *info);
bool cli_file_is_same(const struct file_info *a, const struct file_info *b);

bool cli_file_exists(const char *path);
bool cli_file_may_read(const char *path);
bool cli_file_may_write(const char *path);       /* and read */
bool cli_file_may_create_in(const char *folder); /* create files in a folder */

/* ---- Open files -------------------------------------------------------------- */

enum file_use {
    FILE_READ,    /* waits for the writer of a named pipe */
    FILE_EXAMINE, /* reads; does not wait for anything */
    FILE_UPDATE,  /* reads and writes a file that is created if it is missing */
    FILE_REPLACE, /* writes such a file; no link; it can be renamed while it is open */
    FILE_WRITE    /* writes an empty file, a pipe or a device; on POSIX only opening a
                     pipe waits, for its reader */
};

/* Returns a descriptor that other programs do not inherit. */
int cli_file_open(const char *path, enum file_use use);
void cli_file_close(int file);

/* Returns the number of bytes; 0: the end. EINTR: see cli_interrupt_reads(). */
ptrdiff_t cli_file_read(int file, void *bytes, size_t size);
/* From the first byte on. */
ptrdiff_t cli_file_read_start(int file, void *bytes, size_t size);
bool cli_file_write_start(int file, const void *bytes, size_t len);

/* Locks against other processes that do the same; false with EBUSY: one of them has the
   lock. The lock of a process that is killed is released. */
bool cli_file_lock_whole(int file);  /* until it is closed */
bool cli_file_lock_shared(int file); /* also against other machines, where possible */
bool cli_file_unlock_shared(int file);

bool cli_file_truncate(int file);
bool cli_file_sync(int file); /* the data is on the disk */
bool cli_file_is_writable(int file);
/* Does this error of a write mean that nobody reads the pipe any more? */
bool cli_file_reader_is_gone(int error);
FILE *cli_file_stream(int file); /* for writing; owns the descriptor */

/* ---- Names ------------------------------------------------------------------- */

/* Replaces `to` in one step, which is on the disk when this returns, where possible. */
bool cli_file_rename(const char *from, const char *to);
/* The same, but EEXIST if there is `to`. Where the system has no such call, a file that
   another program creates at this moment is replaced. */
bool cli_file_rename_new(const char *from, const char *to);
void cli_file_remove(const char *path);

/* Makes path a symbolic link to the file; on Windows a hard link, which needs no
   rights. EEXIST: there is path. */
bool cli_file_link(const char *file, const char *path);

/* The path itself is a link, or on Windows a mounted folder. */
bool cli_path_is_link(const char *path);

/* EEXIST: there is path. */
bool cli_folder_create(const char *path);

bool cli_path_is_absolute(const char *path);

/* The absolute path of a folder without links, with slashes; to be freed. */
char *cli_path_resolve(const char *folder);

bool cli_path_is_separator(char c);

/* The length of the part of a resolved path from which no ".." leads away: a drive, or
   a share of the network. */
size_t cli_path_root(const char *path);

/* The folder of a path: the text before its last separator, "/" or "."; to be freed. */
char *cli_path_folder(const char *path);

/* The name of a file without its folder. */
const char *cli_path_name(const char *path);

/* Whether two names in one folder are of one file. Windows ignores case. */
bool cli_path_is_same_name(const char *a, const char *b);

/* ---- Folders ----------------------------------------------------------------- */

enum entry_kind { ENTRY_OTHER, ENTRY_FILE, ENTRY_FOLDER, ENTRY_LINK };

typedef void (*entry_fn)(void *user, const char *name, enum entry_kind kind);

/* Calls fn for each entry, on Windows without the hidden ones. Links are not followed.
 */
bool cli_folder_each(const char *path, entry_fn fn, void *user);

#endif
