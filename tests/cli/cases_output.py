# SPDX-License-Identifier: MIT
"""Test the output of recognize: formats, fields, order, files, progress."""
import csv
import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

from harness import (DOCS, KEY, PROGRAM, Run, are_devices, columns_of, environment, holds,
                     lacks, nothing, on_terminal, png, put, recognize, same, server_url,
                     test, wait_until, without_color)

HOSTILE = [b'=cmd|calc.png', b'+1.png', b'-2.png', b'@sum.png', b'a"b,c;d.png',
           b'tab\there.png', b'line\nbreak.png', b'cr\rhere.png', b' =blank.png',
           b'\xff\xfe.png', '字.png'.encode(), b"'=quoted.png", b'%x.png']


def put_hostile():
    for name in HOSTILE:
        put(name, png())
    put('list', b'\0'.join(HOSTILE) + b'\0')


@test
def csv_and_tsv_have_one_safe_line_per_record():
    put_hostile()
    for form, dialect in (('csv', {}), ('tsv', {'delimiter': '\t',
                                                'quoting': csv.QUOTE_NONE})):
        run = recognize('--format', form, '--ordered', '--files-from', 'list', '-0')
        same(run.code, 0)
        lines = run.out.split('\n')
        same((len(lines), lines[-1]), (len(HOSTILE) + 2, ''), form)
        same(re.findall('[\x00-\x08\x0b-\x1f\x7f-\x9f]', run.out), [])
        rows = list(csv.DictReader(io.StringIO(run.out, newline=''), **dialect))
        same([row['index'] for row in rows], [str(i) for i in range(len(HOSTILE))])
        for row in rows:
            same(None in row or None in row.values(), False, 'cells')
            for cell in row.values():
                same(cell.lstrip()[:1] in tuple('=+-@|%') and not cell.isdigit(), False,
                     cell)
        names = [row['input'] for row in rows]
        same(names[:5], ["'=cmd|calc.png", "'+1.png", "'-2.png", "'@sum.png",
                         'a"b,c;d.png'])
        same(names[5:8], ['tab\\x09here.png', 'line\\x0abreak.png', 'cr\\x0dhere.png'])
        same((rows[0]['head'], rows[0]['qualifies'], rows[0]['message']),
             ('true', '', ''))
        same(json.loads(rows[0]['region_list'])[0]['name'], 'head_seg')


@test
def texts_of_the_server_cannot_break_a_record():
    put('a.png', png())
    for answer in ('ok-escapes', 'ok-bad-utf8', 'ok-unknown-type', 'kling-1301',
                   'cloudflare-502'):
        for form in ('csv', 'tsv', 'ndjson'):
            run = recognize('--retries=0', '--format', form, 'a.png', answer=answer)
            same(run.out.count('\n'), 1 if form == 'ndjson' else 2, (answer, form))
            same(re.findall('[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]', run.out), [])


TYPES = {'number': int, 'string': str, 'boolean': bool}


@test
def every_field_is_documented_with_its_type():
    put('a.png', png())
    put('small.png', png(200, 200))
    with open(DOCS, encoding='utf-8') as file:
        text = file.read()
    documented = {}
    for names, kind in re.findall(r'^\| (`[a-z_`, ]+`) \| (.+) \|$', text, re.M):
        for name in re.findall('`([a-z_]+)`', names):
            documented[name] = kind
    header = recognize('--format', 'csv', 'a.png').out.splitlines()[0].split(',')
    header.append('plan')
    same(set(header) - set(documented), set())
    same(set(documented) - set(header), {'input_bytes', 'elapsed_ms'})
    for row in recognize('--json', '--require', 'head', 'a.png', 'small.png').lines():
        flat = {**row, **(row.pop('regions') or {}), **(row.pop('image') or {})}
        for name, value in flat.items():
            if name in ('regions', 'image') or value is None:
                continue
            word = re.match('number|string|boolean|the service|list|`|"',
                            documented[name])[0]
            if word in TYPES:
                same(type(value), TYPES[word], name)


