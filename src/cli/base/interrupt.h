/* SPDX-License-Identifier: MIT */
/* interrupt.h - SIGINT, SIGTERM and SIGHUP as a flag that the program polls; on Windows
   Ctrl-C, Ctrl-Break and the end of the console */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* After two signals the default action is restored, so a third ends the program at
   once. SIGPIPE is ignored, so that a closed pipe is an ordinary write error. */
void cli_interrupt_setup(void);
bool cli_interrupted(void);

/* Between begin = true and begin = false a signal interrupts a blocking read (EINTR).
   Otherwise reads and writes are restarted, so that every write is complete. */
void cli_interrupt_reads(bool begin);

/* Sleeps; a signal ends it. */
void cli_interrupt_sleep(int ms);

/* The second signal: do not wait for requests in flight. */
bool cli_interrupted_twice(void);

#endif
