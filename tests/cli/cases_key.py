"""Test where the key comes from, and that it is not shown."""
import os
import shutil
import subprocess

from harness import (KEY, PATIENCE, PROGRAM, Run, Server, environment, holds, lacks,
                     png, put, recognize, same, test, wait_until)


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