@test
def fields_are_chosen_by_name_or_group():
    put('a.png', png(marker='head'))
    run = recognize('--json', '--fields', 'index,regions,width,format', 'a.png')
    same(run.out, '{"index":0,"regions":{"head":true,"face":false,"cloth":false,'
                  '"object":false},"image":{"format":"PNG","width":512}}\n')
    run = recognize('--format=tsv', '--fields', 'input,head', 'a.png')
    same(run.out, 'input\thead\na.png\ttrue\n')
    run = recognize('--fields', 'heda', '--key-command', 'touch asked', '--rate', '9',
                    '--rate-file', 'rate', 'a.png')
    same((run.code, os.listdir()), (2, ['a.png']), 'nothing was done')
    holds(run.err, "unknown field 'heda'; did you mean head?")


@test
def ordered_is_the_order_of_the_inputs():
    put('slow.png', png(marker='answer=ok:delay=3000'))
    put('fast.png', png(400, 400))
    names = ['slow.png', 'fast.png', 'fast.png']
    run = recognize('--json', *names)
    same([row['index'] for row in run.lines()][-1], 0)
    run = recognize('--json', '--ordered', *names)
    same([row['index'] for row in run.lines()], [0, 1, 2])


@test
def an_output_file_is_complete_or_unchanged():
    put('a.png', png())
    put('out', b'old')
    run = recognize('--json', '-o', 'out', 'a.png')
    same((run.code, run.out), (0, ''))
    with open('out', encoding='utf-8') as file:
        same(json.loads(file.read())['status'], 'KLINGREC_OK')
    same(os.path.exists('out.part'), False)
    same(os.path.exists('out.journal'), True)
    # A killed process leaves the old file.
    put('slow.png', png(444, 444, marker='answer=ok:delay=20000'))
    process = subprocess.Popen(
        [PROGRAM, 'recognize', '--json', '-o', 'out', '--endpoint', server_url(),
         'slow.png'], env=environment(COMETAPI_KEY=KEY), stderr=subprocess.DEVNULL)
    wait_until('the output', lambda: os.path.exists('out.part'))
    process.kill()
    process.wait()
    holds(open('out', encoding='utf-8').read(), 'KLINGREC_OK')
    for name in ('.', 'none/out', '/dev/full/x'):
        run = recognize('--no-journal', '--json', '-o', name, 'a.png')
        same((run.code, run.out), (5, ''), name)
        holds(run.err, name)
    run = recognize('--no-journal', '--json', '-o', 'other', 'a.png')
    same((run.code, os.path.exists('other.journal')), (0, False))
    if are_devices('/dev/full'):
        os.symlink('/dev/full', 'third.part')
        same(recognize('--no-journal', '--json', '-o', 'third', 'a.png').code, 5)


class Screen:
    """A terminal emulator with the features that the progress line uses."""

    def __init__(self, columns):
        self.columns = columns
        self.lines = ['']
        self.row = 0
        self.column = 0
        self.widest = 0

    def feed(self, text):
        for part in re.findall('\x1b\\[[0-9]*[A-Zm]|[\r\n]|[^\x1b\r\n]+', text):
            if part == '\r':
                self.column = 0
            elif part == '\n':
                self.row += 1
                self.column = 0
            elif part == '\x1b[J':
                self.lines[self.row] = self.lines[self.row][:self.column]
                del self.lines[self.row + 1:]
            elif part[0] == '\x1b' and part[-1] == 'A':
                self.row -= int(part[2:-1])
            elif part[0] != '\x1b':
                self.put(part)
            while len(self.lines) <= self.row:
                self.lines.append('')

    def put(self, part):
        for letter in part:
            if self.column >= self.columns:
                self.row += 1
                self.column = 0
            while len(self.lines) <= self.row:
                self.lines.append('')
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[:self.column] + letter + line[self.column + 1:]
            self.column += 1

    def resize(self, columns):
        """Wrap the lines to the new width, as terminals do."""
        lines = []
        for number, line in enumerate(self.lines):
            pieces = [line[i:i + columns] for i in range(0, len(line), columns)] or ['']
            lines += pieces
            if number == self.row:
                self.row = len(lines) - 1
        self.lines = lines
        self.columns = columns


