# SPDX-License-Identifier: MIT
"""Test the command line: options, help, exit codes."""
import os
import re

from harness import DOCS, KEY, Run, holds, lacks, png, put, recognize, same, test


# ---- The command line ----

USAGE = [
    # arguments, parts of the message
    (['--jsn', 'check', 'x'], ['--jsn', 'did you mean --json?']),
    (['check', '--jsno=secret', 'x'], ['did you mean --json?']),
    (['recognize', '--retires', '3', 'x'], ['did you mean --retries?']),
    (['recognize', '--zzzzzzzz', 'x'], ['--zzzzzzzz', '--help']),
    (['check', '-x', 'y'], ['-x']),
    (['chekc', 'x'], ["'chekc'", 'klingrec check?']),
    (['https://example.com/a.png'], ['did you mean klingrec recognize']),
    (['good.png'], ['did you mean klingrec recognize']),
    (['help', 'chekc'], ["'chekc'"]),
    (['help', 'check', 'x'], ["'x' is one argument too many"]),
    (['man', 'x'], ["'x'", 'too many']),
    (['completions', 'bash', 'zsh'], ["'zsh'", 'too many']),
    (['report', 'x', 'y'], ["'y'", 'too many: klingrec report [FILE]']),
    (['recognize', '--jobs', '0', 'x'], ['--jobs', "'0'", '1', '256']),
    (['recognize', '--jobs=257', 'x'], ['--jobs', "'257'", '256']),
    (['recognize', '-j', 'four', 'x'], ['--jobs', "'four'"]),
    (['recognize', '-j4x', 'x'], ['--jobs', "'4x'"]),
    (['recognize', '-j', '-1', 'x'], ['--jobs', "'-1'"]),
    (['recognize', '--timeout', '0', 'x'], ['--timeout', "'0'", '0.001']),
    (['recognize', '--timeout', '1.2345', 'x'], ['--timeout', "'1.2345'"]),
    (['recognize', '--timeout', '86400.001', 'x'], ['--timeout', '86400']),
    (['recognize', '--retries', '21', 'x'], ['--retries', '20']),
    (['check', '--max-bytes', '4096M', 'x'], ['--max-bytes', "'4096M'"]),
    (['check', '--max-bytes', '99999999999999999999', 'x'], ['--max-bytes']),
    (['check', '--min-side', '', 'x'], ['--min-side', "''"]),
    (['check', '--json=yes', 'x'], ['--json', 'no value']),
    (['check', '--color', 'blue', 'x'], ['--color', "'blue'", 'auto|always|never']),
    (['check', '--color', 'aut', 'x'], ['--color', "'aut'"]),
    (['check', '--min-side'], ['--min-side', 'PIXELS']),
    (['check', '--retries', '2', 'x'], ['--retries', 'recognize']),
    (['--min-side', '2', 'recognize', 'x'], ['--min-side', 'check']),
    (['check'] + 99 * ['--json'] + ['--rate', '2', 'x'], ['--rate', 'recognize']),
    (['recognize'], ['IMAGE|URL']),
    (['check'], ['IMAGE|FOLDER']),
    (['check', '-', '-'], ['-', '2 times']),
    (['check', 'https://example.com/a.png'], ['URL']),
    (['recognize', '--key-file', '-', '-'], ['standard input']),
    (['recognize', '--key', 'sk-secret', 'x'], ['--key', 'COMETAPI_KEY']),
    (['recognize', '--key=sk-secret', 'x'], ['--key', '--key-file']),
    (['recognize', '--api-key=sk-secret', 'x'], ['--api-key', '--key-file']),
    (['recognize', '--kee=sk-secret', 'x'], ['--kee']),
    (['recognize', '--endpoint', 'ftp://x', 'x'], ['--endpoint', 'ftp://x']),
    (['recognize', '--endpoint', 'https://me:secret@x/', 'x'], ['--endpoint:']),
    (['recognize', '--endpoint', 'http://example.com/', 'x'], ['--insecure-http']),
    (['recognize', '--proxy', 'foo://me:secret@x', 'x'], ['--proxy:', 'socks5h://']),
    (['recognize', '--proxy', 'http://me:secret@x', '--endpoint', 'http://127.0.0.1/',
      'x'], ['--proxy:', '--insecure-http']),
    (['recognize', '--ca-file', 'none.pem', 'x'], ['--ca-file', 'none.pem']),
]


