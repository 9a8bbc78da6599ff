/* SPDX-License-Identifier: MIT */
/* regions.c - the four regions as words, as bits, and as JSON */
#include "regions.h"

#include "mask.h"

#include <string.h>

enum { REGIONS = 4 };

struct region {
    const char *word;
    uint32_t bit;
};

static const struct region comet_order[REGIONS] = {
    {"head", REGION_HEAD},
    {"face", REGION_FACE},
    {"cloth", REGION_CLOTH},
    {"object", REGION_OBJECT},
};

static const struct region kling_order[REGIONS] = {
    {"object", REGION_OBJECT},
    {"head", REGION_HEAD},
    {"face", REGION_FACE},
    {"cloth", REGION_CLOTH},
};

static uint32_t
find_bit(const char *word, size_t len)
{
    for (size_t i = 0; i < REGIONS; i++)
        if (strlen(comet_order[i].word) == len &&
            memcmp(comet_order[i].word, word, len) == 0)
            return comet_order[i].bit;
    return 0;
}

bool
standin_regions_parse(const char *words, uint32_t *regions)
{
    *regions = 0;
    if (strcmp(words, "none") == 0)
        return true;
    uint32_t found = 0;
    for (;;) {
        size_t len = strcspn(words, ",");
        uint32_t bit = find_bit(words, len);
        if (bit == 0)
            return false;
        found |= bit;
        if (words[len] == '\0')
            break;
        words += len + 1;
    }
    *regions = found;
    return true;
}

static void
entry(struct text *text, const struct region *region, uint32_t regions, size_t index)
{
    standin_text_printf(text, "%s{\"type\":\"%s_seg\",\"is_contain\":%s",
                        index ? "," : "", region->word,
                        (regions & region->bit) != 0 ? "true" : "false");
}

void
standin_regions_comet(struct text *text, uint32_t regions)
{
    for (size_t i = 0; i < REGIONS; i++) {
        entry(text, &comet_order[i], regions, i);
        standin_text_puts(text, "}");
    }
}

void
standin_regions_kling(struct text *text, uint32_t regions, const char *origin,
                      uint32_t width, uint32_t height)
{
    for (size_t i = 0; i < REGIONS; i++) {
        const struct region *region = &kling_order[i];
        entry(text, region, regions, i);
        standin_text_puts(text, ",\"url\":\"");
        if ((regions & region->bit) != 0) {
            standin_text_puts(text, origin);
            standin_mask_path(text, region->word, width, height);
        }
        standin_text_puts(text, "\"}");
    }
}
