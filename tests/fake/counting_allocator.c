/* SPDX-License-Identifier: MIT */
/* counting_allocator.c - an allocator that counts, fails on demand, and checks sizes */
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

void *
metered(void *user, void *ptr, size_t old_size, size_t new_size)
{
    meter *m = user;
    size_t *block = ptr == NULL ? NULL : (size_t *)ptr - 2;

    assert_int_equal(block == NULL ? 0 : block[0], old_size);
    if (new_size == 0) {
        m->live -= old_size;
        free(block);
        return NULL;
    }
    m->calls++;
    if (m->fail_at != 0 &&
        (m->calls == m->fail_at || (m->fail_from && m->calls > m->fail_at)))
        return NULL;
    block = realloc(block, new_size + 2 * sizeof *block);
    block[0] = new_size;
    m->live += new_size - old_size;
    return block + 2;
}
