/* options_groups.c - the options of a command, for help, manual page and completions */
#include "options/options.h"

#include <string.h>

const char *
cli_options_command_name(unsigned command)
{
    for (const struct command_text *row = cli_commands; row->name != NULL; row++)
        if ((command & (unsigned)row->command) != 0)
            return row->name;
    return "";
}

bool
cli_options_known(const struct option *option, enum command command)
{
    return option->kind != OPTION_REFUSED &&
           (option->commands == 0 || (option->commands & (unsigned)command) != 0);
}

bool
cli_options_begins_group(const struct option *option)
{
    if (option->kind == OPTION_REFUSED)
        return false;
    for (const struct option *row = cli_options_table; row != option; row++)
        if (row->kind != OPTION_REFUSED && row->commands == option->commands)
            return false;
    return true;
}

void
cli_options_group_title(const struct option *option, char *buf, size_t len)
{
    const char *before = "";
    snprintf(buf, len, "Options of %s", option->commands == 0 ? "all commands" : "");
    for (const struct command_text *row = cli_commands; row->name != NULL; row++) {
        size_t at = strlen(buf);
        if ((option->commands & (unsigned)row->command) == 0)
            continue;
        snprintf(buf + at, len - at, "%s%s", before, row->name);
        before = ", ";
    }
}
