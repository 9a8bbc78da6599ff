# SPDX-License-Identifier: MIT
"""Test where the key comes from, and that it is not shown."""
import os
import re
import shutil
import signal
import subprocess
import time

from harness import (KEY, PATIENCE, PROGRAM, Run, Server, environment, holds, lacks,
                     png, preload, put, recognize, same, server_url, test, wait_until)


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
def a_missing_or_invalid_key_is_reported_and_not_shown():
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
def mistakes_in_the_inputs_are_told_before_the_missing_key():
    put('a.png', png())
    put('art/b.png', png())
    no_key = {'COMETAPI_KEY': None}
    run = recognize('a.png', 'none.png', 'art', 'https://example.com/x.png', env=no_key)
    same((run.code, run.out), (3, ''))
    missing, folder, key = run.err.splitlines()
    holds(missing, "'none.png': No such file")
    holds(folder, "'art': this is a folder; use --recursive")
    holds(key, 'no key:')
    run = recognize('-r', 'art', 'a.png', env=no_key)
    same((run.code, run.err.count('\n')), (3, 1))
    run = recognize(*[f'{i}.png' for i in range(9)], env=no_key)
    same(run.err.count('\n'), 5)
    holds(run.err, '6 more inputs')
    lacks(recognize('none.png').err, 'none.png')  # its row says so


