/* SPDX-License-Identifier: MIT */
/* option_value.h - parses the value of an option into its field */
#ifndef CLI_OPTION_VALUE_H
#define CLI_OPTION_VALUE_H

#include "options/options.h"

/* value: ignored for a flag. False: the value is not valid; the error is reported. */
bool cli_option_set(struct options *options, const struct option *option,
                    const char *value);

#endif
