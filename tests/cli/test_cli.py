#!/usr/bin/env python3
"""Test the program klingrec: test_cli.py KLINGREC KLINGREC-STANDIN [DOCS]

Standard library only. DOCS is docs/cli.md: every option and exit code must stand
in it or in the help.
"""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata
import zlib

PROGRAM = os.path.abspath(sys.argv[1])
STANDIN = os.path.abspath(sys.argv[2])
DOCS = sys.argv[3] if len(sys.argv) > 3 else None
KEY = 'standin-key'
ESC = '\x1b'
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def same(got, want, what=''):
    if got != want:
        raise AssertionError(f'{what}: got {got!r}, want {want!r}')


def holds(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f'{part!r} is not in {text!r}')


def lacks(text, *parts):
    for part in parts:
        if part in text:
            raise AssertionError(f'{part!r} is in {text!r}')


# ---- Images, the server, the program ----


def png(width=512, height=512, marker=None):
    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', check)
    head = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0))
    if marker is not None:
        head += chunk(b'tEXt', b'klingrec-standin\0' + marker.encode())
    rows = zlib.compress((b'\0' + bytes(width)) * height)
    return b'\x89PNG\r\n\x1a\n' + head + chunk(b'IDAT', rows) + chunk(b'IEND', b'')


def put(path, data=b''):
    directory = os.path.dirname(path)
    if directory:
        os.makedirs(directory, exist_ok=True)
    with open(path, 'wb') as file:
        file.write(data)


class Server:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [STANDIN, '--port', '0', '--exit-with-parent', *options],
            stdout=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        self.base = re.search(r'https?://\S+', line)[0].rstrip('/')

    def url(self, answer=None):
        query = f'?standin-answer={answer}' if answer else ''
        return f'{self.base}/kling/v1/videos/image-recognize{query}'

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


SERVER = None  # the one that most tests share


def environment(**more):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith('LC_') and not k.lower().endswith('_proxy')
           and k not in ('NO_COLOR', 'COMETAPI_KEY', 'SSLKEYLOGFILE', 'COLUMNS')}
    env.update(LANG='C.UTF-8', TERM='xterm')
    env.update(more)
    return {k: v for k, v in env.items() if v is not None}


class Run:
    def __init__(self, *arguments, stdin=b'', env=None, stdout=subprocess.PIPE):
        done = subprocess.run([PROGRAM, *arguments], input=stdin, stdout=stdout,
                              stderr=subprocess.PIPE, env=environment(**(env or {})),
                              timeout=60)
        self.code = done.returncode
        self.raw = done.stdout or b''
        self.out = self.raw.decode()
        self.err = done.stderr.decode()

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


def recognize(*arguments, answer=None, **more):
    env = {'COMETAPI_KEY': KEY, **more.pop('env', {})}
    return Run('recognize', '--endpoint', SERVER.url(answer), *arguments, env=env,
               **more)


