/* SPDX-License-Identifier: MIT */
/* regions_name.c - the names of the files of cut-outs */
#include "output/regions_name.h"

#include "base/files.h"
#include "input/input.h"

#include <stdio.h>
#include <string.h>

/* Names have at most 255 bytes nearly everywhere; the rest is for what follows. */
enum { NAME_MAX_BYTES = 200, URL_NAME_MAX = 60 };

/* What stands after the last slash of the path, as far as any system takes it. */
static void
add_url_name(struct text *path, const char *url)
{
    const char *name = strstr(url, "://") + 3;
    size_t len = strcspn(name, "?#"), kept = 0;
    for (size_t i = len; i > 0; i--)
        if (name[i - 1] == '/') {
            name += i;
            len -= i;
            break;
        }
    for (size_t i = 0; i < len && kept < URL_NAME_MAX; i++, kept++) {
        bool good = (name[i] >= '0' && name[i] <= '9') ||
                    (name[i] >= 'a' && name[i] <= 'z') ||
                    (name[i] >= 'A' && name[i] <= 'Z') || name[i] == '.';
        cli_text_add(path, good ? &name[i] : "_", 1);
    }
    if (kept == 0)
        cli_text_puts(path, "url");
}

/* Cuts the name at `from`: its extension, and what is too long. */
static void
shorten(struct text *path, size_t from)
{
    const char *name = path->at + from;
    const char *dot = strrchr(name, '.');
    size_t len = dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name);
    if (len > NAME_MAX_BYTES) {
        len = NAME_MAX_BYTES;
        while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80)
            len--; /* not within a character of UTF-8 */
    }
    path->len = from + len;
    path->at[path->len] = '\0';
}

void
cli_regions_add_name(struct text *path, const struct row *row, const char *endpoint)
{
    unsigned char digest[DIGEST_BYTES];
    char mark[10];
    size_t from = path->len;
    if (cli_input_is_stdin(row->input)) {
        cli_text_puts(path, "stdin");
    } else if (cli_input_is_url(row->input)) {
        add_url_name(path, row->input);
    } else {
        from += (size_t)(cli_path_name(row->below) - row->below);
        cli_text_puts(path, row->below);
    }
    shorten(path, from);
    cli_digest(row->digest, DIGEST_BYTES, endpoint, strlen(endpoint), digest);
    snprintf(mark, sizeof mark, "-%02x%02x%02x%02x", digest[0], digest[1], digest[2],
             digest[3]);
    cli_text_puts(path, mark);
}

void
cli_regions_add_kind(struct text *path, const char *region,
                     unsigned counts[REGION_KINDS + 1])
{
    char text[40], known[20];
    const char *word = "other";
    size_t kind = 0;
    for (; kind < REGION_KINDS; kind++) {
        const char *name = klingrec_kind_name(cli_region_kinds[kind]);
        snprintf(known, sizeof known, "%s_seg", name);
        if (strcmp(region, known) == 0) {
            word = name;
            break;
        }
    }
    unsigned number = ++counts[kind];
    if (number == 1)
        snprintf(text, sizeof text, "-%s", word);
    else
        snprintf(text, sizeof text, "-%s-%u", word, number);
    cli_text_puts(path, text);
}
