/* interrupt.h - SIGINT and SIGTERM as a question to ask now and then */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* A second signal of the same kind ends the program at once. SIGPIPE is ignored, so
   that a closed pipe is a write error like any other. */
void interrupt_setup(void);
bool interrupted(void);

#endif
