/* SPDX-License-Identifier: MIT */
/* rig.h - a client on the fake transport, and answers for it */
#ifndef RIG_H
#define RIG_H

#include "client/client.h"
#include "fake.h"
#include "rig_png.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* With a key and, in a library without libcurl, with a transport that answers nothing.
 */
klingrec_config rig_config(void);

/* The fake must outlive the client. Its clock starts at 1000. */
klingrec_client *rig_client(fake *self, klingrec_config config);

klingrec_request rig_request(void);

/* Ready answers */
extern const fake_answer RIG_GOOD;    /* after 10 ms */
extern const fake_answer RIG_NEVER;   /* sent, and no answer ever */
extern const fake_answer RIG_SERVER;  /* 503, code 5001 */
extern const fake_answer RIG_REFUSED; /* 400, code 1301 */
extern const fake_answer RIG_AUTH;    /* 401, code 1002 */
extern const fake_answer RIG_LOST;    /* sent, then the connection breaks */
extern const fake_answer RIG_UNSENT;  /* the connection is refused */

/* Every attempt gets this answer. */
fake rig_fake(const fake_answer *answer);
/* fake.user is an array of answers, of which the last repeats; NULL ends it. */
const fake_answer *rig_script(fake *self, klingrec_exchange *x, unsigned n);

/* RIG_GOOD, after a copy of the request: fake.user is a rig_capture. */
typedef struct rig_capture {
    char text[1024];
    size_t len;
    char headers[512];
} rig_capture;
const fake_answer *rig_answer_and_capture(fake *self, klingrec_exchange *x, unsigned n);

/* klingrec_recognize() on a client of its own, which is freed again. */
klingrec_result *rig_recognize(fake *self, klingrec_config config,
                               const klingrec_request *request);

/* For klingrec_request.release */
extern int rig_released;
void rig_count_release(void *release_user);

#endif
