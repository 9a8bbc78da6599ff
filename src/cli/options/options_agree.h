/* options_agree.h - what two options say together, and which files they name */
#ifndef CLI_OPTIONS_AGREE_H
#define CLI_OPTIONS_AGREE_H

#include "options/options.h"

/* Sets the format from --json and from the name of --output. given: for each row of the
   table, whether the command line has it. False: two options contradict each other;
   that was said. */
bool cli_options_agree(struct options *options, const bool given[OPTIONS_MAX]);

#endif
