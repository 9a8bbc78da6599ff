/* options_table.c - every command and every option, once */
#include "options/options.h"

const struct command_text cli_commands[] = {
    {COMMAND_RECOGNIZE, "recognize", "IMAGE|URL|FOLDER...", 1,
     "Send each image to the service and show whether it contains a head, a face, "
     "clothing and an object. Every image is checked first; what the service would "
     "refuse is not sent. Each image that is answered may cost money."},
    {COMMAND_CHECK, "check", "IMAGE|FOLDER...", 1,
     "Check images against the service's rules without sending anything. Folders are "
     "walked with all folders in them; hidden files and links to folders are not."},
    {COMMAND_MERGE, "merge", "FILE...", 1,
     "Put the outputs of all shards (NDJSON, CSV or TSV) together, in the order of "
     "their indexes: the same bytes as one run with --ordered. An index that is there "
     "twice, or missing in between, is an error."},
    {COMMAND_REPORT, "report", "[FILE]", 0,
     "Make one HTML page to look at: thumbnails, what was found, filters and search. "
     "FILE is an NDJSON output of recognize; --journal takes a journal instead. The "
     "page links to the image files and loads nothing from a network."},
    {COMMAND_COMPLETIONS, "completions", "bash|zsh|fish", 1,
     "Print what makes that shell complete the options of klingrec."},
    {COMMAND_MAN, "man", "", 0, "Print the manual page, in mdoc."},
    {COMMAND_HELP, "help", "[COMMAND]", 0, "Print this, or the help of one command."},
    {COMMAND_NONE, NULL, NULL, 0, NULL},
};

#define AT(field) offsetof(struct options, field)
#define FLAG(name, letter, commands, field, help)                                      \
    {                                                                                  \
        name, letter, OPTION_FLAG, commands, AT(field), 0, 0, 0, NULL, help            \
    }
#define TEXT(name, letter, commands, field, value, help)                               \
    {                                                                                  \
        name, letter, OPTION_TEXT, commands, AT(field), 0, 0, 0, value, help           \
    }
#define NUMBER(name, letter, kind, commands, field, least, most, initial, value, help) \
    {                                                                                  \
        name, letter, kind, commands, AT(field), least, most, initial, value, help     \
    }
#define REFUSED(name, help)                                                            \
    {                                                                                  \
        name, 0, OPTION_REFUSED, 0, 0, 0, 0, 0, NULL, help                             \
    }

#define R COMMAND_RECOGNIZE
#define C COMMAND_CHECK
#define M COMMAND_MERGE
#define P COMMAND_REPORT

static const char no_key[] =
    "every user of this machine can read a program's arguments; put the key into a "
    "file and use --key-file FILE, or into the variable COMETAPI_KEY";

