/* plugin.h - a plug-in that has a client, and is taken out of memory with it */
#ifndef NET_PLUGIN_H
#define NET_PLUGIN_H

#include <klingrec/klingrec.h>

enum { PLUGIN_JOBS = 50 };

/* Begin jobs, and return when the first one has ended. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
bool
plugin_begin(const char *endpoint, const char *ca_file);

typedef bool (*plugin_begin_fn)(const char *endpoint, const char *ca_file);

#endif
