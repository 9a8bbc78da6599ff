/* SPDX-License-Identifier: MIT */
/* progress.h - a progress line on a terminal */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* The line is only shown if standard error is a terminal with cursor movement. */
void cli_progress_begin(size_t total, bool quiet);

/* Writes the line at most five times per second, or if it is hidden. */
void cli_progress_show(size_t done, size_t failed);

/* Erases the line before other text; the next cli_progress_show() shows it again. */
void cli_progress_hide(void);
void cli_progress_end(void);

#endif
