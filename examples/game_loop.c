/* SPDX-License-Identifier: MIT */
/*
 * game_loop.c - ask from inside a frame loop that must never wait
 *
 * The client's own thread reads, encodes and sends; klingrec_poll(0) only returns
 * finished results.  COMETAPI_KEY=... game_loop IMAGE...
 */
#define _POSIX_C_SOURCE 200809L

#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void
show(const char *image, const klingrec_result *result)
{
    if (klingrec_result_status(result) < 0)
        printf("%s: %s\n", image, klingrec_result_message(result));
    else if (klingrec_result_contains(result, KLINGREC_KIND_HEAD | KLINGREC_KIND_FACE))
        printf("%s: good enough for an avatar\n", image);
    else
        printf("%s: no face\n", image);
}

int
main(int argc, char **argv)
{
    klingrec_config config = klingrec_config_default();
    config.api_key = getenv("COMETAPI_KEY");
    config.endpoint = getenv("KLINGREC_ENDPOINT");
    config.run = KLINGREC_RUN_THREAD;
    char why[256];
    klingrec_client *client = NULL;
    if (klingrec_client_new(&config, why, sizeof why, &client) < 0) {
        fprintf(stderr, "game_loop: %s\n", why);
        return 2;
    }

    int next = 1;
    unsigned long frames = 0;
    klingrec_status status = KLINGREC_PENDING;
    while (next < argc || status != KLINGREC_IDLE) {
        /* Submit until the queue is full; the rest follows in later frames. */
        if (next < argc) {
            klingrec_request request = klingrec_request_file(argv[next]);
            request.user_data = argv[next];
            klingrec_status accepted = klingrec_submit(client, &request, NULL);
            if (accepted != KLINGREC_OK && accepted != KLINGREC_ERR_QUEUE_FULL)
                fprintf(stderr, "%s: %s\n", argv[next],
                        klingrec_status_string(accepted));
            if (accepted != KLINGREC_ERR_QUEUE_FULL)
                next++;
        }
        klingrec_result *result = NULL;
        status = klingrec_poll(client, 0, &result);
        if (status == KLINGREC_OK)
            show(klingrec_result_user_data(result), result);
        klingrec_result_free(result);

        const struct timespec frame = {0, 16666667}; /* the game draws here */
        nanosleep(&frame, NULL);
        frames++;
    }
    printf("%lu frames\n", frames);
    klingrec_client_free(client);
    return 0;
}
