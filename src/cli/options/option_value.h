/* option_value.h - what stands behind an option, into its field */
#ifndef CLI_OPTION_VALUE_H
#define CLI_OPTION_VALUE_H

#include "options/options.h"

/* value is NULL or unused for a flag. False: it is none that the option takes; that was
   said. */
bool cli_option_set(struct options *options, const struct option *option,
                    const char *value);

#endif
