/* SPDX-License-Identifier: MIT */
/* recognize.h - the command recognize */
#ifndef CLI_RECOGNIZE_H
#define CLI_RECOGNIZE_H

#include "options/options.h"

/* Returns the exit code. */
int cli_recognize(const struct options *options);

#endif