/* clang-format off */
const struct option cli_options_table[OPTIONS_MAX] = {
    TEXT("key-file", 0, R, key_file, "FILE",
         "read the key from FILE, - for standard input; without it the variable "
         "COMETAPI_KEY is read"),
    NUMBER("jobs", 'j', OPTION_NUMBER, R, jobs, 1, 256, 4, "N",
           "requests at once [4]"),
    NUMBER("timeout", 0, OPTION_SECONDS, R, timeout_ms, 1, 86400000, 300000, "SECONDS",
           "at most this long for one image, all attempts and waits together [300]"),
    NUMBER("retries", 0, OPTION_NUMBER, R, retries, 0, 20, 2, "N",
           "further attempts, only where the one before was surely not paid [2]"),
    TEXT("endpoint", 0, R, endpoint, "URL",
         "the service's whole URL, or cometapi or kling [cometapi]"),
    TEXT("ca-file", 0, R, ca_file, "FILE",
         "trust the certificates in FILE (PEM) instead of the system's"),
    TEXT("proxy", 0, R, proxy, "URL",
         "go through this proxy instead of the environment's; \"\" for none"),
    NUMBER("rate", 0, OPTION_NUMBER, R, rate, 1, 100000, 0, "N",
           "attempts per minute; with --shard, of all shards together"),
    TEXT("rate-file", 0, R, rate_file, "FILE",
         "share --rate with all who name FILE: they take turns in it"),
    FLAG("recursive", 'r', R, recursive,
         "walk folders, with all folders in them, as check does"),
    TEXT("files-from", 0, R | C, files_from, "FILE",
         "also take the inputs that FILE lists, one per line; - for standard input"),
    FLAG("null", '0', R | C, null, "inputs in --files-from end with a NUL, not a line"),
    NUMBER("shard", 0, OPTION_SHARD, R, shard, 0, 0, 0, "I/N",
           "only part I, from 0, of N"),
    NUMBER("shard-by", 0, OPTION_CHOICE, R, shard_by, 0, 0, SHARD_BY_NAME,
           "name|content",
           "what chooses an input's part [name]; content puts equal images into one"),
    NUMBER("require", 0, OPTION_KINDS, R, require, 0, 0, 0, "KINDS",
           "an image qualifies when all of these are found, as in head,face; 1 is the "
           "exit code when one does not"),
    NUMBER("format", 0, OPTION_CHOICE, R | C, format, 0, 0, FORMAT_TABLE,
           "ndjson|csv|tsv|table",
           "how results are written [table, or what -o FILE ends in]"),
    TEXT("fields", 0, R | C, fields, "LIST",
         "write only these fields, as in index,input,regions"),
    FLAG("ordered", 0, R, ordered,
         "in the order of the inputs, not as they finish; the table always is"),
    TEXT("output", 'o', R | C | M | P, output, "FILE",
         "write into FILE, which appears when all is done; - for standard output"),
    TEXT("journal", 0, R | P, journal, "FILE",
         "remember every answer in FILE and ask only what is missing there [with -o: "
         "its FILE.journal]; report: show the answers in FILE"),
    FLAG("no-journal", 0, R, no_journal, "with -o: remember nothing"),
    FLAG("retry-unsure", 0, R, retry_unsure,
         "ask again where an answer was lost after sending: may be paid twice"),
    FLAG("dry-run", 'n', R, dry_run,
         "send nothing; say what would be sent, what not and why, and the calls"),
    NUMBER("price", 0, OPTION_PRICE, R, price, 0, 0, 0, "AMOUNT",
           "of a call, to show what all cost"),
    NUMBER("max-calls", 0, OPTION_NUMBER, R, max_calls, 1, UINT32_MAX, 0, "N",
           "send at most so many images"),
    FLAG("insecure-http", 0, R, insecure_http,
         "allow http:// to another machine: the key travels readable"),
    FLAG("keep-sslkeylogfile", 0, R, keep_sslkeylogfile,
         "obey SSLKEYLOGFILE, which writes the connection's secrets to a file"),
    FLAG("header-only", 0, C, header_only,
         "look at the header alone: faster, and a truncated image is not found"),
    NUMBER("min-side", 0, OPTION_NUMBER, C, min_side, 1, 1000000, 0, "PIXELS",
           "least width and height [300]"),
    NUMBER("max-bytes", 0, OPTION_BYTES, C, max_bytes, 1, UINT32_MAX, 0, "N",
           "most bytes of a file; K and M may follow [10485760]"),
    FLAG("all", 'a', C, all,
         "in folders check every file, not only those named like an image"),
    FLAG("json", 0, R | C, json, "one JSON object per line and image"),
    NUMBER("color", 0, OPTION_CHOICE, 0, color, 0, 0, COLOR_AUTO, "auto|always|never",
           "colours [auto: on a terminal, unless NO_COLOR is set or TERM is dumb]"),
    FLAG("quiet", 'q', 0, quiet, "no warnings and no summary on standard error"),
    FLAG("verbose", 'v', 0, verbose,
         "more on standard error; check also lists the acceptable images"),
    FLAG("help", 'h', 0, help, "print this"),
    FLAG("version", 'V', 0, version, "print the versions"),
    REFUSED("key", no_key),
    REFUSED("api-key", no_key),
    REFUSED("apikey", no_key),
    REFUSED("token", no_key),
    {NULL, 0, OPTION_FLAG, 0, 0, 0, 0, 0, NULL, NULL},
};
/* clang-format on */
