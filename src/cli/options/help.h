/* SPDX-License-Identifier: MIT */
/* help.h - help texts, generated from the tables */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "options/options.h"

/* command: COMMAND_NONE for all commands. */
void cli_help_print(FILE *file, enum command command);

/* The usage, for a call without arguments. */
void cli_help_print_usage(FILE *file);

#endif
