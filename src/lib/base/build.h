/* SPDX-License-Identifier: MIT */
/* build.h - what a build of the library has, and what it asks of the system's headers.
   Each .c includes this file first, so that it compiles without options. */
#ifndef KLR_BUILD_H
#define KLR_BUILD_H

/* ---- The parts: each of these names leaves one out -------------------------- */

#ifdef KLR_NO_CURL /* there is no built-in transport */
#define KLR_HAS_CURL 0
#else
#define KLR_HAS_CURL 1
#endif

#ifdef KLR_NO_THREADS /* locks do nothing */
#define KLR_HAS_THREADS 0
#else
#define KLR_HAS_THREADS 1
#endif

#ifdef KLR_NO_FILES /* klr_file_open() is always KLR_OPEN_NOT_BUILT */
#define KLR_HAS_FILES 0
#else
#define KLR_HAS_FILES 1
#endif

#if defined(_WIN32) && !(KLR_HAS_THREADS && KLR_HAS_FILES)
#error threads and files cannot be left out on Windows
#endif

/* A file for another system, or for a part that is left out, has only this declaration:
   C does not allow an empty file. */
typedef int klr_not_empty;

/* Without KLINGREC_BUILD, which is for the shared library, the functions are those of
   an archive. */
#if !defined(KLINGREC_BUILD) && !defined(KLINGREC_STATIC)
#define KLINGREC_STATIC
#endif

/* ---- The system's headers --------------------------------------------------- */

#if defined(_WIN32)
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601 /* Windows 7 */
#endif
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1 /* printf() of C99 */
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#elif defined(__APPLE__)
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE /* pthread_setname_np() beside POSIX */
#endif
#elif !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* POLLRDHUP beside POSIX; the BSDs show all without it */
#endif

/* Files over 2 GiB, and times after 2038 also where the default time_t has 32 bits. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#ifndef _TIME_BITS
#define _TIME_BITS 64
#endif

#endif
