/* server_process.h - a server in a process of its own */
#ifndef NET_PROGRAM_H
#define NET_PROGRAM_H

#include <sys/types.h>

typedef struct program {
    pid_t pid;
    char origin[64]; /* "http://127.0.0.1:4711" */
} program;

/* Start the stand-in on a free port, with the canary key; https if it has files. Ends
   this program if that fails. */
void program_start(program *started, const char *path, const char *cert_file,
                   const char *key_file);
void program_stop(program *started);

/* What a program prints when it has one argument. */
char *program_output(const char *path, const char *argument);
/* The answer to a request in HTTP/1.0, in plain; valid until the next one. */
const char *program_ask(const program *started, const char *request);

#endif
