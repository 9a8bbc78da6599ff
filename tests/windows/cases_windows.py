# SPDX-License-Identifier: MIT
"""Test what only klingrec.exe does: paths of Windows, and output as on Linux."""
import json
import os
import re
import signal
import subprocess

from cases_interruptions import interrupted_run
from harness import (KEY, PATIENCE, Run, Server, environment, holds, lacks, needs, png, put,
                     recognize, same, server_url, test, wait_until)

WINE = EXE = WITH_PIPE = LINUX = None


def setup(wine, exe, with_pipe, linux):
    global WINE, EXE, WITH_PIPE, LINUX
    WINE, EXE, WITH_PIPE, LINUX = wine, exe, with_pipe, linux


def windows(path):
    """The name that wine gives to a path."""
    return 'Z:' + os.path.abspath(path).replace('/', '\\')


def on_linux(*arguments, stdin=b''):
    return subprocess.run([LINUX, *arguments], input=stdin, capture_output=True,
                          env=environment(COMETAPI_KEY=KEY), timeout=PATIENCE,
                          check=False)


def put_images():
    put('art/a.png', png(marker='head'))
    put('art/none.png', png(400, 300, 'none'))
    put('art/small.png', png(299, 299))
    put('art/cut.png', png()[:200])
    put('art/empty.png')
    put('art/sub/日本 é.png', png(640, 480, 'head,object'))
    put('art/sub/text.png', b'no image')
    put('art/note.txt', b'no image')


def without_thumbnails(page):
    """The program for Windows is built without; it still says which files are gone."""
    return re.sub(rb'(?<=<script class="thumbnails" type="text/plain">).*?(?=</script>)',
                  lambda lines: re.sub(rb'(?m)^[^!\n].*', b'', lines[0]), page, flags=re.S)


@test
def the_output_is_that_of_the_program_on_linux():
    put_images()
    send = ['recognize', '--ordered', '--endpoint', server_url(), '-r', 'art',
            'https://example.com/x.png?standin=face', 'missing.png']
    commands = [['--version'], ['--help'], ['recognize', '--help'], ['man'],
                ['completions', 'bash'], [], ['chekc'], ['check', '--wrong'],
                ['check', '-r', 'art'], ['check', '--json', '-r', 'art'],
                ['check', 'missing.png', 'art'], ['check', '-'],
                ['recognize', '-n', '--json', '-r', 'art'],
                ['report', 'rows.ndjson'], ['merge', 'rows.ndjson']]
    commands += [[*send, *more] for more in
                 ([], ['--json'], ['--format', 'csv'], ['--format', 'tsv'],
                  ['--require', 'head', '--format', 'csv'])]
    put('rows.ndjson', on_linux(*send, '--json').stdout)
    for command in commands:
        want = on_linux(*command, stdin=png())
        got = Run(*command, stdin=png(), env={'COMETAPI_KEY': KEY})
        out = got.raw.replace(b'" data-drives="', b'')
        expected = want.stdout
        if command == ['--version']:  # the last line has the library for TLS
            out, expected = out.split(b' Schannel')[0], expected.split(b' OpenSSL')[0]
        if command[:1] == ['report']:
            out, expected = without_thumbnails(out), without_thumbnails(expected)
        same((got.code, out, got.err),
             (want.returncode, expected, want.stderr.decode()), command)


@test
def paths_of_windows_are_accepted_everywhere():
    put_images()
    put('key', KEY.encode() + b'\r\n')
    put('list', windows('art/a.png').encode() + b'\r\n' +
        windows('art/sub/日本 é.png').encode() + b'\r\n')
    command = ['recognize', '--endpoint', server_url(), '--key-file', windows('key'),
               '--files-from', windows('list'), '--journal', windows('j'), '-o',
               windows('out.ndjson'), '--rate', '6000', '--rate-file', windows('rate'),
               'art\\none.png', '-r', 'art\\sub\\']
    run = Run(*command)
    same(run.code, 1, run.err)
    with open('out.ndjson', encoding='utf-8') as file:
        rows = [json.loads(line) for line in file]
    same(sorted(row['input'] for row in rows),
         sorted([windows('art/a.png'), windows('art/sub/日本 é.png'), 'art\\none.png',
                 'art\\sub\\text.png', 'art\\sub\\日本 é.png']))
    run = Run('recognize', '--endpoint', server_url(), '--journal', windows('j'), '-n',
              '--json', 'art/a.png', env={'COMETAPI_KEY': KEY})
    same([row['plan'] for row in run.lines()], ['answered'])
    same(sorted(os.listdir()), ['art', 'j', 'key', 'list', 'out.ndjson', 'rate'])


@test
def a_new_file_has_one_name_in_any_case():
    put('a.png', png())
    for name in ('NEÜ', '.\\neÜ', windows('Neü')):
        run = recognize('-o', 'neü', '--json', '--journal', name, 'a.png')
        same((run.code, os.path.exists('neü')), (2, False), name)
        holds(run.err, 'the same file')


@test
def the_page_finds_images_on_another_drive():
    put('rows.ndjson')
    os.makedirs('web')
    here = os.getcwd()
    for output, base in (('web/page.html', '../'), (windows('page.html'), ''),
                         ('C:\\klingrec-test.html', f'file:///Z:{here}/')):
        same(Run('report', '-o', output, 'rows.ndjson').code, 0)
        page = Run('report', 'rows.ndjson').out if output[0] == 'C' else None
        path = output.replace('\\', '/')
        if output[0] == 'C':
            prefix = os.environ.get('WINEPREFIX', os.path.expanduser('~/.wine'))
            path = os.path.join(prefix, 'drive_c', 'klingrec-test.html')
        elif path.startswith('Z:'):
            path = path[2:]
        with open(path, encoding='utf-8') as file:
            page = file.read()
        same(re.search('data-base="([^"]*)" data-drives=""', page)[1], base)
        os.remove(path)


