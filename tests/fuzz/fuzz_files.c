/* SPDX-License-Identifier: MIT */
/* fuzz_files.c - any bytes as the files that the program reads: --rate-file,
   --files-from, the inputs of merge, the journal. The first byte says which. */
#include "fuzz.h"

#include "base/exits.h"
#include "base/say.h"
#include "commands/merge.h"
#include "input/list.h"
#include "journal/journal.h"
#include "service/rate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RATE, LIST, NULL_LIST, MERGE, JOURNAL, KINDS };

static const char endpoint[] = "https://example.org/";

/* ---- In place of messages on standard error --------------------------------- */

static unsigned errors;

SAY_FORMAT(1, 0)
static void
take_line(const char *format, va_list args)
{
    char line[8192];
    FUZZ_CHECK(vsnprintf(line, sizeof line, format, args) > 0);
}

void
cli_say_error(const char *format, ...)
{
    va_list args;
    errors++;
    va_start(args, format);
    take_line(format, args);
    va_end(args);
}

void
cli_say_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    take_line(format, args);
    va_end(args);
}

void
cli_say_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    take_line(format, args);
    va_end(args);
}

/* ---- The file --------------------------------------------------------------- */

static char path[64];

static void
remove_files(void)
{
    (void)unlink(path);
}

static void
write_file(const uint8_t *bytes, size_t len)
{
    FILE *file;
    if (path[0] == '\0') {
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        (void)snprintf(path, sizeof path, "%s/klingrec-fuzz-XXXXXX", folder);
        int fd = mkstemp(path);
        FUZZ_CHECK(fd >= 0 && close(fd) == 0);
        FUZZ_CHECK(freopen("/dev/null", "w", stdout) != NULL); /* of merge */
        (void)atexit(remove_files);
    }
    file = fopen(path, "wb");
    FUZZ_CHECK(file != NULL && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
}

static size_t
read_file(uint8_t *bytes, size_t max)
{
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file != NULL);
    size_t len = fread(bytes, 1, max, file);
    (void)fclose(file);
    return len;
}

/* ---- What reads it ---------------------------------------------------------- */

static void
check_rate(void)
{
    struct rate *rate = cli_rate_open(60, path);
    FUZZ_CHECK((rate == NULL) == (errors > 0));
    for (int i = 0; rate != NULL && i < 3; i++)
        FUZZ_CHECK((cli_rate_acquire(rate) == UINT32_MAX) == cli_rate_failed(rate));
    cli_rate_close(rate);
}

static void
check_list(size_t len, bool is_null)
{
    struct options options;
    memset(&options, 0, sizeof options);
    options.files_from = path;
    options.null = is_null;
    bool good = cli_list_read(&options);
    FUZZ_CHECK(good == (errors == 0));
    FUZZ_CHECK(options.input_count <= len);
    for (size_t i = 0; i < options.input_count; i++) {
        const char *input = options.inputs[i];
        FUZZ_CHECK(input[0] != '\0' && input >= options.list &&
                   input + strlen(input) <= options.list + len);
        FUZZ_CHECK(is_null || strchr(input, '\n') == NULL);
    }
    free(options.inputs);
    free(options.list);
}

/* The same file twice has each index twice, unless it has no record. */
static void
check_merge(void)
{
    const char *inputs[] = {path, path};
    struct options options;
    memset(&options, 0, sizeof options);
    options.inputs = inputs;
    for (options.input_count = 1; options.input_count <= 2; options.input_count++) {
        errors = 0;
        int code = cli_merge(&options);
        FUZZ_CHECK(code == EXIT_GOOD || code == EXIT_TROUBLE);
        FUZZ_CHECK((code == EXIT_GOOD) == (errors == 0));
    }
}

static void
take_row(void *user, const struct row *row)
{
    unsigned *rows = user;
    FUZZ_CHECK(row->answer != NULL && row->answer->region_list != NULL);
    ++*rows;
}

static void
check_journal(void)
{
    unsigned rows = 0;
    struct row row;
    enum journal_state state;
    struct answer *answer = NULL;
    bool good = cli_journal_each(path, take_row, &rows);
    FUZZ_CHECK(good == (errors == 0));
    struct journal *journal = cli_journal_open(path, endpoint, false);
    memset(&row, 0, sizeof row);
    row.input = "a.png";
    if (journal != NULL && cli_journal_find(journal, &row, &state, &answer)) {
        FUZZ_CHECK((answer != NULL) ==
                   (state == JOURNAL_ANSWERED || state == JOURNAL_UNSURE));
        cli_answer_free(answer);
        row.answer = cli_answer_fail(KLINGREC_ERR_REFUSED, "no", NULL);
        if (cli_journal_mark(journal, &row) && cli_journal_keep(journal, &row))
            (void)cli_journal_commit(journal);
        cli_answer_free(row.answer);
    }
    cli_journal_close(journal);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    errors = 0;
    write_file(bytes + 1, len - 1);
    switch (bytes[0] % KINDS) {
    case RATE:
        check_rate();
        break;
    case LIST:
    case NULL_LIST:
        check_list(len, bytes[0] % KINDS == NULL_LIST);
        break;
    case MERGE:
        check_merge();
        break;
    default:
        check_journal();
        break;
    }
    return 0;
}

/* ---- Seeds ------------------------------------------------------------------ */

/* A journal with an answer and a mark. */
static size_t
make_journal(uint8_t *bytes, size_t max)
{
    struct row row;
    enum journal_state state;
    struct answer *answer;
    write_file(bytes, 0);
    struct journal *journal = cli_journal_open(path, endpoint, false);
    memset(&row, 0, sizeof row);
    for (int i = 0; i < 2; i++) {
        row.input = i == 0 ? "a.png" : "b.png";
        row.digest[0] = (unsigned char)i;
        FUZZ_CHECK(cli_journal_find(journal, &row, &state, &answer));
        FUZZ_CHECK(cli_journal_mark(journal, &row));
    }
    row.answer = cli_answer_fail(KLINGREC_ERR_REFUSED, "no", NULL);
    row.answer->delivery = KLINGREC_DELIVERY_ANSWERED;
    row.answer->finality = KLINGREC_FINALITY_FINAL;
    FUZZ_CHECK(cli_journal_keep(journal, &row) && cli_journal_commit(journal));
    cli_answer_free(row.answer);
    cli_journal_close(journal);
    return read_file(bytes, max);
}

size_t
fuzz_seed(size_t index, uint8_t *bytes, size_t max)
{
    static const char *const texts[] = {
        "\0klingrec rate 1 00001700000000000000\n",
        "\1a.png\r\nfolder/b.jpg\n\nhttps://example.org/c.png",
        "\1\xEF\xBB\xBF./-\n-\n",
        "\3index,input,status\n0,a,ok\n1,b,ok\n",
        "\3index\n0\n",
        "\3{\"index\":0,\"input\":\"a\\\"\",\"input_bytes\":1,\"x\":{\"y\":[1]}}\n"
        "{\"index\":1,\"input\":\"b\",\"x\":{}}\n",
        "\3index\tinput\n1\ta\n",
        "\2a\n\2b",
        NULL};
    if (index == sizeof texts / sizeof texts[0] - 1) {
        bytes[0] = JOURNAL;
        return 1 + make_journal(bytes + 1, max - 1);
    }
    if (index >= sizeof texts / sizeof texts[0])
        return 0;
    size_t len = 1 + strlen(texts[index] + 1); /* the first byte may be 0 */
    memcpy(bytes, texts[index], len);
    return len;
}
