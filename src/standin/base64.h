/* base64.h - the stand-in's own strict decoder */
#ifndef STANDIN_BASE64_H
#define STANDIN_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decode canonical base64 (RFC 4648 section 4): the standard alphabet, padded, no
 * line breaks, and nothing in the bits that padding leaves over. On success *out is
 * malloc'ed. Empty text and a lack of memory are failures too.
 */
bool standin_base64_decode(const char *text, size_t len, unsigned char **out,
                           size_t *out_len);

#endif /* STANDIN_BASE64_H */
