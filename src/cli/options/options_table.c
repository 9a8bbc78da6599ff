/* options_table.c - the tables of all commands and options */
#include "options/options.h"

const struct command_text cli_commands[] = {
    {COMMAND_RECOGNIZE, "recognize", "IMAGE|URL|FOLDER...", 1,
     "Send each image to the service and show whether it contains a head, a face, "
     "clothing and an object. Every image is checked first; images that the service "
     "would refuse are not sent. The service may charge for each image that it "
     "answers."},
    {COMMAND_CHECK, "check", "IMAGE|FOLDER...", 1,
     "Check images against the service's rules without sending anything. Folders are "
     "searched recursively; hidden files and links to folders are skipped."},
    {COMMAND_MERGE, "merge", "FILE...", 1,
     "Merge the outputs of all shards (NDJSON, CSV or TSV) in the order of their "
     "indexes. The result has the same bytes as the output of one run with --ordered. "
     "A "
     "duplicate or missing index is an error."},
    {COMMAND_REPORT, "report", "[FILE]", 0,
     "Make an HTML page of the results, with thumbnails, filters and search. FILE is "
     "an "
     "NDJSON output of recognize; with --journal a journal is read instead. The page "
     "links to the image files and loads nothing from the network."},
    {COMMAND_COMPLETIONS, "completions", "bash|zsh|fish", 1,
     "Print the completion script for a shell."},
    {COMMAND_MAN, "man", "", 0, "Print the manual page in mdoc format."},
    {COMMAND_HELP, "help", "[COMMAND]", 0,
     "Print this help, or the help of one command."},
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
#define NUMBER(name, letter, kind, commands, field, min, max, initial, value, help)    \
    {                                                                                  \
        name, letter, kind, commands, AT(field), min, max, initial, value, help        \
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
    "all users of this machine can see the arguments of a program; put the key into a "
    "file and use --key-file FILE, or set the environment variable COMETAPI_KEY";

/* clang-format off */
const struct option cli_options_table[OPTIONS_MAX] = {
    TEXT("key-file", 0, R, key_file, "FILE",
         "read the key from FILE, - for standard input [the environment variable "
         "COMETAPI_KEY]"),
    NUMBER("jobs", 'j', OPTION_NUMBER, R, jobs, 1, 256, 4, "N",
           "number of concurrent requests [4]"),
    NUMBER("timeout", 0, OPTION_SECONDS, R, timeout_ms, 1, 86400000, 300000, "SECONDS",
           "time limit for one image, with all attempts and waits [300]"),
    NUMBER("retries", 0, OPTION_NUMBER, R, retries, 0, 20, 2, "N",
           "further attempts, only after an attempt that was certainly not billed [2]"),
    TEXT("endpoint", 0, R, endpoint, "URL",
         "the complete URL of the service, or cometapi, or kling [cometapi]"),
    TEXT("ca-file", 0, R, ca_file, "FILE",
         "trust the certificates in FILE (PEM) instead of the system's"),
    TEXT("proxy", 0, R, proxy, "URL",
         "use this proxy instead of the one in the environment; \"\" for none"),
    NUMBER("rate", 0, OPTION_NUMBER, R, rate, 1, 100000, 0, "N",
           "attempts per minute; with --shard, for all shards together"),
    TEXT("rate-file", 0, R, rate_file, "FILE",
         "share the limit of --rate with all processes that use the same FILE"),
    FLAG("recursive", 'r', R | C, recursive,
         "search folders recursively; check always does"),
    TEXT("files-from", 0, R | C, files_from, "FILE",
         "also read inputs from FILE, one per line; - for standard input"),
    FLAG("null", '0', R | C, null, "inputs in --files-from end with NUL instead of a newline"),
    NUMBER("shard", 0, OPTION_SHARD, R, shard, 0, 0, 0, "I/N",
           "process only part I of N; the first part is 0"),
    NUMBER("shard-by", 0, OPTION_CHOICE, R, shard_by, 0, 0, SHARD_BY_NAME,
           "name|content",
           "how inputs are assigned to parts [name]; content puts equal images into the "
           "same part"),
    NUMBER("require", 0, OPTION_KINDS, R, require, 0, 0, 0, "KINDS",
           "an image qualifies if it contains all of these, as in head,face; the exit "
           "code is 1 if an image does not qualify"),
    NUMBER("format", 0, OPTION_CHOICE, R | C, format, 0, 0, FORMAT_TABLE,
           "ndjson|csv|tsv|table",
           "the format of the results [by the extension of -o FILE, else table]"),
    TEXT("fields", 0, R | C, fields, "LIST",
         "write only these fields, as in index,input,regions; as NDJSON without "
         "another format"),
    FLAG("ordered", 0, R, ordered,
         "write results in the order of the inputs; a table always is"),
    TEXT("output", 'o', R | C | M | P, output, "FILE",
         "write to FILE, which is replaced when everything is done; - for standard "
         "output"),
    TEXT("journal", 0, R | P, journal, "FILE",
         "store every answer in FILE and send only images that have none there [with "
         "-o: its FILE.journal]; report: show the answers in FILE"),
    FLAG("no-journal", 0, R, no_journal, "with -o: do not use a journal"),
    FLAG("retry-unsure", 0, R, retry_unsure,
         "send images again whose answer was lost; they may be billed twice"),
    FLAG("dry-run", 'n', R, dry_run,
         "send nothing; show what would be sent, what not and why, and the number of "
         "calls"),
    NUMBER("price", 0, OPTION_PRICE, R, price, 0, 0, 0, "AMOUNT",
           "the price of a call, to show the total cost"),
    NUMBER("max-calls", 0, OPTION_NUMBER, R, max_calls, 1, UINT32_MAX, 0, "N",
           "send at most N images"),
    FLAG("insecure-http", 0, R, insecure_http,
         "allow http:// to other machines; the key is then sent unencrypted"),
    FLAG("keep-sslkeylogfile", 0, R, keep_sslkeylogfile,
         "honour SSLKEYLOGFILE, which writes the secrets of connections to a file"),
    FLAG("header-only", 0, C, header_only,
         "read only the header; faster, but truncated images are not detected"),
    NUMBER("min-side", 0, OPTION_NUMBER, C, min_side, 1, 1000000, 0, "PIXELS",
           "minimum width and height [300]"),
    NUMBER("max-bytes", 0, OPTION_BYTES, C, max_bytes, 1, UINT32_MAX, 0, "N",
           "maximum size of a file in bytes, with an optional suffix K or M [10485760]"),
    FLAG("all", 'a', C, all,
         "in folders, check every file, not only those with an image extension"),
    FLAG("json", 0, R | C, json, "one JSON object per line, as with --format ndjson"),
    NUMBER("color", 0, OPTION_CHOICE, 0, color, 0, 0, COLOR_AUTO, "auto|always|never",
           "use colours [auto: on a terminal, unless NO_COLOR is set or TERM is dumb]"),
    FLAG("quiet", 'q', 0, quiet, "no warnings and no summary on standard error"),
    FLAG("verbose", 'v', 0, verbose,
         "more messages on standard error; check also lists acceptable images"),
    FLAG("help", 'h', 0, help, "print this help"),
    FLAG("version", 'V', 0, version, "print the version numbers"),
    REFUSED("key", no_key),
    REFUSED("api-key", no_key),
    REFUSED("apikey", no_key),
    REFUSED("token", no_key),
    {NULL, 0, OPTION_FLAG, 0, 0, 0, 0, 0, NULL, NULL},
};
/* clang-format on */
