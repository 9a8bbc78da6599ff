/* merge.h - the outputs of shards as one, in the order of their indexes */
#ifndef CLI_MERGE_H
#define CLI_MERGE_H

#include "options/options.h"

/* The exit code. */
int cli_merge(const struct options *options);

#endif
