/* SPDX-License-Identifier: MIT */
/* connect.h - a client with the configuration of the options */
#ifndef CLI_CONNECT_H
#define CLI_CONNECT_H

#include "options/options.h"
#include "service/rate.h"

#include <klingrec/klingrec.h>

/* The complete URL that --endpoint stands for. */
const char *cli_connect_endpoint(const struct options *options);

/* Before the first connection: the secrets of connections are not written to a file. */
void cli_connect_protect(const struct options *options);

/* Returns the exit code. Not 0: *client is NULL and the error is reported. */
int cli_connect_client(const struct options *options, struct rate *rate,
                       klingrec_client **client);

/* Whether a client can be made with these options and some key. Returns the exit code;
   if it is not 0, the error is reported. */
int cli_connect_check(const struct options *options);

#endif
