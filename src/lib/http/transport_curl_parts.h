/* SPDX-License-Identifier: MIT */
/* transport_curl_parts.h - what the files of the built-in transport share */
#ifndef KLR_TRANSPORT_CURL_PARTS_H
#define KLR_TRANSPORT_CURL_PARTS_H

#include "base/build.h"
#include "http/response_head.h"
#include "http/transport_curl.h"
#include "http/transport_curl_compat.h"
#include "http/transport_curl_lookup.h"

#if KLR_HAS_CURL

#include <curl/curl.h>

/* What has arrived on a connection before the request. */
typedef enum klr_inbound {
    KLR_INBOUND_NONE,
    KLR_INBOUND_CLOSED, /* its close or reset */
    KLR_INBOUND_DATA,   /* at least one byte */
    KLR_INBOUND_UNKNOWN /* it cannot be determined */
} klr_inbound;

/* An open socket. */
typedef struct klr_connection {
    struct klr_connection *next;
    struct klr_transfer *transfer; /* the one that uses it, or NULL */
    uint64_t idle_since_ms;        /* 0: it has not been idle yet */
    bool shows_surplus; /* bytes after the last response stay visible, or libcurl closes
                           it */
    curl_socket_t fd;
    int local_port;       /* 0: not asked for yet */
    char peer[64];        /* its address */
    bool sent_is_known;   /* sent_before is known */
    uint64_t sent_before; /* bytes sent on it before the request */
} klr_connection;

typedef struct klr_curl {
    klr_arena texts;
    CURLM *multi;
    klr_connection *connections;
    uint64_t idle_since_ms; /* the latest of all connections */
    unsigned settled_count; /* waits in a row in which no connection received data */
    struct klr_transfer *settling;  /* those that wait for connections to settle, or
                                       for their turn */
    struct klr_transfer *resolving; /* those that wait for an address */
    bool resolves;                  /* the transport looks up host names itself */
    klr_lookup *lookup;             /* NULL: none runs */
    uint64_t lookup_by_ms;          /* when its request stops to wait for it */
    char *addresses;                /* from malloc(); NULL: not known */
    uint64_t addresses_until_ms;
    CURL *warming; /* opens a connection for later; NULL: none does */
    size_t warm_head_bytes;
    struct klr_transfer *spare; /* for reuse */
    unsigned spare_count;
    const char *proxy;     /* as in the options */
    const char *ca_file;   /* as in the options */
    const char *ca_pem;    /* as in the options */
    const char *ca_folder; /* of hashed certificates; NULL: there is none */
    void *store;           /* OpenSSL's X509_STORE, or NULL */
    uint64_t store_since_ms;
    uint32_t connect_timeout_ms;
    bool raises_sigpipe; /* TLS of libcurl before 7.87 */
    bool https;
    bool sees_inbound;      /* what has arrived on a connection can be seen */
    bool keeps_connections; /* connections are kept for further requests */
    int running;            /* transfers, after the last curl_multi_perform() */
    unsigned added;         /* transfers given to libcurl since then */
    bool closed_socket;     /* during the current drive() */
    bool has_more;          /* drive() is to be called again at once */
} klr_curl;

/* A libcurl handle with the exchange it carries. It is reused for other exchanges. */
typedef struct klr_transfer {
    struct klr_transfer *next; /* in `spare`, `settling` or `resolving` */
    klr_curl *curl;
    CURL *easy;
    klingrec_exchange *x;
    struct curl_slist *headers;
    struct curl_slist *addresses; /* for CURLOPT_RESOLVE */
    long buffer_size;             /* libcurl's for the upload */
    long connect_ms;              /* what is left to connect */
    uint64_t connect_by_ms;       /* when that is over */
    bool begun;                   /* libcurl was about to send the head; from 7.80 on */
    bool connected;               /* libcurl has asked for the body */
    klr_connection *connection;
    klr_inbound inbound; /* on its connection, before the request */
    bool reused;         /* that connection is a kept one */
    bool foreign;        /* the response belongs to another request */
    bool end_unsent;     /* the end of the request never left this machine */
    bool was_sent;       /* the whole request, on a connection that is closed now */
    klr_head head;
    char error[CURL_ERROR_SIZE];
} klr_transfer;

/* ---- transport_curl_transfer.c ---------------------------------------------- */

/* Begin an exchange, on a spare transfer if there is one. CURLE_OK, or the reason. */
CURLcode klr_transfer_begin(klr_curl *curl, klingrec_exchange *x, klr_transfer **out);
/* Whether it failed because something had arrived on a kept connection. Nothing was
   sent then. */
bool klr_transfer_is_stale(const klr_transfer *t, CURLcode code);
/* Begin a stale transfer again, on a new connection. */
CURLcode klr_transfer_renew(klr_transfer *t);
/* Remove it from libcurl. */
void klr_transfer_stop(klr_transfer *t, CURLcode code);
/* After klr_transfer_stop(). reusable: keep it as a spare one for another exchange. */
void klr_transfer_release(klr_transfer *t, bool reusable);
void klr_transfer_free_spare(klr_curl *curl);

/* Lists of transfers that wait, linked by next. */
void klr_transfer_append(klr_transfer **list, klr_transfer *t);
/* false: it is not in the list. */
bool klr_transfer_unlink(klr_transfer **list, const klr_transfer *t);

/* ---- transport_curl_options.c ----------------------------------------------- */

