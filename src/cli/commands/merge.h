/* SPDX-License-Identifier: MIT */
/* merge.h - the command merge: merges the outputs of shards by their indexes */
#ifndef CLI_MERGE_H
#define CLI_MERGE_H

#include "options/options.h"

/* Returns the exit code. */
int cli_merge(const struct options *options);

#endif
