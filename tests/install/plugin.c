/* SPDX-License-Identifier: MIT */
/* plugin.c - a plug-in that was linked with an archive of klingrec */
#include <klingrec/klingrec.h>

const char *plugin_version(void);

const char *
plugin_version(void)
{
    return klingrec_version_string();
}
