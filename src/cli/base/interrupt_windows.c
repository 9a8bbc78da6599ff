/* SPDX-License-Identifier: MIT */
/* interrupt_windows.c - Ctrl-C and the like as a flag that the program polls */
#include "base/interrupt.h"

#include "base/host.h"

#include <windows.h>

enum { CANCEL_AGAIN_MS = 10 };

static volatile LONG caught;
static HANDLE wakeup; /* ends cli_interrupt_sleep() */
static HANDLE main_thread;
static SRWLOCK reads_lock = SRWLOCK_INIT;
static bool in_reads; /* under the lock: the main thread may be in a blocking read */

/* Under the lock, because a write after the read must not be ended. Once more until it
   is seen, because the read may be about to begin. */
static void
end_reads(void)
{
    for (bool again = true; again;) {
        AcquireSRWLockExclusive(&reads_lock);
        again = in_reads;
        if (again)
            (void)CancelSynchronousIo(main_thread);
        ReleaseSRWLockExclusive(&reads_lock);
        if (again)
            Sleep(CANCEL_AGAIN_MS);
    }
}

/* Windows calls this on a thread of its own. */
static BOOL WINAPI
on_event(DWORD event)
{
    bool is_end = event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT;
    if (!is_end && InterlockedCompareExchange(&caught, 0, 0) == 2) {
        cli_host_restore();
        return FALSE; /* the default action: the process ends */
    }
    if (!is_end || InterlockedCompareExchange(&caught, 0, 0) == 0)
        (void)InterlockedIncrement(&caught);
    (void)SetEvent(wakeup);
    end_reads();
    /* The console is closed, the user logs off: the process is ended when this returns,
       or after some seconds. */
    if (is_end)
        Sleep(INFINITE);
    return TRUE;
}

/* What a parent set to be ignored stays ignored: Windows does not call on_event(). */
void
cli_interrupt_setup(void)
{
    wakeup = CreateEventW(NULL, FALSE, FALSE, NULL);
    (void)DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
                          &main_thread, 0, FALSE, DUPLICATE_SAME_ACCESS);
    (void)SetConsoleCtrlHandler(on_event, TRUE);
}

void
cli_interrupt_reads(bool begin)
{
    AcquireSRWLockExclusive(&reads_lock);
    in_reads = begin;
    ReleaseSRWLockExclusive(&reads_lock);
}

void
cli_interrupt_sleep(int ms)
{
    (void)WaitForSingleObject(wakeup, (DWORD)ms);
}

bool
cli_interrupted(void)
{
    return caught != 0;
}

bool
cli_interrupted_twice(void)
{
    return caught > 1;
}
