/* SPDX-License-Identifier: MIT */
/* options_groups.c - the options of a command, for help, manual page and completions */
#include "options/options.h"

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

const char *const cli_options_group_titles[GROUPS] = {
#define GROUP_TITLE(name, title) title,
    OPTION_GROUPS(GROUP_TITLE)
#undef GROUP_TITLE
};

const struct option *
cli_options_next(const struct option *option, enum option_group group,
                 enum command command)
{
    const struct option *row = option != NULL ? option + 1 : cli_options_table;
    for (; row->name != NULL; row++)
        if (row->group == group && row->kind != OPTION_REFUSED &&
            (command == COMMAND_NONE || cli_options_known(row, command)))
            return row;
    return NULL;
}
