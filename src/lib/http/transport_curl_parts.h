/* transport_curl_parts.h - what the files of the built-in transport share */
#ifndef KLR_TRANSPORT_CURL_PARTS_H
#define KLR_TRANSPORT_CURL_PARTS_H

#include "http/response_head.h"
#include "http/transport_curl.h"

#include <curl/curl.h>

/* What the other side has done on a connection that waits for a request. */
typedef enum klr_silence {
    KLR_SILENT,
    KLR_CLOSED, /* closed it, or broke it */
    KLR_SPEAKS, /* sent something */
    KLR_UNKNOWN /* nobody can tell */
} klr_silence;

/* An open socket. */
typedef struct klr_connection {
    struct klr_connection *next;
    struct klr_transfer *transfer; /* the one that uses it, or NULL */
    uint64_t idle_since_ms;
    bool shows_surplus; /* behind the answer before: libcurl leaves it, or closes */
    curl_socket_t fd;
    int local_port;       /* 0: not asked for yet */
    char peer[64];        /* its address */
    bool counts;          /* the next one is known */
    uint64_t sent_before; /* bytes that were on it before the request */
} klr_connection;

typedef struct klr_curl {
    klr_arena texts;
    CURLM *multi;
    klr_connection *connections;
    uint64_t idle_since_ms;       /* the last one of them */
    unsigned rests;               /* that were silent to their end, one after another */
    struct klr_transfer *resting; /* what waits for the connections */
    struct klr_transfer *spare;   /* ended, and as good as new */
    unsigned spare_count;
    const char *proxy;     /* as in the options */
    const char *ca_file;   /* as in the options */
    const char *ca_folder; /* of hashed certificates; NULL: there is none */
    uint32_t connect_timeout_ms;
    bool https;
    bool keeps;         /* connections for further requests */
    bool closed_socket; /* in the turn under way */
} klr_curl;

/* One exchange on its way, and then another one: its handle is set up only once. */
typedef struct klr_transfer {
    struct klr_transfer *next; /* of the spare or the resting ones */
    klr_curl *curl;
    CURL *easy;
    klingrec_exchange *x;
    struct curl_slist *headers;
    uint64_t connect_by_ms;
    bool connected; /* so far that the body was asked for */
    klr_connection *connection;
    klr_silence silence; /* what was seen before the request */
    bool reused;         /* the connection that this was seen on */
    bool foreign;        /* what came is the answer to something else */
    bool held_back;      /* the end of the request never left this machine */
    klr_head head;
    char error[CURL_ERROR_SIZE];
} klr_transfer;

/* ---- transport_curl_transfer.c ---------------------------------------------- */

/* Begin an exchange, on a spare transfer if there is one. CURLE_OK, or why not. */
CURLcode klr_transfer_begin(klr_curl *curl, klingrec_exchange *x, klr_transfer **out);
/* Whether it ended because a kept connection was not silent; then nothing was sent. */
bool klr_transfer_is_stale(const klr_transfer *t, CURLcode code);
/* Begin a stale one again, on a new connection. */
CURLcode klr_transfer_renew(klr_transfer *t);
/* Its connection is about to be closed. */
void klr_transfer_closed(klr_transfer *t);
/* Take it out of libcurl's hands. */
void klr_transfer_stop(klr_transfer *t);
/* After klr_transfer_stop(). reusable: keep it as a spare one for another exchange. */
void klr_transfer_release(klr_transfer *t, bool reusable);
void klr_transfer_free_spare(klr_curl *curl);

/* ---- transport_curl_options.c ----------------------------------------------- */

/* What is the same for all requests. */
CURLcode klr_curl_set_options(klr_curl *curl, CURL *easy);

/* ---- transport_curl_socket.c ------------------------------------------------ */

/* For libcurl; user is the klr_curl. */
curl_socket_t klr_socket_open(void *user, curlsocktype purpose,
                              struct curl_sockaddr *address);
int klr_socket_close(void *user, curl_socket_t fd);
/* libcurl has closed them all, some of them without a word. */
void klr_socket_forget_all(klr_curl *curl);

/* The open socket between these ends, or NULL. */
klr_connection *klr_connection_find(const klr_curl *curl, const char *peer,
                                    int local_port);
klr_silence klr_socket_silence(curl_socket_t fd);
/* Whether the other side has said that it will send no more, behind what there is to
   read. false where the system does not tell. */
bool klr_socket_is_ending(curl_socket_t fd);

/* A request's head is about to be sent. */
void klr_connection_mark(klr_connection *c);
/* Whether the other side's TCP has acknowledged so many bytes of the request, TLS's own
   included. true where the system does not tell. */
bool klr_connection_answers(const klr_connection *c, uint64_t least);
/* Before it is closed: whether the end of the request is still on this machine; then it
   stays here. false where the system does not tell. */
bool klr_connection_hold_back(const klr_connection *c, bool tls);

/* ---- transport_curl_rest.c -------------------------------------------------- */

/* A transfer's connection is idle from now on. */
void klr_rest_begin(klr_transfer *t);
/* When an idle connection may be used again. */
uint64_t klr_rest_until_ms(const klr_curl *curl);
/* An idle connection is to be used, and this is what was seen on it. KLR_SILENT: it may
   be. */
klr_silence klr_rest_check(klr_curl *curl, const klr_connection *c,
                           klr_silence silence);
/* Give a transfer to libcurl, or keep it until the idle connections have rested. */
CURLcode klr_rest_add(klr_transfer *t);
void klr_rest_remove(klr_transfer *t);

/* ---- transport_curl_tls.c --------------------------------------------------- */

/* Whether klr_tls_silence() can know. */
bool klr_tls_shows_silence(void);
/* If so: the same as for a socket, for the TLS connection on it. Only in a callback. */
klr_silence klr_tls_silence(CURL *easy, curl_socket_t fd);

/* ---- transport_curl_outcome.c ------------------------------------------------ */

/* What libcurl cannot say about an end, or says otherwise; fills in the error. */
CURLcode klr_transfer_check(klr_transfer *t, CURLcode code);
klingrec_status klr_transfer_status(const klr_transfer *t, CURLcode code);
/* Whether the whole request left this machine. */
bool klr_transfer_sent(const klr_transfer *t, CURLcode code);
/* Whether all went so well that libcurl's handle is as good as a new one. */
bool klr_transfer_is_reusable(const klr_transfer *t, CURLcode code);

#endif
