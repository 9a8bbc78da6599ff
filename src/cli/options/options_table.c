/* SPDX-License-Identifier: MIT */
/* options_table.c - the tables of all commands and options */
#include "options/options.h"

const char cli_program_summary[] = "ask Kling's image recognition what images contain";

const struct command_text cli_commands[] = {
    {COMMAND_RECOGNIZE,
     "recognize",
     "IMAGE|URL|FOLDER...",
     1,
     UINT32_MAX,
     "send images, and show what each contains",
     "Send each image to the service and show whether it contains a head, a face, "
     "clothing and an object. Every image is checked first; images that the service "
     "would refuse are not sent. The service may charge for each image that it "
     "answers. The IMAGE - is one image on standard input.",
     {{"klingrec recognize --key-file ~/.klingrec-key hero.png",
       "one image; the file contains the key"},
      {"klingrec recognize -n -r art/ --price 0.014",
       "send nothing; show what would be sent, and what that would cost"},
      {"klingrec recognize -r art/ --require head,face -o found.csv",
       "a folder, for a spreadsheet; the same command again sends only what is "
       "missing"}}},
    {COMMAND_CHECK,
     "check",
     "IMAGE|FOLDER...",
     1,
     UINT32_MAX,
     "check images; sends nothing",
     "Check images against the service's rules without sending anything. Folders are "
     "searched recursively; hidden files and links to folders are skipped. The IMAGE - "
     "is one image on standard input.",
     {{"klingrec check art/", "show the images that the service would refuse"},
      {"klingrec check -v hero.png", "also show an image that is acceptable"},
      {"klingrec check art/ -o checked.csv", "a record of every image"}}},
    {COMMAND_MERGE,
     "merge",
     "FILE...",
     1,
     UINT32_MAX,
     "merge the outputs of several machines",
     "Merge the outputs of all shards (NDJSON, CSV or TSV) in the order of their "
     "indexes. The result has the same bytes as the output of one run with --ordered. "
     "A "
     "duplicate or missing index is an error.",
     {{"klingrec merge -o found.ndjson part.*.ndjson", "the outputs of all parts"},
      {"klingrec merge part.0.csv part.1.csv > found.csv", "the same for CSV"},
      {"klingrec merge part.*.ndjson | klingrec report - -o found.html",
       "a page of all parts"}}},
    {COMMAND_REPORT,
     "report",
     "[FILE]",
     0,
     1,
     "make an HTML page of the results",
     "Make an HTML page of the results, with thumbnails, filters and search. FILE is "
     "an "
     "NDJSON output of recognize; with --journal a journal is read instead. The page "
     "links to the image files and loads nothing from the network.",
     {{"klingrec report found.ndjson -o found.html", "a page beside the results"},
      {"klingrec report --journal found.csv.journal -o found.html",
       "the answers of a run with -o found.csv, also of one that was killed"},
      {"klingrec recognize --json -r art/ | klingrec report - -o found.html",
       "a page without a file of results"}}},
    {COMMAND_COMPLETIONS,
     "completions",
     "bash|zsh|fish",
     1,
     1,
     "print completions for a shell",
     "Print the completion script for a shell.",
     {{"eval \"$(klingrec completions bash)\"", "for this bash, or in ~/.bashrc"},
      {"klingrec completions zsh > ~/.zfunc/_klingrec",
       "for zsh, if ~/.zfunc is in $fpath"},
      {"klingrec completions fish > ~/.config/fish/completions/klingrec.fish",
       "for fish"}}},
    {COMMAND_MAN,
     "man",
     "",
     0,
     0,
     "print the manual page",
     "Print the manual page in mdoc format.",
     {{"klingrec man | man -l -", "read it"},
      {"klingrec man > klingrec.1", "write it to a file"},
      {"klingrec man | mandoc -T html > klingrec.html", "make a page for a browser"}}},
    {COMMAND_HELP,
     "help",
     "[COMMAND]",
     0,
     1,
     "print the help of a command",
     "Print the list of commands, or the help of one command.",
     {{"klingrec help", "all commands"},
      {"klingrec help recognize", "one command"},
      {"klingrec recognize --help", "the same"}}},
    {COMMAND_NONE, NULL, NULL, 0, 0, NULL, NULL, {{NULL, NULL}}},
};

#define AT(field) offsetof(struct options, field)
#define FLAG(group, name, letter, commands, field, help)                               \
    {                                                                                  \
        name, letter, OPTION_FLAG, group, commands, AT(field), 0, 0, 0, NULL, help     \
    }
#define TEXT(group, name, letter, commands, field, value, help)                        \
    {                                                                                  \
        name, letter, OPTION_TEXT, group, commands, AT(field), 0, 0, 0, value, help    \
    }
