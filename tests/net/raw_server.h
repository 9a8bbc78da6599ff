/* SPDX-License-Identifier: MIT */
/* raw_server.h - a server that sends the bytes of a script and can stop at any byte */
#ifndef NET_RAW_SERVER_H
#define NET_RAW_SERVER_H

#include "raw_tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum raw_op {
    RAW_END,     /* close; what follows a script's last step */
    RAW_READ,    /* take len bytes */
    RAW_COUNTED, /* take a length byte, and as many bytes as it says */
    RAW_HEAD,    /* take bytes up to the empty line */
    RAW_REQUEST, /* take a head and the body that its Content-Length announces */
    RAW_TLS,     /* a handshake; with len it breaks off after sending so many bytes */
    RAW_TICKET,  /* of TLS 1.3: a session ticket */
    RAW_KEY,    /* of TLS 1.3: a new key; with len the client must change its own too */
    RAW_WAIT,   /* wait for raw_server_go() */
    RAW_SEND,   /* data, len bytes of it; as pieces of one byte every ms, if set */
    RAW_FLOOD,  /* data again and again, until the client is gone */
    RAW_PAUSE,  /* ms milliseconds */
    RAW_STALL,  /* do nothing until the client closes */
    RAW_HOLD,   /* do nothing until the server is stopped */
    RAW_LEAVE,  /* refuse connections from now on, and go on */
    RAW_SHUT,   /* send FIN, and go on */
    RAW_FIN,    /* send FIN, read nothing, wait for the client to close */
    RAW_RST,    /* reset the connection */
    RAW_CHOOSE, /* after RAW_REQUEST: do what choose() says */
    RAW_AGAIN   /* go on with the script's first step: keep-alive */
} raw_op;

typedef struct raw_step {
    raw_op op;
    const char *data;
    size_t len;
    size_t grow; /* added to len for every connection before this one */
    unsigned ms;
} raw_step;

/* For tables. A text's length is counted here, so a NUL in it is sent. */
#define RAW_TEXT(text)                                                                 \
    {                                                                                  \
        .op = RAW_SEND, .data = (text), .len = sizeof(text) - 1                        \
    }
#define RAW_TAKE(n)                                                                    \
    {                                                                                  \
        .op = RAW_READ, .len = (n)                                                     \
    }
#define RAW_DO(operation)                                                              \
    {                                                                                  \
        .op = RAW_##operation                                                          \
    }

typedef struct raw_log {
    char *data;
    size_t len, capacity;
} raw_log;

/* Fields are read after raw_server_stop(), the address at any time. */
typedef struct raw_server {
    uint16_t port;
    unsigned connections;
    unsigned requests; /* complete requests: head and body */
    raw_log clear;     /* every byte taken outside of TLS */
    raw_log secret;    /* and inside */
    size_t handshake;  /* bytes sent in the last complete handshake */
    char alpn[16];     /* the protocol that it agreed on */
    struct raw_state *state;
} raw_server;

/* What one request gets: steps up to RAW_END, which closes, or RAW_AGAIN, which goes on
   with the script. text is space for what they send. */
typedef struct raw_reply {
    raw_step steps[4];
    char text[2048];
} raw_reply;

/* Up to 4 scripts, for connections in order; the last one is for all that follow. */
typedef struct raw_scripts {
    const raw_step *steps[4];
    const raw_identity *identity; /* of RAW_TLS */
    const char *priority;         /* of GnuTLS; NULL: its own */
    raw_alpn alpn;
    bool tickets;      /* for RAW_TICKET */
    bool small_window; /* small receive buffer: unread bytes stay at the client */
    bool deaf;         /* accept no connection; they wait in the queue */
    /* For RAW_CHOOSE, on the connection's thread: the first bytes of a request's body
     */
    void (*choose)(const char *body, size_t len, raw_reply *reply);
} raw_scripts;

/* Whether servers are at ::1 instead of 127.0.0.1: the environment variable NET_IPV6.
 */
bool raw_is_ipv6(void);
/* Ends the program if it cannot start. Steps must outlive the server. */
raw_server *raw_server_start(const raw_scripts *scripts);
/* Reads what has already arrived, then closes all connections. */
void raw_server_stop(raw_server *server);
void raw_server_free(raw_server *server);
/* While the server runs: waits until it closes a connection or sends FIN. */
void raw_server_wait_for_end(const raw_server *server);
unsigned raw_server_requests(const raw_server *server);
/* Lets connections at a RAW_WAIT go on; later ones do not wait there. */
void raw_server_go(const raw_server *server);
/* Waits until all connections that clients have closed are closed here too. */
void raw_server_settle(const raw_server *server);

bool raw_log_has(const raw_log *log, const char *text);
bool raw_log_has_bytes(const raw_log *log, const void *bytes, size_t len);

#endif
