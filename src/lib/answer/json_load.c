/* SPDX-License-Identifier: MIT */
/* json_load.c - a JSON document through jansson, also when memory is short */
#include "base/build.h"

#include "answer/json_load.h"

/*
 * jansson's lexer collects each token in a buffer of 16 bytes, which it doubles when
 * the token needs more. It ignores when that fails, and the byte is lost:
 *
 *     {"code":1201,"message":"Image size is invalid"}
 *
 * The message with its quotes has 23 bytes, and the buffer grows at the 16th. If that
 * allocation fails, jansson returns "Image size is nvalid" and no error. A digit of a
 * code in a longer token can be lost in the same way. If the closing quote is lost,
 * jansson reads and writes past the end of its buffers.
 *
 * So the text is given to jansson as the second element of an array. The first element
 * is a string of ours that makes the buffer large enough for every token of the text:
 *
 *     ["xxxx...xxxx",{"code":1201,"message":"Image size is invalid"}]
 *
 * The longest token of the text has 23 bytes, which a buffer of 64 holds. With 60 x the
 * first token has 62 bytes and a NUL behind them. The buffer grows to 64 at its 32nd
 * byte and never again, because jansson does not shrink it. If a growth fails, an x is
 * lost: the first element is shorter than 60, and the document is not used.
 *
 * One case is left: an allocator that refuses 31 times in a row to grow from 32 to 64,
 * once for each byte up to the closing quote, and then grants a block of 32 bytes.
 */
enum { FIRST_BUFFER = 64, PIECES = 5 };

/* What jansson reads, piece after piece. */
typedef struct input {
    klr_span pieces[PIECES]; /* without a text: that many 'x' */
    size_t piece;            /* index of the current one */
    size_t at;               /* bytes of it that were given out */
} input;

static size_t
read_input(void *buffer, size_t capacity, void *user)
{
    input *f = user;
    size_t given = 0;
    while (f->piece < PIECES && given < capacity) {
        klr_span from = f->pieces[f->piece];
        size_t left = from.len - f->at;
        size_t n = left < capacity - given ? left : capacity - given;
        if (from.text != NULL)
            memcpy((char *)buffer + given, from.text + f->at, n);
        else
            memset((char *)buffer + given, 'x', n);
        given += n;
        f->at += n;
        if (n == left) {
            f->piece++;
            f->at = 0;
        }
    }
    return given;
}

/* An upper bound of the longest token: the longest distance between two quotes. */
static size_t
longest_token(klr_span text)
{
    size_t longest = 0, start = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.text[i] == '\\')
            i++;
        else if (text.text[i] == '"') {
            longest = i - start > longest ? i - start : longest;
            start = i;
        }
    }
    return text.len - start > longest ? text.len - start : longest;
}

/* The length of the first element. Its token has two quotes more, and a NUL: one byte
   less than the buffer, whose size is a power of two. */
static size_t
padding_for(klr_span text)
{
    size_t need = longest_token(text) + 2, buffer = FIRST_BUFFER;
    while (buffer < need)
        buffer *= 2;
    return buffer - 4;
}

/* The document, or NULL; *complete is false when memory was short. */
static json_t *
load_once(klr_span text, size_t flags, json_error_t *error, bool *complete)
{
    size_t padding = padding_for(text);
    input f = {{{"[\"", 2}, {NULL, padding}, {"\",", 2}, text, {"]", 1}}, 0, 0};
    memset(error, 0, sizeof *error);
    json_t *array = json_load_callback(read_input, &f, flags, error);
    /* jansson sets no error text for most allocations that fail. */
    *complete = array != NULL ? json_string_length(json_array_get(array, 0)) == padding
                              : error->text[0] != '\0';
    json_t *document = NULL;
    if (*complete && json_array_size(array) == 2)
        document = json_incref(json_array_get(array, 1));
    json_decref(array);
    return document;
}

klingrec_status
klr_json_load(klr_span text, json_t **out)
{
    size_t flags = JSON_ALLOW_NUL;
    bool again = true, complete = true;
    json_error_t error;
    *out = NULL;
    if (text.len == 0 || memchr(text.text, '\0', text.len) != NULL)
        return KLINGREC_OK; /* jansson would skip a NUL after a number */
    while ((*out = load_once(text, flags, &error, &complete)) == NULL && complete) {
        enum json_error_code code = json_error_code(&error);
        if (code == json_error_numeric_overflow && flags == JSON_ALLOW_NUL)
            flags |= JSON_DECODE_INT_AS_REAL; /* an id of more than 64 bits */
        else if (code == json_error_invalid_syntax && again)
            again = false; /* also the error of a string for which memory was short */
        else
            break;
    }
    return complete ? KLINGREC_OK : KLINGREC_ERR_NOMEM;
}
