/* SPDX-License-Identifier: MIT */
/* answers.c - finds rows of the table, and prints it */
#include "answers.h"

#include <string.h>

const struct answer *
standin_answer_find_part(const char *name, size_t len)
{
    for (size_t i = 0; i < standin_answers_table_count; i++)
        if (strlen(standin_answers_table[i].name) == len &&
            memcmp(standin_answers_table[i].name, name, len) == 0)
            return &standin_answers_table[i];
    return NULL;
}

const struct answer *
standin_answer_find(const char *name)
{
    return standin_answer_find_part(name, strlen(name));
}

const struct answer *
standin_answer_at(size_t index)
{
    return index < standin_answers_table_count ? &standin_answers_table[index] : NULL;
}

size_t
standin_answer_index(const struct answer *answer)
{
    return (size_t)(answer - standin_answers_table);
}

size_t
standin_answer_count(void)
{
    return standin_answers_table_count;
}

void
standin_answers_list(FILE *file)
{
    fprintf(file, "%-26s %-6s %-32s %s\n", "NAME", "STATUS", "TYPE", "WHAT IT IS");
    for (size_t i = 0; i < standin_answers_table_count; i++) {
        const struct answer *at = &standin_answers_table[i];
        char status[16] = "-";
        if (at->status != 0)
            snprintf(status, sizeof status, "%u", at->status);
        fprintf(file, "%-26s %-6s %-32s %s\n", at->name, status,
                at->type != NULL ? at->type : "-", at->note);
    }
}
