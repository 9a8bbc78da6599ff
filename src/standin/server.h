/* SPDX-License-Identifier: MIT */
/* server.h - the state of the server and of one request */
#ifndef STANDIN_SERVER_H
#define STANDIN_SERVER_H

#include "judge.h"
#include "limit.h"
#include "options.h"
#include "render.h"
#include "spec.h"
#include "stats.h"
#include "text.h"

#include <microhttpd.h>
#include <signal.h>
#include <sys/types.h>

enum route {
    ROUTE_COMET,   /* /kling/v1/videos/image-recognize */
    ROUTE_KLING,   /* /v1/videos/image-recognize */
    ROUTE_GATEWAY, /* anything else under /kling */
    ROUTE_PAGE,    /* anything else */
    ROUTE_STATS,
    ROUTE_RESET,
    ROUTE_SCRIPT,
    ROUTE_MASK,
    ROUTE_REDIRECTED
};

struct exchange;

/* The program has one thread, so no locks are needed. */
struct server {
    const struct options *options;
    pid_t parent; /* at the start of the program */
    struct MHD_Daemon *daemon;
    struct stats stats;
    struct limit limit;
    struct script script;
    struct spec usual; /* --answer */
    uint32_t regions;  /* --regions */
    size_t in_flight;
    int64_t last_activity_ms;
    uint64_t random;
    struct exchange *first_waiting; /* sorted by due_ms */
    struct exchange *last_waiting;
    char origin[64];
};

struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    enum route route;
    struct spec spec;
    struct render render;
    struct judgement judgement;
    struct text body;
    size_t body_bytes;
    const char *regions_from; /* for the header X-Klingrec-Standin */
    bool refused;             /* nothing else is checked */
    bool decided;
    bool counted; /* in server->in_flight */
    bool waiting;
    int64_t due_ms;
    struct exchange *next;
    struct exchange *prev;
};

int64_t standin_now_ms(void);

/* server.c: runs until a signal, or until an option ends it. */
bool standin_server_start(struct server *server, const struct options *options,
                          pid_t parent, int socket_fd, uint16_t port);
void standin_server_run(struct server *server, const volatile sig_atomic_t *stop,
                        const sigset_t *wait_mask);
void standin_server_stop(struct server *server);

/* exchange.c */
enum MHD_Result standin_exchange_handle(void *cls, struct MHD_Connection *connection,
                                        const char *path, const char *method,
                                        const char *version, const char *data,
                                        size_t *len, void **slot);
void standin_exchange_completed(void *cls, struct MHD_Connection *connection,
                                void **slot, enum MHD_RequestTerminationCode code);

/* decide.c: fills exchange->spec, ->render and ->judgement. */
void standin_decide_early(struct exchange *exchange);
void standin_decide(struct exchange *exchange);

/* send.c */
enum MHD_Result standin_send_answer(struct exchange *exchange);

/* control.c: the pages under /standin/. */
enum MHD_Result standin_control_send(struct exchange *exchange);

/* waiting.c: delayed answers. */
void standin_waiting_add(struct server *server, struct exchange *exchange,
                         int64_t due_ms);
void standin_waiting_wake(struct server *server, int64_t now_ms);

#endif /* STANDIN_SERVER_H */