@test
def patterns_are_replaced_by_the_names_of_files():
    put_images()
    run = Run('check', 'art\\*.png', 'art/sub/日*.png')
    holds(run.out + run.err, 'small.png', 'cut.png', 'empty.png')
    same(len(Run('check', '--json', 'art\\*.png').lines()), 5)


@test
def a_path_may_have_more_than_260_characters():
    folder = '/'.join(['ordner-äöü-' + 'x' * 40] * 6)
    put(folder + '/a.png', png(marker='head'))
    same(len(windows(folder)) > 300, True)
    for name in (folder + '/a.png', windows(folder + '/a.png')):
        row, = recognize('--json', '--journal', folder + '/j', '-o', '-', name).lines()
        same((row['status'], row['input']), ('KLINGREC_OK', name))
    run = recognize('-r', '-o', folder + '/out.csv', folder)
    same((run.code, os.path.exists(folder + '/out.csv')), (0, True), run.err)


@test
def https_needs_the_certificate_of_the_server():
    needs('openssl')
    for name in ('own', 'other'):
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
             '-subj', '/CN=' + name, '-addext', 'subjectAltName=DNS:localhost',
             '-keyout', name + '.key', '-out', name + '.pem'],
            capture_output=True, check=True)
    put('a.png', png())
    with Server('--cert', 'own.pem', '--key-pem', 'own.key') as server:
        def ask(ca):
            return Run('recognize', '--json', '--retries', '0', '--ca-file', ca,
                       '--endpoint', url, 'a.png', env={'COMETAPI_KEY': KEY})
        # The TLS of Windows finds no IP addresses in certificates with libcurl 7.88.
        url = server.url().replace('127.0.0.1', 'localhost')
        for ca in ('own.pem', windows('own.pem')):
            run = ask(ca)
            same((run.code, [row['status'] for row in run.lines()]),
                 (0, ['KLINGREC_OK']), run.err)
        run = ask('other.pem')
        same((run.code, [row['status'] for row in run.lines()]),
             (4, ['KLINGREC_ERR_TLS']), run.err)
        run = ask('missing.pem')
        same(run.code, 2)
        holds(run.err, "--ca-file: 'missing.pem' cannot be read: No such file")


def processes_with(word):
    """The ids of the processes that have word among their arguments."""
    found = []
    for name in os.listdir('/proc'):
        try:
            with open(f'/proc/{name}/cmdline', encoding='utf-8') as file:
                arguments = file.read()
        except (OSError, UnicodeDecodeError):
            continue
        if word in arguments and 'with_pipe' not in arguments:
            found.append(int(name))
    return found


@test
def ctrl_c_ends_waiting_for_a_silent_pipe():
    """Wine ends reads only of pipes of Windows; another program makes one."""
    word = f'word-{os.getpid()}'
    for command in (['merge', '-', word], ['check', word, '-']):
        process = subprocess.Popen([WINE, WITH_PIPE, windows(EXE), *command],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment())
        wait_until('the program', lambda: processes_with(word))
        child, = processes_with(word)
        end = b''
        for _ in range(100):  # before its handler is set, Ctrl-C ends the program
            try:
                wait_until_it_reads(child)
                os.kill(child, signal.SIGINT)
                end = process.communicate(timeout=PATIENCE)
                break
            except subprocess.TimeoutExpired:
                continue
        same(process.returncode, 130, (command, end))
        lacks(end[1].decode(), 'cannot be read')


def wait_until_it_reads(child):
    """Wait until all threads of a process sleep for some time."""
    seen = []

    def sleeps():
        states = []
        for task in os.listdir(f'/proc/{child}/task'):
            with open(f'/proc/{child}/task/{task}/stat', encoding='utf-8') as file:
                states.append(file.read().rpartition(') ')[2][0])
        seen.append(set(states) == {'S'})
        return len(seen) >= 100 and all(seen[-100:])
    wait_until('a program that waits', sleeps)


@test
def the_first_ctrl_c_waits_for_requests_and_the_second_ends_at_once():
    """wine makes Ctrl-C from SIGINT."""
    for delay, count in ((3000, 1), (40000, 2)):
        code, out, err, seconds = interrupted_run(delay, [signal.SIGINT] * count,
                                                  '--json')
        same((code, seconds < 20), (130, True))
        holds(err, 'waiting for requests in flight', '1 not sent')
        rows = {row['index']: row['status'] for row in map(json.loads, out.splitlines())}
        same(sorted(rows), [0, 1, 2, 3])
        same(rows[1], 'KLINGREC_ERR_IMAGE_SIDE')
        same({rows[0], rows[2]},
             {'KLINGREC_OK' if count == 1 else 'KLINGREC_ERR_CANCELED'})


@test
def the_key_comes_from_a_command_of_cmd():
    put('a.png', png())
    for command, code, part in ((f'echo {KEY}', 0, ''), (f'(echo {KEY})', 0, ''),
                                ('exit 3', 3, 'exit code 3'),
                                ('echo one&& echo two', 3, 'more than one line'),
                                ('rem', 3, 'is empty')):
        run = recognize('--key-command', command, 'a.png', env={'COMETAPI_KEY': None})
        same(run.code, code, command + run.err)
        holds(run.err, part)
