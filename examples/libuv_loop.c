/* SPDX-License-Identifier: MIT */
/*
 * libuv_loop.c - ask from inside an event loop, here that of libuv
 *
 * The loop waits for the client's descriptor as for any other; no callback runs on
 * another thread, and no timer is needed.  COMETAPI_KEY=... libuv_loop IMAGE...
 */
#define _POSIX_C_SOURCE 200809L /* for uv.h */

#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

typedef struct state {
    klingrec_client *client;
    char **next; /* the first image that was not submitted; NULL ends them */
    size_t open; /* jobs without a result */
} state;

/* Submit until the queue is full; the rest follows when results are taken. */
static void
submit(state *s)
{
    for (; *s->next != NULL; s->next++, s->open++) {
        klingrec_request request = klingrec_request_file(*s->next);
        request.user_data = *s->next;
        klingrec_status status = klingrec_submit(s->client, &request, NULL);
        if (status == KLINGREC_ERR_QUEUE_FULL)
            return;
        if (status < 0) {
            fprintf(stderr, "%s: %s\n", *s->next, klingrec_status_string(status));
            exit(1);
        }
    }
}

static void
on_readable(uv_poll_t *handle, int error, int events)
{
    state *s = handle->data;
    klingrec_result *result;
    (void)error;
    (void)events;
    while (klingrec_poll(s->client, 0, &result) == KLINGREC_OK) {
        const char *image = klingrec_result_user_data(result);
        printf("%s: %s\n", image, klingrec_result_message(result));
        klingrec_result_free(result);
        s->open--;
    }
    submit(s);
    if (s->open == 0)
        uv_poll_stop(handle); /* the loop has nothing to wait for any more */
}

int
main(int argc, char **argv)
{
    klingrec_config config = klingrec_config_default();
    config.api_key = getenv("COMETAPI_KEY");
    config.endpoint = getenv("KLINGREC_ENDPOINT");
    config.run = KLINGREC_RUN_THREAD;
    char why[256];
    state s = {NULL, argv + (argc > 0), 0};
    if (klingrec_client_new(&config, why, sizeof why, &s.client) < 0) {
        fprintf(stderr, "libuv_loop: %s\n", why);
        return 2;
    }
    intptr_t fd;
    if (klingrec_client_fd(s.client, &fd) < 0) {
        fprintf(stderr, "libuv_loop: too many files are open\n");
        return 1;
    }

    uv_loop_t *loop = uv_default_loop();
    uv_poll_t handle;
    uv_poll_init_socket(loop, &handle, (uv_os_sock_t)fd);
    handle.data = &s;
    submit(&s);
    if (s.open > 0)
        uv_poll_start(&handle, UV_READABLE, on_readable);
    uv_run(loop, UV_RUN_DEFAULT);

    uv_close((uv_handle_t *)&handle, NULL);
    uv_run(loop, UV_RUN_DEFAULT); /* calls what uv_close() has queued */
    klingrec_client_free(s.client);
    return 0;
}
