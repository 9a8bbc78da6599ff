/* SPDX-License-Identifier: MIT */
/* test_sum.c - equal bytes have equal sums in all pieces, different bytes have not */
#include "base/sum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The functions as compiled without 128-bit integers. */
#define klr_sum_init    plain_init
#define klr_sum_restart plain_restart
#define klr_sum_add     plain_add
#define klr_sum_value   plain_value
#undef __SIZEOF_INT128__
void plain_init(klr_sum *sum, uint64_t seed);
void plain_restart(klr_sum *sum);
void plain_add(klr_sum *sum, const void *bytes, size_t len);
uint64_t plain_value(const klr_sum *sum);
#include "base/sum.c"
#undef klr_sum_init
#undef klr_sum_restart
#undef klr_sum_add
#undef klr_sum_value

enum { MOST = 300 };

static uint64_t
sum_of(const unsigned char *bytes, size_t len, size_t piece, uint64_t seed)
{
    klr_sum sum, plain;
    klr_sum_init(&sum, seed);
    plain_init(&plain, seed);
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        klr_sum_add(&sum, bytes + at, n);
        plain_add(&plain, bytes + at, n);
    }
    assert_true(klr_sum_value(&sum) == plain_value(&plain));
    assert_true(sum.length == len);
    return klr_sum_value(&sum);
}

static void
fill(unsigned char *bytes)
{
    for (size_t i = 0; i < MOST; i++)
        bytes[i] = (unsigned char)(i * i * 7 + i / 3);
}

static void
the_sum_does_not_depend_on_the_pieces(void **state)
{
    unsigned char bytes[MOST];
    (void)state;
    fill(bytes);
    for (size_t len = 0; len < 100; len++)
        for (size_t piece = 1; piece <= len; piece++)
            assert_true(sum_of(bytes, len, piece, 1) == sum_of(bytes, len, MOST, 1));
    klr_sum sum;
    klr_sum_init(&sum, 5);
    klr_sum_add(&sum, bytes, 77);
    klr_sum_restart(&sum);
    assert_true(klr_sum_value(&sum) == sum_of(bytes, 0, 1, 5));
    klr_sum_add(&sum, bytes, 200);
    assert_true(klr_sum_value(&sum) == sum_of(bytes, 200, 7, 5));
}

static void
the_sum_depends_on_every_bit_the_length_the_order_and_the_seed(void **state)
{
    unsigned char bytes[MOST], other[MOST];
    uint64_t seen[MOST * 8 + MOST];
    size_t count = 0;
    (void)state;
    fill(bytes);
    for (size_t bit = 0; bit < MOST * 8; bit++) {
        memcpy(other, bytes, MOST);
        other[bit / 8] ^= (unsigned char)(1u << bit % 8);
        seen[count++] = sum_of(other, MOST, MOST, 1);
    }
    memset(other, 0, MOST);
    for (size_t len = 0; len < MOST; len++)
        seen[count++] = sum_of(other, len, MOST, 1);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            assert_false(seen[i] == seen[k]);
    for (uint64_t seed = 2; seed < 100; seed++)
        assert_false(sum_of(bytes, MOST, MOST, seed) == sum_of(bytes, MOST, MOST, 1));
    /* swapped blocks, and a difference that the next block could cancel */
    memcpy(other, bytes + 16, 16);
    memcpy(other + 16, bytes, 16);
    assert_false(sum_of(other, 32, 32, 1) == sum_of(bytes, 32, 32, 1));
    for (unsigned shift = 0; shift < 8; shift++) {
        memcpy(other, bytes, 32);
        other[7] ^= (unsigned char)(1u << shift);
        other[23] ^= (unsigned char)(1u << shift);
        assert_false(sum_of(other, 32, 32, 1) == sum_of(bytes, 32, 32, 1));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_does_not_depend_on_the_pieces),
        cmocka_unit_test(
            the_sum_depends_on_every_bit_the_length_the_order_and_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
