/*
 * cursor.c - proof: klr_peek() and klr_run() give bytes of the window, or NULL
 *
 * For each state that klr_cursor_init() and earlier calls can leave, each offset, and
 * each n up to KLR_PEEK_MAX: the n bytes are those at the offset and inside of the
 * window, nothing else is accessed, and the cursor is again in such a state. So this
 * holds after any number of calls, for images of any length. A byte that stays in the
 * window keeps its value, unless the window moves back.
 *
 * Assumed: klr_source_read() writes at most len bytes and says how many, or fails.
 */
#include "base/build.h"

#include "image/cursor.h"
#include "proof.h"

/* memmove() for the one byte whose value is looked at, which stands for all. */
static size_t looked_at;
static void
move(unsigned char *to, const unsigned char *from, size_t n)
{
    PROVE(__CPROVER_w_ok(to, n) && __CPROVER_r_ok(from, n));
    if (looked_at < n)
        to[looked_at] = from[looked_at];
}

#define memmove move
#include "image/cursor.c"
#undef memmove

static unsigned char *window; /* KLR_CURSOR_WINDOW bytes */

klingrec_status
klr_source_read(klr_source *source, uint64_t offset, void *buf, size_t len, size_t *got)
{
    size_t n, i;
    unsigned char any;
    bool fails;
    PROVE(offset <= source->length && len <= source->length - offset);
    PROVE(__CPROVER_w_ok(buf, len));
    *got = 0;
    if (i < len)
        ((unsigned char *)buf)[i] = any;
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
    uint64_t offset, other;
    size_t n, run = 0;
    bool is_run;
    ASSUME(n <= KLR_PEEK_MAX);
    /* The byte at another offset, if it is in the window. */
    const uint64_t base = c->base;
    const bool was_in = other >= base && other - base < c->have;
    const unsigned char before = was_in ? c->bytes[other - base] : 0;
    looked_at = other - offset;

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
    if (was_in && other >= c->base && other - c->base < c->have && offset >= base)
        PROVE(c->bytes[other - c->base] == before);
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
    ASSUME(is_valid(&c, whole));
    if (ahead)
        klr_cursor_read_ahead(&c);
    step(&c, whole);
    return 0;
}
