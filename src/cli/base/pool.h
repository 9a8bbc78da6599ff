/* SPDX-License-Identifier: MIT */
/* pool.h - the same work for many things, on all processors */
#ifndef CLI_POOL_H
#define CLI_POOL_H

#include <stddef.h>

typedef void (*pool_fn)(void *user, size_t number);

/* Calls fn for the numbers from 0 to count - 1, in any order and from several threads,
   and returns when all calls have returned. */
void cli_pool_run(size_t count, pool_fn fn, void *user);

#endif
