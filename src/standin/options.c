/* SPDX-License-Identifier: MIT */
/* options.c - the command line: one table for parsing, defaults and help */
#include "options.h"

#include "regions.h"
#include "spec.h"

#include <stddef.h>
#include <string.h>

enum kind { FLAG, NUMBER, TEXT, CHOICE, KEY, REGIONS, ANSWER, SCRIPT };

struct option {
    const char *name;
    enum kind kind;
    size_t at;
    uint32_t min;
    uint32_t max;
    uint32_t number;   /* the default of a NUMBER */
    const char *value; /* the default of the others; NULL: none */
    const char *arg;   /* the name of the value in help; of a CHOICE: all values */
    const char *help;
};

#define AT(field) offsetof(struct options, field)
#define FLAG_ROW(name, field, help)                                                    \
    {                                                                                  \
        name, FLAG, AT(field), 0, 0, 0, NULL, NULL, help                               \
    }
#define NUMBER_ROW(name, field, min, max, number, arg, help)                           \
    {                                                                                  \
        name, NUMBER, AT(field), min, max, number, NULL, arg, help                     \
    }
#define VALUE_ROW(name, kind, field, value, arg, help)                                 \
    {                                                                                  \
        name, kind, AT(field), 0, 0, 0, value, arg, help                               \
    }

static const struct option table[] = {
    NUMBER_ROW("port", port, 0, 65535, 0, "N", "port to listen on; 0: any free port"),
    VALUE_ROW("port-file", TEXT, port_file, NULL, "FILE",
              "also write the port to FILE"),
    FLAG_ROW("ipv6", ipv6, "listen on ::1 instead of 127.0.0.1"),
    VALUE_ROW("cert", TEXT, cert, NULL, "FILE", "PEM certificate: serve https"),
    VALUE_ROW("key-pem", TEXT, key_pem, NULL, "FILE", "PEM private key of --cert"),
    VALUE_ROW("key", KEY, key, "standin-key", "KEY", "the bearer key that is accepted"),
    VALUE_ROW("shape", CHOICE, shape, "auto", "auto|comet|kling",
              "shape of a success; auto: by the path"),
    FLAG_ROW("wrap", wrap, "wrap refusals on /kling/ in the envelope of the gateway"),
    VALUE_ROW("regions", REGIONS, regions, "head,face,cloth,object", "WORDS",
              "the regions of an image without a marker"),
    VALUE_ROW("answer", ANSWER, answer, "ok", "NAME[:...]",
              "the answer to all requests"),
    VALUE_ROW("script", SCRIPT, script, NULL, "NAME,NAME,...",
              "the answers to the first requests, in order"),
    NUMBER_ROW("delay", delay_ms, 0, 600000, 0, "MS", "delay before every answer"),
    NUMBER_ROW("rate", rate, 0, 1000000, 0, "N",
               "requests per minute, then kling-1302; 0: no limit"),
    NUMBER_ROW("concurrency", concurrency, 0, 1000000, 0, "N",
               "requests at once, then kling-1303; 0: no limit"),
    FLAG_ROW("retry-after", retry_after, "send Retry-After with these refusals"),
    FLAG_ROW("stable-ids", stable_ids, "equal bodies get equal request ids"),
    NUMBER_ROW("max-image-bytes", max_image_bytes, 1, 1000000000, 10485760, "N",
               "maximum size of an image, before base64"),
    NUMBER_ROW("max-body-bytes", max_body_bytes, 1, 1000000000, 134217728, "N",
               "maximum size of a request, then gateway-413-empty"),
    NUMBER_ROW("idle-exit", idle_exit_s, 0, 1000000, 0, "SECONDS",
               "stop after this time without a request; 0: never"),
    FLAG_ROW("exit-with-parent", exit_with_parent, "stop when the parent process ends"),
    FLAG_ROW("verbose", verbose, "one line per request on stderr"),
    FLAG_ROW("list-answers", list_answers, "print the table of answers"),
    FLAG_ROW("help", help, "print this help"),
    FLAG_ROW("version", version, "print the version"),
};

enum { COUNT = sizeof table / sizeof table[0] };

static bool
refuse(const char *option, const char *value, const char *why)
{
    fprintf(stderr, "klingrec-standin: --%s '%s': %s\n", option, value, why);
    return false;
}

static bool
refuse_choice(const struct option *option, const char *value)
{
    char why[80];
    snprintf(why, sizeof why, "expected %s", option->arg);
    return refuse(option->name, value, why);
}

static bool
set_number(const struct option *option, const char *value, void *field)
{
    uint64_t number = 0;
    size_t digits = strspn(value, "0123456789");
    bool good = digits != 0 && digits <= 10 && value[digits] == '\0';
    for (size_t i = 0; good && i < digits; i++)
        number = number * 10 + (uint64_t)(value[i] - '0');
    if (!good || number < option->min || number > option->max) {
        char why[80];
        snprintf(why, sizeof why, "expected a whole number from %u to %u", option->min,
                 option->max);
        return refuse(option->name, value, why);
    }
    uint32_t narrow = (uint32_t)number;
    memcpy(field, &narrow, sizeof narrow);
    return true;
}

