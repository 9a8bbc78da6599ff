/* SPDX-License-Identifier: MIT */
/* completions.h - shell completion scripts, generated from the tables */
#ifndef CLI_COMPLETIONS_H
#define CLI_COMPLETIONS_H

#include "options/options.h"

/* Returns the exit code. */
int cli_completions(const struct options *options);

#endif
