/* SPDX-License-Identifier: MIT */
/* test_text.c - untrusted lines, buffers with a maximum, and valid keys */
#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include <cmocka.h>

static void
a_copied_line_is_truncated_between_characters_and_is_clean_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *copy;
    } rows[] = {
        {"abc", 4, "abc"},
        {"abc", 3, "ab"},
        {"abc", 1, ""},
        {"a\xC3\xA4", 4, "a\xC3\xA4"},
        {"a\xC3\xA4", 3, "a"},
        {"\xF0\x9F\x98\x80", 4, ""},
        {"a\nb\x1B[0m\x7F", 20, "a b [0m "},
        {"a\xC2\x9B"
         "2J\xC2\x85",
         20, "a  2J  "},
        {"a\xE2\x80\xA8z\xE2\x80\xAEz\xE2\x81\xA6", 20, "a   z   z   "},
        {"a\xFFz\xC3(\xE2\x80", 20, "a?z?(??"},
        {"\xC2\xA0\xE2\x80\xAF\xE2\x81\xAA", 20, "\xC2\xA0\xE2\x80\xAF\xE2\x81\xAA"},
    };
    char buf[32];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(buf, 'x', sizeof buf);
        assert_int_equal(klr_text_copy(buf, rows[i].size, rows[i].text),
                         strlen(rows[i].copy));
        assert_string_equal(buf, rows[i].copy);
        assert_int_equal(buf[rows[i].size], 'x');
    }
    assert_int_equal(klr_text_copy(buf, 0, "abc"), 0);
}

static void
appending_stops_at_the_capacity(void **state)
{
    (void)state;
    char buf[8];
    size_t len = klr_text_add(buf, sizeof buf, 0, "%s", "abc");
    assert_int_equal(len, 3);
    len = klr_text_add(buf, sizeof buf, len, "%d", 1234);
    assert_int_equal(len, 7);
    assert_string_equal(buf, "abc1234");
    assert_int_equal(klr_text_add(buf, sizeof buf, len, "%s", "more"), 7);
    assert_string_equal(buf, "abc1234");
#if !defined(_WIN32) /* vsnprintf() fails: no locale has this character */
    assert_int_equal(klr_text_add(buf, sizeof buf, 3, "%lc", (wint_t)0x7FFFFFFF), 3);
    assert_memory_equal(buf, "abc", 3);
#endif
}

static void
names_are_compared_without_case(void **state)
{
    (void)state;
    assert_true(klr_text_equal("Retry-After", "rETRY-aFTER"));
    assert_false(klr_text_equal("Retry-After", "Retry-After2"));
    assert_false(klr_text_equal("Retry-After2", "Retry-After"));
    assert_false(klr_text_equal("[", "{")); /* 0x20 apart, and no letters */
}

static void
a_full_buffer_refuses_more_and_keeps_its_content(void **state)
{
    (void)state;
    klr_alloc alloc = klr_alloc_from(NULL, NULL);
    for (size_t max = 0; max < 5000; max += 499) {
        klr_buf buf;
        klr_buf_init(&buf, max);
        for (size_t i = 0; i < max; i++)
            assert_int_equal(klr_buf_append(&buf, &alloc, "x", 1), KLINGREC_OK);
        assert_int_equal(klr_buf_append(&buf, &alloc, "y", 1),
                         KLINGREC_ERR_RESPONSE_BYTES);
        assert_int_equal(klr_buf_append(&buf, &alloc, "y", 0), KLINGREC_OK);
        assert_int_equal(buf.len, max);
        if (max > 0)
            assert_int_equal(strlen(buf.data), max);
        klr_buf_free(&buf, &alloc);
        assert_int_equal(buf.max, max);
    }
}

static void
only_bearer_tokens_become_a_header(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        size_t good;
    } rows[] = {
        {"sk-Az09-._~+/==", 15},
        {"a", 1},
        {"", 0},
        {"=", 0},
        {"a=b", 2},
        {"a b", 1},
        {"a\r\nX: y", 1},
        {"\xC3\xA4", 0},
        {"a:", 1},
        {"a,b", 1},
    };
    klr_alloc alloc = klr_alloc_from(NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *secret = NULL;
        size_t len = strlen(rows[i].key);
        bool good = len > 0 && rows[i].good == len;
        assert_int_equal(klr_secret_good_length(rows[i].key), rows[i].good);
        assert_int_equal(klr_secret_new(&alloc, rows[i].key, &secret),
                         good ? KLINGREC_OK : KLINGREC_ERR_ARGUMENT);
        assert_int_equal(secret != NULL, good);
        if (good) {
            assert_int_equal(strncmp(secret, "Bearer ", 7), 0);
            assert_string_equal(secret + 7, rows[i].key);
        }
        klr_secret_free(&alloc, secret);
    }
}

/* An allocator that checks freed blocks. */
static void *
looking(void *user, void *ptr, size_t old_size, size_t new_size)
{
    static char block[8192];
    bool *leaked = user;
    if (new_size != 0)
        return block;
    for (size_t i = 0; i < old_size; i++)
        *leaked = *leaked || ((char *)ptr)[i] != 0;
    return NULL;
}

static void
a_key_is_wiped_before_its_memory_is_given_back(void **state)
{
    (void)state;
    bool leaked = false;
    klr_alloc alloc = klr_alloc_from(looking, &leaked);
    char *secret = NULL;
    assert_int_equal(klr_secret_new(&alloc, "sk-key", &secret), KLINGREC_OK);
    klr_secret_free(&alloc, secret);
    assert_false(leaked);
}

/* The tests run in the C locale, where <ctype.h> knows ASCII alone. */
static void
tests_of_a_character_agree_with_the_c_locale(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        const char text[] = {(char)c, '\0'};
        char *end;
        long hex = strtol(text, &end, 16);
        assert_int_equal(klr_text_is_letter(text[0]), isalpha(c) != 0);
        assert_int_equal(klr_text_is_digit(text[0]), isdigit(c) != 0);
        assert_int_equal(klr_text_is_space(text[0]), isspace(c) != 0);
        assert_int_equal(klr_text_is_visible(text, 1), isgraph(c) != 0);
        assert_int_equal(klr_text_is_continuation(text[0]), c >= 0x80 && c < 0xC0);
        assert_int_equal(klr_text_hex(text[0]), end != text ? hex : -1);
        assert_int_equal((unsigned char)klr_text_lower(text[0]), tolower(c));
        assert_int_equal(klr_text_skip_spaces(text) - text, c == ' ' || c == '\t');
    }
    assert_true(klr_text_is_visible("a~!", 3));
    assert_false(klr_text_is_visible("a b", 3));
    assert_true(klr_text_is_visible("a b", 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tests_of_a_character_agree_with_the_c_locale),
        cmocka_unit_test(
            a_copied_line_is_truncated_between_characters_and_is_clean_utf8),
        cmocka_unit_test(appending_stops_at_the_capacity),
        cmocka_unit_test(names_are_compared_without_case),
        cmocka_unit_test(a_full_buffer_refuses_more_and_keeps_its_content),
        cmocka_unit_test(only_bearer_tokens_become_a_header),
        cmocka_unit_test(a_key_is_wiped_before_its_memory_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
