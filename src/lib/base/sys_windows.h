/* SPDX-License-Identifier: MIT */
/* sys_windows.h - the types of sys.h on Windows, without the system's large headers */
#ifndef KLR_SYS_WINDOWS_H
#define KLR_SYS_WINDOWS_H

#ifdef _WIN32

#include <stddef.h>
#include <stdint.h>

typedef intptr_t klr_native_file; /* a HANDLE; -1: none */

enum { KLR_HAS_CERTIFICATE_STORE = 1 };
enum { KLR_ERROR_NAME_TOO_LONG = 206 }; /* ERROR_FILENAME_EXCED_RANGE */

typedef struct klr_lock {
    void *lock;    /* an SRWLOCK */
    void *changed; /* a CONDITION_VARIABLE */
} klr_lock;

typedef struct klr_thread {
    void *handle;
    unsigned id;
    void *(*run)(void *);
    void *user;
} klr_thread;

typedef struct klr_once_flag {
    void *state; /* an INIT_ONCE */
} klr_once_flag;
#define KLR_ONCE_INIT                                                                  \
    {                                                                                  \
        NULL                                                                           \
    }

#endif
#endif
