/* SPDX-License-Identifier: MIT */
/* alloc.c - the client's allocator, and memory that is freed in one call */
#include "base/build.h"

#include "base/alloc.h"

#include <stdlib.h>

/* A block holds the content of a result with an answer of the usual size. */
enum { BLOCK_SIZE = 3072, ALIGNMENT = 16 };

typedef struct klr_arena_block {
    struct klr_arena_block *next;
    size_t size; /* of the whole block */
    size_t used; /* of the whole block, this header included */
} klr_arena_block;

static void *
default_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

klr_alloc
klr_alloc_from(klingrec_alloc_fn fn, void *user)
{
    klr_alloc alloc = {fn != NULL ? fn : default_alloc, user};
    return alloc;
}

void *
klr_new(const klr_alloc *alloc, size_t size)
{
    void *ptr = alloc->fn(alloc->user, NULL, 0, size);
    if (ptr != NULL)
        memset(ptr, 0, size);
    return ptr;
}

void *
klr_resize(const klr_alloc *alloc, void *ptr, size_t old_size, size_t new_size)
{
    return alloc->fn(alloc->user, ptr, old_size, new_size);
}

void
klr_free(const klr_alloc *alloc, void *ptr, size_t size)
{
    if (ptr != NULL)
        (void)alloc->fn(alloc->user, ptr, size, 0);
}

void
klr_wipe(void *ptr, size_t len)
{
    volatile unsigned char *byte = ptr;
    while (len-- > 0)
        *byte++ = 0;
}

void
klr_arena_init(klr_arena *arena, const klr_alloc *alloc)
{
    arena->alloc = *alloc;
    arena->blocks = NULL;
}

static size_t
aligned(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static klr_arena_block *
add_block(klr_arena *arena, size_t space)
{
    size_t header = aligned(sizeof(klr_arena_block));
    size_t size = space > BLOCK_SIZE - header ? header + space : BLOCK_SIZE;
    klr_arena_block *block = klr_new(&arena->alloc, size);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->used = header;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *
klr_arena_new(klr_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = aligned(size);
    klr_arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size)
        block = add_block(arena, size);
    if (block == NULL)
        return NULL;
    void *piece = (unsigned char *)block + block->used;
    block->used += size;
    return piece;
}

char *
klr_arena_copy(klr_arena *arena, const char *text, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *copy = klr_arena_new(arena, len + 1);
    if (copy != NULL && len > 0)
        memcpy(copy, text, len);
    return copy;
}

klr_arena_mark
klr_arena_end(const klr_arena *arena)
{
    klr_arena_block *block = arena->blocks;
    klr_arena_mark mark = {block, block != NULL ? block->used : 0};
    return mark;
}

static void
free_blocks(klr_arena *arena, const klr_arena_block *until)
{
    while (arena->blocks != until) {
        klr_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        klr_free(&arena->alloc, block, block->size);
    }
}

void
klr_arena_rewind(klr_arena *arena, const klr_arena_mark *mark)
{
    free_blocks(arena, mark->block);
    if (mark->block == NULL)
        return;
    memset((char *)mark->block + mark->used, 0, mark->block->used - mark->used);
    mark->block->used = mark->used;
}

void
klr_arena_visit(klr_arena *arena, const klr_arena_mark *since,
                void (*visit)(const char *user, char *bytes, size_t len),
                const char *user)
{
    klr_arena_block *block = arena->blocks;
    size_t header = aligned(sizeof(klr_arena_block));
    for (; block != since->block; block = block->next)
        visit(user, (char *)block + header, block->used - header);
    if (block != NULL)
        visit(user, (char *)block + since->used, block->used - since->used);
}

void
klr_arena_free(klr_arena *arena)
{
    free_blocks(arena, NULL);
}
