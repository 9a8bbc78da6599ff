/* SPDX-License-Identifier: MIT */
/* check.h - the command check */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "options/options.h"

/* Returns the exit code. */
int cli_check(const struct options *options);

#endif
