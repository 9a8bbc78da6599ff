/* SPDX-License-Identifier: MIT */
/* test_retry_after.c - all forms of Retry-After */
#include "http/retry_after.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MOMENT = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT, as in RFC 9110 */

static const struct {
    const char *value;
    uint32_t seconds, milliseconds; /* as Retry-After and as Retry-After-Ms */
} NUMBERS[] = {
    {NULL, 0, 0},
    {"", 0, 0},
    {" ", 0, 0},
    {"0", 0, 0},
    {"1", 1000, 1},
    {" \t120\t ", 120000, 120},
    {"00000000000000000000000000000007", 7000, 7},
    {"4294967", 4294967000, 4294967},
    {"4294968", UINT32_MAX, 4294968},
    {"4294967295", UINT32_MAX, UINT32_MAX},
    {"4294967296", UINT32_MAX, UINT32_MAX},
    {"18446744073709551616", UINT32_MAX, UINT32_MAX},
    {"99999999999999999999999999999999999999999999999", UINT32_MAX, UINT32_MAX},
    {"1.5", 1500, 2},
    {"0.001", 1, 1},
    {"0.0001", 1, 1},
    {"0.00010", 1, 1},
    {"0.000", 0, 0},
    {"2.", 2000, 2},
    {"4294967.2959", UINT32_MAX, 4294968},
    {".5", 0, 0},
    {"-1", 0, 0},
    {"+1", 0, 0},
    {"1,5", 0, 0},
    {"1e3", 0, 0},
    {"0x10", 0, 0},
    {"1 2", 0, 0},
    {"5s", 0, 0},
    {"soon", 0, 0},
    {"\xFF", 0, 0},
};

static void
only_a_plain_number_of_seconds_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(NUMBERS); i++) {
        assert_int_equal(klr_retry_after(NUMBERS[i].value, MOMENT), NUMBERS[i].seconds);
        assert_int_equal(klr_retry_after_ms(NUMBERS[i].value), NUMBERS[i].milliseconds);
    }
}

static const struct {
    const char *value;
    int64_t now;
    uint32_t ms;
} DATES[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", MOMENT - 5, 5000},
    {" Sun, 06 Nov 1994 08:49:37 GMT ", MOMENT - 5, 5000},
    {"Sunday, 06-Nov-94 08:49:37 GMT", MOMENT - 5, 5000},
    {"Sun Nov  6 08:49:37 1994", MOMENT - 5, 5000},
    {"Sun Nov 16 08:49:37 1994", MOMENT, 864000000},

    /* past, present, and so far ahead that the answer is cut */
    {"Sun, 06 Nov 1994 08:49:37 GMT", MOMENT, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", MOMENT + 1, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", MOMENT - 4294966, 4294966000},
    {"Sun, 06 Nov 1994 08:49:37 GMT", MOMENT - 4294967, UINT32_MAX},
    {"Fri, 31 Dec 9999 23:59:59 GMT", 0, UINT32_MAX},
    {"Sat, 01 Jan 0000 00:00:00 GMT", 0, 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", INT64_MAX, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", -1, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", INT64_MIN, 0},

    /* around leap days, new years, and a leap second */
    {"Thu, 01 Jan 1970 00:00:01 GMT", 0, 1000},
    {"Tue, 29 Feb 2000 00:00:00 GMT", 951782399, 1000},
    {"Wed, 01 Mar 2000 00:00:00 GMT", 951782400, 86400000},
    {"Mon, 01 Mar 2100 00:00:00 GMT", 4107456000, 86400000},
    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228799, 1000},
    {"Sun, 01 Jan 2017 00:00:00 GMT", 1483228799, 1000},
    {"Wed, 29 Feb 2023 00:00:00 GMT", 0, 0},
    {"Mon, 29 Feb 2100 00:00:00 GMT", 0, 0},
    {"Wed, 31 Apr 2024 00:00:00 GMT", 0, 0},
    {"Wed, 00 Apr 2024 00:00:00 GMT", 0, 0},
    {"Wed, 01 Apr 2024 24:00:00 GMT", 0, 0},
    {"Wed, 01 Apr 2024 00:60:00 GMT", 0, 0},
    {"Wed, 01 Apr 2024 00:00:61 GMT", 0, 0},

    /* years of two digits: from 49 years ago to 50 years ahead */
    {"Monday, 01-Jan-24 00:00:01 GMT", 1704067200, 1000},
    {"Friday, 01-Jan-74 00:00:00 GMT", 1704153600, UINT32_MAX},
    {"Wednesday, 01-Jan-75 00:00:00 GMT", 1704153600, 0},
    {"Friday, 01-Jan-00 00:00:00 GMT", 4102358400, 86400000}, /* 2099-12-31 */

    {"Friday, 01-Jan-49 00:00:00 GMT", 4102358400, UINT32_MAX},
    {"Saturday, 01-Jan-50 00:00:00 GMT", 4102358400, 0},

    /* almost a date */
    {"AZaz Nov  6 08:49:37 1994", MOMENT - 5, 5000},
    {"Sun Nov x6 08:49:37 1994", 0, 0},
    {"Sun,  6 Nov 1994 08:49:37 GMT", 0, 0},
    {"Sun, 06 Nov  994 08:49:37 GMT", 0, 0},
    {"Sun, 06 Nov 19 4 08:49:37 GMT", 0, 0},
    {"Sun, 06 Nov 1994  8:49:37 GMT", 0, 0},
    {"Sun, 06 Nov 1994 08: 9:37 GMT", 0, 0},
    {"Sun, 06 Nov 1994 08:49: 7 GMT", 0, 0},
    {"Sunday, 06-Nov- 4 08:49:37 GMT", 0, 0},
    {"Sun, 06 ", 0, 0},
    {"Sun, 06 Nov 1994 08:49:37", 0, 0},
    {"Sun, 06 Nov 1994 08:49:37 PST", 0, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT+1", 0, 0},
    {"Sun, 06 nov 1994 08:49:37 GMT", 0, 0},
    {"Sun, 6 Nov 1994 08:49:37 GMT", 0, 0},
    {"Sun, 06 Nov 94 08:49:37 GMT", 0, 0},
    {"Sun, 06 Nov 1x94 08:49:37 GMT", 0, 0},
    {"Sun, 06 Nov 19x4 08:49:37 GMT", 0, 0},
    {"Sun,06 Nov 1994 08:49:37 GMT", 0, 0},
    {"06 Nov 1994 08:49:37 GMT", 0, 0},
    {"Sun{ 06 Nov 1994 08:49:37 GMT", 0, 0},
    {"Sun Nov  6 08:49:37 1994 GMT", 0, 0},
    {"1994-11-06T08:49:37Z", 0, 0},
    {"Sonntag, 06-Nov-94 08:49:37", 0, 0},
};

static void
a_date_in_each_of_the_three_forms_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(DATES); i++) {
        if (klr_retry_after(DATES[i].value, DATES[i].now) != DATES[i].ms)
            fail_msg("%s at %lld: %u", DATES[i].value, (long long)DATES[i].now,
                     klr_retry_after(DATES[i].value, DATES[i].now));
        assert_int_equal(klr_retry_after_ms(DATES[i].value), 0);
    }
}

