/* transport_curl_parts.h - what the files of the built-in transport share */
#ifndef KLR_TRANSPORT_CURL_PARTS_H
#define KLR_TRANSPORT_CURL_PARTS_H

#include "head.h"
#include "transport_curl.h"

#include <curl/curl.h>

typedef struct klr_curl {
    klr_arena texts;
    CURLM *multi;
    struct klr_transfer *spare; /* ended, and as good as new */
    unsigned spare_count;
    const char *proxy;     /* as in the options */
    const char *ca_file;   /* as in the options */
    const char *ca_folder; /* of hashed certificates; NULL: there is none */
    uint32_t connect_timeout_ms;
    bool https;
    bool closed_socket; /* in the turn under way */
} klr_curl;

/* One exchange on its way, and then another one: its handle is set up only once. */
typedef struct klr_transfer {
    struct klr_transfer *next; /* of the spare ones */
    klr_curl *curl;
    CURL *easy;
    klingrec_exchange *x;
    struct curl_slist *headers;
    uint64_t connect_by;
    bool connected; /* so far that the body was asked for */
    klr_head head;
    char error[CURL_ERROR_SIZE];
} klr_transfer;

/* ---- transport_curl_transfer.c ---------------------------------------------- */

/* Begin an exchange, on a spare transfer if there is one. CURLE_OK, or why not. */
CURLcode klr_transfer_begin(klr_curl *curl, klingrec_exchange *x, klr_transfer **out);
/* Take it out of libcurl's hands. again: it may serve another exchange. */
void klr_transfer_end(klr_transfer *t, bool again);
void klr_transfer_free_spare(klr_curl *curl);

/* ---- transport_curl_end.c --------------------------------------------------- */

/* What libcurl cannot say about an end, or says otherwise; fills in the error. */
CURLcode klr_transfer_check(klr_transfer *t, CURLcode code);
klingrec_status klr_transfer_status(const klr_transfer *t, CURLcode code);
/* Whether the whole request left this machine. */
bool klr_transfer_sent(const klr_transfer *t, CURLcode code);
/* Whether all went so well that libcurl's handle is as good as a new one. */
bool klr_transfer_is_reusable(const klr_transfer *t, CURLcode code);

#endif