/* How long a connection may be idle, in seconds: most servers close it later. */
enum { KLR_IDLE_MAX_S = 45 };
/* What is the same for all requests. */
CURLcode klr_curl_set_options(klr_curl *curl, CURL *easy);

/* ---- transport_curl_socket.c ------------------------------------------------ */

/* For libcurl; user is the klr_curl. */
curl_socket_t klr_socket_open(void *user, curlsocktype purpose,
                              struct curl_sockaddr *address);
int klr_socket_close(void *user, curl_socket_t fd);
/* Call it after libcurl has closed all its sockets; it does not report each one. */
void klr_socket_forget_all(klr_curl *curl);

/* The connection with this peer and local port, or NULL. */
klr_connection *klr_connection_find(const klr_curl *curl, const char *peer,
                                    int local_port);
/* How long to wait for sockets at most while a transfer runs, in milliseconds. */
extern const int klr_socket_wait_max_ms;
klr_inbound klr_socket_inbound(curl_socket_t fd);
/* Whether the peer has closed its side, possibly after bytes still to be read. false
   where the system does not tell. */
bool klr_socket_is_ending(curl_socket_t fd);

/* Fill fds as klingrec_client_fds() does. *all: each of them shows when it is ready. */
size_t klr_socket_list(const klr_curl *curl, klingrec_fd *fds, size_t capacity,
                       bool *all);

/* Note the bytes sent so far, just before a request's head is sent. */
void klr_connection_note_sent(klr_connection *c);
/* Let it carry no further request. */
void klr_connection_stop(const klr_connection *c);
/* Whether the peer's TCP has acknowledged at least so many bytes since
   klr_connection_note_sent(), those of TLS included. true where the system does not
   tell. */
bool klr_connection_has_acknowledged(const klr_connection *c, uint64_t least);

/* ---- transport_curl_settle.c ------------------------------------------------ */

/* A transfer's connection is idle from now on. */
void klr_settle_begin(klr_transfer *t);
/* The time from which idle connections may be used again, 0: at once. */
uint64_t klr_settle_until_ms(const klr_curl *curl);
/* Decide about an idle connection that libcurl is about to use; inbound is what was
   seen on it. KLR_INBOUND_NONE: it may be used. */
klr_inbound klr_settle_check(klr_curl *curl, const klr_connection *c,
                             klr_inbound inbound);
/* Whether a transfer may be given to libcurl now. */
bool klr_settle_may_add(const klr_curl *curl);
/* Give it to libcurl, or keep it until klr_settle_may_add(). */
CURLcode klr_settle_add(klr_transfer *t);
void klr_settle_remove(klr_transfer *t);

/* ---- transport_curl_resolve.c ----------------------------------------------- */

/* Find the address of its host, if libcurl does not; then klr_settle_add(). */
CURLcode klr_resolve_add(klr_transfer *t);
/* It no longer waits for an address. false: it did not wait for one. */
bool klr_resolve_remove(klr_transfer *t);
/* The next transfer whose wait is over, with the result of klr_settle_add() or the
   error; NULL: there is none. */
klr_transfer *klr_resolve_next(klr_curl *curl, CURLcode *code);
/* When the first of those that wait reaches its time limit; UINT64_MAX: none waits. */
uint64_t klr_resolve_until_ms(const klr_curl *curl);
void klr_resolve_close(klr_curl *curl);
/* The proxy, also that of the environment; NULL: none. */
const char *klr_resolve_proxy(const klr_curl *curl);

/* ---- transport_curl_tls.c --------------------------------------------------- */

/* Whether klr_tls_inbound() works with this TLS library. */
bool klr_tls_shows_inbound(void);
/* As klr_socket_inbound(), for the TLS connection on the socket. Only in a callback of
   libcurl. */
klr_inbound klr_tls_inbound(CURL *easy, curl_socket_t fd);

/* ---- transport_curl_store.c ------------------------------------------------- */

/* How old certificates in memory may be: the file may have changed, and libcurl may
   cache an incomplete set if memory was short when it was read. */
enum { KLR_CA_MAX_AGE_S = 60 };

/* Let the connections of this handle share the certificates of ca_file, or else of
   libcurl's default file. false: libcurl has to read them itself. */
bool klr_store_share(klr_curl *curl, CURL *easy);
void klr_store_free(klr_curl *curl);

/* ---- transport_curl_warm.c -------------------------------------------------- */

/* Open a connection, unless there is one. */
void klr_warm_begin(klr_curl *curl, const char *url);
/* Call it when the connection is open, or has failed, or is no longer wanted. */
void klr_warm_end(klr_curl *curl);

/* ---- transport_curl_outcome.c ----------------------------------------------- */

/* The code of a finished transfer, corrected where libcurl does not know the cause;
   sets the error text too. */
CURLcode klr_transfer_correct(klr_transfer *t, CURLcode code);
klingrec_status klr_transfer_status(const klr_transfer *t, CURLcode code);
/* Whether the whole request left this machine. */
bool klr_transfer_sent(const klr_transfer *t, CURLcode code);
/* Call it before its connection is closed: libcurl may open another one for the same
   request, and then does not know what it sent on this one. */
void klr_transfer_connection_closes(klr_transfer *t, bool end_unsent);
/* Whether libcurl's handle can be used again for another exchange. */
bool klr_transfer_is_reusable(const klr_transfer *t, CURLcode code);

#endif
#endif
