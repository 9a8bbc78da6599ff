/* SPDX-License-Identifier: MIT */
/* test_base64.c - all implementations of base64 agree with a slow one */
#include "base/base64.h"

#include "../os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SHORT = 300, LINE = 64, MIB = 1 << 20 };

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char *const IMPL_NAMES[] = {"plain", "SSSE3", "AVX2", "NEON"};

/* Bit by bit, as in RFC 4648; independent of the library. */
static size_t
encode_slowly(char *dst, const unsigned char *src, size_t n)
{
    size_t written = 0;
    for (size_t bit = 0; bit < n * 8; bit += 6) {
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++)
            value =
                value * 2 + (i < n * 8 ? (unsigned)src[i / 8] >> (7 - i % 8) & 1u : 0);
        dst[written++] = ALPHABET[value];
    }
    while (written % 4 != 0)
        dst[written++] = '=';
    return written;
}

static void
fill(unsigned char *bytes, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(seed >> 24);
    }
}

static void
check(klr_base64_impl impl, char *dst, const unsigned char *src, size_t n,
      const char *expected)
{
    size_t len = KLR_BASE64_SIZE(n);
    size_t written = klr_base64_encode_by(impl, dst, src, n);
    if (written != len || memcmp(dst, expected, len) != 0)
        fail_msg("%s, %zu bytes", IMPL_NAMES[impl], n);
}

static void
all_implementations_agree_at_every_length_and_alignment(void **state)
{
    (void)state;
    static unsigned char in[SHORT + LINE];
    static char expected[KLR_BASE64_SIZE(SHORT)],
        out[KLR_BASE64_SIZE(SHORT) + LINE + 1];
    fill(in, sizeof in, 1);
    for (size_t n = 0; n <= SHORT; n++)
        for (size_t shift = 0; shift < LINE; shift++) {
            (void)encode_slowly(expected, in + shift, n);
            for (klr_base64_impl impl = 0; impl < KLR_BASE64_IMPLS; impl++) {
                if (!klr_base64_has(impl))
                    continue;
                char *end = out + shift + KLR_BASE64_SIZE(n);
                *end = '!';
                check(impl, out + shift, in + shift, n, expected);
                assert_int_equal(*end, '!');
                /* Source and destination may have different alignments. */
                check(impl, out + (LINE - 1 - shift), in + shift, n, expected);
            }
        }
}

static void
no_implementation_reads_or_writes_past_the_end(void **state)
{
    (void)state;
    unsigned char *in_end = os_guarded(SHORT);
    char *out_end = (char *)os_guarded(KLR_BASE64_SIZE(SHORT));
    char expected[KLR_BASE64_SIZE(SHORT)];
    fill(in_end - SHORT, SHORT, 2);
    for (size_t n = 0; n <= SHORT; n++) {
        (void)encode_slowly(expected, in_end - n, n);
        for (klr_base64_impl impl = 0; impl < KLR_BASE64_IMPLS; impl++)
            if (klr_base64_has(impl))
                check(impl, out_end - KLR_BASE64_SIZE(n), in_end - n, n, expected);
    }
}

static void
all_implementations_encode_in_place(void **state)
{
    (void)state;
    static const size_t MORE[] = {4095, 4096, 4097, 48 * 1024, 49152 + 17, MIB};
    char *end = (char *)os_guarded(KLR_BASE64_SIZE(MIB));
    unsigned char *in = malloc(MIB);
    char *expected = malloc(KLR_BASE64_SIZE(MIB));
    assert_non_null(in);
    assert_non_null(expected);
    fill(in, MIB, 3);
    for (size_t i = 0; i <= SHORT + COUNT(MORE); i++) {
        size_t n = i <= SHORT ? i : MORE[i - SHORT - 1];
        (void)encode_slowly(expected, in, n);
        for (klr_base64_impl impl = 0; impl < KLR_BASE64_IMPLS; impl++) {
            if (!klr_base64_has(impl))
                continue;
            memcpy(end - n, in, n);
            check(impl, end - KLR_BASE64_SIZE(n), (unsigned char *)end - n, n,
                  expected);
        }
    }
    free(expected);
    free(in);
}

static void
the_selected_implementation_encodes_1_mib_that_decodes_again(void **state)
{
    (void)state;
    enum { N = MIB / 3 * 3 };
    unsigned char *in = malloc(N), *again = malloc(N);
    char *expected = malloc(KLR_BASE64_SIZE(N)), *out = malloc(KLR_BASE64_SIZE(N));
    assert_true(in != NULL && again != NULL && expected != NULL && out != NULL);
    fill(in, N, 4);
    (void)encode_slowly(expected, in, N);
    assert_int_equal(klr_base64_encode(out, in, N), KLR_BASE64_SIZE(N));
    assert_memory_equal(out, expected, KLR_BASE64_SIZE(N));
    assert_int_equal(klr_base64_decode(again, out, N / 3), N / 3);
    assert_memory_equal(again, in, N);
    free(in);
    free(again);
    free(expected);
    free(out);
}