def watch(columns, *arguments, resize_to=None, env=None):
    """The screen contents after each write; after a resize, only those of the new window.
    The program is stopped during the resize, so it cannot measure one window and write
    to the other."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    with nothing() as stdin:
        process = subprocess.Popen([PROGRAM, *arguments], stdin=stdin,
                                   stdout=subprocess.DEVNULL, stderr=terminal,
                                   env=environment(COMETAPI_KEY=KEY, **(env or {})))
    screen, seen = Screen(columns), []
    while True:
        if select.select([control], [], [], 0.05)[0]:
            # One read may contain several writes: each begins with \r.
            for part in re.findall('\r?[^\r]+', os.read(control, 65536).decode()):
                screen.feed(part)
                seen.append([line for line in screen.lines if line])
        elif process.poll() is not None:
            break
        if resize_to and len(seen) >= 3:
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid,
                      os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            while select.select([control], [], [], 0)[0]:
                screen.feed(os.read(control, 65536).decode())
            fcntl.ioctl(terminal, termios.TIOCSWINSZ,
                        struct.pack('HHHH', 24, resize_to, 0, 0))
            screen.resize(resize_to)
            process.send_signal(signal.SIGCONT)
            resize_to, seen = None, []
    os.close(terminal)
    os.close(control)
    return seen, process.returncode


def counts_down(lines):
    """Whether the remaining time is shown and does not grow while no image ends."""
    last, pairs = None, 0
    for line in lines:
        found = re.match(r'(\d+)(?:/| of ).* (\d+):(\d\d)', line)
        now = found and (found[1], int(found[2]) * 60 + int(found[3]))
        if now and last and now[0] == last[0]:
            same(now[1] <= last[1], True, (last, now))
            pairs += 1
        last = now or last
    same(pairs > 3, True, 'lines to compare')


@test
def progress_fits_the_window_and_survives_a_resize():
    for i in range(30):
        put(f'{i:02}.png', png(400 + i, 400))
    put('small.png', png(200, 200))
    names = ['small.png'] + [f'{i:02}.png' for i in range(30)]
    endpoint = server_url('ok:delay=450')
    for columns, resize_to, form in (
            (80, None, r'\d+ of 31 \(\d+%\), 1 failed, \d+ per minute, \d+:\d\d left'),
            (40, None, r'\d+/31, 1 failed, \d+/min, \d+:\d\d'),
            (22, None, r'\d+/31 \d+%'), (80, 30, r'\d+/31, 1 failed.*|\d+/31 \d+%')):
        seen, code = watch(columns, 'recognize', '--endpoint', endpoint, *names,
                           resize_to=resize_to)
        same(code, 1)
        last = seen[-1]
        seen = [screen for screen in seen if 'klingrec:' not in ''.join(screen)]
        lines = [line for screen in seen for line in screen]
        same(any(re.fullmatch(form, line) for line in lines), True, lines[-5:])
        if resize_to is None and columns >= 40:
            counts_down(lines)
        for screen in seen:
            same(len(screen) <= 1, True, screen)
            same(all(len(line) < (resize_to or columns) for line in screen), True, screen)
        holds(''.join(last), '31 images')
        lacks(''.join(last), '%')


@test
def progress_is_silent_in_a_pipe_and_when_quiet():
    put('a.png', png())
    names = ['a.png'] * 6
    run = recognize('-j1', *names, answer='ok:delay=250')
    lacks(run.err, '%', '\r', '\x1b')
    for more, env in ((['-q'], {}), ([], {'TERM': 'dumb'})):
        seen, _ = watch(80, 'recognize', '-j1', *more, '--endpoint',
                        server_url('ok:delay=250'), *names, env=env)
        lacks(repr(seen), '%')


@test
def without_an_option_the_name_of_the_output_decides_its_format():
    put('a.png', png())
    for name, begin in (('o.ndjson', '{"'), ('o.JSONL', '{"'), ('o.csv', 'index,'),
                        ('o.tsv', 'index\t')):
        same(recognize('-o', name, '--no-journal', 'a.png').code, 0, name)
        with open(name, encoding='utf-8') as file:
            same(file.read().startswith(begin), True, name)
    same(recognize('-o', 'p.csv', '--format', 'ndjson', '--no-journal', 'a.png').code, 0)
    with open('p.csv', encoding='utf-8') as file:
        same(file.read(2), '{"')
    run = recognize('--json', '--format', 'csv', 'a.png')
    same(run.code, 2)
    holds(run.err, '--json')
    for name in ('name.jpg', 'o.txt', 'o.parquet', 'csv', 'o.ndjson.gz'):
        for command in ('recognize', 'check'):
            run = Run(command, '-o', name, 'a.png', env={'COMETAPI_KEY': KEY})
            same((run.code, os.path.exists(name)), (2, False), (command, name))
            holds(run.err, f"'{name}'", '.ndjson', '.csv', '--format')
        same(Run('check', '-o', name, '--format', 'table', 'a.png').code, 0)
    same(Run('check', '-o', '-', 'a.png').code, 0)


@test
def fields_without_a_format_are_ndjson():
    put('a.png', png())
    for command in (['check'], ['recognize', '-n']):
        run = Run(*command, '--fields', 'index,input', 'a.png')
        same((run.code, run.out), (0, '{"index":0,"input":"a.png"}\n'))
    same(Run('check', '--fields', 'input', '-o', 'o.csv', 'a.png').code, 0)
    same(open('o.csv', encoding='utf-8').read(), 'input\n"a.png"\n')
    run = Run('check', '--fields', 'input', '--format', 'table', 'a.png')
    same((run.code, run.out), (2, ''))
    holds(run.err, '--fields', '--format table')


@test
def the_output_replaces_no_image_and_no_file_of_another_option():
    image = png()
    put('a.png', image)
    put('list', b'a.png\n')
    os.link('list', 'other')
    for arguments, words in ((('-o', 'a.png'), "'a.png' is an image"),
                             (('-o', 'list', '--files-from', 'other'),
                              '--output and --files-from are the same file'),
                             (('-o', 'x', '--journal', 'x'),
                              '--output and --journal are the same file'),
                             (('--rate', '9', '--rate-file', 'x', '-o', 'x'),
                              '--output and --rate-file are the same file')):
        run = recognize('--json', *arguments, 'a.png')
        same(run.code, 2 if 'same' in words else 5, words)
        holds(run.err, words)
        same(open('a.png', 'rb').read(), image)
        same(open('list', 'rb').read(), b'a.png\n')


@test
def a_leading_quote_is_escaped_in_tsv():
    for name in ('"a.png', '"b.png', 'c.png'):
        put(name, png(200, 200))
    run = recognize('--format', 'tsv', '--fields', 'index,input,status', '"a.png', '"b.png',
                    'c.png')
    rows = list(csv.reader(run.out.splitlines(True), delimiter='\t'))
    same([row[1] for row in rows[1:]], ['\'"a.png', '\'"b.png', 'c.png'])


@test
def a_table_with_wide_characters_fits():
    name = '✅' * 22 + '.png'
    put(name, png())
    text, _ = on_terminal(60, 'recognize', '--endpoint', server_url(), name)
    for line in without_color(text).splitlines():
        same(columns_of(line) <= 60, True, line)


@test
def a_required_table_fits_forty_columns():
    put('a-name.png', png())
    text, _ = on_terminal(40, 'recognize', '--require', 'head', '--endpoint', server_url(),
                          'a-name.png')
    for line in without_color(text).splitlines():
        same(columns_of(line) <= 40, True, line)
