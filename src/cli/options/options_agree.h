/* SPDX-License-Identifier: MIT */
/* options_agree.h - checks of options that depend on each other */
#ifndef CLI_OPTIONS_AGREE_H
#define CLI_OPTIONS_AGREE_H

#include "options/options.h"

/* Checks the options against each other, and sets the format from --json or from the
   name of --output. given: for each row of the table, whether the option was given.
   False: two options contradict each other; the error is reported. */
bool cli_options_agree(struct options *options, const bool given[OPTIONS_MAX]);

#endif
