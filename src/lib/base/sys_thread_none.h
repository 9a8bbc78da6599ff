/* SPDX-License-Identifier: MIT */
/* sys_thread_none.h - the types of sys.h for locks and threads, without any */
#ifndef KLR_SYS_THREAD_NONE_H
#define KLR_SYS_THREAD_NONE_H

#include "base/build.h"

#if !KLR_HAS_THREADS

#include <stdbool.h>

typedef struct klr_lock {
    char unused;
} klr_lock;

typedef struct klr_thread {
    char unused;
} klr_thread;

typedef bool klr_once_flag; /* setup has run */
#define KLR_ONCE_INIT false

#endif

#endif
