/* SPDX-License-Identifier: MIT */
/* test_kind.c - the names of the kinds of regions */
#include <klingrec/klingrec.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
the_name_of_a_kind_converts_back_to_the_kind(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {KLINGREC_KIND_HEAD, KLINGREC_KIND_FACE,
                                     KLINGREC_KIND_CLOTH, KLINGREC_KIND_OBJECT};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(klingrec_kinds_from_names(klingrec_kind_name(kinds[i])),
                         kinds[i]);
    assert_string_equal(klingrec_kind_name(KLINGREC_KIND_CLOTH), "cloth");
    assert_string_equal(klingrec_kind_name(KLINGREC_KIND_OTHER), "other");
    assert_string_equal(klingrec_kind_name(KLINGREC_KIND_HEAD | KLINGREC_KIND_FACE),
                        "other");
    assert_string_equal(klingrec_kind_name(UINT32_MAX), "other");
}

static void
a_list_of_kinds_with_an_unknown_word_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *names;
        uint32_t kinds;
    } rows[] = {
        {"head,face", KLINGREC_KIND_HEAD | KLINGREC_KIND_FACE},
        {"object,cloth,object", KLINGREC_KIND_OBJECT | KLINGREC_KIND_CLOTH},
        {"", 0},
        {",", 0},
        {"head,", 0},
        {",head", 0},
        {"head face", 0},
        {"Head", 0},
        {"head_seg", 0},
        {"hea", 0},
        {"face,other", 0},
        {NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(klingrec_kinds_from_names(rows[i].names), rows[i].kinds);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_of_a_kind_converts_back_to_the_kind),
        cmocka_unit_test(a_list_of_kinds_with_an_unknown_word_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
