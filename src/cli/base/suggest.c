/* SPDX-License-Identifier: MIT */
/* suggest.c - the candidate that is most similar to a misspelt word */
#include "base/suggest.h"

#include <string.h>

enum { WORD_MAX = 31 };

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The edit distance (optimal string alignment): insertions, deletions, replacements and
   swaps of neighbours. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[WORD_MAX + 2][WORD_MAX + 2];
    for (size_t i = 0; i <= a_len; i++)
        row[i][0] = i;
    for (size_t j = 0; j <= b_len; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_len; i++)
        for (size_t j = 1; j <= b_len; j++) {
            size_t differ = a[i - 1] != b[j - 1];
            row[i][j] = smaller(smaller(row[i - 1][j], row[i][j - 1]) + 1,
                                row[i - 1][j - 1] + differ);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i][j] = smaller(row[i][j], row[i - 2][j - 2] + 1);
        }
    return row[a_len][b_len];
}

struct suggestion
cli_suggest_for(const char *wrong, size_t len)
{
    struct suggestion suggestion = {wrong, len, NULL, len / 3 + 2};
    return suggestion;
}

void
cli_suggest_offer(struct suggestion *suggestion, const char *candidate)
{
    size_t len = strlen(candidate);
    if (suggestion->len > WORD_MAX || len > WORD_MAX || suggestion->len < 2)
        return;
    size_t far = distance(suggestion->wrong, suggestion->len, candidate, len);
    if (far < suggestion->distance && far < len) {
        suggestion->distance = far;
        suggestion->best = candidate;
    }
}
