/* SPDX-License-Identifier: MIT */
/* test_secret.c - a key in an answer is replaced by stars, in every encoding */
#include "base/secret.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEY "sk-Ab9._~+/="

/* In a block of its own, so that a sanitizer detects reads past the end. */
static char *
hidden(const char *key, const char *text, size_t len)
{
    const klr_alloc alloc = klr_alloc_from(NULL, NULL);
    char *secret, *bytes = malloc(len + 1), *exact = malloc(len > 0 ? len : 1);
    assert_non_null(bytes);
    assert_non_null(exact);
    assert_int_equal(klr_secret_new(&alloc, key, &secret), KLINGREC_OK);
    memcpy(exact, text, len);
    klr_secret_hide(secret, exact, len);
    memcpy(bytes, exact, len);
    bytes[len] = '\0';
    free(exact);
    klr_secret_free(&alloc, secret);
    return bytes;
}

static void
expect(const char *key, const char *text, size_t len, const char *left)
{
    char *got = hidden(key, text, len);
    if (memcmp(got, left, len) != 0)
        fail_msg("%s became %s, not %s", text, got, left);
    free(got);
}

/* The text between < and > must be removed, and all other text kept. */
static void
expect_between(const char *key, const char *marked)
{
    char text[512], left[512];
    size_t len = 0;
    bool secret = false;
    for (; *marked != '\0'; marked++) {
        if (*marked == '<' || *marked == '>') {
            secret = *marked == '<';
            continue;
        }
        text[len] = *marked;
        left[len++] = secret ? '*' : *marked;
    }
    text[len] = left[len] = '\0';
    expect(key, text, len, left);
}

/* ---- Which keys there are ------------------------------------------------------ */

static void
a_key_has_1_to_4096_characters_of_a_bearer_token(void **state)
{
    static char key[KLR_KEY_MAX + 2];
    const klr_alloc alloc = klr_alloc_from(NULL, NULL);
    char *secret;
    (void)state;
    assert_int_equal(klr_secret_new(&alloc, "", &secret), KLINGREC_ERR_ARGUMENT);
    assert_null(secret);
    assert_int_equal(klr_secret_new(&alloc, "a b", &secret), KLINGREC_ERR_ARGUMENT);
    memset(key, 'k', KLR_KEY_MAX);
    assert_int_equal(klr_secret_new(&alloc, key, &secret), KLINGREC_OK);
    assert_int_equal(strlen(secret), strlen("Bearer ") + KLR_KEY_MAX);
    klr_secret_free(&alloc, secret);
    key[KLR_KEY_MAX] = 'k';
    assert_int_equal(klr_secret_new(&alloc, key, &secret), KLINGREC_ERR_ARGUMENT);
}

/* What a token callback writes: user is the length of the token, whose NUL is left out
   where there is no space for it. */
static bool
write_token(void *user, char *buf, size_t len)
{
    size_t n = *(const size_t *)user;
    memset(buf, 'k', n < len ? n : len);
    if (n < len)
        buf[n] = '\0';
    return n != 7;
}

static void
a_token_has_1_to_4096_characters_and_a_nul(void **state)
{
    static const size_t lengths[] = {0, 1, 7, KLR_KEY_MAX, KLR_KEY_MAX + 1};
    const klr_alloc alloc = klr_alloc_from(NULL, NULL);
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t n = lengths[i];
        char *secret;
        klingrec_status status = klr_secret_ask(&alloc, write_token, &n, &secret);
        bool good = n == 1 || n == KLR_KEY_MAX;
        assert_int_equal(status, good ? KLINGREC_OK : KLINGREC_ERR_AUTH);
        assert_int_equal(secret != NULL, good);
        if (good)
            assert_int_equal(strlen(secret), strlen("Bearer ") + n);
        klr_secret_free(&alloc, secret);
    }
}

static void
a_token_without_memory_is_not_asked_for(void **state)
{
    meter memory = {.fail_at = 1};
    const klr_alloc alloc = klr_alloc_from(metered, &memory);
    char *secret;
    (void)state;
    assert_int_equal(klr_secret_ask(&alloc, NULL, NULL, &secret), KLINGREC_ERR_NOMEM);
    assert_null(secret);
}

/* ---- Spellings ---------------------------------------------------------------- */