@test
def the_key_is_in_no_argument_and_no_output():
    put('a.png', png())
    put('key', KEY.encode())
    os.chmod('key', 0o600)
    with Server('--answer', 'ok:delay=1500') as server:
        process = subprocess.Popen(
            [PROGRAM, 'recognize', '-v', '--json', '--key-file', 'key', '--endpoint',
             server.url(), 'a.png'],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        wait_until('a request', lambda: server.stats()['requests'] > 0)
        if os.path.exists(f'/proc/{process.pid}/cmdline'):
            for name in ('cmdline', 'environ'):
                with open(f'/proc/{process.pid}/{name}', 'rb') as file:
                    lacks(file.read(), KEY.encode())
        out, err = process.communicate(timeout=PATIENCE)
    same(process.returncode, 0)
    same(err != b'', True, 'a verbose log')
    for answer in ('kling-1000', 'kling-1001', 'kling-5000', 'comet-500-invalid'):
        run = recognize('-v', '--json', '--retries=1', 'a.png', answer=answer)
        lacks(run.out + run.err, KEY)
    lacks((out + err).decode(), KEY)


@test
def secrets_of_a_connection_are_only_written_on_request():
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


def by_command(command, **more):
    return recognize('--key-command', command, 'a.png', env={'COMETAPI_KEY': None}, **more)


@test
def the_key_comes_from_a_command():
    put('a.png', png())
    for command in (f'echo {KEY}', f'printf %s {KEY}', f'echo "{KEY}  "; echo',
                    f'echo {KEY}; sleep 20 2>/dev/null &', f'echo {KEY}; exec >&-; sleep 0.3',
                    f'sleep 0.3; cat; echo {KEY}'):
        start = time.monotonic()
        run = by_command(command)
        same((run.code, run.err, time.monotonic() - start < 20), (0, '', True), command)
    run = recognize('--key-command', f'echo {KEY}', 'a.png', env={'COMETAPI_KEY': 'no'})
    same(run.code, 0, 'before the variable')
    # The image on standard input is not for the command.
    same(recognize('--key-command', f'cat >got; echo {KEY}', '-', stdin=png()).code, 0)
    with open('got', 'rb') as file:
        same(file.read(), b'')


@test
def a_command_that_gives_no_key_is_an_error_without_its_text():
    put('a.png', png())
    rows = [('exit 3', 'failed with exit code 3'),
            ('echo secret; exit 1', 'exit code 1'),
            ('echo secret; kill -9 $$', 'exit code 137'),
            ('no-such-program-of-secret', 'exit code 127'),
            ('true secret', 'is empty'),
            ('echo secret; echo secret', 'more than one line'),
            ("printf 'secret\\0secret'", 'byte 6 of 13'),
            ('yes secret', 'more than'),
            ('head -c 1000000 /dev/zero | tr "\\0" s', 'more than 4096 bytes')]
    for command, part in rows:
        run = by_command(command)
        same((run.code, run.out), (3, ''), command)
        messages = [line for line in run.err.splitlines() if line.startswith('klingrec')]
        holds('\n'.join(messages), part)
        lacks('\n'.join(messages), 'secret')
    for wrong in (['--key-file', 'key', '--key-command', 'true'], ['--key-command', '']):
        same(recognize(*wrong, 'a.png').code, 2)


@test
def the_exit_code_of_a_command_counts_also_if_that_of_children_is_ignored():
    put('a.png', png())
    done = subprocess.run([PROGRAM, 'recognize', 'a.png', '--endpoint', server_url(),
                           '--key-command', f'echo {KEY}; exit 3'], check=False,
                          env=environment(COMETAPI_KEY=None), capture_output=True,
                          preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    same((done.returncode, done.stdout), (3, b''))
    holds(done.stderr.decode(), 'exit code 3')


@test
def a_command_gets_no_open_files_and_the_usual_signals():
    put('a.png', png())
    run = by_command(f'ls -l /proc/$$/fd >&2; grep SigIgn /proc/$$/status >&2; echo {KEY}')
    same(run.code, 0)
    if '0 -> ' in run.err:
        found = dict(re.findall(r' (\d+) -> (\S+)$', run.err, re.M))
        same([found[i].split(':')[0] for i in '012'], ['/dev/null', 'pipe', 'pipe'])
        same(set(found) <= set('012') | {'255', '10'}, True, found)
        ignored = int(re.search(r'SigIgn:\s+(\w+)', run.err)[1], 16)
        same(ignored & (1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1), 0)


FAST_CLOCK = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *now)
{
    int (*next)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = next(id, now);
    if (id == CLOCK_MONOTONIC) {
        long long fast = (now->tv_sec * 1000000000LL + now->tv_nsec) * 200;
        now->tv_sec = fast / 1000000000;
        now->tv_nsec = fast % 1000000000;
    }
    return code;
}
'''


@test
def a_command_that_hangs_is_ended():
    put('a.png', png())
    env = preload(FAST_CLOCK)
    hang = f'trap "" TERM; echo $$ >pid; echo {KEY}; while :; do sleep 0.1; done'
    done = subprocess.run([PROGRAM, 'recognize', '--key-command', hang, 'a.png'], env=env,
                          capture_output=True, text=True, check=False, timeout=PATIENCE)
    same((done.returncode, done.stdout), (3, ''))
    holds(done.stderr, 'did not end within 120 seconds')
    with open('pid', encoding='utf-8') as file:
        same(os.path.exists('/proc/' + file.read().strip()), False)


@test
def a_signal_ends_the_wait_for_a_command():
    put('a.png', png())
    command = 'trap "echo >ended; exit" TERM; echo $$ >pid; while :; do sleep 0.1; done'
    process = subprocess.Popen(
        [PROGRAM, 'recognize', '--key-command', command, 'a.png'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    wait_until('the command', lambda: os.path.exists('pid') and os.path.getsize('pid'))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    same((process.returncode, out, err), (130, b'', b''))
    same(os.path.exists('ended'), True, 'it may clean up')
    with open('pid', encoding='utf-8') as file:
        same(os.path.exists('/proc/' + file.read().strip()), False)


@test
def the_key_comes_from_the_credentials_of_a_service_manager():
    put('a.png', png())
    put('managed/klingrec-key', KEY.encode() + b'\n')
    os.chmod('managed/klingrec-key', 0o440)  # systemd's, with an access list
    managed = {'CREDENTIALS_DIRECTORY': os.path.abspath('managed')}
    for more in ({'COMETAPI_KEY': None}, {'COMETAPI_KEY': 'wrong'}):
        run = recognize('a.png', env=managed | more)
        same((run.code, run.err), (0, ''), more)
    # A service with other credentials only uses the variable, as before.
    for folder in ('', '.', os.path.abspath('none'), 'x' * 5000):
        env = {'CREDENTIALS_DIRECTORY': folder}
        same(recognize('a.png', env=env).code, 0, folder[:9])
        same(recognize('a.png', env=env | {'COMETAPI_KEY': None}).code, 3, folder[:9])
    put('bad', b'wrong')
    os.chmod('bad', 0o600)
    for more in (['--key-file', 'bad'], ['--key-command', 'echo wrong']):
        same(recognize(*more, 'a.png', env=managed).code, 3, more)
    put('managed/klingrec-key', b'two words')
    run = recognize('a.png', env=managed)
    same(run.code, 3)
    holds(run.err, 'managed/klingrec-key: byte 3 of 9')
