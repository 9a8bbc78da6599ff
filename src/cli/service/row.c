/* SPDX-License-Identifier: MIT */
/* row.c - one input of recognize, and its answer */
#include "service/row.h"

#include "options/options.h"

int
cli_row_qualifies(const struct row *row, uint32_t required)
{
    const struct answer *answer = row->answer;
    /* In a dry run the status is OK, but nothing was sent. */
    if (required == 0 || answer == NULL || answer->status != KLINGREC_OK ||
        answer->delivery == KLINGREC_DELIVERY_NOT_SENT)
        return -1;
    for (size_t i = 0; i < REGION_KINDS; i++) {
        uint32_t kind = cli_region_kinds[i];
        if (((required & kind) != 0 && answer->regions[i] != 2) ||
            ((required >> REQUIRE_NOT & kind) != 0 && answer->regions[i] != 1))
            return 0;
    }
    return 1;
}

bool
cli_row_is_selected(const struct row *row, uint32_t required)
{
    return required == 0 ? row->answer->status == KLINGREC_OK
                         : cli_row_qualifies(row, required) == 1;
}
