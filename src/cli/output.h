/* output.h - standard output, whose failures are not overlooked */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>

/* Everything so far has left the program. False: it has not; said once. */
bool output_flush(void);

/* The last call: closes standard output too, because some errors only show then. */
bool output_close(void);

#endif
