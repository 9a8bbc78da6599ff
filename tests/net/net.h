/* SPDX-License-Identifier: MIT */
/* net.h - shared by all network tests: clients, requests, and checks of their
   outcome */
#ifndef NET_H
#define NET_H

#include "machine_speed.h"
#include "raw_server.h"

#include <klingrec/klingrec.h>

/* The key, which may occur only in an Authorization header. */
#define NET_KEY "sk-CANARY-0123456789abcdef"

/* A success, and its parts for tests that compose it differently. */
#define NET_BODY                                                                       \
    "{\"code\":0,\"message\":\"SUCCEED\",\"data\":{\"task_result\":{\"images\":[]}}}"
#define NET_BODY_SIZE "67"
#define NET_HEAD(headers)                                                              \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" headers "\r\n"
#define NET_LENGTH  "Content-Length: " NET_BODY_SIZE "\r\n"
#define NET_SUCCESS NET_HEAD(NET_LENGTH) NET_BODY

typedef struct net_outcome {
    klingrec_status status;
    klingrec_delivery delivery;
    uint32_t attempts;
    int http_status;
    unsigned ms; /* from the call to its end */
    char message[512];
} net_outcome;

/* ---- For main() ---------------------------------------------------------- */

/* Sets up default signals, certificates, and a log that checks every line for the
   key. */
int net_setup(void **state);
int net_teardown(void **state);
const raw_authority *net_authority(void);

/* ---- Clients and requests ------------------------------------------------ */

/* One attempt, time limits of seconds, no image check, the valid CA, the canary key. */
klingrec_config net_config(const raw_server *server, bool tls);
klingrec_client *net_client(const klingrec_config *config);
/* An identity and scripts with up to two kinds of connections. */
raw_server *net_server(const raw_step *first, const raw_step *others);
/* A socket that is bound to a port of 127.0.0.1 and does not listen; it keeps the
   port closed. */
int net_nobody(uint16_t *port);

klingrec_request net_tiny_request(void);
/* A request with len bytes that are not an image. */
klingrec_request net_bytes_request(size_t len);

net_outcome net_ask(klingrec_client *client, const klingrec_request *request);
/* The same with a client for this one request. */
net_outcome net_ask_once(const klingrec_config *config,
                         const klingrec_request *request);
/* Checks for the key, copies the outcome, frees the result. */
net_outcome net_outcome_of(klingrec_result *result);

/* Waits as klingrec_client_fds() says, for 20 s at most. Returns the number of
   descriptors, and whether one of them is ready. */
unsigned net_wait_for_fds(klingrec_client *client, bool *ready);

/* Waits until a connection of this process to the server has bytes to read, for 20 s at
   most. */
void net_wait_for_bytes(const raw_server *server);

/* ---- The libcurl in this process ------------------------------------------ */

/* Whether it is of this version or a newer one: 0x075801 is 7.88.1. */
bool net_libcurl_is(unsigned version);
/* Without CURLOPT_PREREQFUNCTION, which 7.80 added, no connection is kept. */
bool net_libcurl_keeps(void);
/* Skips the current test there, and says so. */
void net_skip_unless_kept(void);
/* Whether its TLS library is OpenSSL before 3.0. */
bool net_openssl_is_old(void);
/* Whether a body that ends with its TLS connection needs the alert close_notify.
   libcurl from 7.87 to 8.6 does not see that it is missing, nor does any with
   OpenSSL 1.1. */
bool net_libcurl_needs_close_notify(void);

/* ---- Judging ------------------------------------------------------------- */

/* All cases of a table are checked before the test fails; failures are printed by
   name. */
bool net_expect(bool good, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool net_expect_outcome(const char *name, const net_outcome *got,
                        klingrec_status status, klingrec_delivery delivery,
                        uint32_t attempts);
/* Fails the current test if any case failed, and prints the number of cases. */
void net_end_table(const char *what);

/* The numbers of open descriptors and threads. Waits up to one second until they are
   down to `before`. */
unsigned net_count_files(unsigned expected);
unsigned net_count_threads(unsigned expected);

#endif
