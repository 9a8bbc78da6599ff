/* SPDX-License-Identifier: MIT */
/* fake.h - a transport in memory with virtual time, for tests that do not sleep */
#ifndef FAKE_H
#define FAKE_H

#include <klingrec/transport.h>

enum { FAKE_MAX = 64 };

/* The course of one attempt. */
typedef struct fake_answer {
    uint32_t after_ms;   /* from the start of the attempt; UINT32_MAX: never */
    klingrec_status end; /* OK: a complete answer */
    bool sent;       /* the request was sent completely; implied by a complete answer */
    int http_status; /* 0: none came */
    const char *body;        /* NULL: none */
    const char *retry_after; /* NULL: none */
    klingrec_status start;   /* not OK: the attempt does not start */
} fake_answer;

typedef struct fake_flight {
    klingrec_exchange *x; /* NULL: free */
    uint64_t due;
    const fake_answer *answer;
    bool was_read; /* the body, in the first drive() after start() */
} fake_flight;

typedef struct fake {
    /* The answer to attempt number n (from 0 on); the exchange can be looked at. */
    const fake_answer *(*answer)(struct fake *self, klingrec_exchange *x, unsigned n);
    /* Called just before an attempt ends; may be NULL. */
    void (*ending)(struct fake *self, const klingrec_exchange *x, klingrec_status end,
                   bool sent);
    void *user;
    const char *detail; /* what the transport says about each end, or NULL */
    unsigned started;   /* attempts in all */
    unsigned at_once;   /* attempts in flight */
    unsigned most_at_once;
    unsigned closed;
    uint64_t started_at[4096]; /* the first of them, by fake_now() */
    fake_flight flights[FAKE_MAX];
} fake;

/* Milliseconds; advanced only by fake's drive(). */
uint64_t fake_now(void);
void fake_set_now(uint64_t now);

klingrec_transport fake_transport(fake *self);

/* A success with all four regions. */
extern const char FAKE_SUCCESS[];

#endif
