/* SPDX-License-Identifier: MIT */
/* plugins.c - load plug-ins where all see each other's names, then ask each for its
   version */
#include <dlfcn.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
    void *plugins[8];
    for (int i = 1; i < argc && i < 8; i++) {
        plugins[i] = dlopen(argv[i], RTLD_LAZY | RTLD_GLOBAL);
        if (plugins[i] == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
    }
    for (int i = 1; i < argc && i < 8; i++) {
        union {
            void *found;
            const char *(*call)(void);
        } version = {dlsym(plugins[i], "plugin_version")};
        int major, minor, patch;
        if (version.found == NULL ||
            sscanf(version.call(), "klingrec/%d.%d.%d", &major, &minor, &patch) != 3)
            return 1;
        printf("%d.%d.%d\n", major, minor, patch);
    }
    return 0;
}
