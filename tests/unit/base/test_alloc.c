/* SPDX-License-Identifier: MIT */
/* test_alloc.c - memory that is freed in one call */
#include "base/alloc.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    meter memory;
    klr_arena arena;
} fixture;

static void
begin(fixture *f)
{
    memset(f, 0, sizeof *f);
    const klr_alloc alloc = klr_alloc_from(metered, &f->memory);
    klr_arena_init(&f->arena, &alloc);
}

static void
end(fixture *f)
{
    klr_arena_free(&f->arena);
    assert_int_equal(f->memory.live, 0);
}

static bool
is_zero(const unsigned char *bytes, size_t len)
{
    while (len > 0 && bytes[len - 1] == 0)
        len--;
    return len == 0;
}

static void
pieces_of_any_size_are_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 3000, 3040, 3056, 3072, 100000, 1};
    unsigned char *last = NULL;
    size_t last_size = 0;
    fixture f;
    (void)state;
    begin(&f);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *piece = klr_arena_new(&f.arena, sizes[i]);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % 16, 0);
        assert_true(is_zero(piece, sizes[i]));
        memset(piece, 0xFF, sizes[i]);
        assert_true(last == NULL || last_size == 0 || last[last_size - 1] == 0xFF);
        last = piece;
        last_size = sizes[i];
    }
    end(&f);
}

static void
sizes_that_would_overflow_are_refused(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    assert_null(klr_arena_new(&f.arena, SIZE_MAX / 2 + 1));
    assert_null(klr_arena_new(&f.arena, SIZE_MAX));
    assert_null(klr_arena_copy(&f.arena, "", SIZE_MAX));
    assert_null(klr_arena_copy(&f.arena, "", SIZE_MAX - 1));
    assert_int_equal(f.memory.calls, 0);
    end(&f);
}

static void
without_memory_there_is_no_piece_and_the_others_stay(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    char *copy = klr_arena_copy(&f.arena, "abc", 2);
    assert_string_equal(copy, "ab");
    f.memory.fail_at = f.memory.calls + 1;
    assert_null(klr_arena_new(&f.arena, 5000));
    assert_string_equal(copy, "ab");
    assert_non_null(klr_arena_new(&f.arena, 5000));
    end(&f);
}

static void
sum_up(const char *user, char *bytes, size_t len)
{
    (void)bytes;
    *(size_t *)(uintptr_t)user += len;
}

/* What was added since a mark, in the mark's block and in later ones, is visited,
   freed, and zeroed for the next piece. */
static void
a_mark_divides_the_pieces(void **state)
{
    static const size_t before[] = {0, 16, 2000};
    (void)state;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        size_t visited = 0;
        fixture f;
        begin(&f);
        if (before[i] > 0)
            memset(klr_arena_new(&f.arena, before[i]), 0xEE, before[i]);
        const klr_arena_mark mark = klr_arena_end(&f.arena);
        const size_t live = f.memory.live;
        memset(klr_arena_new(&f.arena, 160), 0xFF, 160);
        memset(klr_arena_new(&f.arena, 4000), 0xFF, 4000);
        klr_arena_visit(&f.arena, &mark, sum_up, (const char *)&visited);
        assert_int_equal(visited, 160 + 4000);
        klr_arena_rewind(&f.arena, &mark);
        assert_int_equal(f.memory.live, live);
        assert_true(is_zero(klr_arena_new(&f.arena, 160), 160));
        end(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_are_zeroed_aligned_and_apart),
        cmocka_unit_test(sizes_that_would_overflow_are_refused),
        cmocka_unit_test(without_memory_there_is_no_piece_and_the_others_stay),
        cmocka_unit_test(a_mark_divides_the_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
