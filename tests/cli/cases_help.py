"""Test that help, manual page and completions list the same options and exit codes."""
import re
import shutil
import subprocess

from harness import Run, holds, same, test

COMMANDS = ['recognize', 'check', 'merge', 'report', 'completions', 'man', 'help']


def options_of(text):
    """{long name: letter or ''} of the options in a help text."""
    return {name: letter for letter, name in
            re.findall(r'^  (?:-(\w), |    )--([a-z-]+)', text, re.M)}


def options_by_command():
    return {command: options_of(Run('help', command).out) for command in COMMANDS}


@test
def the_general_help_has_the_options_of_all_commands():
    union = {}
    for options in options_by_command().values():
        same(bool(options), True)
        union.update(options)
    same(options_of(Run('--help').out), union)
    usage = re.findall(r'^(?:Usage:|      ) klingrec ([a-z]+)', Run('--help').out, re.M)
    same(usage, COMMANDS)


@test
def the_manual_has_the_options_of_the_help_and_every_exit_code():
    run = Run('man')
    same((run.code, run.err), (0, ''))
    found = {}
    for line in re.findall(r'^\.It (.*Fl \\-.*)$', run.out, re.M):
        letter = re.search(r'Fl (\w) ,', line)
        found[re.search(r'Fl \\-(\S+)', line)[1].replace('\\-', '-')] = (
            letter[1] if letter else '')
    same(found, options_of(Run('--help').out))
    same(re.findall(r'^\.It Cm (\w+)', run.out, re.M), COMMANDS)
    same(re.findall(r'^\.It (\d+)$', run.out, re.M),
         re.findall(r'^ +(\d+)  ', Run('--help').out, re.M))
    if shutil.which('mandoc'):
        lint = subprocess.run(['mandoc', '-Tlint'], input=run.out, text=True,
                              capture_output=True, check=False)
        same((lint.returncode, lint.stdout), (0, ''))


def bash_offers(*words):
    script = ('eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _klingrec; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(['bash', '-c', script, 'bash', Run('completions', 'bash').out,
                           *words], text=True, capture_output=True, check=True)
    return done.stdout.split()


@test
def bash_completes_what_the_help_lists():
    if not shutil.which('bash'):
        return
    for command, options in options_by_command().items():
        same(sorted(bash_offers('klingrec', command, '--')),
             sorted(f'--{name}' for name in options), command)
    same(bash_offers('klingrec', 're'), ['recognize', 'report'])
    same(bash_offers('klingrec', 'recognize', '--format', ''),
         ['ndjson', 'csv', 'tsv', 'table'])
    same(bash_offers('klingrec', 'completions', 'z'), ['zsh'])
    same(bash_offers('klingrec', 'recognize', '-o', ''), [])


@test
def zsh_completes_what_the_help_lists():
    text = Run('completions', 'zsh').out
    blocks = dict(re.findall(r'^    ([a-z]+)\)\n        _arguments \\\n(.*?) ;;$', text,
                             re.M | re.S))
    for command, options in options_by_command().items():
        found = {name: letter or '' for letter, name in
                 re.findall(r"^ +'(?:\(-(\w) --[a-z-]+\)'\{-\w,)?--([a-z-]+)",
                            blocks[command], re.M)}
        same(found, options, command)
    if shutil.which('zsh'):
        subprocess.run(['zsh', '-n'], input=text, text=True, check=True)


@test
def fish_completes_what_the_help_lists():
    text = Run('completions', 'fish').out
    by_command = {command: {} for command in COMMANDS}
    for of, name, letter in re.findall(
            r"^complete -c klingrec(?: -n '__fish_seen_subcommand_from ([a-z ]+)')? "
            r"-l ([a-z-]+)(?: -s (\w))?", text, re.M):
        for command in of.split() or COMMANDS:
            by_command[command][name] = letter
    same(by_command, options_by_command())
    if shutil.which('fish'):
        put = subprocess.run(
            ['fish', '--no-config', '-c',
             text + "\ncomplete -C 'klingrec recognize --'"],
            text=True, capture_output=True, check=True).stdout
        found = {line.split('\t')[0][2:] for line in put.splitlines()}
        same(found - {''}, set(options_by_command()['recognize']))


@test
def an_unknown_shell_is_an_error():
    run = Run('completions', 'tcsh')
    same((run.code, run.out), (2, ''))
    holds(run.err, 'tcsh', 'fish')
