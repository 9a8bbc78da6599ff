/* SPDX-License-Identifier: MIT */
/* unloading_program.c - unloads a plug-in 20 times while its client works:
   unloading_program PLUGIN ENDPOINT CA_FILE. Exit code 0: it did not crash, and a
   shared library of the client is still loaded for its thread. */
#define _GNU_SOURCE /* RTLD_NOLOAD */

#include "plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 20, HANG_SECONDS = 100 };

/* Such a plug-in leaks its client, which is not tested here. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}

static bool
is_loaded(void)
{
    void *library = dlopen("libklingrec.so.0", RTLD_NOW | RTLD_NOLOAD);
    if (library != NULL)
        (void)dlclose(library);
    return library != NULL;
}

int
main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    const struct timespec moment = {0, 1000000};
    (void)alarm(HANG_SECONDS);
    for (int i = 0; i < TIMES; i++) {
        union {
            void *found;
            plugin_begin_fn call;
        } begin = {NULL};
        void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (plugin != NULL)
            begin.found = dlsym(plugin, "plugin_begin");
        if (begin.found == NULL || !begin.call(argv[2], argv[3])) {
            fprintf(stderr, "unloader: %s\n", plugin == NULL ? dlerror() : argv[1]);
            return 3;
        }
        bool shared = is_loaded();
        (void)dlclose(plugin);
        (void)nanosleep(&moment, NULL); /* a thread that still runs would crash */
        if (is_loaded() != shared) {
            fprintf(stderr, "unloader: the library is gone\n");
            return 4;
        }
    }
    return 0;
}
