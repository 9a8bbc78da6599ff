/* SPDX-License-Identifier: MIT */
/* merge.c - the command merge: merges the outputs of shards by their indexes */
#include "commands/merge.h"

#include "base/exits.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/say.h"
#include "base/slurp.h"
#include "output/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FNV_BASIS 14695981039346656037u

/* A record, and the objects in it. */
enum { RECORD, IMAGE, REGIONS, OBJECTS };

struct line {
    uint64_t index;
    uint64_t names[OBJECTS]; /* NDJSON: hashes of the field names; 0: no such object */
    const char *at;
    size_t len; /* with the newline */
    const char *file;
};

struct merger {
    const char
        *title; /* the header line of CSV and TSV; NULL: NDJSON, or no line read yet */
    size_t title_len;
    uint64_t names[OBJECTS]; /* of the first record that has this object */
    struct line *lines;
    size_t count;
    size_t size;
};

static bool
fail(const char *file, size_t number, const char *why)
{
    cli_say_error("merge: '%s', line %zu: %s", file, number, why);
    return false;
}

/* The index is the first field of a record in every format. */
static bool
read_index(struct line *line, const char *title)
{
    static const char key[] = "{\"index\":";
    const char *at = line->at;
    if (title == NULL) {
        if (line->len < sizeof key || memcmp(at, key, sizeof key - 1) != 0)
            return false;
        at += sizeof key - 1;
    }
    const char *digits = at;
    line->index = 0;
    for (; *at >= '0' && *at <= '9' && at - digits < 18; at++)
        line->index = line->index * 10 + (uint64_t)(*at - '0');
    bool ends =
        title != NULL ? *at == title[strlen("index")] : *at == ',' || *at == '}';
    return at > digits && ends;
}

static bool
is_called(const char *name, size_t len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

/* FNV-1a of the member names of the record and of the two objects in it, each in their
   order. What is deeper has no names of fields. */
static void
hash_names(struct line *line)
{
    int depth = 0;
    size_t object = OBJECTS; /* the one that the last member of the record is */
    bool is_name = false;    /* a string that starts here is a name */
    for (size_t i = 0; i < line->len; i++) {
        char c = line->at[i];
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        size_t in = depth == 1 ? RECORD : depth == 2 ? object : OBJECTS;
        if (c == '{' && in < OBJECTS)
            line->names[in] = FNV_BASIS;
        if (c == '{' || c == ',')
            is_name = true;
        else if (c == ':')
            is_name = false;
        if (c != '"')
            continue;
        const char *name = line->at + i + 1;
        for (i++; i < line->len && line->at[i] != '"'; i++)
            i += line->at[i] == '\\';
        size_t len = (size_t)(line->at + i - name);
        if (!is_name || in == OBJECTS || i >= line->len ||
            is_called(name, len, "input_bytes"))
            continue; /* which is in some records only */
        if (in == RECORD)
            object = is_called(name, len, "image")     ? IMAGE
                     : is_called(name, len, "regions") ? REGIONS
                                                       : OBJECTS;
        for (size_t k = 0; k <= len; k++) /* with the quote at the end */
            line->names[in] =
                (line->names[in] ^ (unsigned char)name[k]) * 1099511628211u;
    }
}

/* An object may be null: then the next one tells its names. */
static bool
has_same_names(struct merger *merger, const struct line *line)
{
    for (size_t i = 0; i < OBJECTS; i++) {
        if (merger->names[i] == 0)
            merger->names[i] = line->names[i];
        if (line->names[i] != 0 && line->names[i] != merger->names[i])
            return false;
    }
    return true;
}

/* False: not a header line, or not that of the other files. */
static bool
check_title(struct merger *merger, const struct line *line)
{
    bool known = strncmp(line->at, "index,", 6) == 0 ||
                 strncmp(line->at, "index\t", 6) == 0 ||
                 strncmp(line->at, "index\n", 6) == 0;
    if (merger->title == NULL) {
        merger->title = line->at;
        merger->title_len = line->len;
        return known && merger->count == 0;
    }
    return known && merger->title_len == line->len &&
           memcmp(merger->title, line->at, line->len) == 0;
}

static void
add_line(struct merger *merger, const struct line *line)
{
    if (merger->count == merger->size) {
        merger->size = merger->size * 2 + 256;
        merger->lines = cli_resize(merger->lines, merger->size, sizeof *merger->lines);
    }
    merger->lines[merger->count++] = *line;
}

static bool
add_file(struct merger *merger, const struct text *text, const char *name)
{
    const char *last = text->at + text->len;
    size_t number = 0;
    for (const char *at = text->at; at < last;) {
        const char *end = memchr(at, '\n', (size_t)(last - at));
        struct line line = {
            .at = at, .len = end != NULL ? (size_t)(end - at) + 1 : 0, .file = name};
        number++;
        if (end == NULL)
            return fail(name, number,
                        "the line is incomplete; that shard has not finished");
        at = end + 1;
        bool is_json = *line.at == '{';
        if (number == 1 && !is_json) {
            if (!check_title(merger, &line))
                return fail(name, 1,
                            "neither NDJSON nor the column names of the other files");
            continue;
        }
        if (is_json && merger->title != NULL)
            return fail(name, number, "NDJSON, but the earlier lines are not");
        if (!read_index(&line, merger->title))
            return fail(name, number, "the record does not begin with an index");
        if (is_json)
            hash_names(&line);
        if (!has_same_names(merger, &line))
            return fail(
                name, number,
                "the fields differ from earlier records; use the same --fields for all "
                "shards");
        add_line(merger, &line);
    }
    return true;
}

static int
compare(const void *a, const void *b)
{
    const struct line *left = a, *right = b;
    return left->index < right->index ? -1 : left->index > right->index;
}

static bool
are_whole(const struct merger *merger)
{
    for (size_t i = 0; i < merger->count; i++) {
        const struct line *line = &merger->lines[i];
        if (line->index == i)
            continue;
        if (line->index < i)
            cli_say_error("merge: index %" PRIu64 " is in '%s' and in '%s'",
                          line->index, merger->lines[i - 1].file, line->file);
        else
            cli_say_error(
                "merge: index %zu is in none of the files; is a shard missing?", i);
        return false;
    }
    return true;
}

static int
write_all(const struct options *options, const struct merger *merger)
{
    if (options->output != NULL && !cli_output_open(options->output))
        return EXIT_OUTPUT;
    if (merger->title != NULL)
        fwrite(merger->title, 1, merger->title_len, cli_output_file());
    for (size_t i = 0; i < merger->count; i++)
        fwrite(merger->lines[i].at, 1, merger->lines[i].len, cli_output_file());
    return cli_output_commit() ? EXIT_GOOD : EXIT_OUTPUT;
}

int
cli_merge(const struct options *options)
{
    struct merger merger;
    size_t count = options->input_count;
    struct text *texts = cli_resize(NULL, count, sizeof *texts);
    bool good = true;
    memset(&merger, 0, sizeof merger);
    memset(texts, 0, count * sizeof *texts);
    for (size_t i = 0; good && i < count; i++)
        good = cli_slurp(&texts[i], options->inputs[i], "merge") &&
               add_file(&merger, &texts[i], options->inputs[i]);
    if (good && merger.count > 1)
        qsort(merger.lines, merger.count, sizeof *merger.lines, compare);
    int code = good && are_whole(&merger) ? write_all(options, &merger)
               : cli_interrupted()        ? EXIT_INTERRUPTED
                                          : EXIT_TROUBLE;
    for (size_t i = 0; i < count; i++)
        cli_text_free(&texts[i]);
    free(texts);
    free(merger.lines);
    return code;
}
