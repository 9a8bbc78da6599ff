/* SPDX-License-Identifier: MIT */
/*
 * diff_mutants.c - compare verdicts on images that were made here and then spoilt
 *
 *     diff_mutants [MUTANTS_OF_EACH [SEED]]
 *
 * The same numbers give the same images. Exits 1 when anything stays unexplained.
 */
#include "base_images.h"
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>

enum { MUTANT_MAX = 2 * BASE_MAX };

typedef struct mutant {
    unsigned char at[MUTANT_MAX];
    size_t len;
} mutant;

static uint64_t random_state;

/* xorshift64* (Vigna): below n, which is not 0. */
static size_t
below(size_t n)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (size_t)(random_state * 2685821657736338717u >> 32) % n;
}

/* ---- Ways to spoil ---------------------------------------------------------- */

static void
flip_bit(mutant *m)
{
    m->at[below(m->len)] ^= (unsigned char)(1u << below(8));
}

static void
set_byte(mutant *m)
{
    static const unsigned char telling[] = {0x00, 0x01, 0xFF, 0x7F, 0x80, 0xD8, 0xD9,
                                            0xDA, 0xC0, 0xC4, 0xDB, 0xDC, 0xE1, 0xD0};
    size_t pick = below(2 * sizeof telling);
    m->at[below(m->len)] =
        pick < sizeof telling ? telling[pick] : (unsigned char)below(256);
}

static void
plant_marker(mutant *m)
{
    size_t at = below(m->len);
    m->at[at] = 0xFF;
    if (at + 1 < m->len)
        m->at[at + 1] = (unsigned char)(below(2) != 0 ? 0xC0 + below(64) : below(256));
}

static void
cut_off(mutant *m)
{
    m->len = 1 + below(m->len);
}

static void
remove_run(mutant *m)
{
    size_t at = below(m->len), n = 1 + below(64);
    if (n > m->len - at)
        n = m->len - at;
    if (n == m->len)
        return;
    memmove(m->at + at, m->at + at + n, m->len - at - n);
    m->len -= n;
}

/* A piece of the image itself, or one value, is put in somewhere. */
static void
insert_run(mutant *m)
{
    unsigned char piece[64];
    size_t from = below(m->len), to = below(m->len), n = 1 + below(sizeof piece);
    if (n > m->len - from)
        n = m->len - from;
    if (n > MUTANT_MAX - m->len)
        return;
    memcpy(piece, m->at + from, n);
    if (below(2) != 0)
        memset(piece, below(2) != 0 ? 0xFF : 0x00, n);
    memmove(m->at + to + n, m->at + to, m->len - to);
    memcpy(m->at + to, piece, n);
    m->len += n;
}

static void
spoil(mutant *m)
{
    static void (*const ways[])(mutant *) = {flip_bit, set_byte,   plant_marker,
                                             cut_off,  remove_run, insert_run};
    for (size_t n = 1 + below(4); n > 0; n--)
        ways[below(sizeof ways / sizeof ways[0])](m);
}

static uint32_t
be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Checksums are corrected, or the code after them would not be reached. */
static void
mend_checksums(mutant *m)
{
    for (size_t at = 8; m->len - at >= 12;) {
        size_t len = be32(m->at + at);
        if (len > m->len - at - 12)
            return;
        uint32_t crc = 0xFFFFFFFFu;
        for (size_t i = at + 4; i < at + 8 + len; i++) {
            crc ^= m->at[i];
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        }
        for (size_t i = 0; i < 4; i++)
            m->at[at + 8 + len + i] =
                (unsigned char)((crc ^ 0xFFFFFFFFu) >> (24 - 8 * i));
        at += 12 + len;
    }
}

/* ---- All of them ------------------------------------------------------------ */

static void
compare_one(size_t base, size_t number, const mutant *m, tally *counts)
{
    char name[64];
    (void)snprintf(name, sizeof name, "base %zu, mutant %zu", base, number);
    /* A block of exactly this size, so that a sanitizer detects reads past the end. */
    unsigned char *exact = malloc(m->len > 0 ? m->len : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, m->at, m->len);
    compare_image(name, exact, m->len, counts);
    free(exact);
}

/* A valid image is accepted, and none of its prefixes is. */
static unsigned long
compare_prefixes(const mutant *base)
{
    klingrec_image_info info;
    unsigned long faults =
        our_verdict(base->at, base->len, false, &info) != KLINGREC_OK;
    for (size_t len = 0; len < base->len; len++)
        faults += our_verdict(base->at, len, false, &info) == KLINGREC_OK;
    return faults;
}

int
main(int argc, char **argv)
{
    static mutant base, m;
    tally counts = {.verbose = false};
    size_t each = argc > 1 ? strtoul(argv[1], NULL, 10) : 1500;
    unsigned long faults = 0;
    bool is_jpeg;
    random_state = argc > 2 ? strtoull(argv[2], NULL, 10) : 20260101;
    for (size_t i = 0; (base.len = make_base(i, base.at, &is_jpeg)) > 0; i++) {
        compare_one(i, 0, &base, &counts);
        faults += compare_prefixes(&base);
        for (size_t k = 1; k <= each; k++) {
            m = base;
            spoil(&m);
            if (!is_jpeg && below(4) != 0 && m.len >= 8)
                mend_checksums(&m);
            compare_one(i, k, &m, &counts);
        }
    }
    printf("%lu prefixes and whole images are not judged as they are\n", faults);
    return print_tally(&counts) != 0 || faults != 0;
}
