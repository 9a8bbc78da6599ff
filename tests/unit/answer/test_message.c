/* SPDX-License-Identifier: MIT */
/* test_message.c - what gateways add to a message */
#include "answer/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static klr_span
span(const char *text)
{
    return (klr_span){text, strlen(text)};
}

static void
expect_span(klr_span found, const char *text)
{
    assert_int_equal(found.len, strlen(text));
    assert_memory_equal(found.len > 0 ? found.text : "", text, found.len);
}

static void
the_ids_of_all_gateways_are_removed_and_the_last_is_returned(void **state)
{
    static const struct {
        const char *message, *rest, *id;
    } rows[] = {
        {"", "", ""},
        {"text", "text", ""},
        {"text  ", "text", ""},
        {"text (request id: 7)", "text", "7"},
        {"text (request id: 7) ", "text", "7"},
        {"text (request id: a) (request id: b)", "text", "b"},
        {"text (request id: a)(request id: b)  ", "text", "b"},
        {"(request id: 7)", "", "7"},
        {"text (request id: )", "text", ""},
        /* no id, or not at the end */
        {"text (request id: 7", "text (request id: 7", ""},
        {"text request id: 7)", "text request id: 7)", ""},
        {"text (Request id: 7)", "text (Request id: 7)", ""},
        {"text (request id: 7) more", "text (request id: 7) more", ""},
        {"text (request id: 7) (more text of it)",
         "text (request id: 7) (more text of it)", ""},
        {")", ")", ""},
        {"text and a bracket without a start)", "text and a bracket without a start)",
         ""},
        {"text (request id: (7)", "text (request id: (7)", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        klr_span message = span(rows[i].message);
        klr_span id = klr_message_strip_ids(&message);
        expect_span(message, rows[i].rest);
        expect_span(id, rows[i].id);
    }
}

static void
a_document_reaches_from_the_first_brace_to_the_last(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"text", ""},
        {"{}", "{}"},
        {"before {\"a\": {}} after", "{\"a\": {}}"},
        {"{} and {}", "{} and {}"},
        {"} {", ""},
        {"}", ""},
        {"before {", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_span(klr_message_document(span(rows[i][0])), rows[i][1]);
    /* Nothing behind the length is looked at. */
    expect_span(klr_message_document((klr_span){"a{b}c}", 4}), "{b}");
    expect_span(klr_message_document((klr_span){"a{b}", 1}), "");
    expect_span(klr_message_document((klr_span){NULL, 0}), "");
}

static void
a_brace_and_a_quote_begin_a_document_also_if_it_is_truncated(void **state)
{
    static const struct {
        const char *message;
        bool has;
    } rows[] = {
        {"", false},        {"text", false},        {"{\"a\": 1}", true},
        {"{", true},        {"text { \t\n", true},  {"text { \r\n\"", true},
        {"{\\\"a", true},   {"{ \\ \\\"", true},    {"{}", false},
        {"{name}", false},  {"{0} of {1}", false},  {"{name} {\"a", true},
        {"{name} {", true}, {"{!\"a\": 1}", false}, {"\"a\": {1}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (klr_message_has_document(span(rows[i].message)) != rows[i].has)
            fail_msg("row %zu: '%s'", i, rows[i].message);
    assert_true(klr_message_has_document((klr_span){"{x", 1}));
    assert_false(klr_message_has_document((klr_span){"x{", 1}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ids_of_all_gateways_are_removed_and_the_last_is_returned),
        cmocka_unit_test(a_document_reaches_from_the_first_brace_to_the_last),
        cmocka_unit_test(a_brace_and_a_quote_begin_a_document_also_if_it_is_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
