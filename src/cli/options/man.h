/* man.h - the manual page, made from the tables */
#ifndef CLI_MAN_H
#define CLI_MAN_H

#include <stdio.h>

/* In mdoc. */
void cli_man_print(FILE *file);

#endif
