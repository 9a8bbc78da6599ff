/* SPDX-License-Identifier: MIT */
/* urls.h - --check-urls: the beginning of each URL is checked before it is sent */
#ifndef CLI_URLS_H
#define CLI_URLS_H

#include "commands/run.h"

/* Rows whose URL cannot be read or is not acceptable get a refusal. Those that the
   journal has answers for are not looked at. */
void cli_urls_check(struct run *run);

#endif
