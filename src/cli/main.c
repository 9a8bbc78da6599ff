/* SPDX-License-Identifier: MIT */
/* main.c - the program klingrec: runs a command and returns its exit code */
#include "base/exits.h"
#include "base/host.h"
#include "base/interrupt.h"
#include "base/say.h"
#include "commands/check.h"
#include "commands/merge.h"
#include "commands/plan.h"
#include "commands/recognize.h"
#include "commands/report.h"
#include "input/input.h"
#include "input/list.h"
#include "options/completions.h"
#include "options/help.h"
#include "options/man.h"
#include "output/fields.h"
#include "output/output.h"

#include <string.h>

static int
print_help(const struct options *options)
{
    enum command command = options->command;
    if (command == COMMAND_HELP && (options->input_count > 0 || !options->help)) {
        command = COMMAND_NONE;
        for (const struct command_text *row = cli_commands; row->name != NULL; row++)
            if (options->input_count > 0 && strcmp(row->name, options->inputs[0]) == 0)
                command = row->command;
        if (options->input_count > 0 && command == COMMAND_NONE) {
            cli_say_error("'%s' is not a command; see klingrec --help",
                          options->inputs[0]);
            return EXIT_USAGE;
        }
    }
    cli_help_print(stdout, command);
    return EXIT_GOOD;
}

static const struct command_text *
command_of(enum command command)
{
    const struct command_text *row = cli_commands;
    while (row->name != NULL && row->command != command)
        row++;
    return row;
}

static bool
has_too_many(const struct options *options)
{
    const struct command_text *command = command_of(options->command);
    if (command->name == NULL || options->input_count <= command->inputs_max)
        return false;
    cli_say_error("%s: '%s' is one argument too many: klingrec %s%s%s", command->name,
                  options->inputs[command->inputs_max], command->name,
                  command->inputs[0] != '\0' ? " " : "", command->inputs);
    return true;
}

static int
start(const struct options *options)
{
    switch (options->command) {
    case COMMAND_RECOGNIZE:
        return !cli_input_check_stdin(options) ? EXIT_USAGE
               : options->dry_run              ? cli_plan(options)
                                               : cli_recognize(options);
    case COMMAND_CHECK:
        return cli_check(options);
    case COMMAND_COMPLETIONS:
        return cli_completions(options);
    case COMMAND_MAN:
        cli_man_print(stdout);
        return EXIT_GOOD;
    case COMMAND_MERGE:
        return cli_merge(options);
    case COMMAND_REPORT:
        return cli_report(options);
    case COMMAND_HELP:
    case COMMAND_NONE:
        break;
    }
    return EXIT_USAGE;
}

static int
run(struct options *options)
{
    size_t jobs_max = cli_host_jobs_max();
    options->jobs = options->jobs < jobs_max ? options->jobs : (uint32_t)jobs_max;
    cli_interrupt_setup();
    if (options->version) {
        printf("klingrec %s\n%s\n", KLINGREC_VERSION_STRING, klingrec_version_string());
        return EXIT_GOOD;
    }
    if (!options->help && has_too_many(options))
        return EXIT_USAGE;
    if (options->help || options->command == COMMAND_HELP)
        return print_help(options);
    if (options->command == COMMAND_NONE) {
        cli_help_print_usage(stderr);
        return EXIT_USAGE;
    }
    if (options->fields != NULL && cli_fields_choose(options->fields) == 0)
        return EXIT_USAGE;
    if (!cli_list_read(options))
        return cli_interrupted() ? EXIT_INTERRUPTED : EXIT_USAGE;
    if (options->input_count < command_of(options->command)->inputs_min &&
        options->files_from == NULL) {
        const struct command_text *command = command_of(options->command);
        cli_say_error("%s needs at least %u argument%s: klingrec %s %s", command->name,
                      command->inputs_min, command->inputs_min == 1 ? "" : "s",
                      command->name, command->inputs);
        return EXIT_USAGE;
    }
    return start(options);
}

int
main(int argc, char **argv)
{
    struct options options;
    int code = EXIT_USAGE;
    cli_host_begin();
    cli_say_setup(COLOR_AUTO, false);
    if (cli_options_parse(argc, argv, &options)) {
        cli_say_setup((enum color_wish)options.color, options.quiet);
        code = run(&options);
    }
    cli_options_free(&options);
    if (!cli_output_close())
        code = cli_exit_worse(code, EXIT_OUTPUT);
    return code;
}
