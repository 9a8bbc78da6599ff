# SPDX-License-Identifier: MIT
"""Test untrusted file names and texts, and the output on terminals."""
import base64
import csv
import io
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
              '😀')
    for run in (recognize('--json', *HOSTILE), Run('check', '--json', *HOSTILE)):
        same(FORBIDDEN.findall(run.out), [])
        rows = sorted(run.lines(), key=lambda row: row['index'])
        same([row['input'] for row in rows],
             ['bad\ufffd\ufffdutf8\ufffd.png' if b'\xff' in name else name.decode()
              for name in HOSTILE])


# Pairs of names that look the same when something is lost.
ALIKE = [b'a\nb.png', b'a\\x0ab.png', b'a\\\\x0ab.png', b'c\xff.png', b'c\xfe.png',
         b'c\xef\xbf\xbd.png', b'c\\xff.png', b'd\xe2\x80\xae.png', b'd\\u{202e}.png',
         b'=e.png', b"'=e.png", b"''=e.png"]


def name_of_text(text):
    """The bytes of a name from a table, CSV or TSV."""
    def character(match):
        raw, code = match[1], match[2]
        return (bytes([int(raw, 16)]) if raw else chr(int(code, 16)).encode() if code
                else b'\\')
    return re.sub(rb'\\(?:\\|x([0-9a-f]{2})|u\{([0-9a-f]+)\})', character, text.encode())


def name_of_cell(cell):
    return name_of_text(cell[re.match("(?=[ ']*[=+@|%-])'|", cell).end():])


def name_of_record(row):
    if 'input_bytes' in row:
        return base64.b64decode(row['input_bytes'])
    return row['input'].encode()


def names_of(form, text):
    if form == 'csv':
        return [name_of_cell(row['input']) for row in csv.DictReader(io.StringIO(text))]
    if form == 'tsv':
        return [name_of_cell(line.split('\t')[1]) for line in text.splitlines()[1:]]
    return [name_of_text(line.split('  ')[0]) for line in text.splitlines()[1:]]


@test
def every_name_can_be_recovered_from_the_output():
    for number, name in enumerate(ALIKE):
        put(name, png(400 + number, 400))
    for form in ('csv', 'tsv', 'table'):
        run = recognize('--ordered', '--format', form, *ALIKE)
        same((run.code, names_of(form, run.out)), (0, ALIKE), form)
    run = recognize('--ordered', '--json', *ALIKE)
    same([name_of_record(row) for row in run.lines()], ALIKE)
    same([row['input'] for row in run.lines() if 'input_bytes' in row],
         ['c\ufffd.png', 'c\ufffd.png'], 'only names that are not UTF-8')
    lines = Run('check', '-v', *ALIKE).out.splitlines()
    same([name_of_text(line.split(': ')[0]) for line in lines], ALIKE)
    same(Run('check', '--fields', 'input', '--json', ALIKE[3]).lines(),
         [{'input': 'c\ufffd.png', 'input_bytes': 'Y/8ucG5n'}])


@test
def names_that_are_not_utf8_can_be_merged():
    for number, name in enumerate(ALIKE):
        put(name, png(400 + number, 400))
    for part in ('0', '1'):
        recognize('--no-journal', '--shard', part + '/2', '-o', part + '.ndjson', *ALIKE)
    run = Run('merge', '0.ndjson', '1.ndjson')
    same((run.code, [name_of_record(row) for row in run.lines()]), (0, ALIKE))


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
                fits = columns_of(line) <= columns or ' ' not in line.strip()
                same(fits and line == line.rstrip(), True, f'{columns} columns: {line!r}')
    text, code = on_terminal(40, 'check', '-v', *names)
    same(code, 1)
    for line in without_color(text).splitlines():
        same('-name-' in line or '字符' in line or columns_of(line) <= 40, True, line)
    for line in on_terminal(40, '--help')[0].splitlines():
        same(line.startswith('Usage') or line.startswith('     ')
             or len(line) <= 40, True, line)


@test
def a_long_name_is_not_broken_and_does_not_widen_the_rows_of_others():
    long = 'long-' * 30 + '.png'
    names = ['a.png', 'b.png', long, 'c.png']
    for name in names:
        put(name, png())
    run = recognize(*names)
    same([len(line) for line in run.out.splitlines()[1:]],
         [29, 29, len(long) + 24, 29])
    # Names that are long alike are one column.
    names = [f'{i}-{long}' for i in range(3)]
    for name in names:
        put(name, png())
    same({len(line) for line in recognize(*names, 'a.png').out.splitlines()[1:]},
         {len(names[0]) + 24})
    text, _ = on_terminal(60, 'recognize', '--ca-file', 'none/' + long, 'a.png')
    holds(without_color(text), f"'none/{long}'")


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