static void
a_key_is_found_in_every_encoding(void **state)
{
    static const char *const rows[] = {
        "<" KEY ">",
        "a<" KEY ">b<" KEY "><" KEY ">",
        "<SK-AB9._~+/=>",
        "<sk-ab9._~+/=>",
        "{\"a\":\"<" KEY ">\"}",
        /* JSON, and JSON as text in JSON */
        "<sk-Ab9._~+\\/=>",
        "<sk-Ab9._~+\\\\/=>",
        "<sk-Ab9._~+\\\\\\/=>",
        "<\\u0073k-Ab9._~+/=>",
        "<\\u0073\\u006b\\u002d\\u0041\\u0062\\u0039\\u002e\\u005f\\u007E\\u002B\\u002f"
        "\\u003D>",
        "<\\u0053K-Ab9._~\\u002b\\u002F\\u003d>",
        "<sk-Ab9._~\\\\u002b\\\\/\\\\u003d>",
        "<sk-Ab9._~\\\\\\\\u002b/=>",
        "{\\\"a\\\":\\\"<sk-Ab9._~+\\\\/=>\\\"}",
        "\\n<" KEY ">\\n",
        "\\\"<" KEY ">\\\"",
        /* of URLs, once and twice */
        "?key=<sk-Ab9._~%2B%2f%3d>&a",
        "?key=<%73%6b%2d%41%62%39%2e%5f%7e%2b%2f%3d>",
        "?key=<sk-Ab9._~%252B%252f%25253d>",
        "%20<" KEY ">%20",
        /* of HTML */
        "<sk-Ab9._~&#43;&#x2F;&#X3d;>",
        "<&#0115;k-Ab9._~+&#47;&#61;>",
        /* several at once */
        "<sK-\\u0041b9._~%2B\\/&#61;>",
        "<sk-Ab9._~\\u0026#43;\\u00252f\\\\u0026#x3D;>",
        /* a prefix of it occurs inside it */
        "sk-A<" KEY ">",
        "sk-Ab9.<\\u0073k-Ab9._~+/=>",
        "sk-Ab9._~+/sk-Ab9.<" KEY ">",
        /* preceded by what could be the start of an escape */
        "%<" KEY ">",
        "%2<" KEY ">",
        "&#<" KEY ">",
        "<\\" KEY ">",
        "<\\\\" KEY ">",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_between(KEY, rows[i]);
}

/* The start of the key is followed by other text. */
static void
other_text_is_not_changed(void **state)
{
    static const char *const rows[] = {
        "",
        "sk-",
        "sk-Ab9.",
        "sk-Ab9._~+/-",
        "sk-Ab9._~+/ =",
        "k-Ab9._~+/=",
        "sk_Ab9._~+/=",
        "sk-Ab9._~+/ \\u003d",
        "sk-Ab9.\\u015f~+/=",
        "\\u0173k-Ab9._~+/=",
        "u0073k-Ab9._~+/=",
        "su006b-Ab9._~+/=",
        "%g3k-Ab9._~+/=",
        "\\u00g3k-Ab9._~+/=",
        "&#11f;k-Ab9._~+/=",
        "&x115;k-Ab9._~+/=",
        "&#115 k-Ab9._~+/=",
        "&#115k-Ab9._~+/=",
        "&#371;k-Ab9._~+/=",
        "&#4294967411;k-Ab9._~+/=",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_between(KEY, rows[i]);
}

static void
a_key_that_looks_like_an_escape_is_found(void **state)
{
    (void)state;
    expect_between("73deadbeef", "LIKE '%<73deadbeef>%'");
    expect_between("73deadbeef", "LIKE '%<73DEADBEEF>%'");
    expect_between("u0073abcd", "a<\\u0073abcd>");
    expect_between("u0073abcd", "a<\\\\u0073abcd>");
    expect_between("u0073abcd", "a<u0073abcd>");
    expect_between("s115xyzab", "&#115xyzab");
    expect_between("nabcdefgh", "<\\nabcdefgh>");
    expect_between("252525252525", "%<252525252525>%ff");
}

static void
a_key_that_repeats_itself_is_found(void **state)
{
    (void)state;
    expect_between("aaaaaaaab", "aaa<aaaaaaaab>aaaaaaa");
    expect_between("aaaaaaaab", "<\\u0061aaaa%61aab>aaaaaaa");
    expect_between("aXYZaQRSTU", "aXYZaQXYZaQRSTU");
    expect_between("abababababac", "ababab<abababababac>x");
    expect_between("abcabcabcabcX", "<abcabcabcabc\\u0061bcX>");
    expect_between("abcdefggh", "x<abcdefggh>");
}

/* ---- Cuts --------------------------------------------------------------------- */

static void
a_truncated_key_of_at_least_eight_characters_is_hidden(void **state)
{
    static const char nul[] = "sk-Ab9._\0 sk-Ab9.\0 x",
                      nul_left[] = "********\0 sk-Ab9.\0 x";
    (void)state;
    expect_between(KEY, "key sk-Ab9.");
    expect_between(KEY, "key <sk-Ab9._>");
    expect_between(KEY, "key <sk-Ab9._~+/>");
    expect_between(KEY, "key <sk-Ab9._>\\u00");
    expect_between(KEY, "key <sk-Ab9._>%7");
    expect_between(KEY, "key <sk-Ab9._>&#12");
    expect_between(KEY, "key <sk-Ab9._>\\");
    expect_between(KEY, "key sk-Ab9.\\u00");
    expect_between("aaaaaaaaab", "<aaaaaaaa>");
    expect(KEY, nul, sizeof nul - 1, nul_left);
}

static void
nothing_after_the_end_is_read_or_written(void **state)
{
    static const char text[] = "sk-\\u0041b9._~%252B\\\\/&#x3d; \\\\\\u0073%7&#1";
    char left[sizeof text];
    (void)state;
    for (size_t begin = 0; begin < sizeof text; begin++)
        for (size_t end = begin; end < sizeof text; end++)
            free(hidden(KEY, text + begin, end - begin));
    memcpy(left, text, sizeof text);
    char *got = hidden(KEY, text, sizeof text - 1);
    memset(left, '*', (size_t)(strchr(text, ' ') - text));
    assert_string_equal(got, left);
    free(got);
}

static void
a_key_of_fewer_than_eight_characters_is_not_hidden(void **state)
{
    (void)state;
    expect_between("sk-abcd", "sk-abcd sk-abcde");
    expect_between("sk-abcde", "sk-abcd <sk-abcde>");
}

/* ---- All spellings there are -------------------------------------------------- */

static unsigned
draw(unsigned below)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

/* One character, in one of the forms; the marks of expect_between() are in no key. */
static void
spell(char *text, char c)
{
    static const char *const forms[] = {
        "%c",     "%c",       "%c",    "\\u%04x", "\\\\u%04X", "\\\\\\\\u%04x",
        "%%%02x", "%%25%02X", "&#%u;", "&#x%x;",
    };
    unsigned form = draw(sizeof forms / sizeof forms[0]);
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    unsigned value = (unsigned char)c ^ (is_letter && draw(2) == 0 ? 0x20u : 0u);
    char one[16];
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif
    snprintf(one, sizeof one, forms[form], value);
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
    strcat(text, one);
}

static void
any_mixture_of_encodings_is_found(void **state)
{
    static const char chars[] = "ABCXYZabcxyz019-._~+/";
    (void)state;
    for (unsigned n = 0; n < 20000; n++) {
        char key[24] = "", text[512] = "{\"message\":\"";
        size_t len = 8 + draw(12);
        for (size_t i = 0; i < len; i++)
            key[i] = chars[draw(n % 2 == 0 ? sizeof chars - 1 : 3)];
        strcat(text, "<");
        for (size_t i = 0; i < len; i++)
            spell(text, key[i]);
        strcat(text, ">\"}");
        expect_between(key, text);
    }
}

/* The time is linear, also for a key and a text that match almost everywhere. */
static void
the_time_does_not_depend_on_the_key(void **state)
{
    enum { LEN = 1 << 20 };
    static char key[KLR_KEY_MAX + 1], text[LEN + 1];
    (void)state;
    memset(key, 'a', KLR_KEY_MAX);
    key[KLR_KEY_MAX - 1] = 'b';
    memset(text, 'a', LEN);
    char *got = hidden(key, text, LEN);
    assert_int_equal(got[0], 'a');
    assert_int_equal(got[LEN - 1], '*');
    free(got);
    memset(text, '%', LEN);
    free(hidden(key, text, LEN));
    memset(text, '\\', LEN);
    free(hidden(key, text, LEN));
    for (size_t i = 0; i + 2 <= LEN; i += 2)
        memcpy(text + i, "25", 2);
    text[0] = '%';
    free(hidden(key, text, LEN));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_1_to_4096_characters_of_a_bearer_token),
        cmocka_unit_test(a_token_has_1_to_4096_characters_and_a_nul),
        cmocka_unit_test(a_token_without_memory_is_not_asked_for),
        cmocka_unit_test(a_key_is_found_in_every_encoding),
        cmocka_unit_test(other_text_is_not_changed),
        cmocka_unit_test(a_key_that_looks_like_an_escape_is_found),
        cmocka_unit_test(a_key_that_repeats_itself_is_found),
        cmocka_unit_test(a_truncated_key_of_at_least_eight_characters_is_hidden),
        cmocka_unit_test(nothing_after_the_end_is_read_or_written),
        cmocka_unit_test(a_key_of_fewer_than_eight_characters_is_not_hidden),
        cmocka_unit_test(any_mixture_of_encodings_is_found),
        cmocka_unit_test(the_time_does_not_depend_on_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