#define NUMBER(group, name, letter, kind, commands, field, min, max, initial, value,   \
               help)                                                                   \
    {                                                                                  \
        name, letter, kind, group, commands, AT(field), min, max, initial, value, help \
    }
#define REFUSED(name, help)                                                            \
    {                                                                                  \
        name, 0, OPTION_REFUSED, GROUP_HELP, 0, 0, 0, 0, 0, NULL, help                 \
    }

#define R COMMAND_RECOGNIZE
#define C COMMAND_CHECK
#define M COMMAND_MERGE
#define P COMMAND_REPORT

static const char no_key[] =
    "all users of this machine can see the arguments of a program; put the key into a "
    "file and use --key-file FILE, or --key-command COMMAND, or set the environment "
    "variable COMETAPI_KEY";

/* clang-format off */
const struct option cli_options_table[OPTIONS_MAX] = {
    TEXT(GROUP_KEY, "key-file", 0, R, key_file, "FILE",
         "read the key from FILE, - for standard input [$CREDENTIALS_DIRECTORY/"
         "klingrec-key, or the environment variable COMETAPI_KEY]"),
    TEXT(GROUP_KEY, "key-command", 0, R, key_command, "COMMAND",
         "run COMMAND in the shell, and take the line that it prints as the key, as in "
         "'pass show klingrec'"),
    FLAG(GROUP_INPUT, "recursive", 'r', R | C, recursive,
         "search folders recursively; check always does"),
    FLAG(GROUP_INPUT, "all", 'a', C, all,
         "in folders, check every file, not only those with an image extension"),
    NUMBER(GROUP_INPUT, "include", 0, OPTION_GLOBS, R | C, include, 0, 0, 0, "GLOB",
           "in folders, only images that match, as in '*.png'; with a slash, the path "
           "below the folder must match; can be repeated"),
    NUMBER(GROUP_INPUT, "exclude", 0, OPTION_GLOBS, R | C, exclude, 0, 0, 0, "GLOB",
           "in folders, no images and folders that match; can be repeated"),
    TEXT(GROUP_INPUT, "files-from", 0, R | C, files_from, "FILE",
         "also read inputs from FILE, one per line; - for standard input"),
    FLAG(GROUP_INPUT, "null", '0', R | C, null,
         "inputs in --files-from end with NUL instead of a newline"),
    NUMBER(GROUP_INPUT, "shard", 0, OPTION_SHARD, R, shard, 0, 0, 0, "I/N",
           "process only part I of N; the first part is 0"),
    NUMBER(GROUP_INPUT, "shard-by", 0, OPTION_CHOICE, R, shard_by, 0, 0, SHARD_BY_NAME,
           "name|content",
           "how inputs are assigned to parts [name]; content puts equal images into the "
           "same part"),
    NUMBER(GROUP_NEEDS, "require", 0, OPTION_KINDS, R, require, 0, 0, 0, "KINDS",
           "an image qualifies if it contains these, and not those with a !, as in "
           "'face,!head'; the exit code is 1 if an image does not qualify"),
    FLAG(GROUP_NEEDS, "check-urls", 0, R, check_urls,
         "read the beginning of each URL and check it as a file is checked; send only "
         "what is acceptable"),
    NUMBER(GROUP_NEEDS, "min-side", 0, OPTION_NUMBER, C, min_side, 1, 1000000, 0,
           "PIXELS",
           "minimum width and height [300]"),
    NUMBER(GROUP_NEEDS, "max-bytes", 0, OPTION_BYTES, C, max_bytes, 1, UINT32_MAX, 0,
           "N",
           "maximum size of a file in bytes, with an optional suffix K or M [10485760]"),
    FLAG(GROUP_NEEDS, "header-only", 0, C, header_only,
         "read only the header; faster, but truncated images are not detected"),
    TEXT(GROUP_OUTPUT, "output", 'o', R | C | M | P, output, "FILE",
         "write to FILE, which is replaced when everything is done; - for standard "
         "output"),
    NUMBER(GROUP_OUTPUT, "format", 0, OPTION_CHOICE, R | C, format, 0, 0, FORMAT_TABLE,
           "ndjson|csv|tsv|table|names",
           "the format of the results [by the extension of -o FILE, else table]; names: "
           "only the names of images that qualify or are acceptable, each ended by a NUL"),
    FLAG(GROUP_OUTPUT, "json", 0, R | C, json,
         "one JSON object per line, as with --format ndjson"),
    TEXT(GROUP_OUTPUT, "fields", 0, R | C, fields, "LIST",
         "write only these fields, as in index,input,regions; as NDJSON without "
         "another format"),
    FLAG(GROUP_OUTPUT, "ordered", 0, R, ordered,
         "write results in the order of the inputs; a table always is"),
    TEXT(GROUP_OUTPUT, "copy-to", 0, R | C, copy_to, "DIR",
         "copy the images that qualify or are acceptable to DIR; nothing is overwritten"),
    TEXT(GROUP_OUTPUT, "link-to", 0, R | C, link_to, "DIR",
         "the same with links instead of copies"),
    TEXT(GROUP_OUTPUT, "save-regions", 0, R, save_regions, "DIR",
         "download the cut-outs of the images that qualify to DIR, those that are "
         "missing there; needs a journal"),
    TEXT(GROUP_OUTPUT, "progress", 0, R | C, progress, "FILE",
         "write the progress, and at the end a summary, to FILE as one JSON object per "
         "line; - for standard error"),
    NUMBER(GROUP_OUTPUT, "color", 0, OPTION_CHOICE, 0, color, 0, 0, COLOR_AUTO,
           "auto|always|never",
           "use colours [auto: on a terminal, unless NO_COLOR is not empty or TERM is "
           "dumb]"),
    FLAG(GROUP_OUTPUT, "quiet", 'q', 0, quiet,
         "no warnings and no summary on standard error"),
    FLAG(GROUP_OUTPUT, "verbose", 'v', 0, verbose,
         "more messages on standard error; check also lists acceptable images"),
    TEXT(GROUP_MONEY, "journal", 0, R | P, journal, "FILE",
         "store every answer in FILE and send only images that have none there [with "
         "-o: its FILE.journal]; report: show the answers in FILE"),
    FLAG(GROUP_MONEY, "no-journal", 0, R, no_journal, "with -o: do not use a journal"),
    FLAG(GROUP_MONEY, "retry-unsure", 0, R, retry_unsure,
         "send images again whose answer was lost; they may be billed twice"),
    FLAG(GROUP_MONEY, "dry-run", 'n', R, dry_run,
         "send nothing; show what would be sent, what not and why, and the number of "
         "calls"),
    NUMBER(GROUP_MONEY, "price", 0, OPTION_PRICE, R, price, 0, 0, 0, "AMOUNT",
           "the price of a call, to show the total cost"),
    NUMBER(GROUP_MONEY, "max-calls", 0, OPTION_NUMBER, R, max_calls, 1, UINT32_MAX, 0,
           "N",
           "send at most N images"),
    NUMBER(GROUP_NETWORK, "jobs", 'j', OPTION_NUMBER, R | C, jobs, 1, 256, 4, "N",
           "number of concurrent requests; check: of images that are read at once, more "
           "for a slow network share [4]"),
    NUMBER(GROUP_NETWORK, "timeout", 0, OPTION_SECONDS, R, timeout_ms, 1, 86400000,
           300000, "SECONDS",
           "time limit for one image, with all attempts and waits [300]"),
    NUMBER(GROUP_NETWORK, "retries", 0, OPTION_NUMBER, R, retries, 0, 20, 2, "N",
           "further attempts, only after an attempt that was certainly not billed [2]"),
    NUMBER(GROUP_NETWORK, "rate", 0, OPTION_NUMBER, R, rate, 1, 100000, 0, "N",
           "attempts per minute; with --shard, for all shards together"),
    TEXT(GROUP_NETWORK, "rate-file", 0, R, rate_file, "FILE",
         "share the limit of --rate with all processes that use the same FILE"),
    TEXT(GROUP_NETWORK, "endpoint", 0, R, endpoint, "URL",
         "the complete URL of the service, or cometapi, or kling [cometapi]"),
    TEXT(GROUP_NETWORK, "proxy", 0, R, proxy, "URL",
         "use this proxy instead of the one in the environment; \"\" for none"),
    TEXT(GROUP_NETWORK, "ca-file", 0, R, ca_file, "FILE",
         "trust the certificates in FILE (PEM) instead of the system's"),
    FLAG(GROUP_NETWORK, "insecure-http", 0, R, insecure_http,
         "allow http:// to other machines; the key is then sent unencrypted"),
    FLAG(GROUP_NETWORK, "keep-sslkeylogfile", 0, R, keep_sslkeylogfile,
         "honour SSLKEYLOGFILE, which writes the secrets of connections to a file"),
    FLAG(GROUP_HELP, "help", 'h', 0, help, "print this help"),
    FLAG(GROUP_HELP, "version", 'V', 0, version, "print the version numbers"),
    REFUSED("key", no_key),
    REFUSED("api-key", no_key),
    REFUSED("apikey", no_key),
    REFUSED("token", no_key),
    {NULL, 0, OPTION_FLAG, GROUP_HELP, 0, 0, 0, 0, 0, NULL, NULL},
};
/* clang-format on */
