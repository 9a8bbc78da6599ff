/* SPDX-License-Identifier: MIT */
/* named_jobs.c - jobs with a name each, to see whose answer each of them gets:
   named_jobs ENDPOINT CA_FILE JOBS AT_ONCE THREAD. Job N sends
   https://images.example/job-N. Prints a line for each result: N STATUS DELIVERY
   ATTEMPTS REQUEST_ID. */
#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>

static void
print_result(klingrec_result *result)
{
    static const char *const deliveries[] = {"NOT_SENT", "UNSURE", "ANSWERED"};
    const char *id = klingrec_result_request_id(result);
    printf("%zu %s %s %u %s\n", (size_t)klingrec_result_user_data(result),
           klingrec_status_name(klingrec_result_status(result)),
           deliveries[klingrec_result_delivery(result)],
           (unsigned)klingrec_result_attempts(result), id != NULL ? id : "-");
    klingrec_result_free(result);
}

static void
submit(klingrec_client *client, size_t number)
{
    char url[64];
    snprintf(url, sizeof url, "https://images.example/job-%zu", number);
    klingrec_request request = klingrec_request_url(url);
    request.user_data = (void *)number;
    if (klingrec_submit(client, &request, NULL) != KLINGREC_OK)
        exit(3);
}

int
main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    size_t jobs = strtoul(argv[3], NULL, 10), next = 0;
    unsigned long at_once = strtoul(argv[4], NULL, 10);
    klingrec_config config = klingrec_config_default();
    klingrec_client *client;
    klingrec_result *result;
    config.endpoint = argv[1];
    config.ca_file = argv[2];
    config.api_key = "sk-0123456789";
    config.proxy = "";
    config.max_in_flight = (uint32_t)at_once;
    config.run = argv[5][0] == '1' ? KLINGREC_RUN_THREAD : KLINGREC_RUN_CALLER;
    if (klingrec_client_new(&config, NULL, 0, &client) != KLINGREC_OK)
        return 1;
    while (next < jobs && next < at_once)
        submit(client, next++);
    while (klingrec_poll(client, -1, &result) == KLINGREC_OK) {
        print_result(result);
        if (next < jobs)
            submit(client, next++);
    }
    klingrec_client_free(client);
    return 0;
}
