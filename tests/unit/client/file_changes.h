/* SPDX-License-Identifier: MIT */
/* file_changes.h - a file system whose reads are watched and whose clock can stand */
#ifndef FILE_CHANGES_H
#define FILE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All time stamps are those of prepare_files(), whatever is written. */
extern bool clock_stands;
/* The time at which it stands is long past, so that files have settled; not on
   Windows. */
extern bool files_are_old;

/* Around each read of a file by the library. */
void before_read(void);
void after_read(uint64_t offset, const void *bytes, size_t n);

/* cmocka's fixtures for the group. */
int prepare_files(void **state);
int clean_files(void **state);
/* How many files this process has open, or another number that grows with it. */
unsigned count_handles(void);
/* A folder of a file system with a coarse clock; NULL: there is none. */
const char *coarse_folder(void);

#endif
