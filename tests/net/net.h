/* net.h - what all network tests share: clients, requests, and what came of them */
#ifndef NET_H
#define NET_H

#include "machine_speed.h"
#include "raw_server.h"

#include <klingrec/klingrec.h>

/* A key that must be found nowhere but in an Authorization header. */
#define NET_KEY "sk-CANARY-0123456789abcdef"

/* A success, and its parts for tests that put it together otherwise. */
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

/* Signals as they are by default, certificates, and a log that looks for the key in
 * every line. */
int net_setup(void **state);
int net_teardown(void **state);
const raw_authority *net_authority(void);

/* ---- Clients and requests ------------------------------------------------ */

/* One attempt, time limits of seconds, no check, the sound CA, the canary key. */
klingrec_config net_config(const raw_server *server, bool tls);
klingrec_client *net_client(const klingrec_config *config);
/* An identity and scripts with up to two kinds of connections. */
raw_server *net_server(const raw_step *first, const raw_step *others);
/* A socket at a port of 127.0.0.1 where nobody listens, nor will while it is open. */
int net_nobody(uint16_t *port);

klingrec_request net_tiny_request(void);
/* Of len bytes that are no image. */
klingrec_request net_bytes_request(size_t len);

net_outcome net_ask(klingrec_client *client, const klingrec_request *request);
/* The same with a client for this one request. */
net_outcome net_ask_once(const klingrec_config *config,
                         const klingrec_request *request);
/* Look for the key, take the facts, free the result. */
net_outcome net_outcome_of(klingrec_result *result);

/* ---- Judging ------------------------------------------------------------- */

/* All cases of a table are judged before the test fails, and each by its name. */
bool net_expect(bool good, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool net_expect_outcome(const char *name, const net_outcome *got,
                        klingrec_status status, klingrec_delivery delivery,
                        uint32_t attempts);
/* Fails the test under way if anything was not as expected, and counts its cases. */
void net_end_table(const char *what);

/* Open descriptors and threads of this process, once they are as few as before or
   after a second. */
unsigned net_count_files(unsigned expected);
unsigned net_count_threads(unsigned expected);

#endif
