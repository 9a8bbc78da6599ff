/* SPDX-License-Identifier: MIT */
/* options.h - the command line */
#ifndef STANDIN_OPTIONS_H
#define STANDIN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct options {
    const char *port_file;
    const char *cert;
    const char *key_pem;
    const char *key;
    const char *shape;
    const char *answer;
    const char *script;
    const char *regions;
    uint32_t port;
    uint32_t delay_ms;
    uint32_t rate;
    uint32_t concurrency;
    uint32_t max_image_bytes;
    uint32_t max_body_bytes;
    uint32_t idle_exit_s;
    bool ipv6;
    bool wrap;
    bool retry_after;
    bool stable_ids;
    bool exit_with_parent;
    bool verbose;
    bool list_answers;
    bool help;
    bool version;
};

/* False: the error is printed on stderr. */
bool standin_options_parse(int argc, char **argv, struct options *options);
void standin_options_help(FILE *file);

#endif /* STANDIN_OPTIONS_H */
