/* main.c - the program klingrec: which command, and its exit code */
#include "check.h"
#include "exits.h"
#include "help.h"
#include "interrupt.h"
#include "output.h"
#include "recognize.h"
#include "say.h"

#include <string.h>

static int
print_help(const struct options *options)
{
    enum command command = options->command;
    if (command == COMMAND_HELP) {
        command = COMMAND_NONE;
        for (const struct command_text *row = commands; row->name != NULL; row++)
            if (options->input_count > 0 && strcmp(row->name, options->inputs[0]) == 0)
                command = row->command;
        if (options->input_count > 0 && command == COMMAND_NONE) {
            say_error("'%s' is no command; recognize, check and help are",
                      options->inputs[0]);
            return EXIT_USAGE;
        }
    }
    help_print(stdout, command == COMMAND_HELP ? COMMAND_NONE : command);
    return EXIT_GOOD;
}

static int
run(const struct options *options)
{
    if (options->version) {
        printf("klingrec %s\n%s\n", KLINGREC_VERSION_STRING, klingrec_version_string());
        return EXIT_GOOD;
    }
    if (options->help || options->command == COMMAND_HELP)
        return print_help(options);
    if (options->command == COMMAND_NONE) {
        help_print_usage(stderr);
        return EXIT_USAGE;
    }
    if (options->input_count == 0) {
        bool is_check = options->command == COMMAND_CHECK;
        say_error("%s needs at least 1 argument: klingrec %s",
                  is_check ? "check" : "recognize",
                  is_check ? "check IMAGE|FOLDER..." : "recognize IMAGE|URL...");
        return EXIT_USAGE;
    }
    interrupt_setup();
    return options->command == COMMAND_CHECK ? check(options) : recognize(options);
}

int
main(int argc, char **argv)
{
    struct options options;
    int code = EXIT_USAGE;
    say_setup(COLOR_AUTO, false);
    if (options_parse(argc, argv, &options)) {
        say_setup((enum color_wish)options.color, options.quiet);
        code = run(&options);
    }
    options_free(&options);
    if (!output_close())
        code = exit_worse(code, EXIT_OUTPUT);
    return code;
}
