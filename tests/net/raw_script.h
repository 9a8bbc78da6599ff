/* SPDX-License-Identifier: MIT */
/* raw_script.h - runs the script of one connection of the raw server */
#ifndef NET_RAW_SCRIPT_H
#define NET_RAW_SCRIPT_H

#include "raw_server.h"

#include <pthread.h>

enum { CONNECTIONS_MAX = 1000, HEAD_MAX = 64 * 1024, BODY_KEPT = 1024 };

struct raw_state {
    raw_scripts scripts;
    int listener;
    int stop[2]; /* a pipe that becomes readable when the server is to stop */
    pthread_t acceptor;
    pthread_mutex_t lock; /* protects the fields below and those of the server */
    pthread_cond_t gone;
    unsigned active;
    unsigned goes; /* steps that may go on */
    bool stopped;  /* no step waits any more */
    unsigned ends; /* connections closed, and times it was said that no more comes */
    int open[CONNECTIONS_MAX]; /* sockets of connections under way, or -1 */
};

typedef struct raw_connection {
    raw_server *server;
    const raw_step *steps;
    unsigned number;
    unsigned slot;
    int fd;
    gnutls_session_t tls;
    size_t may_push; /* raw bytes that TLS may still send */
    char head[HEAD_MAX];
    size_t head_len;
    char body[BODY_KEPT]; /* of the last request, for choose() */
    size_t body_len;
    raw_reply reply;
} raw_connection;

/* Runs until the script ends or the client closes the connection. */
void raw_script_run(raw_connection *c);

/* Under the server's lock, because other threads write to the log. */
void raw_log_add(raw_log *log, const void *bytes, size_t len);

#endif
