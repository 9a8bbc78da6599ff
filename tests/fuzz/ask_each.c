/* SPDX-License-Identifier: MIT */
/* ask_each.c - requests, each of a client of its own: ask_each ENDPOINT COUNT. Request
   N sends https://images.example/job-N. Prints a line for each result: STATUS DELIVERY
   HTTP_STATUS RETRY_AFTER_MS BODY, the body in hexadecimal digits or "-". */
#include <klingrec/klingrec.h>

#include <stdio.h>
#include <stdlib.h>

static klingrec_result *
ask(const klingrec_config *config, unsigned long number)
{
    char url[64];
    klingrec_client *client;
    klingrec_result *result = NULL;
    (void)snprintf(url, sizeof url, "https://images.example/job-%lu", number);
    klingrec_request request = klingrec_request_url(url);
    if (klingrec_client_new(config, NULL, 0, &client) != KLINGREC_OK)
        exit(1);
    (void)!klingrec_recognize(client, &request, &result);
    klingrec_client_free(client);
    return result;
}

int
main(int argc, char **argv)
{
    static const char *const deliveries[] = {"NOT_SENT", "UNSURE", "ANSWERED"};
    if (argc != 3)
        return 2;
    unsigned long count = strtoul(argv[2], NULL, 10);
    klingrec_config config = klingrec_config_default();
    config.endpoint = argv[1];
    config.api_key = "sk-0123456789";
    config.proxy = "";
    config.max_attempts = 1;
    for (unsigned long i = 0; i < count; i++) {
        size_t len;
        klingrec_result *result = ask(&config, i);
        const unsigned char *body = (const void *)klingrec_result_body(result, &len);
        printf("%s %s %d %u ", klingrec_status_name(klingrec_result_status(result)),
               deliveries[klingrec_result_delivery(result)],
               klingrec_result_http_status(result),
               (unsigned)klingrec_result_retry_after_ms(result));
        for (size_t k = 0; k < len; k++)
            printf("%02x", body[k]);
        puts(len == 0 ? "-" : "");
        klingrec_result_free(result);
    }
    return 0;
}
