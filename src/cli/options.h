/* options.h - the command line: one table makes parsing, defaults and help */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "screen.h"

#include <stdint.h>

enum command {
    COMMAND_NONE = 0,
    COMMAND_RECOGNIZE = 1 << 0,
    COMMAND_CHECK = 1 << 1,
    COMMAND_HELP = 1 << 2
};

struct command_text {
    enum command command;
    const char *name;
    const char *inputs; /* how help calls its arguments */
    const char *help;
};

/* Ends with a row whose name is NULL. */
extern const struct command_text commands[];

struct options {
    enum command command;
    const char **inputs; /* what follows the command; the pointers are argv's */
    size_t input_count;
    const char *key_file;
    const char *endpoint;
    const char *ca_file;
    const char *proxy;
    uint32_t jobs;
    uint32_t retries;
    uint32_t timeout_ms;
    uint32_t min_side;  /* 0: the library's */
    uint32_t max_bytes; /* 0: the library's */
    uint32_t color;     /* enum color_wish */
    bool json;
    bool all;
    bool header_only;
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
    OPTION_NUMBER,
    OPTION_SECONDS, /* up to three decimals, kept as milliseconds */
    OPTION_BYTES,   /* with K or M after it: times 1024, 1024 * 1024 */
    OPTION_CHOICE,  /* the words of `value`, kept as their place in it */
    OPTION_REFUSED  /* exists only to say why it does not */
};

struct option {
    const char *name;
    char letter; /* 0: none */
    enum option_kind kind;
    unsigned commands; /* enum command, those that know it; 0: all */
    size_t at;         /* in struct options */
    uint32_t least;
    uint32_t most;
    uint32_t initial;
    const char *value; /* how help calls the value; NULL: it has none */
    const char *help;
};

/* Ends with a row whose name is NULL. */
extern const struct option options_table[];

/* False: what is wrong was said. options_free() afterwards, also then. */
bool options_parse(int argc, char **argv, struct options *options);
void options_free(struct options *options);

#endif
