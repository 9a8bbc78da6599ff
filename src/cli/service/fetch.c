/* SPDX-License-Identifier: MIT */
/* fetch.c - reads URLs that others name, several at once */
#include "service/fetch.h"

#include "base/clock.h"
#include "base/host.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/say.h"
#include "service/connect.h"
#include "service/transfer.h"

#include <stdlib.h>

enum { POLL_MS = 100 };

/* A name that is looked up and does not come back is left behind; from 8.20 on. */
#define MULTI_QUICK_EXIT ((CURLMoption)(CURLOPTTYPE_LONG + 21))

/* The next request of a fetch that goes on, or the end of the fetch. */
static void
go_on(struct transfer *t, bool again)
{
    const struct fetch_calls *calls = t->fetcher->calls;
    while (!again || !cli_transfer_begin(t)) {
        again = calls->done(calls->user, t->fetch);
        if (!again) {
            t->fetch = NULL;
            return;
        }
    }
}

static bool
start_next(struct transfer *t)
{
    const struct fetcher *fetcher = t->fetcher;
    t->fetch = fetcher->calls->next(fetcher->calls->user);
    if (t->fetch == NULL)
        return false;
    t->fetch->hops = 0;
    t->fetch->is_interrupted = false;
    t->end_ms = cli_now_ms() + fetcher->options->timeout_ms;
    go_on(t, true);
    return true;
}

/* Returns whether any has ended. */
static bool
collect(struct fetcher *fetcher)
{
    bool any = false;
    int left;
    for (CURLMsg *message;
         (message = curl_multi_info_read(fetcher->multi, &left)) != NULL;) {
        char *found = NULL; /* the type that libcurl 7.68 demands */
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* the message ends with the handle */
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
        struct transfer *t = (void *)found;
        bool is_redirected = cli_transfer_judge(t, code);
        cli_transfer_end(t);
        go_on(t, is_redirected);
        any = true;
    }
    return any;
}

static void
interrupt(struct fetcher *fetcher)
{
    for (size_t i = 0; i < fetcher->options->jobs; i++) {
        struct transfer *t = &fetcher->transfers[i];
        if (t->fetch == NULL)
            continue;
        cli_transfer_end(t);
        t->fetch->is_interrupted = true;
        cli_transfer_fail(t->fetch, KLINGREC_ERR_CANCELED, "interrupted");
        (void)fetcher->calls->done(fetcher->calls->user, t->fetch);
        t->fetch = NULL;
    }
}

static void
work(struct fetcher *fetcher)
{
    bool more = true;
    while ((more || fetcher->running > 0) && !cli_interrupted()) {
        int running;
        for (size_t i = 0; more && i < fetcher->options->jobs; i++)
            if (fetcher->transfers[i].fetch == NULL)
                more = start_next(&fetcher->transfers[i]);
        (void)curl_multi_perform(fetcher->multi, &running);
        if (!collect(fetcher) && fetcher->running > 0)
            (void)curl_multi_poll(fetcher->multi, NULL, 0, POLL_MS, NULL);
    }
    interrupt(fetcher);
}

void
cli_fetch_all(const struct options *options, const struct fetch_calls *calls)
{
    struct fetcher fetcher = {.options = options, .calls = calls};
    cli_connect_protect(options);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    fetcher.local = cli_fetch_rules_origin(options);
    fetcher.multi = curl_multi_init();
    if (fetcher.multi == NULL)
        cli_out_of_memory();
    (void)curl_multi_setopt(fetcher.multi, MULTI_QUICK_EXIT, 1L);
    fetcher.transfers = cli_resize(NULL, options->jobs, sizeof *fetcher.transfers);
    for (size_t i = 0; i < options->jobs; i++)
        fetcher.transfers[i] = (struct transfer){.fetcher = &fetcher};
    work(&fetcher);
    free(fetcher.transfers);
    (void)curl_multi_cleanup(fetcher.multi);
}

bool
cli_fetch_is_possible(const struct options *options, const char *option)
{
    static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                            "ALL_PROXY"};
    const char *proxy =
        options->proxy != NULL && options->proxy[0] != '\0' ? "--proxy" : NULL;
    for (size_t i = sizeof variables / sizeof variables[0]; i-- > 0;)
        if (options->proxy == NULL && cli_host_is_set(variables[i]))
            proxy = variables[i];
    if (proxy != NULL)
        cli_say_error("%s connects directly, because a proxy chooses the address "
                      "itself; but %s is set. If this machine needs no proxy, use "
                      "--proxy \"\"",
                      option, proxy);
    return proxy == NULL;
}
