/* row.c - one input of recognize, and its answer */
#include "service/row.h"

int
cli_row_qualifies(const struct row *row, uint32_t required)
{
    const struct answer *answer = row->answer;
    /* In a dry run the status is OK, but nothing was sent. */
    if (required == 0 || answer == NULL || answer->status != KLINGREC_OK ||
        answer->delivery == KLINGREC_DELIVERY_NOT_SENT)
        return -1;
    for (size_t i = 0; i < REGION_KINDS; i++)
        if ((required & cli_region_kinds[i]) != 0 && answer->regions[i] != 2)
            return 0;
    return 1;
}
