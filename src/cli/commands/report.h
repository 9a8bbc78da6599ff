/* report.h - one HTML page to look at results */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "options/options.h"

/* The exit code. */
int cli_report(const struct options *options);

#endif
