/* SPDX-License-Identifier: MIT */
/* completions.c - shell completion scripts, generated from the tables */
#include "options/completions.h"

#include "base/exits.h"
#include "base/say.h"

#include <string.h>

#define EACH_COMMAND(row)                                                              \
    for (const struct command_text *row = cli_commands; row->name != NULL; row++)
#define EACH_OPTION(row)                                                               \
    for (const struct option *row = cli_options_table; row->name != NULL; row++)

static bool
is_file(const struct option *option)
{
    return option->value != NULL &&
           (strcmp(option->value, "FILE") == 0 || strcmp(option->value, "DIR") == 0);
}

/* The choices of an option with another separator than "|"; NULL: it has none. */
static const char *
words_of(const struct option *option, char separator, char *buf, size_t len)
{
    const char *words = option->kind == OPTION_CHOICE  ? option->value
                        : option->kind == OPTION_KINDS ? "head|face|cloth|object"
                                                       : NULL;
    if (words == NULL)
        return NULL;
    snprintf(buf, len, "%s", words);
    for (char *at = buf; *at != '\0'; at++)
        if (*at == '|')
            *at = separator;
    return buf;
}

/* Prints the first clause of the help without the characters in harmful, which the
   shell would interpret. */
static void
put_help(const struct option *option, const char *harmful)
{
    const char *help = option->help;
    size_t len = strcspn(help, ";:[(");
    while (len > 0 && (help[len - 1] == ' ' || help[len - 1] == ','))
        len--;
    for (size_t i = 0; i < len; i++)
        if (strchr(harmful, help[i]) == NULL)
            putchar(help[i]);
}

/* ---- bash ------------------------------------------------------------------- */

static void
bash_values(void)
{
    char buf[80];
    EACH_OPTION(row)
    {
        const char *words = words_of(row, ' ', buf, sizeof buf);
        if (row->kind == OPTION_REFUSED || row->value == NULL || is_file(row))
            continue;
        printf("    --%s", row->name);
        if (row->letter != 0)
            printf("|-%c", row->letter);
        printf(") COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n",
               words != NULL ? words : "");
    }
}

static void
bash_names(enum command command)
{
    EACH_OPTION(row)
    if (cli_options_known(row, command))
        printf(" --%s", row->name);
}

static void
print_bash(void)
{
    fputs(
        "# klingrec completions bash\n_klingrec()\n{\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local command= each names\n    COMPREPLY=()\n"
        "    for each in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
        "        case $each in\n        ",
        stdout);
    EACH_COMMAND(row)
    printf("%s%s", row == cli_commands ? "" : "|", row->name);
    fputs(") command=$each; break ;;\n        esac\n    done\n    case $before in\n",
          stdout);
    bash_values();
    fputs("    esac\n    case $command in\n", stdout);
    EACH_COMMAND(row)
    {
        printf("    %s) names='", row->name);
        bash_names(row->command);
        fputs("' ;;\n", stdout);
    }
    fputs("    *) names='", stdout);
    EACH_COMMAND(row)
    printf(" %s", row->name);
    fputs(" --help --version' ;;\n    esac\n"
          "    if [[ $word == -* || -z $command ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$names\" -- \"$word\"))\n"
          "    elif [[ $command == completions ]]; then\n"
          "        COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\"))\n"
          "    fi\n}\ncomplete -o default -F _klingrec klingrec\n",
          stdout);
}

/* ---- zsh -------------------------------------------------------------------- */

static void
zsh_option(const struct option *option)
{
    char buf[80];
    const char *words = words_of(option, ' ', buf, sizeof buf);
    fputs("        ", stdout);
    if (option->letter != 0)
        printf("'(-%c --%s)'{-%c,--%s}'", option->letter, option->name, option->letter,
               option->name);
    else
        printf("'--%s", option->name);
    /* With "=" the value may also follow an equals sign. */
    fputs(option->value != NULL ? (option->letter != 0 ? "" : "=") : "", stdout);
    putchar('[');
    put_help(option, "'[]:\\");
    putchar(']');
    if (option->value != NULL)
        printf(":%s:", is_file(option) ? "file" : "value");
    if (words != NULL)
        printf("(%s)", words);
    else if (is_file(option))
        fputs("_files", stdout);
    fputs("' \\\n", stdout);
}

static void
print_zsh(void)
{
    fputs("#compdef klingrec\n# klingrec completions zsh\n_klingrec()\n{\n"
          "    local each command=\n    for each in ${words[2,CURRENT-1]}; do\n"
          "        case $each in\n        ",
          stdout);
    EACH_COMMAND(row)
    printf("%s%s", row == cli_commands ? "" : "|", row->name);
    fputs(") command=$each; break ;;\n        esac\n    done\n    case $command in\n",
          stdout);
    EACH_COMMAND(row)
    {
        printf("    %s)\n        _arguments \\\n", row->name);
        EACH_OPTION(option)
        if (cli_options_known(option, row->command))
            zsh_option(option);
        printf("        '1: :' '*: :%s' ;;\n",
               row->command == COMMAND_COMPLETIONS ? "(bash zsh fish)" : "_files");
    }
    fputs("    *) _values command", stdout);
    EACH_COMMAND(row)
    printf(" %s", row->name);
    fputs(" ;;\n    esac\n}\n"
          "if [ \"$funcstack[1]\" = _klingrec ]; then _klingrec \"$@\"; "
          "else compdef _klingrec klingrec; fi\n",
          stdout);
}

/* ---- fish ------------------------------------------------------------------- */

static void
fish_option(const struct option *option)
{
    char buf[80];
    const char *words = words_of(option, ' ', buf, sizeof buf);
    fputs("complete -c klingrec", stdout);
    if (option->commands != 0) {
        fputs(" -n '__fish_seen_subcommand_from", stdout);
        EACH_COMMAND(row)
        if ((option->commands & (unsigned)row->command) != 0)
            printf(" %s", row->name);
        putchar('\'');
    }
    printf(" -l %s", option->name);
    if (option->letter != 0)
        printf(" -s %c", option->letter);
    if (option->value != NULL)
        fputs(is_file(option) ? " -r -F" : " -x", stdout);
    if (words != NULL)
        printf(" -a '%s'", words);
    fputs(" -d '", stdout);
    put_help(option, "'\\");
    fputs("'\n", stdout);
}

static void
print_fish(void)
{
    fputs("# klingrec completions fish\n", stdout);
    EACH_COMMAND(row)
    printf("complete -c klingrec -n __fish_use_subcommand -f -a %s\n", row->name);
    fputs("complete -c klingrec -n '__fish_seen_subcommand_from completions' -f "
          "-a 'bash zsh fish'\n",
          stdout);
    EACH_OPTION(row)
    if (row->kind != OPTION_REFUSED)
        fish_option(row);
}

int
cli_completions(const struct options *options)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(options->inputs[0], shells[i].shell) == 0) {
            shells[i].print();
            return EXIT_GOOD;
        }
    cli_say_error("completions: unknown shell '%s'; expected bash, zsh or fish",
                  options->inputs[0]);
    return EXIT_USAGE;
}
