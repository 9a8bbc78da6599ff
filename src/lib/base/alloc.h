/* SPDX-License-Identifier: MIT */
/* alloc.h - the client's allocator, and memory that is freed in one call */
#ifndef KLR_ALLOC_H
#define KLR_ALLOC_H

#include <klingrec/klingrec.h>

typedef struct klr_alloc {
    klingrec_alloc_fn fn;
    void *user;
} klr_alloc;

/* fn NULL: the C library's. */
klr_alloc klr_alloc_from(klingrec_alloc_fn fn, void *user);

/* Zeroed; NULL when memory is short. size is at least 1. */
void *klr_new(const klr_alloc *alloc, size_t size);
/* NULL when memory is short; the old block then stays valid. */
void *klr_resize(const klr_alloc *alloc, void *ptr, size_t old_size, size_t new_size);
/* ptr may be NULL. */
void klr_free(const klr_alloc *alloc, void *ptr, size_t size);

/* Overwrite memory with zeros; the compiler cannot remove the call. */
void klr_wipe(void *ptr, size_t len);

/*
 * Many small pieces with one lifetime, such as a result's strings and regions. Pieces
 * are aligned for every type and are freed together.
 */
typedef struct klr_arena {
    klr_alloc alloc;
    struct klr_arena_block *blocks;
} klr_arena;

void klr_arena_init(klr_arena *arena, const klr_alloc *alloc);
/* Zeroed; NULL when memory is short. */
void *klr_arena_new(klr_arena *arena, size_t size);
/* A NUL-terminated copy of len bytes. */
char *klr_arena_copy(klr_arena *arena, const char *text, size_t len);

/* A place between two pieces. */
typedef struct klr_arena_mark {
    struct klr_arena_block *block;
    size_t used;
} klr_arena_mark;

klr_arena_mark klr_arena_end(const klr_arena *arena);
/* Free the pieces that were added since. */
void klr_arena_rewind(klr_arena *arena, const klr_arena_mark *mark);
/* Call visit() for the memory that was added since; it holds many pieces. */
void klr_arena_visit(klr_arena *arena, const klr_arena_mark *since,
                     void (*visit)(const char *user, char *bytes, size_t len),
                     const char *user);
void klr_arena_free(klr_arena *arena);

#endif