/* RFC 4648, section 10. */
static const struct {
    const char *text, *expected;
} VECTORS[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xFB\xFF\xBF", "+/+/"},
};

static void
the_examples_of_the_rfc_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(VECTORS); i++) {
        char out[16] = "";
        size_t n = strlen(VECTORS[i].text);
        size_t written =
            klr_base64_encode(out, (const unsigned char *)VECTORS[i].text, n);
        assert_int_equal(written, KLR_BASE64_SIZE(n));
        assert_string_equal(out, VECTORS[i].expected);
    }
}

static void
the_value_of_a_digit_is_its_index_in_the_alphabet(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *place = c != 0 ? strchr(ALPHABET, c) : NULL;
        int expected = place != NULL ? (int)(place - ALPHABET) : -1;
        assert_int_equal(klr_base64_value((char)c), expected);
    }
}

/* Every byte at every place of a text, in buffers that end at a guard. */
static void
decoder_and_span_stop_at_an_invalid_byte(void **state)
{
    (void)state;
    enum { GROUPS = 29, CHARS = GROUPS * 4, BYTES = GROUPS * 3 };
    char *text = (char *)os_guarded(CHARS) - CHARS;
    unsigned char *out = os_guarded(BYTES) - BYTES;
    unsigned char in[BYTES];
    fill(in, BYTES, 5);
    (void)encode_slowly(text, in, BYTES);
    for (klr_base64_impl impl = 0; impl < KLR_BASE64_IMPLS; impl++) {
        if (!klr_base64_has(impl))
            continue;
        for (size_t at = 0; at < CHARS; at++)
            for (int c = 0; c < 256; c++) {
                char good = text[at];
                text[at] = (char)c;
                bool valid = c != 0 && strchr(ALPHABET, c) != NULL;
                memset(out, 0, BYTES);
                size_t groups = klr_base64_decode_by(impl, out, text, GROUPS);
                assert_int_equal(groups, valid ? GROUPS : at / 4);
                assert_memory_equal(out, in, at / 4 * 3);
                assert_int_equal(klr_base64_span_by(impl, text, CHARS),
                                 valid ? CHARS : at);
                text[at] = good;
            }
    }
}

static void
decoder_and_span_agree_at_every_length(void **state)
{
    (void)state;
    enum { GROUPS = SHORT / 3 };
    char *text_end = (char *)os_guarded(GROUPS * 4);
    unsigned char *out_end = os_guarded(GROUPS * 3);
    unsigned char in[GROUPS * 3];
    fill(in, sizeof in, 6);
    for (klr_base64_impl impl = 0; impl < KLR_BASE64_IMPLS; impl++)
        for (size_t groups = 0; klr_base64_has(impl) && groups <= GROUPS; groups++) {
            char *text = text_end - groups * 4;
            unsigned char *out = out_end - groups * 3;
            (void)encode_slowly(text, in, groups * 3);
            assert_int_equal(klr_base64_decode_by(impl, out, text, groups), groups);
            assert_memory_equal(out, in, groups * 3);
            for (size_t i = 0; i < 4 && i <= groups * 4; i++)
                assert_int_equal(klr_base64_span_by(impl, text + i, groups * 4 - i),
                                 groups * 4 - i);
        }
}

static void
every_machine_has_the_portable_implementation_and_no_unknown_one(void **state)
{
    (void)state;
    assert_true(klr_base64_has(KLR_BASE64_PLAIN));
    assert_false(klr_base64_has(KLR_BASE64_IMPLS));
    for (klr_base64_impl impl = 0; impl < KLR_BASE64_IMPLS; impl++)
        print_message("           %s: %s\n", IMPL_NAMES[impl],
                      klr_base64_has(impl) ? "tested" : "not on this machine");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_implementations_agree_at_every_length_and_alignment),
        cmocka_unit_test(no_implementation_reads_or_writes_past_the_end),
        cmocka_unit_test(all_implementations_encode_in_place),
        cmocka_unit_test(the_selected_implementation_encodes_1_mib_that_decodes_again),
        cmocka_unit_test(the_examples_of_the_rfc_hold),
        cmocka_unit_test(the_value_of_a_digit_is_its_index_in_the_alphabet),
        cmocka_unit_test(decoder_and_span_stop_at_an_invalid_byte),
        cmocka_unit_test(decoder_and_span_agree_at_every_length),
        cmocka_unit_test(
            every_machine_has_the_portable_implementation_and_no_unknown_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
