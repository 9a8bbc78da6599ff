# SPDX-License-Identifier: MIT
"""Shared by all cases of the program klingrec: images, servers, runs."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata
import urllib.request
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import default_signals  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
STANDIN = os.path.abspath(sys.argv[2])
DOCS = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
KEY = 'standin-key'
# Tools that make each case slow run only one in TEST_THIN of many equal cases.
THIN = int(os.environ.get('TEST_THIN', '1'))
PATIENCE = 120  # seconds; only a program that hangs takes so long
ESC = '\x1b'
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def preload(source):
    """The environment of a program in which the C source replaces functions."""
    compiler = shutil.which('cc') or shutil.which('gcc')
    libraries = subprocess.run(['ldd', PROGRAM], capture_output=True, text=True,
                               check=False).stdout
    if compiler is None or 'libc.so' not in libraries or 'san.so' in libraries:
        raise Skipped('a C compiler, or a program of Linux without a sanitizer')
    folder = tempfile.mkdtemp(dir='.')
    put(folder + '/own.c', source.encode())
    path = os.path.abspath(folder + '/own.so')
    subprocess.run([compiler, '-shared', '-fPIC', '-o', path, folder + '/own.c', '-ldl'],
                   check=True)
    return environment(LD_PRELOAD=path, COMETAPI_KEY=KEY)


class Skipped(Exception):
    """A program or module is not installed; the text names it."""


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        raise Skipped('not installed: ' + ', '.join(missing))


def are_devices(*names):
    """Whether all names are devices; if not, say so: a chroot may lack some."""
    missing = [name for name in names
               if not os.path.exists(name) or not stat.S_ISCHR(os.stat(name).st_mode)]
    if missing:
        print('part of a case left out, not a device: ' + ', '.join(missing))
    return not missing


def nothing():
    """An empty standard input. /dev/null may be a file that others have written to."""
    return tempfile.TemporaryFile()


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


def wait_until(what, is_true):
    end = time.monotonic() + PATIENCE
    while not is_true():
        if time.monotonic() > end:
            raise AssertionError(f'timed out: {what}')
        time.sleep(0.01)


def wait_until_it_waits(process):
    """Wait until the program has installed its signal handlers and sleeps."""
    seen = []

    def is_waiting():
        with open(f'/proc/{process.pid}/status', encoding='utf-8') as file:
            text = file.read()
        caught = int(re.search(r'SigCgt:\s+(\w+)', text)[1], 16)
        seen.append('\nState:\tS' in text and caught & 1 << signal.SIGINT - 1 != 0)
        return len(seen) >= 3 and all(seen[-3:])
    wait_until('a program that waits', is_waiting)


# ---- Images, the server, the program ----


def chunk(kind, data):
    """A chunk of a PNG."""
    check = zlib.crc32(kind + data)
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', check)


def png(width=512, height=512, marker=None):
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

    def stats(self):
        with urllib.request.urlopen(self.base + '/standin/stats') as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


SERVER = None  # the server that most tests share


def server_url(answer=None):
    return SERVER.url(answer)


def environment(**more):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith('LC_') and not k.lower().endswith('_proxy')
           and k not in ('NO_COLOR', 'COMETAPI_KEY', 'SSLKEYLOGFILE', 'COLUMNS')}
    env.update(LANG='C.UTF-8', TERM='xterm')
    env.update(more)
    return {k: v for k, v in env.items() if v is not None}


class Run:
    def __init__(self, *arguments, stdin=b'', env=None, stdout=subprocess.PIPE,
                 timeout=PATIENCE):
        done = subprocess.run([PROGRAM, *arguments], input=stdin, stdout=stdout,
                              stderr=subprocess.PIPE, env=environment(**(env or {})),
                              timeout=timeout)
        self.code = done.returncode
        self.raw = done.stdout or b''
        self.out = self.raw.decode()
        self.err = done.stderr.decode()

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


def recognize(*arguments, answer=None, **more):
    env = {'COMETAPI_KEY': KEY, **more.pop('env', {})}
    return Run('recognize', '--endpoint', server_url(answer), *arguments, env=env,
               **more)


def on_terminal(columns, *arguments, env=None):
    """The output of the program on a terminal, and its exit code."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    with nothing() as stdin:
        process = subprocess.Popen([PROGRAM, *arguments], stdin=stdin, stdout=terminal,
                                   stderr=terminal,
                                   env=environment(COMETAPI_KEY=KEY, **(env or {})))
    os.close(terminal)
    data = b''
    while select.select([control], [], [], PATIENCE)[0]:
        try:
            part = os.read(control, 65536)
        except OSError:
            break
        if not part:
            break
        data += part
    os.close(control)
    return data.decode().replace('\r\n', '\n'), process.wait(PATIENCE)


def without_color(text):
    """Without colours, and without the control sequences of the progress line."""
    text = re.sub('[^\r\n]*\r(\x1b\\[[0-9]+A)?\x1b\\[J', '', text)
    return re.sub('\x1b\\[[0-9]+m', '', text)


def columns_of(line):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)


def run_all():
    global SERVER
    passed = failed = 0
    wanted = sys.argv[4:]
    default_signals.set_defaults()
    with Server('--stable-ids') as SERVER:
        for function in TESTS:
            name = function.__name__.replace('_', ' ')
            if wanted and not any(word in function.__name__ for word in wanted):
                continue
            with tempfile.TemporaryDirectory() as directory:
                os.chdir(directory)
                try:
                    function()
                    passed += 1
                except Skipped as why:
                    print(f'skipped {name}: {why}')
                except Exception as error:
                    failed += 1
                    print(f'FAILED {name}: {type(error).__name__}: {error}', flush=True)
                os.chdir('/')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0
