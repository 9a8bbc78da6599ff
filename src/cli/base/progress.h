/* progress.h - one line on a terminal that says how far it is */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Shows nothing unless standard error is a terminal that can move its cursor. */
void cli_progress_begin(size_t total, bool quiet);

/* At most some times per second, unless it was hidden in between. */
void cli_progress_show(size_t done, size_t failed);

/* Out of the way of other text; the next cli_progress_show() brings it back. */
void cli_progress_hide(void);
void cli_progress_end(void);

#endif
