# SPDX-License-Identifier: MIT
"""Test that help, manual page and completions list the same options and exit codes."""
import os
import re
import shutil
import subprocess

from harness import (DOCS, KEY, PROGRAM, Run, environment, holds, on_terminal, png, put,
                     recognize, same, server_url, test, without_color)

COMMANDS = ['recognize', 'check', 'merge', 'report', 'completions', 'man', 'help']


def options_of(text):
    """{long name: letter or ''} of the options in a help text."""
    return {name: letter for letter, name in
            re.findall(r'^  (?:-(\w), |    )--([a-z-]+)', text, re.M)}


def options_by_command():
    return {command: options_of(Run('help', command).out) for command in COMMANDS}


def all_options():
    union = {}
    for options in options_by_command().values():
        same(bool(options), True)
        union.update(options)
    return union


def sections_of(text):
    """{title: lines} of a help text."""
    return {title: part.splitlines() for title, part in
            re.findall(r'^([A-Z][a-z ]+):\n((?:  .*\n)+)', text, re.M)}


@test
def the_general_help_lists_the_commands_and_says_how_to_read_on():
    text = Run('--help').out
    sections = sections_of(text)
    same([line.split()[0] for line in sections['Commands']], COMMANDS)
    same(text.count('\n') <= 36, True, 'one screen')
    holds(text, 'Usage: klingrec COMMAND', 'klingrec COMMAND --help', 'klingrec man')
    same(Run('help').out, text)


GROUPS = ['Key', 'Input', 'Requirements', 'Output', 'Money', 'Network', 'Help']


@test
def the_help_of_a_command_has_examples_and_groups_of_options():
    for command in COMMANDS:
        text = Run('help', command).out
        same(text, Run(command, '--help').out)
        sections = list(sections_of(text))
        same(sections[0], 'Examples', command)
        groups = [title for title in sections if title not in ('Examples', 'Exit codes')]
        same(groups, [title for title in GROUPS if title in groups], command)
        same(command != 'recognize' or groups == GROUPS, True, groups)
        same(len(examples_of(command)), 3, command)


@test
def the_documentation_shows_real_output():
    with open(DOCS, encoding='utf-8') as file:
        blocks = re.findall(r'^((?:    .*\n|\n(?=    ))+)', file.read(), re.M)
    blocks = [re.sub('^    ', '', block, flags=re.M).strip('\n') + '\n'
              for block in blocks]

    def block_with(text):
        block, = [block for block in blocks if text in block]
        return block
    shown = block_with('$ klingrec --help')
    same(Run('--help').out.split('\nExit codes')[0], shown.partition('\n')[2])
    put('art/small.png', png(256, 256))
    put('small.png', png(256, 256))
    put('hero.png', png(marker='head,face'))
    same(Run('check', 'art').out, block_with('art/small.png: error'))
    text, _ = on_terminal(80, 'recognize', '--endpoint', server_url(), 'hero.png',
                          'small.png')
    same(without_color(text).split('klingrec: ')[0], block_with('file       head'))


def examples_of(command):
    lines = sections_of(Run('help', command).out)['Examples']
    return [line.strip() for line in lines if not line.startswith('      ')]


@test
def the_examples_of_the_help_work():
    for name in ('hero.png', 'art/a.png', '.klingrec-key'):
        put(name, png() if name.endswith('.png') else KEY.encode())
    os.chmod('.klingrec-key', 0o600)
    for folder in ('bin', '.zfunc', '.config/fish/completions'):
        os.makedirs(folder)
    with open('bin/klingrec', 'w', encoding='utf-8') as script:
        script.write(f'#!/bin/sh\nexec "{PROGRAM}" "$@"\n')
    os.chmod('bin/klingrec', 0o755)
    for part in '01':
        for form in ('csv', 'ndjson'):
            recognize('--shard', part + '/2', '-o', f'part.{part}.{form}', 'hero.png',
                      'art/a.png')
    env = environment(COMETAPI_KEY=KEY, HOME=os.getcwd(),
                      PATH=os.getcwd() + '/bin:' + os.environ['PATH'])
    for command in COMMANDS:
        for line in examples_of(command):
            if ('man -l -' in line or 'mandoc' in line) and not shutil.which('mandoc'):
                continue
            if 'recognize --help' not in line:
                line = line.replace('klingrec recognize ',
                                    f"klingrec recognize --endpoint '{server_url()}' ")
            line = line.replace('man -l -', 'mandoc')
            done = subprocess.run(['bash', '-o', 'pipefail', '-c', line], env=env,
                                  check=False, capture_output=True, text=True)
            same((done.returncode, 'error' in done.stderr), (0, False),
                 f'{line}: {done.stderr}')


@test
def the_manual_has_the_options_of_the_help_and_every_exit_code():
    run = Run('man')
    same((run.code, run.err), (0, ''))
    found = {}
    for line in re.findall(r'^\.It (.*Fl \\-.*)$', run.out, re.M):
        letter = re.search(r'Fl (\w) ,', line)
        found[re.search(r'Fl \\-(\S+)', line)[1].replace('\\-', '-')] = (
            letter[1] if letter else '')
    same(found, all_options())
    same(re.findall(r'^\.It Cm (\w+)', run.out, re.M), COMMANDS)
    same(re.findall(r'^\.It (\d+)$', run.out, re.M),
         re.findall(r'^ +(\d+)  ', Run('--help').out, re.M))
    order, = re.findall('^If several apply.*', Run('--help').out, re.M)
    holds(run.out, order)
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
         ['ndjson', 'csv', 'tsv', 'table', 'names'])
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
