/* SPDX-License-Identifier: MIT */
/* report.c - the command report: an HTML page of results */
#include "commands/report.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/exits.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/say.h"
#include "base/slurp.h"
#include "base/utf8.h"
#include "commands/report_images.h"
#include "journal/journal.h"
#include "output/output.h"
#include "output/writer.h"
#include "report_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- The path from the page to the images -------------------------------------- */

/* For a URL in an attribute: all characters except unreserved ones become %XX. */
static void
put_url(FILE *file, const char *path)
{
    static const char unreserved[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        "0123456789-._~/";
    for (; *path != '\0'; path++)
        if (strchr(unreserved, *path) != NULL)
            fputc(*path, file);
        else
            fprintf(file, "%%%02X", (unsigned)(unsigned char)*path);
}

/* The resolved path of the folder of a file; NULL: it does not exist. */
static char *
folder_of(const char *name)
{
    char *folder = cli_path_folder(name);
    char *real = cli_path_resolve(folder);
    free(folder);
    return real;
}

static bool
is_on_other_drive(const char *from, const char *to)
{
    size_t root = cli_path_root(to);
    return from != NULL && strncmp(from, to, root) != 0;
}

/* The drive's colon is not escaped. */
static void
put_absolute(FILE *file, const char *folder)
{
    size_t root = cli_path_root(folder);
    fputs(folder[0] == '/' ? "file:" : "file:///", file);
    fwrite(folder, 1, root, file);
    put_url(file, folder + root);
    if (folder[strlen(folder) - 1] != '/')
        fputc('/', file);
}

/* Names in a record are relative to the working folder. The relative path from the
   folder of the page to it stays valid if both folders are moved together. */
static void
put_base(FILE *file, const char *output)
{
    char *from = output != NULL ? folder_of(output) : cli_path_resolve(".");
    char *to = cli_path_resolve(".");
    size_t same = 0;
    if (to != NULL && is_on_other_drive(from, to)) {
        put_absolute(file, to);
    } else if (from != NULL && to != NULL && strcmp(from, to) != 0) {
        for (size_t i = 0;; i++) {
            bool ends =
                (from[i] == '\0' || from[i] == '/') && (to[i] == '\0' || to[i] == '/');
            same = ends ? i : same;
            if (from[i] != to[i] || from[i] == '\0')
                break;
        }
        for (const char *at = from + same; *at != '\0'; at++)
            if (*at == '/' && at[1] != '\0')
                fputs("../", file);
        put_url(file, to + same + (to[same] == '/'));
        if (to[same] != '\0' && to[same + 1] != '\0')
            fputc('/', file);
    }
    free(from);
    free(to);
}

/* ---- The page ------------------------------------------------------------------ */

/* The content security policy has the hash of the script, so that nothing else can run.
 */
static void
put_hash(FILE *file, const unsigned char *bytes, size_t len)
{
    unsigned char hash[DIGEST_BYTES];
    struct text base64 = {0};
    cli_digest(bytes, len, "", 0, hash);
    cli_base64_add(&base64, hash, sizeof hash);
    fprintf(file, "'sha256-%s'", base64.at);
    cli_text_free(&base64);
}

static void
put_head(FILE *file, const char *output)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "img-src file: data:; base-uri 'none'; form-action 'none'; style-src ",
          file);
    put_hash(file, report_css, sizeof report_css);
    fputs("; script-src ", file);
    put_hash(file, report_js, sizeof report_js);
    fputs("\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>klingrec report</title>\n<style>",
          file);
    fwrite(report_css, 1, sizeof report_css, file);
    fputs("</style>\n</head>\n<body data-base=\"", file);
    put_base(file, output);
    if (cli_path_is_separator('\\'))
        fputs("\" data-drives=\"", file);
    fputs("\">\n", file);
    fwrite(report_body, 1, sizeof report_body, file);
    fputs("<script id=\"data\" type=\"application/json\">\n", file);
}

/* In NDJSON "<" occurs only in strings, where it can be escaped. So no text can end the
   element or begin a comment. */
