/* SPDX-License-Identifier: MIT */
/* slurp.h - read a whole file */
#ifndef CLI_SLURP_H
#define CLI_SLURP_H

#include "base/memory.h"

/* name: "-" is standard input. what: the start of an error message, such as
   "--files-from". False: read error, which is reported, or interrupted by a signal. */
bool cli_slurp(struct text *text, const char *name, const char *what);

#endif
