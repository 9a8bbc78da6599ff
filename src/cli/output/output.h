/* output.h - standard output or the file of --output; failures are not overlooked */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* False: there is something of this name that is no file, or an image, which nobody
   means to replace; that was said. */
bool cli_output_is_file(const char *name);

/* From now on output goes into a file beside `name`, which cli_output_commit() renames:
   `name` has all or what it had. False: it cannot be; that was said. */
bool cli_output_open(const char *name);

/* Where to write. */
FILE *cli_output_file(void);

/* Everything so far has left the program. False: it has not; said once. */
bool cli_output_flush(void);

/* All is written: put the file in its place. Without cli_output_open() only a flush. */
bool cli_output_commit(void);

/* The last call: closes standard output too, because some errors only show then. */
bool cli_output_close(void);

#endif
