/* SPDX-License-Identifier: MIT */
/*
 * klingrec.c - send a file through the library, as a user would
 *
 *     klingrec MODE URL CA FILE COUNT AT_ONCE
 *
 * MODE is caller, thread, or thread-no-check. Silent; fails unless each request ends
 * with an answer of the service.
 */
#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>

static bool
submit(klingrec_client *client, const char *path)
{
    klingrec_request request = klingrec_request_file(path);
    return klingrec_submit(client, &request, NULL) == KLINGREC_OK;
}

static bool
take_one(klingrec_client *client)
{
    klingrec_result *result = NULL;
    (void)klingrec_poll(client, -1, &result);
    bool good = klingrec_result_status(result) == KLINGREC_OK &&
                klingrec_result_contains(result, KLINGREC_KIND_HEAD);
    if (!good)
        (void)fprintf(stderr, "%s\n", klingrec_result_message(result));
    klingrec_result_free(result);
    return good;
}

static bool
send_all(klingrec_client *client, const char *path, unsigned count, unsigned at_once)
{
    unsigned sent = 0;
    bool good = true;
    while (good && sent < count && sent < at_once) {
        good = submit(client, path);
        sent++;
    }
    for (unsigned got = 0; good && got < count; got++) {
        good = take_one(client);
        if (good && sent < count) {
            good = submit(client, path);
            sent++;
        }
    }
    return good;
}

int
main(int argc, char **argv)
{
    klingrec_client *client = NULL;
    klingrec_config config = klingrec_config_default();

    if (argc != 7)
        return 2;
    const char *mode = argv[1];
    unsigned count = (unsigned)strtoul(argv[5], NULL, 10);
    unsigned at_once = (unsigned)strtoul(argv[6], NULL, 10);
    config.endpoint = argv[2];
    config.ca_file = argv[3];
    config.api_key = "sk-bench";
    config.max_in_flight = at_once;
    config.max_queued = at_once;
    config.max_attempts = 1;
    config.run =
        strcmp(mode, "caller") == 0 ? KLINGREC_RUN_CALLER : KLINGREC_RUN_THREAD;
    if (strcmp(mode, "thread-no-check") == 0)
        config.flags = KLINGREC_CLIENT_NO_CHECK;
    if (klingrec_client_new(&config, NULL, 0, &client) != KLINGREC_OK)
        return 2;
    bool good = send_all(client, argv[4], count, at_once);
    klingrec_client_free(client);
    return good ? 0 : 1;
}
