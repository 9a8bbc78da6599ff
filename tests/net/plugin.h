/* SPDX-License-Identifier: MIT */
/* plugin.h - a plug-in that owns a client and is unloaded with it */
#ifndef NET_PLUGIN_H
#define NET_PLUGIN_H

#include <klingrec/klingrec.h>

enum { PLUGIN_JOBS = 50 };

/* Starts jobs and returns after the first result. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
bool
plugin_begin(const char *endpoint, const char *ca_file);

typedef bool (*plugin_begin_fn)(const char *endpoint, const char *ca_file);

#endif