def on_terminal(columns, *arguments, env=None):
    """What the program writes to a terminal, and its exit code."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL,
                               stdout=terminal, stderr=terminal,
                               env=environment(COMETAPI_KEY=KEY, **(env or {})))
    os.close(terminal)
    data = b''
    while select.select([control], [], [], 30)[0]:
        try:
            part = os.read(control, 65536)
        except OSError:
            break
        if not part:
            break
        data += part
    os.close(control)
    return data.decode().replace('\r\n', '\n'), process.wait(30)


def without_color(text):
    return re.sub('\x1b\\[[0-9]+m', '', text)


def columns_of(line):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)


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
    (['check', '--jobs', '2', 'x'], ['--jobs', 'recognize']),
    (['--min-side', '2', 'recognize', 'x'], ['--min-side', 'check']),
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
    (['recognize', '--endpoint', 'http://example.com/', 'x'], ['--insecure-http']),
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
    run = Run('--version')
    same((run.code, run.err), (0, ''))
    holds(run.out, 'klingrec 0.', 'libcurl/')


@test
def the_documentation_names_every_exit_code_and_no_option_that_is_not():
    if DOCS is None:
        return
    with open(DOCS, encoding='utf-8') as file:
        text = file.read()
    help_text = Run('--help').out
    for code, meaning in re.findall(r'^ +(\d+)  (.+)$', help_text, re.M):
        holds(text, f'| {code} | {meaning} |')
    known = set(re.findall(r'--[a-z-]+', help_text))
    same(set(re.findall(r'--[a-z-]*[a-z]', text)) - known, set())


@test
def options_are_taken_in_every_spelling():
    put('good.png', png())
    for arguments in (['-j4'], ['-j', '4'], ['--jobs=4'], ['--jobs', '4'], ['-qj4'],
                      ['--timeout', '9.5'], ['--retries=0'], ['--proxy=']):
        same(recognize(*arguments, 'good.png').code, 0, arguments)
    put('-v', png())
    same(Run('check', '--', '-v').code, 0)
    same(Run('--json', 'check', 'good.png').lines()[0]['index'], 0)


# ---- check ----


@test
def check_says_what_is_wrong_and_ends_so_that_a_build_sees_it():
    put('good.png', png())
    put('small.png', png(299, 512))
    put('edge.png', png(300, 512))
    put('cut.png', png()[:-20])
    put('text.png', b'hello')
    rows = [
        # arguments, exit code, lines of stdout, part of stdout
        (['good.png'], 0, 0, ''),
        (['edge.png'], 0, 1, 'edge.png: warning: '),
        (['small.png'], 1, 1, 'small.png: error: PNG, 299 x 512 pixels'),
        (['--min-side', '299', 'small.png'], 0, 1, 'warning'),
        (['--min-side', '298', 'small.png'], 0, 0, ''),
        (['--max-bytes', '100', 'good.png'], 1, 1, '100 bytes'),
        (['--max-bytes', '1K', 'good.png'], 0, 0, ''),
        (['cut.png'], 1, 1, 'cut off'),
        (['--header-only', 'cut.png'], 0, 0, ''),
        (['text.png'], 1, 1, 'text'),
        (['none.png'], 1, 1, 'no such file'),
        (['good.png', 'small.png', 'good.png'], 1, 1, 'small.png'),
        (['-v', 'good.png'], 0, 1, 'good.png: good: '),
        (['/dev/null'], 1, 1, 'not a regular file'),
    ]
    for arguments, code, lines, part in rows:
        run = Run('check', *arguments)
        same((run.code, run.out.count('\n')), (code, lines), arguments)
        holds(run.out, part)
        holds(run.err, ' checked: ')
        same(Run('check', '-q', *arguments).err, '', arguments)


@test
def check_prints_json_for_every_file():
    put('good.png', png())
    put('small.png', png(299, 900))
    run = Run('check', '--json', 'good.png', 'small.png', 'none.png')
    good, small, none = run.lines()
    same(run.code, 1)
    same([good['index'], small['index'], none['index']], [0, 1, 2])
    same(good['status'], 'KLINGREC_OK')
    same(good['image'], {'format': 'PNG', 'width': 512, 'height': 512,
                         'bytes': len(png()), 'broken': [], 'edge': []})
    same(small['image']['broken'], ['side', 'aspect'])
    same((none['status'], none['image']), ('KLINGREC_ERR_FILE', None))


@test
def folders_are_walked_without_hidden_names_and_links_to_folders():
    for name in ('f/b.PNG', 'f/a.jpeg', 'f/deep/er/c.png', 'f/notes.txt',
                 'f/.hidden.png', 'f/.git/d.png', 'other/e.png'):
        put(name, png())
    os.symlink('../other', 'f/link')
    os.symlink('..', 'f/deep/loop')
    os.symlink('../other/e.png', 'f/file-link.png')
    os.symlink('nowhere', 'f/dangling.png')
    os.mkfifo('f/pipe.png')
    run = Run('check', '--json', 'f')
    same([r['input'] for r in run.lines()],
         ['f/a.jpeg', 'f/b.PNG', 'f/dangling.png', 'f/deep/er/c.png',
          'f/file-link.png'])
    same([r['status'] for r in run.lines() if r['status'] != 'KLINGREC_OK'],
         ['KLINGREC_ERR_FILE'])
    run = Run('check', '--json', '--all', 'f/')
    same([r['input'] for r in run.lines()].count('f/notes.txt'), 1)
    os.makedirs('empty', exist_ok=True)
    run = Run('check', 'empty')
    same((run.code, run.out), (0, ''))
    holds(run.err, 'warning: empty')


@test
def a_folder_that_cannot_be_read_is_a_failure():
    put('closed/a.png', png())
    os.chmod('closed', 0)
    try:
        if os.geteuid() != 0:
            run = Run('check', 'closed')
            same(run.code, 1)
            holds(run.out, 'closed: error: the folder cannot be read')
    finally:
        os.chmod('closed', 0o700)


@test
def deep_folders_end_with_an_error_and_not_a_crash():
    path = 'deep' + '/d' * 200
    os.makedirs(path)
    put(path + '/a.png', png())
    run = Run('check', 'deep')
    same(run.code, 1)
    holds(run.out, 'too deep')


@test
def standard_input_is_one_image_and_bounded():
    same(Run('check', '-', stdin=png()).code, 0)
    same(Run('check', '-', stdin=b'').code, 1)
    run = Run('check', '--max-bytes', '1000', '-', stdin=bytes(1001))
    same(run.code, 1)
    holds(run.out, '-: error: standard input has more than 1000 bytes')
    same(recognize('-', stdin=png()).code, 0)
    run = recognize('--json', '-', stdin=bytes(10485761))
    row, = run.lines()
    same((run.code, row['status']), (1, 'KLINGREC_ERR_IMAGE_BYTES'))
    holds(row['message'], '10485760')


# ---- recognize ----


@test
def the_table_is_in_the_order_of_the_arguments():
    put('slow.png', png(marker='head'))
    put('small.png', png(299, 299))
    put('none.png', png(marker='none'))
    run = recognize('slow.png', 'small.png', 'none.png',
                    'https://example.com/a?standin=cloth,object', answer='ok:delay=100')
    rows = [line.split() for line in run.out.splitlines()]
    same(rows[0], ['file', 'head', 'face', 'cloth', 'object'])
    same(rows[1], ['slow.png', 'yes', 'no', 'no', 'no'])
    same(rows[2][0], 'small.png')
    holds(run.out, '299 x 299')
    same(rows[3], ['none.png', 'no', 'no', 'no', 'no'])
    same(rows[4][1:], ['no', 'no', 'yes', 'yes'])
    same(run.code, 1)
    holds(run.err, '4 images: 3 recognised, 1 not')
    lacks(run.out, ESC)


@test
def what_is_not_reported_is_not_no():
    put('a.png', png())
    run = recognize('a.png', answer='ok-head-only')
    same(run.out.splitlines()[1].split(), ['a.png', 'yes', '-', '-', '-'])
    row, = recognize('--json', 'a.png', answer='ok-head-only').lines()
    same(row['regions'], {'head': True, 'face': None, 'cloth': None, 'object': None})


@test
def json_has_typed_fields():
    put('a.png', png(640, 480, 'head,object'))
    put('bad.png', png(200, 200))
    run = recognize('--json', 'a.png', 'bad.png', 'https://example.com/x.png')
    same(run.code, 1)
    rows = sorted(run.lines(), key=lambda row: row['index'])
    good, bad, url = rows
    same(good['regions'], {'head': True, 'face': False, 'cloth': False, 'object': True})
    same(good['region_list'][0], {'name': 'head_seg', 'contained': True, 'url': None})
    same(good['image'], {'format': 'PNG', 'width': 640, 'height': 480,
                         'bytes': os.path.getsize('a.png'), 'broken': [], 'edge': []})
    same([good[k] for k in ('input', 'status', 'message', 'http_status', 'service_code',
                            'delivery', 'attempts', 'units')],
         ['a.png', 'KLINGREC_OK', None, 200, 0, 'answered', 1, None])
    same(isinstance(good['request_id'], str), True)
    same([bad[k] for k in ('status', 'regions', 'region_list', 'request_id',
                           'http_status', 'delivery', 'attempts')],
         ['KLINGREC_ERR_IMAGE_SIDE', None, [], None, None, 'not_sent', 0])
    same(url['image'], None)


@test
def kling_answers_bring_urls_and_units():
    put('a.png', png())
    row, = recognize('--json', 'a.png', answer='ok-kling').lines()
    same(any(r['url'] for r in row['region_list']), True)
    same(isinstance(row['units'], str), True, row['units'])


ANSWERS = [
    # answer, exit code, status
    ('ok', 0, 'KLINGREC_OK'),
    ('kling-1301', 1, 'KLINGREC_ERR_REFUSED'),
    ('kling-1000', 3, 'KLINGREC_ERR_AUTH'),
    ('kling-1102', 3, 'KLINGREC_ERR_ACCOUNT'),
    ('kling-1302', 4, 'KLINGREC_ERR_RATE_LIMIT'),
    ('kling-5000', 4, 'KLINGREC_ERR_SERVER'),
    ('ok-trailing', 4, 'KLINGREC_ERR_RESPONSE'),
    ('ok-big', 4, 'KLINGREC_ERR_RESPONSE_BYTES'),
]


@test
def exit_codes_say_whose_fault_it_is():
    put('a.png', png())
    for answer, code, status in ANSWERS:
        run = recognize('--json', '--retries', '0', 'a.png', answer=answer)
        same((run.code, run.lines()[0]['status']), (code, status), answer)
    run = Run('recognize', '--endpoint', 'http://127.0.0.1:1/', '--retries=0', 'a.png',
              env={'COMETAPI_KEY': KEY})
    same(run.code, 4)
    same(recognize('none.png').code, 1)
    same(recognize('.').code, 1)
    # An unreachable service weighs more than a bad image, a refused key more yet.
    put('small.png', png(200, 200))
    same(recognize('--retries=0', 'small.png', 'a.png', answer='kling-5000').code, 4)
    same(recognize('small.png', 'a.png', answer='kling-1000').code, 3)


@test
def a_refused_key_stops_the_rest_and_every_input_gets_its_object():
    put('a.png', png())
    run = recognize('-j1', '--json', *['a.png'] * 6, env={'COMETAPI_KEY': 'wrong'})
    rows = run.lines()
    same(run.code, 3)
    same([row['index'] for row in rows], list(range(6)))
    same(rows[0]['status'], 'KLINGREC_ERR_AUTH')
    same({row['status'] for row in rows[1:]}, {'KLINGREC_ERR_CANCELED'})
    same({row['delivery'] for row in rows[1:]}, {'not_sent'})
    run = recognize('-j1', *['a.png'] * 6, env={'COMETAPI_KEY': 'wrong'})
    same(run.out.count('\n'), 2)
    holds(run.err, '5 never sent')


@test
def several_images_are_in_flight():
    put('a.png', png())
    start = time.monotonic()
    run = recognize('-j8', *['a.png'] * 8, answer='ok:delay=600')
    same(run.code, 0)
    same(time.monotonic() - start < 3, True, 'eight delays at once')


@test
def a_timeout_is_kept_and_what_was_sent_is_said():
    put('a.png', png())
    run = recognize('--timeout', '0.3', 'a.png', answer='ok:delay=5000')
    same(run.code, 4)
    holds(run.out, 'may be on the bill')
    holds(run.err, 'may be on the bill')


# ---- Hostile names and texts ----

HOSTILE = [b'esc\x1b[31m.png', b'new\nline.png', b'bidi\xe2\x80\xaexcod.png',
           b'bad\xff\xfeutf8\xc3.png', b'quote"back\\slash.png', b'c1\xc2\x9b31m.png',
           '字符 e\u0301 😀.png'.encode(), b'tab\there.png', b'bell\x07.png']
FORBIDDEN = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]')


@test
def hostile_names_are_spelt_out():
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
def messages_neutralise_what_they_quote():
    for arguments in (['check', f'--x{ESC}[2J', 'a'], [f'{ESC}]0;title\x07'],
                      ['recognize', '--jobs', f'{ESC}[5m', 'a'],
                      ['recognize', '--key-file', f'no{ESC}[5mfile', 'a'],
                      ['check', '-\x1b', 'a']):
        run = Run(*arguments)
        same(run.code in (2, 3), True)
        same(FORBIDDEN.findall(run.err), [], arguments)


@test
def texts_of_the_server_are_spelt_out():
    put('a.png', png())
    for answer in ('ok-escapes', 'ok-bad-utf8', 'kling-1301'):
        for more in ([], ['--json']):
            run = recognize('-v', '--retries=0', *more, 'a.png', answer=answer)
            same(FORBIDDEN.findall(run.out + run.err), [], answer)


# ---- The key ----


@test
def the_key_comes_from_a_file_standard_input_or_the_environment():
    put('a.png', png())
    for data in (KEY, KEY + '\n', KEY + ' \t\r\n\n'):
        put('key', data.encode())
        os.chmod('key', 0o600)
        run = recognize('--key-file', 'key', 'a.png', env={'COMETAPI_KEY': 'wrong'})
        same((run.code, run.err), (0, ''), data)
        same(recognize('--key-file', '-', 'a.png', stdin=data.encode(),
                       env={'COMETAPI_KEY': None}).code, 0, data)
    os.chmod('key', 0o640)
    run = recognize('--key-file', 'key', 'a.png')
    same(run.code, 0)
    holds(run.err, 'warning', 'chmod 600')
    same(recognize('-q', '--key-file', 'key', 'a.png').err, '')


@test
def a_missing_or_odd_key_says_what_to_do_and_shows_nothing():
    put('a.png', png())
    for data in (b'', b'\n', b'two words', b'sec\xc3\xa9ret', b'sec\0ret', b'a\nb',
                 b'secret' * 1000):
        run = recognize('--key-file', '-', 'a.png', stdin=data)
        same((run.code, run.out), (3, ''), data)
        lacks(run.err, 'sec', 'two', 'words')
    for env in ({'COMETAPI_KEY': None}, {'COMETAPI_KEY': ''}):
        run = recognize('a.png', env=env)
        same(run.code, 3)
        holds(run.err, '--key-file', 'COMETAPI_KEY')
    run = recognize('--key-file', 'none', 'a.png')
    same(run.code, 3)
    holds(run.err, 'none')
    same(recognize('--key-file', '.', 'a.png').code, 3)


@test
def the_key_is_in_no_argument_and_no_output():
    put('a.png', png())
    put('key', KEY.encode())
    os.chmod('key', 0o600)
    process = subprocess.Popen(
        [PROGRAM, 'recognize', '-v', '--json', '--key-file', 'key', '--endpoint',
         SERVER.url('ok:delay=700'), 'a.png'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    time.sleep(0.3)
    if os.path.exists(f'/proc/{process.pid}/cmdline'):
        for name in ('cmdline', 'environ'):
            with open(f'/proc/{process.pid}/{name}', 'rb') as file:
                lacks(file.read(), KEY.encode())
    out, err = process.communicate(timeout=30)
    same(process.returncode, 0)
    same(err != b'', True, 'a verbose log')
    for answer in ('kling-1000', 'kling-1001', 'kling-5000', 'comet-500-invalid'):
        run = recognize('-v', '--json', '--retries=1', 'a.png', answer=answer)
        lacks(run.out + run.err, KEY)
    lacks((out + err).decode(), KEY)


@test
def secrets_of_the_connection_are_not_written_unless_asked():
    openssl = shutil.which('openssl')
    if openssl is None:
        return
    subprocess.run([openssl, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days',
                    '2', '-subj', '/CN=localhost', '-addext',
                    'subjectAltName=IP:127.0.0.1', '-keyout', 'tls.key', '-out',
                    'tls.crt'], check=True, capture_output=True)
    put('a.png', png())
    with Server('--cert', 'tls.crt', '--key-pem', 'tls.key') as server:
        for more, written in (([], False), (['--keep-sslkeylogfile'], True)):
            run = Run('recognize', '--ca-file', 'tls.crt', '--endpoint', server.url(),
                      *more, 'a.png',
                      env={'COMETAPI_KEY': KEY, 'SSLKEYLOGFILE': 'keylog'})
            same(run.code, 0, run.out + run.err)
            same(os.path.exists('keylog'), written)
        run = Run('recognize', '--endpoint', server.url(), '--retries=0', 'a.png',
                  env={'COMETAPI_KEY': KEY})
        same(run.code, 4)


# ---- Terminals ----


@test
def the_table_fits_the_terminal():
    names = ['hero.png', 'textures/characters/a-name-that-is-longer-than-anything.png',
             '字符字符字符字符字符字符字符字符字符.png', 'small.png']
    for name in names:
        put(name, png(200, 200) if name == 'small.png' else png())
    for columns in (80, 40, 36):
        for arguments in (['recognize', '--endpoint', SERVER.url(), *names, '.'],
                          ['recognize', '--retries=0', '--endpoint',
                           SERVER.url('kling-5000'), *names]):
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
def colours_follow_the_wish_and_the_environment():
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


# ---- Ends that come early ----


@test
def output_that_cannot_be_written_is_noticed():
    put('a.png', png())
    put('small.png', png(200, 200))
    commands = [['recognize', '--endpoint', SERVER.url(), 'a.png', 'a.png'],
                ['recognize', '--json', '--endpoint', SERVER.url(), 'a.png', 'a.png'],
                ['check', 'small.png'], ['check', '--json', 'small.png'], ['--version']]
    for command in commands:
        if os.path.exists('/dev/full'):
            with open('/dev/full', 'wb') as full:
                run = Run(*command, stdout=full, env={'COMETAPI_KEY': KEY})
            same(run.code, 5, command)
            holds(run.err, 'cannot be written')
        if command != ['--version']:
            reader, writer = os.pipe()
            os.close(reader)
            run = Run(*command, stdout=writer, env={'COMETAPI_KEY': KEY})
            os.close(writer)
            same(run.code, 5, command)


@test
def nothing_is_sent_when_nobody_reads_the_table():
    put('a.png', png())
    reader, writer = os.pipe()
    os.close(reader)
    start = time.monotonic()
    run = recognize('a.png', answer='ok:delay=5000', stdout=writer)
    os.close(writer)
    same((run.code, time.monotonic() - start < 3), (5, True))


@test
def a_signal_cancels_and_prints_what_finished():
    put('a.png', png())
    put('small.png', png(200, 200))
    for number in (signal.SIGINT, signal.SIGTERM):
        for more in ([], ['--json']):
            process = subprocess.Popen(
                [PROGRAM, 'recognize', '-j2', *more, '--endpoint',
                 SERVER.url('ok:delay=20000'), 'a.png', 'small.png', 'a.png', 'a.png'],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment(COMETAPI_KEY=KEY))
            time.sleep(0.7)
            start = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=15)
            same(process.returncode, 130)
            same(time.monotonic() - start < 3, True, 'promptly')
            holds(out, b'small.png')
            holds(err, b'1 never sent')
            if more:
                rows = [json.loads(line) for line in out.splitlines()]
                same(sorted(row['index'] for row in rows), [0, 1, 2, 3])


@test
def a_signal_ends_waiting_for_standard_input():
    for command in (['check', '-'], ['recognize', '--key-file', '-', 'a.png'],
                    ['recognize', '-']):
        process = subprocess.Popen([PROGRAM, *command], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment(COMETAPI_KEY=KEY))
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        same(process.wait(10), 130, command)
        process.communicate()


def main():
    global SERVER
    passed = failed = 0
    with Server() as SERVER:
        for function in TESTS:
            name = function.__name__.replace('_', ' ')
            with tempfile.TemporaryDirectory() as directory:
                os.chdir(directory)
                try:
                    function()
                    passed += 1
                except Exception as error:
                    failed += 1
                    print(f'FAILED {name}: {type(error).__name__}: {error}')
                os.chdir('/')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if DOCS is not None:
    DOCS = os.path.abspath(DOCS)
sys.exit(main())
