/* SPDX-License-Identifier: MIT */
/* retry_after.c - the Retry-After header (RFC 9110, 10.2.3) */
#include "base/build.h"

#include "http/retry_after.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/*
 * A number of units of `scale` milliseconds each. Some servers send a fraction. It is
 * rounded up, because an early retry is wrong and a late one is not.
 */
static bool
read_number(const char *text, uint32_t scale, uint32_t *out)
{
    uint64_t ms = 0;
    if (!klr_text_is_digit(*text))
        return false;
    for (; klr_text_is_digit(*text); text++) {
        /* Below 2^32 * 10 + 9 * 1000 before the limit: no overflow. */
        ms = ms * 10 + (uint64_t)(*text - '0') * scale;
        ms = ms < UINT32_MAX ? ms : UINT32_MAX;
    }
    if (*text == '.') {
        bool rest = false;
        for (text++; klr_text_is_digit(*text); text++) {
            scale /= 10;
            ms += (uint64_t)(*text - '0') * scale;
            rest |= scale == 0 && *text != '0';
        }
        ms += rest;
    }
    *out = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
    return *klr_text_skip_spaces(text) == '\0';
}

typedef struct date {
    int year, month, day, hour, minute, second;
} date;

/* Days from 1970-01-01 in the Gregorian calendar; years count from March, so that
   the leap day is the last of a year. */
static int64_t
days_from_date(const date *d)
{
    int64_t year = d->month <= 2 ? d->year - 1 : d->year;
    int64_t month = d->month <= 2 ? d->month + 9 : d->month - 3;
    int64_t leap_days = year / 4 - year / 100 + year / 400;
    return year * 365 + leap_days + (month * 153 + 2) / 5 + d->day - 1 - 719468;
}

/* Two digits; with `blank` the first may be a space: "06", " 6". */
static const char *
read_two(const char *text, bool blank, int *out)
{
    if (!(klr_text_is_digit(text[0]) || (blank && text[0] == ' ')) ||
        !klr_text_is_digit(text[1]))
        return NULL;
    *out = (text[0] == ' ' ? 0 : text[0] - '0') * 10 + (text[1] - '0');
    return text + 2;
}

static const char *
read_month(const char *text, int *out)
{
    static const char NAMES[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (strncmp(text, NAMES + (size_t)i * 3, 3) == 0) {
            *out = i + 1;
            return text + 3;
        }
    return NULL;
}

/*
 * Parse one element of a date format: w weekday name, d day with two digits, e day with
 * a space for a leading 0, m month name, f year with four digits, y with two, h hour,
 * i minute, s second; any other character is literal. NULL when text does not match.
 */
static const char *
read_part(const char *text, char part, date *d)
{
    int high = 0, low = 0;
    switch (part) {
    case 'w':
        if (!klr_text_is_letter(*text))
            return NULL;
        while (klr_text_is_letter(*text))
            text++;
        return text;
    case 'd':
        return read_two(text, false, &d->day);
    case 'e':
        return read_two(text, true, &d->day);
    case 'm':
        return read_month(text, &d->month);
    case 'h':
        return read_two(text, false, &d->hour);
    case 'i':
        return read_two(text, false, &d->minute);
    case 's':
        return read_two(text, false, &d->second);
    case 'f':
        text = read_two(text, false, &high);
        text = text != NULL ? read_two(text, false, &low) : NULL;
        d->year = high * 100 + low;
        return text;
    case 'y':
        return read_two(text, false, &d->year);
    default:
        return *text == part ? text + 1 : NULL;
    }
}

static bool
date_is_real(const date *d)
{
    static const int DAYS[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (d->year % 4 == 0 && d->year % 100 != 0) || d->year % 400 == 0;
    int days = DAYS[d->month - 1] - (d->month == 2 && !leap);
    return d->day >= 1 && d->day <= days && d->hour <= 23 && d->minute <= 59 &&
           d->second <= 60; /* a leap second */
}

/* The year with these last two digits from 49 years ago to 50 years ahead. */
static int
full_year(int two_digits, int64_t now_s)
{
    int64_t this_year = 1970 + now_s / 86400 * 400 / 146097;
    int64_t year = this_year - this_year % 100 + two_digits;
    if (year > this_year + 50)
        year -= 100;
    else if (year <= this_year - 50)
        year += 100;
    return (int)year;
}

static bool
read_date(const char *text, int64_t now_s, int64_t *out)
{
    /* RFC 9110, 5.6.7: the current format, that of RFC 850, and that of asctime(). */
    static const char *const FORMATS[] = {
        "w, d m f h:i:s GMT",
        "w, d-m-y h:i:s GMT",
        "w m e h:i:s f",
    };
    for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
        date d = {0, 1, 0, 0, 0, 0};
        const char *at = text;
        for (const char *part = FORMATS[i]; *part != '\0' && at != NULL; part++)
            at = read_part(at, *part, &d);
        if (at == NULL || *klr_text_skip_spaces(at) != '\0')
            continue;
        if (i == 1)
            d.year = full_year(d.year, now_s);
        *out = days_from_date(&d) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
        return date_is_real(&d);
    }
    return false;
}

uint32_t
klr_retry_after(const char *value, int64_t now_s)
{
    uint32_t ms = 0;
    int64_t then_s = 0;
    if (value == NULL)
        return 0;
    value = klr_text_skip_spaces(value);
    if (read_number(value, 1000, &ms))
        return ms;
    /* The machine's clock may be wrong: check before subtracting. */
    if (now_s < 0 || !read_date(value, now_s, &then_s) || then_s <= now_s)
        return 0;
    int64_t wait_s = then_s - now_s;
    return wait_s < UINT32_MAX / 1000 ? (uint32_t)wait_s * 1000 : UINT32_MAX;
}

uint32_t
klr_retry_after_ms(const char *value)
{
    uint32_t ms = 0;
    return value != NULL && read_number(klr_text_skip_spaces(value), 1, &ms) ? ms : 0;
}
