/* SPDX-License-Identifier: MIT */
/* server_process.h - the stand-in as a child process */
#ifndef NET_SERVER_PROCESS_H
#define NET_SERVER_PROCESS_H

#include <sys/types.h>

typedef struct program {
    pid_t pid;
    char origin[64]; /* "http://127.0.0.1:4711" */
} program;

/* Starts the stand-in on a free port, with the canary key, and with https if files
   are given. Exits this program on failure. */
void program_start(program *started, const char *path, const char *cert_file,
                   const char *key_file);
void program_stop(program *started);

/* The output of a program that is run with one argument. */
char *program_output(const char *path, const char *argument);
/* The answer to a request in HTTP/1.0, in plain; valid until the next one. */
const char *program_ask(const program *started, const char *request);

#endif
