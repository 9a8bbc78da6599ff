/* SPDX-License-Identifier: MIT */
/* threads.h - threads with one lock for what they share */
#ifndef CLI_THREADS_H
#define CLI_THREADS_H

#include <stdbool.h>

/* Starts a thread that nobody waits for and that gets no signals. False: the system has
   no more threads. */
bool cli_thread_start(void (*run)(void *user), void *user);

void cli_threads_lock(void);
void cli_threads_unlock(void);

/* What may change under the lock. */
enum change { CHANGE_WORK, CHANGE_DONE, CHANGES };

/* Waits for a change, or for less; the lock is open meanwhile. */
void cli_threads_wait(enum change change);
/* Wakes one thread that waits, or all. */
void cli_threads_wake(enum change change);
void cli_threads_wake_all(enum change change);

#endif
