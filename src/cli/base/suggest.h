/* suggest.h - how far a word is from another one */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* Of all candidates the nearest one; offer each, then read best. */
struct suggestion {
    const char *wrong;
    size_t len;
    const char *best; /* NULL: nothing is near */
    size_t distance;
};

struct suggestion cli_suggest_for(const char *wrong, size_t len);
void cli_suggest_offer(struct suggestion *suggestion, const char *candidate);

#endif
