/* completions.h - what makes a shell complete the options, made from the tables */
#ifndef CLI_COMPLETIONS_H
#define CLI_COMPLETIONS_H

#include "options/options.h"

/* The exit code. */
int cli_completions(const struct options *options);

#endif
