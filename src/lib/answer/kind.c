/* SPDX-License-Identifier: MIT */
/* kind.c - the names of the kinds of region */
#include "base/build.h"

#include "answer/kind.h"

#include <klingrec/klingrec.h>

static const struct {
    uint32_t kind;
    const char *name;
    const char *region; /* the service's name */
} KINDS[] = {
    {KLINGREC_KIND_HEAD, "head", "head_seg"},
    {KLINGREC_KIND_FACE, "face", "face_seg"},
    {KLINGREC_KIND_CLOTH, "cloth", "cloth_seg"},
    {KLINGREC_KIND_OBJECT, "object", "object_seg"},
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

const char *
klingrec_kind_name(uint32_t kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (KINDS[i].kind == kind)
            return KINDS[i].name;
    return "other";
}

uint32_t
klr_kind_of_region(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(KINDS[i].region, name) == 0)
            return KINDS[i].kind;
    return KLINGREC_KIND_OTHER;
}

static uint32_t
kind_of(const char *word, size_t len)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strlen(KINDS[i].name) == len && memcmp(KINDS[i].name, word, len) == 0)
            return KINDS[i].kind;
    return 0;
}

uint32_t
klingrec_kinds_from_names(const char *names)
{
    uint32_t kinds = 0;
    if (names == NULL)
        return 0;
    for (const char *at = names;; at++) {
        size_t len = strcspn(at, ",");
        uint32_t kind = kind_of(at, len);
        if (kind == 0)
            return 0;
        kinds |= kind;
        at += len;
        if (*at == '\0')
            return kinds;
    }
}
