/* SPDX-License-Identifier: MIT */
/* options.h - the command line: one table for parsing, defaults and help */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/screen.h"

#include <stdint.h>

enum command {
    COMMAND_NONE = 0,
    COMMAND_RECOGNIZE = 1 << 0,
    COMMAND_CHECK = 1 << 1,
    COMMAND_HELP = 1 << 2,
    COMMAND_MERGE = 1 << 3,
    COMMAND_REPORT = 1 << 4,
    COMMAND_COMPLETIONS = 1 << 5,
    COMMAND_MAN = 1 << 6
};

/* The words of --format, in the order of the option table. */
enum format { FORMAT_NDJSON, FORMAT_CSV, FORMAT_TSV, FORMAT_TABLE, FORMAT_NAMES };

/* --require: the kinds that an image must contain, and, shifted by this, those that it
   must not contain. */
enum { REQUIRE_NOT = 16 };

/* The words of --shard-by. */
enum shard_by { SHARD_BY_NAME, SHARD_BY_CONTENT };

enum { EXAMPLES = 3 };

struct example {
    const char *line; /* a command for a shell */
    const char *what; /* what it does */
};

struct command_text {
    enum command command;
    const char *name;
    const char *inputs;  /* the name of its arguments in help */
    uint32_t inputs_min; /* without --files-from */
    uint32_t inputs_max;
    const char *summary; /* for the list of commands */
    const char *help;
    struct example examples[EXAMPLES];
};

/* The last row has a NULL name. */
extern const struct command_text cli_commands[];

/* What the program is, in one line. */
extern const char cli_program_summary[];

/* The values of an option that may be given several times. */
struct texts {
    const char **at;
    size_t count;
};

struct options {
    enum command command;
    const char **inputs; /* the arguments after the command, from argv */
    size_t input_count;
    char *list; /* the content of --files-from; inputs point into it */
    const char *files_from;
    const char *fields;
    struct texts include;
    struct texts exclude;
    const char *output;
    const char *copy_to;
    const char *link_to;
    const char *save_regions;
    const char *progress;
    const char *journal;
    const char *key_file;
    const char *key_command;
    const char *rate_file;
    const char *endpoint;
    const char *ca_file;
    const char *proxy;
    uint32_t jobs;
    uint32_t retries;
    uint32_t timeout_ms;
    uint32_t min_side;  /* 0: the library's */
    uint32_t max_bytes; /* 0: the library's */
    uint32_t color;     /* enum color_wish */
    uint32_t format;    /* enum format */
    uint32_t require;   /* KLINGREC_KIND_HEAD | ... << REQUIRE_NOT; 0: nothing */
    uint32_t price;     /* of a call, in millionths of the currency */
    uint32_t max_calls; /* 0: no limit */
    uint32_t rate;      /* per minute, for all shards; 0: no limit */
    uint32_t shard_by;  /* enum shard_by */
    uint32_t shard[2];  /* this part and the number of parts; {0, 0}: everything */
    bool json;
    bool recursive;
    bool null;
    bool ordered;
    bool dry_run;
    bool no_journal;
    bool retry_unsure;
    bool all;
    bool header_only;
    bool check_urls;
    bool insecure_http;
    bool keep_sslkeylogfile;
    bool quiet;
    bool verbose;
    bool help;
    bool version;
};

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_GLOBS, /* patterns, kept in the order in which they are given */
    OPTION_NUMBER,
    OPTION_SECONDS, /* up to three decimals, kept as milliseconds */
    OPTION_BYTES,   /* with a suffix K or M: times 1024 or 1024 * 1024 */
    OPTION_CHOICE,  /* one of the words in `value`, kept as its index */
    OPTION_KINDS,   /* a list of regions, each with or without "!", kept as bits */
    OPTION_PRICE,   /* up to six decimals, kept as millionths */
    OPTION_SHARD,   /* "0/4", kept as two numbers */
    OPTION_REFUSED  /* not supported; help says why */
};

/* The sections of the help, in their order. */
#define OPTION_GROUPS(X)                                                               \
    X(GROUP_KEY, "Key")                                                                \
    X(GROUP_INPUT, "Input")                                                            \
    X(GROUP_NEEDS, "Requirements")                                                     \
    X(GROUP_OUTPUT, "Output")                                                          \
    X(GROUP_MONEY, "Money")                                                            \
    X(GROUP_NETWORK, "Network")                                                        \
    X(GROUP_HELP, "Help")

enum option_group {
#define OPTION_GROUPS_VALUE(name, title) name,
    OPTION_GROUPS(OPTION_GROUPS_VALUE)
#undef OPTION_GROUPS_VALUE
        GROUPS
};

struct option {
    const char *name;
    char letter; /* 0: none */
    enum option_kind kind;
    enum option_group group;
    unsigned commands; /* enum command: where it is allowed; 0: everywhere */
    size_t offset;     /* in struct options */
    uint32_t min;
    uint32_t max;
    uint32_t initial;
    const char *value; /* the name of the value in help; NULL: a flag */
    const char *help;
};

/* The size of the table, with the last row, whose name is NULL. */
enum { OPTIONS_MAX = 64 };

extern const struct option cli_options_table[OPTIONS_MAX];

/* The name of the first of these commands. */
const char *cli_options_command_name(unsigned command);

/* Is the option supported by this command? */
bool cli_options_known(const struct option *option, enum command command);

extern const char *const cli_options_group_titles[GROUPS];

/* The next option after this one that the command has in the group. option: NULL for
   the first. command: COMMAND_NONE for all. NULL: there is none. */
const struct option *cli_options_next(const struct option *option,
                                      enum option_group group, enum command command);

/* False: the command line is wrong; the error is reported. Call cli_options_free()
   afterwards in both cases. */
bool cli_options_parse(int argc, char **argv, struct options *options);
void cli_options_free(struct options *options);

#endif
