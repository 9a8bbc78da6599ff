/* SPDX-License-Identifier: MIT */
/* man.h - the manual page, generated from the tables */
#ifndef CLI_MAN_H
#define CLI_MAN_H

#include <stdio.h>

/* Prints the page in mdoc format. */
void cli_man_print(FILE *file);

#endif