static void
put_records(FILE *file, const char *at, size_t len)
{
    const char *last = at + len;
    uint32_t character;
    while (at < last) {
        size_t bytes = cli_utf8_next(at, &character);
        if (*at == '<')
            fputs("\\u003c", file);
        else if (character == UTF8_BAD)
            fputs("\xEF\xBF\xBD", file);
        else if (*at == '\0' || *at == '\r') /* browsers read CR as a line break */
            fputc(' ', file);
        else
            fwrite(at, 1, bytes, file);
        at += bytes;
    }
}

/* ---- The command --------------------------------------------------------------- */

struct page {
    struct writer writer;
    struct report_images images;
};

static void
put_row(void *user, const struct row *row)
{
    struct page *page = user;
    struct writer *writer = &page->writer;
    cli_writer_line(writer, row);
    put_records(writer->file, writer->line.at, writer->line.len);
    fputc('\n', writer->file);
    cli_report_add_row(&page->images, row);
}

static bool
put_journal(struct page *page, const struct options *options)
{
    struct options ndjson = *options;
    struct writer *writer = &page->writer;
    ndjson.format = FORMAT_NDJSON;
    writer->options = &ndjson;
    writer->file = cli_output_file();
    writer->fields = cli_fields_choose(cli_fields_of_answer);
    bool good = cli_journal_each(options->journal, put_row, page);
    cli_writer_free(writer);
    return good;
}

/* Every line has an image, so that the page finds that of a record by its line. */
static void
put_lines(struct page *page, const struct text *text)
{
    const char *at = text->at, *last = at + text->len;
    put_records(cli_output_file(), at, text->len);
    while (at < last) {
        const char *end = memchr(at, '\n', (size_t)(last - at));
        end = end != NULL ? end : last;
        cli_report_add_line(&page->images, at, (size_t)(end - at));
        at = end + 1;
    }
}

/* The script stands before the thumbnails: it runs while they are loaded. */
static int
put_page(const struct options *options, const struct text *text)
{
    FILE *file = cli_output_file();
    struct page page;
    bool good = true;
    memset(&page, 0, sizeof page);
    put_head(file, options->output);
    if (options->journal != NULL)
        good = put_journal(&page, options);
    else
        put_lines(&page, text);
    fputs("</script>\n<script>", file);
    fwrite(report_js, 1, sizeof report_js, file);
    fputs("</script>\n", file);
    bool complete = good && cli_report_put_images(file, &page.images, options->quiet);
    fputs("</body>\n</html>\n", file);
    cli_report_free_images(&page.images);
    if (!complete)
        return good ? EXIT_INTERRUPTED : EXIT_TROUBLE;
    return cli_output_commit() ? EXIT_GOOD : EXIT_OUTPUT;
}

/* A table or a CSV file would become a page of invalid records. */
static bool
is_ndjson(const struct text *text, const char *name)
{
    size_t blanks = 0;
    while (blanks < text->len &&
           strchr(" \t\r\n\xEF\xBB\xBF", text->at[blanks]) != NULL)
        blanks++;
    if (blanks == text->len || text->at[blanks] == '{')
        return true;
    cli_say_error("report: '%s' is not NDJSON; create it with klingrec recognize -o "
                  "NAME.ndjson",
                  name);
    return false;
}

int
cli_report(const struct options *options)
{
    struct text text = {0};
    int code;
    if ((options->input_count == 0) == (options->journal == NULL)) {
        cli_say_error(
            "report needs 1 argument: klingrec report FILE, or --journal FILE");
        return EXIT_USAGE;
    }
    if (options->input_count == 1 && !cli_slurp(&text, options->inputs[0], "report"))
        code = cli_interrupted() ? EXIT_INTERRUPTED : EXIT_TROUBLE;
    else if (options->input_count == 1 && !is_ndjson(&text, options->inputs[0]))
        code = EXIT_USAGE;
    else if (options->output != NULL && !cli_output_open(options->output))
        code = EXIT_OUTPUT;
    else
        code = put_page(options, &text);
    cli_text_free(&text);
    return code;
}
