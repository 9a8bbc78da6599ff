/* slurp.h - a whole file as text */
#ifndef CLI_SLURP_H
#define CLI_SLURP_H

#include "base/memory.h"

#include <stdio.h>

/* Adds what is left of file; false: a read error, or a signal came. */
bool cli_slurp_stream(struct text *text, FILE *file);

/* name may be "-". what: how a message begins, as in "--files-from". False: it cannot
   be read; that was said. */
bool cli_slurp(struct text *text, const char *name, const char *what);

#endif