static bool
is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *at = choices;; at++) {
        size_t n = strcspn(at, "|");
        if (n == len && memcmp(at, value, n) == 0)
            return true;
        at += n;
        if (*at == '\0')
            return false;
    }
}

static bool
is_script(const char *value, char error[SPEC_ERROR])
{
    struct script script;
    bool good = standin_script_parse(value, &script, error);
    if (good)
        standin_script_free(&script);
    return good;
}

static bool
set_text(const struct option *option, const char *value, void *field)
{
    uint32_t regions;
    struct spec spec;
    char error[SPEC_ERROR];
    size_t len = strlen(value);
    if (len == 0)
        return refuse(option->name, value, "expected at least 1 character");
    if (option->kind == CHOICE && !is_choice(option->arg, value))
        return refuse_choice(option, value);
    if (option->kind == REGIONS && !standin_regions_parse(value, &regions))
        return refuse(option->name, value,
                      "expected a list of head,face,cloth,object, or none");
    if (option->kind == ANSWER && !standin_spec_parse(value, len, &spec, error))
        return refuse(option->name, value, error);
    if (option->kind == SCRIPT && !is_script(value, error))
        return refuse(option->name, value, error);
    if (option->kind == KEY)
        for (size_t i = 0; i < len; i++)
            if (len > 4096 || value[i] <= 0x20 || value[i] > 0x7e)
                return refuse(option->name, value,
                              "expected 1 to 4096 visible ASCII characters");
    memcpy(field, &value, sizeof value);
    return true;
}

static void
set_defaults(struct options *options)
{
    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < COUNT; i++) {
        void *field = (char *)options + table[i].at;
        if (table[i].kind == NUMBER)
            memcpy(field, &table[i].number, sizeof table[i].number);
        else if (table[i].value != NULL)
            memcpy(field, &table[i].value, sizeof table[i].value);
    }
}

static const struct option *
find(const char *arg, size_t len)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, arg, len) == 0)
            return &table[i];
    return NULL;
}

/* Parses the option at argv[*i], with its value if it has one. */
static bool
parse_option(int argc, char **argv, int *i, struct options *options)
{
    const char *arg = argv[*i];
    size_t len = strncmp(arg, "--", 2) == 0 ? strcspn(arg + 2, "=") : 0;
    const struct option *option = len != 0 ? find(arg + 2, len) : NULL;
    if (option == NULL) {
        fprintf(stderr,
                "klingrec-standin: argument %d '%s': unknown option; see --help\n", *i,
                arg);
        return false;
    }
    void *field = (char *)options + option->at;
    const char *value = arg[2 + len] == '=' ? arg + 2 + len + 1 : NULL;
    if (option->kind == FLAG) {
        if (value != NULL)
            return refuse(option->name, value, "takes no value");
        *(bool *)field = true;
        return true;
    }
    if (value == NULL && *i + 1 < argc)
        value = argv[++*i];
    if (value == NULL)
        return refuse(option->name, "", "a value is missing");
    return option->kind == NUMBER ? set_number(option, value, field)
                                  : set_text(option, value, field);
}

bool
standin_options_parse(int argc, char **argv, struct options *options)
{
    set_defaults(options);
    for (int i = 1; i < argc; i++)
        if (!parse_option(argc, argv, &i, options))
            return false;
    if ((options->cert == NULL) != (options->key_pem == NULL)) {
        fprintf(stderr,
                "klingrec-standin: --cert and --key-pem must be given together\n");
        return false;
    }
    return true;
}

void
standin_options_help(FILE *file)
{
    fputs("Usage: klingrec-standin [OPTION]...\n\n"
          "A local server that answers like Kling's image-recognition service. It\n"
          "recognises nothing: a marker in the image says what the image contains.\n"
          "Every documented error can be requested.\n\n",
          file);
    for (size_t i = 0; i < COUNT; i++) {
        char left[40];
        snprintf(left, sizeof left, "--%s%s%s", table[i].name,
                 table[i].arg != NULL ? " " : "",
                 table[i].arg != NULL ? table[i].arg : "");
        fprintf(file, "  %-26s %s", left, table[i].help);
        if (table[i].kind == NUMBER && table[i].number != 0)
            fprintf(file, " [%u]", table[i].number);
        else if (table[i].value != NULL)
            fprintf(file, " [%s]", table[i].value);
        fputc('\n', file);
    }
    fputs("\nAn answer is NAME[:delay=MS][:retry-after=TEXT]"
          "[:retry-after-date=SECONDS]. A\n"
          "request can select it with the header X-Standin or with the parameter\n"
          "standin-answer of its URL. --list-answers prints all names.\n",
          file);
}
