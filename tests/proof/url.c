/*
 * url.c - proof: klr_url_parse() and klr_url_parse_host() over any text
 *
 * For each text of up to BYTES bytes: nothing outside of the text is accessed, no
 * arithmetic overflows, and it ends. The host lies inside of the text, and so does the
 * place of an error.
 */
#include "base/build.h"

#include "base/url.h"
#include "proof.h"

int
main(void)
{
    char text[BYTES];
    size_t len, where;
    klr_url url;
    bool host_only;
    ASSUME(len <= BYTES);
    const char *start = text + (BYTES - len);
    klr_detail found = host_only ? klr_url_parse_host(&url, start, len, &where)
                                 : klr_url_parse(&url, start, len, &where);
    PROVE(where <= len);
    if (found == KLR_DETAIL_NONE)
        PROVE(url.host_len > 0 && url.host >= start &&
              url.host + url.host_len <= text + BYTES);
    return 0;
}