@test
def wrong_command_lines_name_the_option_the_value_and_the_numbers():
    put('good.png', png())
    for arguments, parts in USAGE:
        run = Run(*arguments, env={'COMETAPI_KEY': KEY})
        same(run.code, 2, arguments)
        same(run.out, '', arguments)
        same(run.err.count('\n'), 1, f'{arguments}: lines of {run.err!r}')
        holds(run.err, 'klingrec: error: ', *parts)
        lacks(run.err, 'secret')
        if {'--endpoint', '--proxy', '--ca-file'} & set(arguments):
            dry = Run('recognize', '-n', *arguments[1:])
            same((dry.code, dry.out, dry.err), (2, '', run.err))


@test
def a_file_that_looks_like_an_option_is_pointed_out():
    for name in ('--help.png', '-x.png', '-vx', '--json=1.png'):
        put(name, png())
        for command in (['recognize', 'a.png'], ['check']):
            run = Run(*command, name)
            same((run.code, run.out), (2, ''), name)
            holds(run.err, *([f"'{name}'", 'put -- before'] if name[:6] != '--json'
                             else ['--json takes no value']))
        same(Run('check', '--', name).code, 0)


@test
def no_arguments_show_a_short_usage():
    run = Run()
    same((run.code, run.out), (2, ''))
    holds(run.err, 'klingrec recognize', 'klingrec check', '--help')


@test
def help_and_version_go_to_stdout():
    for arguments in (['--help'], ['-h'], ['help'], ['check', '--help'],
                      ['help', 'recognize'], ['recognize', '-h', 'x']):
        run = Run(*arguments)
        same((run.code, run.err), (0, ''), arguments)
        holds(run.out, 'Usage: klingrec', 'Exit codes:', '130')
        for line in run.out.splitlines():
            same(len(line) <= 80 and line == line.rstrip(), True, line)
    lacks(Run('help', 'check').out, '--key-file')
    lacks(Run('--help').out, '--key-file')
    run = Run('--version')
    same((run.code, run.err), (0, ''))
    holds(run.out, 'klingrec 0.', 'libcurl/')


@test
def the_documentation_has_every_exit_code_and_no_unknown_option():
    if DOCS is None:
        return
    with open(DOCS, encoding='utf-8') as file:
        text = file.read()
    help_text = Run('--help').out
    for code, meaning in re.findall(r'^ +(\d+)  (.+)$', help_text, re.M):
        holds(text, f'| {code} | {meaning} |')
    known = {option for command in ('recognize', 'check', 'merge', 'report')
             for option in re.findall(r'--[a-z-]+', Run('help', command).out)}
    # GNU parallel's own
    same(set(re.findall(r'--[a-z-]*[a-z]', text)) - known - {'--termseq'}, set())


@test
def options_are_accepted_in_every_form():
    put('good.png', png())
    for arguments in (['-j4'], ['-j', '4'], ['--jobs=4'], ['--jobs', '4'], ['-qj4'],
                      ['--timeout', '9.5'], ['--retries=0'], ['--proxy=']):
        same(recognize(*arguments, 'good.png').code, 0, arguments)
    put('-v', png())
    same(Run('check', '--', '-v').code, 0)
    same(Run('check', '-r', '.').code, 0)
    same(Run('--json', 'check', 'good.png').lines()[0]['index'], 0)


@test
def options_without_effect_are_refused_and_a_dash_is_standard_output():
    put('a.png', png())
    for more in ([], ['-o', 'x.csv', '--no-journal']):
        run = recognize('--retry-unsure', *more, 'a.png')
        same((run.code, run.out), (2, ''))
        holds(run.err, '--journal FILE')
    run = recognize('--json', '-o', '-', 'a.png')
    same((run.code, len(run.lines()), sorted(os.listdir())), (0, 1, ['a.png']))
