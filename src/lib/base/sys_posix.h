/* SPDX-License-Identifier: MIT */
/* sys_posix.h - the types of sys.h on POSIX systems */
#ifndef KLR_SYS_POSIX_H
#define KLR_SYS_POSIX_H

#include "base/build.h"

#ifndef _WIN32

#include <errno.h>

typedef int klr_native_file;

enum { KLR_HAS_CERTIFICATE_STORE = 0 };
enum { KLR_ERROR_NAME_TOO_LONG = ENAMETOOLONG };

#if KLR_HAS_THREADS
#include <pthread.h>

typedef struct klr_lock {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
} klr_lock;

typedef struct klr_thread {
    pthread_t id;
} klr_thread;

typedef pthread_once_t klr_once_flag;
#define KLR_ONCE_INIT PTHREAD_ONCE_INIT

#endif
#endif

#endif
