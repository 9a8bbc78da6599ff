/* SPDX-License-Identifier: MIT */
/* sys_windows.c - clocks, threads and the process of sys.h on Windows (7 or later) */
#include "base/build.h"

#include "base/sys.h"

#ifdef _WIN32

#include <process.h>
#include <stdlib.h>
#include <windows.h>

#include <bcrypt.h>

/* For the library's thread, see sys_thread_posix.c. This is the usual default of
   Windows; a program may be linked with a smaller one. */
enum { STACK_SIZE = 1024 * 1024, NAME_MAX_LENGTH = 16 };

/* Windows has no folders of certificates under OpenSSL's names. */
bool
klr_has_hashed_certificates(const char *folder)
{
    (void)folder;
    return false;
}

/* ---- Clocks and random numbers ---------------------------------------------- */

/* GetTickCount64() is simpler, but its ticks are 10 to 16 ms. */
uint64_t
klr_monotonic_ms(void)
{
    LARGE_INTEGER now, rate;
    (void)QueryPerformanceCounter(&now);
    (void)QueryPerformanceFrequency(&rate);
    uint64_t ticks = (uint64_t)now.QuadPart, per_s = (uint64_t)rate.QuadPart;
    return ticks / per_s * 1000 + ticks % per_s * 1000 / per_s;
}

int64_t
klr_wall_clock_s(void)
{
    const int64_t ticks_per_s = 10000000, from_1601_to_1970_s = INT64_C(11644473600);
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    uint64_t ticks = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return (int64_t)ticks / ticks_per_s - from_1601_to_1970_s;
}

uint64_t
klr_seed(void)
{
    uint64_t seed = 0;
    LARGE_INTEGER now;
    (void)BCryptGenRandom(NULL, (unsigned char *)&seed, sizeof seed,
                          BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    /* The counter makes seeds differ if the system gives no random numbers. */
    (void)QueryPerformanceCounter(&now);
    return seed ^ (uint64_t)now.QuadPart << 24 ^ GetCurrentProcessId();
}

/* ---- Threads ---------------------------------------------------------------- */

static SRWLOCK *
lock_of(klr_lock *lock)
{
    return (SRWLOCK *)&lock->lock;
}

static CONDITION_VARIABLE *
condition_of(klr_lock *lock)
{
    return (CONDITION_VARIABLE *)&lock->changed;
}

bool
klr_lock_init(klr_lock *lock)
{
    InitializeSRWLock(lock_of(lock));
    InitializeConditionVariable(condition_of(lock));
    return true;
}

void
klr_lock_free(klr_lock *lock)
{
    (void)lock;
}

void
klr_lock_enter(klr_lock *lock)
{
    AcquireSRWLockExclusive(lock_of(lock));
}

void
klr_lock_leave(klr_lock *lock)
{
    ReleaseSRWLockExclusive(lock_of(lock));
}

void
klr_lock_notify(klr_lock *lock)
{
    WakeAllConditionVariable(condition_of(lock));
}

/* A wait in milliseconds, at most 24 days, so that it is not INFINITE. */
static DWORD
limited(uint64_t ms)
{
    return ms < INT32_MAX ? (DWORD)ms : INT32_MAX;
}

void
klr_lock_wait(klr_lock *lock, uint64_t until_ms)
{
    uint64_t now_ms = klr_monotonic_ms();
    DWORD ms = until_ms > now_ms ? limited(until_ms - now_ms) : 0;
    (void)SleepConditionVariableSRW(condition_of(lock), lock_of(lock), ms, 0);
}

void
klr_sleep_ms(uint64_t ms)
{
    Sleep(limited(ms));
}

static unsigned __stdcall begin_thread(void *user)
{
    klr_thread *thread = user;
    (void)thread->run(thread->user);
    return 0;
}

bool
klr_thread_start(klr_thread *thread, void *(*run)(void *), void *user)
{
    thread->run = run;
    thread->user = user;
    thread->handle =
        (void *)_beginthreadex(NULL, STACK_SIZE, begin_thread, thread,
                               STACK_SIZE_PARAM_IS_A_RESERVATION, &thread->id);
    return thread->handle != NULL;
}

/* SetThreadDescription() is in Windows 10 and later. */
void
klr_thread_set_name(const char *name)
{
    typedef HRESULT(WINAPI * set_description)(HANDLE, const wchar_t *);
    wchar_t wide[NAME_MAX_LENGTH];
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    FARPROC found =
        kernel != NULL ? GetProcAddress(kernel, "SetThreadDescription") : NULL;
    if (found == NULL ||
        MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, NAME_MAX_LENGTH) == 0)
        return;
    (void)((set_description)(void (*)(void))found)(GetCurrentThread(), wide);
}

bool
klr_thread_is_self(const klr_thread *thread)
{
    return thread->id == GetCurrentThreadId();
}

void
klr_thread_join(const klr_thread *thread)
{
    (void)WaitForSingleObject(thread->handle, INFINITE);
    (void)CloseHandle(thread->handle);
}

void
klr_thread_detach(const klr_thread *thread)
{
    (void)CloseHandle(thread->handle);
}

static BOOL CALLBACK
run_setup(INIT_ONCE *once, void *setup, void **context)
{
    (void)once;
    (void)context;
    (*(void (**)(void))setup)();
    return TRUE;
}

void
klr_once(klr_once_flag *once, void (*setup)(void))
{
    (void)InitOnceExecuteOnce((INIT_ONCE *)once, run_setup, &setup, NULL);
}

/* ---- The process ------------------------------------------------------------ */

/*
 * Windows ends all other threads, wherever they are, before it runs the exit functions
 * of a DLL. There is no thread to wait for then, and a lock may be held forever. Only a
 * program's own exit functions run while the threads do. The module that contains this
 * code is never unloaded again, because a thread may run in it.
 */
bool
klr_at_exit(void (*run)(void))
{
    static const char here = 0;
    HMODULE own = NULL;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_PIN,
                            (const wchar_t *)(const void *)&here, &own))
        return false;
    return own != GetModuleHandleW(NULL) || atexit(run) == 0;
}

bool
klr_threads_have_ended(void)
{
    typedef BOOLEAN(WINAPI * shutdown_in_progress)(void);
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found =
        ntdll != NULL ? GetProcAddress(ntdll, "RtlDllShutdownInProgress") : NULL;
    return found != NULL && ((shutdown_in_progress)(void (*)(void))found)();
}

/* Windows has no fork(). */
bool
klr_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    (void)before;
    (void)in_parent;
    (void)in_child;
    return true;
}

klr_sigpipe
klr_sigpipe_hold(bool needed) /* Windows has no such signal */
{
    return (klr_sigpipe){needed, false, false};
}

void
klr_sigpipe_release(const klr_sigpipe *state)
{
    (void)state;
}

uint32_t
klr_process_id(void)
{
    return (uint32_t)GetCurrentProcessId();
}

#endif
