"""Test untrusted file names and texts, and the output on terminals."""
import re

from harness import (ESC, Run, columns_of, holds, lacks, on_terminal, png, put,
                     recognize, same, server_url, test, without_color)


# ---- Hostile names and texts ----

HOSTILE = [b'esc\x1b[31m.png', b'new\nline.png', b'bidi\xe2\x80\xaexcod.png',
           b'bad\xff\xfeutf8\xc3.png', b'quote"back\\slash.png', b'c1\xc2\x9b31m.png',
           '字符 e\u0301 😀.png'.encode(), b'tab\there.png', b'bell\x07.png']
FORBIDDEN = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]')


@test
def hostile_names_are_escaped():
    for name in HOSTILE:
        put(name, png(200, 200))
    table = recognize(*HOSTILE)
    lines = Run('check', *HOSTILE)
    for run, count in ((table, len(HOSTILE) + 1), (lines, len(HOSTILE))):
        same(run.out.count('\n'), count, 'one line each')
        same(FORBIDDEN.findall(run.out + run.err), [])
        holds(run.out, 'esc\\x1b[31m.png', 'new\\x0aline.png', 'bidi\\u{202e}xcod.png',
              'bad\ufffd\ufffdutf8\ufffd.png', '😀')
    for run in (recognize('--json', *HOSTILE), Run('check', '--json', *HOSTILE)):
        same(FORBIDDEN.findall(run.out), [])
        rows = sorted(run.lines(), key=lambda row: row['index'])
        same([row['input'] for row in rows],
             ['bad\ufffd\ufffdutf8\ufffd.png' if b'\xff' in name else name.decode()
              for name in HOSTILE])


@test
def messages_escape_what_they_quote():
    for arguments in (['check', f'--x{ESC}[2J', 'a'], [f'{ESC}]0;title\x07'],
                      ['recognize', '--jobs', f'{ESC}[5m', 'a'],
                      ['recognize', '--key-file', f'no{ESC}[5mfile', 'a'],
                      ['check', '-\x1b', 'a']):
        run = Run(*arguments)
        same(run.code in (2, 3), True)
        same(FORBIDDEN.findall(run.err), [], arguments)


@test
def texts_of_the_server_are_escaped():
    put('a.png', png())
    for answer in ('ok-escapes', 'ok-bad-utf8', 'kling-1301'):
        for more in ([], ['--json']):
            run = recognize('-v', '--retries=0', *more, 'a.png', answer=answer)
            same(FORBIDDEN.findall(run.out + run.err), [], answer)


# ---- Terminals ----


@test
def the_table_fits_the_terminal():
    names = ['hero.png', 'textures/characters/a-name-that-is-longer-than-anything.png',
             '字符字符字符字符字符字符字符字符字符.png', 'small.png']
    for name in names:
        put(name, png(200, 200) if name == 'small.png' else png())
    for columns in (80, 40, 36):
        for arguments in (['recognize', '--endpoint', server_url(), *names, '.'],
                          ['recognize', '--retries=0', '--endpoint',
                           server_url('kling-5000'), *names]):
            text, _ = on_terminal(columns, *arguments)
            holds(text, ESC + '[')
            plain = without_color(text)
            lacks(plain, ESC)
            holds(plain, 'hero.png', '…', 'klingrec: ')
            for line in plain.splitlines():
                same(columns_of(line) <= columns and line == line.rstrip(), True,
                     f'{columns} columns: {line!r}')
    text, code = on_terminal(40, 'check', '-v', *names)
    same(code, 1)
    for line in without_color(text).splitlines():
        same('-name-' in line or '字符' in line or columns_of(line) <= 40, True, line)
    for line in on_terminal(40, '--help')[0].splitlines():
        same(line.startswith('Usage') or line.startswith('     ')
             or len(line) <= 40, True, line)


@test
def colours_follow_the_option_and_the_environment():
    put('small.png', png(200, 200))
    rows = [
        # arguments, environment, coloured on a terminal
        ([], {}, True),
        ([], {'NO_COLOR': '1'}, False),
        ([], {'NO_COLOR': ''}, True),
        ([], {'TERM': 'dumb'}, False),
        ([], {'TERM': None}, False),
        (['--color=never'], {}, False),
        (['--color=always'], {'NO_COLOR': '1'}, True),
    ]
    for arguments, env, colored in rows:
        text, code = on_terminal(80, 'check', *arguments, 'small.png', env=env)
        same((code, ESC in text), (1, colored), (arguments, env))
    lacks(Run('check', 'small.png').out, ESC)
    holds(Run('check', '--color', 'always', 'small.png').out, ESC)
    lacks(Run('check', '--json', '--color', 'always', 'small.png').out, ESC)


@test
def a_terminal_without_utf8_gets_ascii():
    put('字.png', png(200, 200))
    text, _ = on_terminal(80, 'check', '字.png', env={'LANG': 'C'})
    same(text.isascii(), True)
    holds(text, '\\u{5b57}.png')
