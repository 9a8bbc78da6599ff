/* SPDX-License-Identifier: MIT */
/* test_status.c - every status has its own name and sentence */
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    klingrec_status status;
    const char *name;
} all[] = {
#define ROW(code, sentence) {code, #code},
    KLR_STATUSES(ROW)
#undef ROW
};
enum { COUNT = sizeof all / sizeof all[0] };

static void
every_status_is_named_after_its_constant(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        assert_string_equal(klingrec_status_name(all[i].status), all[i].name);
}

static void
no_two_statuses_share_a_number_or_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(all[i].status, all[k].status);
            assert_string_not_equal(klingrec_status_string(all[i].status),
                                    klingrec_status_string(all[k].status));
        }
}

static void
errors_are_negative_and_sentences_have_no_full_stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const char *sentence = klingrec_status_string(all[i].status);
        bool is_error = strstr(all[i].name, "_ERR_") != NULL;
        assert_int_equal(is_error, all[i].status < 0);
        assert_true(strlen(sentence) > 0);
        assert_int_not_equal(sentence[strlen(sentence) - 1], '.');
    }
}

static void
an_unknown_status_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(klingrec_status_name((klingrec_status)-999),
                        "KLINGREC_UNKNOWN");
    assert_string_equal(klingrec_status_string((klingrec_status)-999),
                        "unknown status");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_is_named_after_its_constant),
        cmocka_unit_test(no_two_statuses_share_a_number_or_a_sentence),
        cmocka_unit_test(errors_are_negative_and_sentences_have_no_full_stop),
        cmocka_unit_test(an_unknown_status_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