static void
a_truncated_date_is_ignored(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t len = 0; len < strlen(DATES[i].value) - (i == 1); len++) {
            char cut[64];
            (void)snprintf(cut, sizeof cut, "%.*s", (int)len, DATES[i].value);
            assert_int_equal(klr_retry_after(cut, DATES[i].now), 0);
        }
}

static void
every_month_has_its_own_last_day(void **state)
{
    (void)state;
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const int LAST[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 0; month < 12; month++)
        for (int day = LAST[month]; day <= LAST[month] + 1; day++) {
            char text[64];
            (void)snprintf(text, sizeof text, "Day, %02d %.3s 2023 00:00:00 GMT", day,
                           MONTHS + month * 3);
            assert_int_equal(klr_retry_after(text, 0) > 0, day == LAST[month]);
        }
}

static void
every_day_of_two_centuries_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (time_t day = 1; day < 80000; day++) {
        char text[64];
        time_t at = day * 86400 + 3661;
        const struct tm *tm = gmtime(&at);
        assert_true(strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", tm) > 0);
        assert_int_equal(klr_retry_after(text, at - 7), 7000);
        assert_true(strftime(text, sizeof text, "%a %b %d %H:%M:%S %Y", tm) > 0);
        if (text[8] == '0') /* "%e" is not in every C library */
            text[8] = ' ';
        assert_int_equal(klr_retry_after(text, at - 7), 7000);
        assert_true(strftime(text, sizeof text, "%A, %d-%b-@@ %H:%M:%S GMT", tm) > 0);
        char *year = strchr(text, '@');
        year[0] = (char)('0' + tm->tm_year / 10 % 10);
        year[1] = (char)('0' + tm->tm_year % 10);
        assert_int_equal(klr_retry_after(text, at - 7), 7000);
    }
}

static void
another_locale_changes_nothing(void **state)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        skip();
    only_a_plain_number_of_seconds_is_accepted(state);
    a_date_in_each_of_the_three_forms_is_understood(state);
    (void)setlocale(LC_ALL, "C");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_plain_number_of_seconds_is_accepted),
        cmocka_unit_test(a_date_in_each_of_the_three_forms_is_understood),
        cmocka_unit_test(a_truncated_date_is_ignored),
        cmocka_unit_test(every_month_has_its_own_last_day),
        cmocka_unit_test(every_day_of_two_centuries_agrees_with_the_c_library),
        cmocka_unit_test(another_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
