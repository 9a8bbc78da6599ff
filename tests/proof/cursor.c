/* SPDX-License-Identifier: MIT */
/*
 * cursor.c - proof: klr_peek() and klr_run() give bytes of the window, or NULL
 *
 * For each state that klr_cursor_init() and earlier calls can leave, each offset, and
 * each n up to KLR_PEEK_MAX: the n bytes are those at the offset and inside of the
 * window, nothing else is accessed, and the cursor is again in such a state. So this
 * holds after any number of calls, for images of any length. Each byte of the image
 * goes to its place in the window; those that are in it already are moved, not read
 * again.
 *
 * Assumed: klr_source_read() writes at most len bytes and says how many, or fails.
 */
#include "base/build.h"

#include "image/cursor.h"
#include "proof.h"

static unsigned char *window; /* KLR_CURSOR_WINDOW bytes */
static klr_cursor before;     /* the cursor before the call */
static uint64_t wanted;       /* the offset that the call is for */

/* memmove() of the bytes of the window that stay in it. */
static void
move(unsigned char *to, const unsigned char *from, size_t n)
{
    PROVE(__CPROVER_w_ok(to, n) && __CPROVER_r_ok(from, n));
    PROVE(to == window && from == window + (wanted - before.base));
    PROVE(n == before.have - (wanted - before.base));
}

#define memmove move
#include "image/cursor.c"
#undef memmove

klingrec_status
klr_source_read(klr_source *source, uint64_t offset, void *buf, size_t len, size_t *got)
{
    size_t n;
    bool fails;
    PROVE(offset <= source->length && len <= source->length - offset);
    PROVE(__CPROVER_w_ok(buf, len));
    PROVE((unsigned char *)buf == window + (offset - wanted));
    *got = 0;
    if (fails)
        return KLINGREC_ERR_FILE;
    ASSUME(n <= len);
    *got = n;
    return KLINGREC_OK;
}

/* Between two calls. */
static bool
is_valid(const klr_cursor *c, const unsigned char *whole)
{
    if (c->base > c->end || c->have > c->end - c->base || c->end > c->source->length)
        return false;
    if (whole != NULL) /* the image is in memory */
        return c->window == NULL && c->bytes == whole && c->base == 0 &&
               c->have == c->end;
    return c->window == window && c->bytes == window && c->have <= KLR_CURSOR_WINDOW &&
           (c->read_size == KLR_READ_FIRST || c->read_size == KLR_READ_HOP ||
            c->read_size == KLR_CURSOR_WINDOW);
}

/* One call of klr_peek() or klr_run(). */
static void
step(klr_cursor *c, const unsigned char *whole)
{
    uint64_t offset;
    size_t n, run = 0;
    bool is_run;
    ASSUME(n <= KLR_PEEK_MAX);
    before = *c;
    wanted = offset;

    const unsigned char *p =
        is_run ? klr_run(c, offset, n, &run) : klr_peek(c, offset, n);
    PROVE(is_valid(c, whole));
    if (p == NULL) {
        PROVE(run == 0);
        return;
    }
    PROVE(offset >= c->base && p == c->bytes + (offset - c->base));
    PROVE(n <= c->have - (offset - c->base) && __CPROVER_r_ok(p, n));
    PROVE(!is_run || (run >= n && run == c->have - (offset - c->base)));
}

int
main(void)
{
    klr_source source;
    klr_cursor first, c;
    bool in_memory, ahead;
    uint64_t end;

    window = malloc(KLR_CURSOR_WINDOW);
    ASSUME(window != NULL);
    ASSUME(source.length <= (in_memory ? MEMORY_MAX : IMAGE_MAX));
    ASSUME(end <= source.length);
    unsigned char *whole = in_memory ? malloc((size_t)source.length) : NULL;
    ASSUME(!in_memory || whole != NULL);
    source.bytes = whole;
    klr_cursor_init(&first, &source, end, window);
    PROVE(is_valid(&first, whole));

    c.source = &source;
    c.bytes = in_memory ? whole : window; /* CBMC has to see what they point to */
    c.window = in_memory ? NULL : window;
    ASSUME(is_valid(&c, whole));
    if (ahead)
        klr_cursor_read_ahead(&c);
    step(&c, whole);
    return 0;
}
