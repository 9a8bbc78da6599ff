/* memory.h - memory of the program: a growable text, and bytes that are wiped */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Like realloc(), for count * size bytes; without memory the program says so and ends,
   because it has nothing else to offer then. */
void *cli_resize(void *old, size_t count, size_t size);

void cli_out_of_memory(void);

char *cli_copy_text(const char *text);

/* Zero bytes in a way that a compiler does not drop. */
void cli_wipe(void *bytes, size_t len);

/* Always NUL-terminated once something was added. */
struct text {
    char *at;
    size_t len;
    size_t size;
};

void cli_text_add(struct text *text, const char *bytes, size_t len);
void cli_text_puts(struct text *text, const char *string);
void cli_text_clear(struct text *text);
void cli_text_free(struct text *text);

#endif
