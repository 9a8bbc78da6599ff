/* kind.c - the names of the kinds of region */
#include "base/build.h"

#include "answer/kind.h"

#include <klingrec/klingrec.h>

static const struct {
    uint32_t kind;
    const char *name;
    const char *region; /* the service's name */
} rows[] = {
    {KLINGREC_KIND_HEAD, "head", "head_seg"},
    {KLINGREC_KIND_FACE, "face", "face_seg"},
    {KLINGREC_KIND_CLOTH, "cloth", "cloth_seg"},
    {KLINGREC_KIND_OBJECT, "object", "object_seg"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

const char *
klingrec_kind_name(uint32_t kind)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].kind == kind)
            return rows[i].name;
    return "other";
}

uint32_t
klr_kind_of_region(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].region, name) == 0)
            return rows[i].kind;
    return KLINGREC_KIND_OTHER;
}

static uint32_t
kind_of(const char *word, size_t len)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, word, len) == 0)
            return rows[i].kind;
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
