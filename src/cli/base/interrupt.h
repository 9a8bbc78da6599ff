/* interrupt.h - SIGINT, SIGTERM and SIGHUP as a question to ask now and then */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* A third signal ends the program whatever it does. SIGPIPE is ignored, so
   that a closed pipe is a write error like any other. */
void cli_interrupt_setup(void);
bool cli_interrupted(void);

/* Between true and false a signal ends a read that waits. Outside it ends no call that
   reads or writes: what is being written goes out whole. */
void cli_interrupt_reads(bool begin);

/* Somebody does not want to wait any more either. */
bool cli_interrupted_twice(void);

#endif
