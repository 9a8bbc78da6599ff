/* SPDX-License-Identifier: MIT */
/* transport_curl_lookup_posix.c - looks up a host name on a thread of its own */
#include "base/build.h"

#include "http/transport_curl_lookup.h"

#include "base/sys.h"
#include "base/text.h"

#if KLR_HAS_CURL && !defined(_WIN32)

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/*
 * getaddrinfo() can neither be interrupted nor limited in time, so the thread is
 * detached. It may outlive the client, and its memory is not from the host's allocator,
 * which the host may end after the client.
 */
struct klr_lookup {
    klr_lock lock;
    CURLM *multi;  /* NULL: abandoned */
    bool finished; /* by the thread */
    char host[256];
    char *addresses; /* NULL: not found */
};

enum {
    THREADS_MAX = 16, /* in this process */
    ADDRESSES_MAX = 4096,
    ADDRESS_SIZE = INET6_ADDRSTRLEN + sizeof ",[]"
};

static klr_once_flag counting_once = KLR_ONCE_INIT;
static klr_lock counting;
static bool counting_works;
static unsigned threads;

static void
set_up_counting(void)
{
    counting_works = klr_lock_init(&counting);
}

/* Whether one more thread may run. */
static bool
count_thread(void)
{
    klr_once(&counting_once, set_up_counting);
    if (!counting_works)
        return false;
    klr_lock_enter(&counting);
    bool allowed = threads < THREADS_MAX;
    threads += allowed;
    klr_lock_leave(&counting);
    return allowed;
}

static void
uncount_thread(void)
{
    klr_lock_enter(&counting);
    threads--;
    klr_lock_leave(&counting);
}

static void
lookup_free(klr_lookup *lookup)
{
    klr_lock_free(&lookup->lock);
    free(lookup->addresses);
    free(lookup);
}

/* Returns the new length. */
static size_t
add_address(char *text, size_t size, size_t len, const struct sockaddr *address)
{
    char one[INET6_ADDRSTRLEN];
    bool v6 = address->sa_family == AF_INET6;
    const void *bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (v6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    else if (address->sa_family != AF_INET)
        return len;
    if (inet_ntop(address->sa_family, bytes, one, sizeof one) == NULL)
        return len;
    return klr_text_add(text, size, len, v6 ? "%s[%s]" : "%s%s", len > 0 ? "," : "",
                        one);
}

/* NULL: none, or memory is short. */
static char *
list_addresses(const struct addrinfo *found)
{
    size_t count = 0, len = 0;
    for (const struct addrinfo *one = found; one != NULL && count < ADDRESSES_MAX;
         one = one->ai_next)
        count++;
    size_t size = count * ADDRESS_SIZE + 1;
    char *text = malloc(size);
    for (const struct addrinfo *one = found; text != NULL && count > 0;
         one = one->ai_next, count--)
        len = add_address(text, size, len, one->ai_addr);
    if (len > 0)
        return text;
    free(text);
    return NULL;
}

static void *
run_lookup(void *user)
{
    klr_lookup *lookup = user;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char *addresses = NULL;

    klr_thread_set_name("klingrec-name");
    if (getaddrinfo(lookup->host, NULL, &hints, &found) == 0) {
        addresses = list_addresses(found);
        freeaddrinfo(found);
    }
    uncount_thread();
    klr_lock_enter(&lookup->lock);
    lookup->addresses = addresses;
    lookup->finished = true;
    bool abandoned = lookup->multi == NULL;
    if (!abandoned)
        (void)curl_multi_wakeup(lookup->multi);
    klr_lock_leave(&lookup->lock);
    if (abandoned)
        lookup_free(lookup);
    return NULL;
}

bool
klr_lookup_is_possible(void)
{
    return KLR_HAS_THREADS;
}

klr_lookup *
klr_lookup_start(const char *host, CURLM *multi)
{
    klr_thread thread;
    klr_lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL || !klr_lock_init(&lookup->lock)) {
        free(lookup);
        return NULL;
    }
    lookup->multi = multi;
    bool counted = strlen(host) < sizeof lookup->host && count_thread();
    if (counted)
        memcpy(lookup->host, host, strlen(host) + 1);
    if (counted && klr_thread_start(&thread, run_lookup, lookup)) {
        klr_thread_detach(&thread);
        return lookup;
    }
    if (counted)
        uncount_thread();
    lookup_free(lookup);
    return NULL;
}

klr_lookup_state
klr_lookup_get(klr_lookup *lookup, char **addresses)
{
    klr_lookup_state state = KLR_LOOKUP_RUNS;
    *addresses = NULL;
    klr_lock_enter(&lookup->lock);
    if (lookup->finished) {
        *addresses = lookup->addresses;
        lookup->addresses = NULL;
        state = *addresses != NULL ? KLR_LOOKUP_FOUND : KLR_LOOKUP_FAILED;
    }
    klr_lock_leave(&lookup->lock);
    return state;
}

void
klr_lookup_abandon(klr_lookup *lookup)
{
    if (lookup == NULL)
        return;
    klr_lock_enter(&lookup->lock);
    lookup->multi = NULL;
    bool finished = lookup->finished;
    klr_lock_leave(&lookup->lock);
    if (finished)
        lookup_free(lookup);
}

#endif
