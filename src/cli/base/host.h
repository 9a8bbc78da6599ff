/* SPDX-License-Identifier: MIT */
/* host.h - the start of the program, environment, terminal and processors */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { HOST_STDIN = 0, HOST_STDOUT = 1, HOST_STDERR = 2 };

/* The first call: prepares the standard streams. */
void cli_host_begin(void);

/* Windows only: the console gets its modes back. Otherwise done when the program ends.
 */
void cli_host_restore(void);

bool cli_host_is_terminal(int file);

/* The number of columns of the terminal; 0: not known. */
size_t cli_host_columns(int file);

/* Whether the terminal shows UTF-8, and whether it understands control sequences. */
bool cli_host_shows_utf8(void);
bool cli_host_shows_controls(int file);

/* Copies the bytes of a variable that fit, without a NUL. Returns its length, which may
   exceed size; 0: not set, or empty. No other copy is made, so it may be a secret. */
size_t cli_host_variable(const char *name, char *buf, size_t size);
bool cli_host_is_set(const char *name);
void cli_host_unset(const char *name);

/* At least 1. */
size_t cli_host_processors(void);

/* For how many jobs at once this process may have enough open files. A low limit is
   raised, if the system allows it. */
size_t cli_host_jobs_max(void);

#endif
