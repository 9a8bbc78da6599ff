/* help.h - the help, made from the tables */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "options/options.h"

/* command: COMMAND_NONE for the whole. */
void cli_help_print(FILE *file, enum command command);

/* Two lines for somebody who gave no argument. */
void cli_help_print_usage(FILE *file);

#endif
