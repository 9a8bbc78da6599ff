# SPDX-License-Identifier: MIT
"""Test the program klingrec-standin: stats, TLS, options, documentation, its end."""
import http.client
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time
import zlib

from expected import ANSWERS, OTHERS
from harness import (COMET, DOCS, KLING, PROGRAM, RIGHT, URL, Server, alive, grey,
                     make_images, padded, run, same, test)


@test
def every_answer_has_the_status_and_the_body_that_are_documented():
    with Server() as server:
        for name, (status, check) in ANSWERS.items():
            answer = server.url(answer=name)
            same(answer.status, status, name)
            same(f'answer={name};' in answer.headers['X-Klingrec-Standin'], True, name)
            try:
                check(answer)
            except Exception as problem:
                raise AssertionError(f'{name}: {problem!r}') from problem
        same(server.stats()['answers'], {name: 1 for name in ANSWERS}, 'stats')


@test
def the_table_has_no_answer_that_is_not_tested():
    listed = subprocess.run([PROGRAM, '--list-answers'], capture_output=True, text=True,
                            check=True).stdout.splitlines()[1:]
    rows = {line.split()[0]: line.split()[1] for line in listed}
    same(set(rows), set(ANSWERS) | OTHERS, 'names')
    for name, (status, _) in ANSWERS.items():
        same(rows[name], str(status), name)


@test
def the_documentation_names_every_answer_and_every_option():
    if DOCS is None:
        return
    with open(DOCS, encoding='utf-8') as file:
        text = file.read()
    for name in set(ANSWERS) | OTHERS:
        same(f'`{name}`' in text, True, name)
    helped = subprocess.run([PROGRAM, '--help'], capture_output=True, text=True,
                            check=True).stdout
    options = set(re.findall(r'^  (--[a-z0-9-]+)', helped, re.M))
    same(len(options) > 20, True, 'options')
    for option in options:
        same(f'`{option}' in text, True, option)
    for named in re.findall(r'`(--[a-z0-9-]+)', text):
        same(named in options, True, f'{named} is documented, but there is no such answer')


@test
def the_stats_show_requests_but_never_the_key():
    with Server('--key', 'sk-very-secret') as server:
        connection = server.connect()
        body = json.dumps({'image': URL})
        for _ in range(2):
            answer = server.post(body, key='Bearer sk-very-secret',
                                 connection=connection)
            same(answer.status, 200)
        connection.close()
        server.ask('POST', '/standin/script', 'ok')
        stats = server.stats()
        same(stats['requests'], 2)
        same(stats['bytes'], 2 * len(body))
        same(stats['answers'], {'ok': 2})
        same(stats['key_elsewhere'], 0)
        same((stats['in_flight'], stats['max_in_flight']), (0, 1))
        same(stats['connections'], 3, 'one kept alive, the others for these pages')
        last = stats['last']
        same((last['method'], last['path'], last['answer']), ('POST', COMET, 'ok'))
        same((last['authorization'], last['headers']['authorization']),
             ('right', '<redacted>'))
        same(last['headers']['content-type'], 'application/json')
        same(last['body_bytes'], len(body))
        same(last['image'], {'kind': 'url', 'format': '', 'width': 0, 'height': 0,
                             'bytes': 0, 'marker': 'head,face'})
        server.ask('POST', COMET, body, {'X-Other': 'a sk-very-secret b'})
        same(server.stats()['last']['headers']['x-other'], '<redacted>')
        server.ask('POST', COMET + '?key=sk-very-secret', body)
        server.ask('POST', COMET + '?sk-very-secret=1', body)
        server.ask('POST', COMET + '?sk-very-secret', body)
        server.ask('POST', '/sk-very-secret', body)
        text = server.ask('GET', '/standin/stats').body
        same(b'sk-very-secret' in text, False, 'the key')
        stats = json.loads(text)
        same((stats['key_elsewhere'], stats['last']['authorization']), (5, 'none'))
        server.url(key='Bearer other')
        text = server.ask('GET', '/standin/stats').body
        same((b'Bearer other' in text, b'"wrong"' in text), (False, True), 'wrong key')
        same(server.image(grey(300, 301), key='Bearer sk-very-secret').status, 200)
        image = server.stats()['last']['image']
        same(image, {'kind': 'image', 'format': 'png', 'width': 300, 'height': 301,
                     'bytes': len(grey(300, 301)), 'marker': None})


@test
def the_stats_show_no_key_of_a_marker_or_method_and_every_path():
    with Server() as server:
        server.post({'image': 'https://a/?standin=standin-key'})
        same(server.stats()['last']['image']['marker'], '<redacted>')
        server.ask('standin-key', COMET)
        same(server.stats()['last']['method'], '<redacted>')
        server.url(path='/%ff')
        same(server.stats()['last']['path'], '<not UTF-8>')


@test
def a_web_page_cannot_change_the_script_or_the_stats():
    with Server('--script', 'kling-5000') as server:
        page = {'Origin': 'http://a.example', 'Content-Type': 'text/plain'}
        for path, body in (('/standin/script', 'ok'), ('/standin/reset', '')):
            same(server.ask('POST', path, body, page).status, 403, path)
        same(server.stats()['script_left'], 1)
        same(server.url().status, 500)


@test
def urls_of_the_kling_shape_and_redirects_point_to_the_stand_in():
    with Server() as server:
        images = server.url(path=KLING).json()['data']['task_result']['images']
        path = images[1]['url'].split(str(server.port), 1)[1]
        answer = server.ask('GET', path)
        same((answer.status, answer.body[:8]), (200, b'\x89PNG\r\n\x1a\n'))
        at_chunk = 8
        while at_chunk < len(answer.body):
            size, kind = struct.unpack('>I4s', answer.body[at_chunk:at_chunk + 8])
            whole = answer.body[at_chunk:at_chunk + 12 + size]
            same(make_images.chunk(kind, whole[8:-4]), whole, 'a chunk of the mask')
            at_chunk += 12 + size
        server.ask('GET', path, headers={'Authorization': RIGHT})
        for wrong in ('0x4', '4x99999999', 'x'):
            same(server.ask('GET', f'/standin/mask/{wrong}/head_seg.png').status, 404)
        where = server.url(answer='http-302').headers['Location']
        server.ask('POST', where.split(str(server.port), 1)[1])
        stats = server.stats()
        same((stats['masks'], stats['masks_with_authorization']), (5, 1))
        same((stats['redirects_followed'], stats['requests']), (1, 2))
        for method, path in (('POST', '/standin/stats'), ('GET', '/standin/reset'),
                             ('GET', '/standin/script')):
            same(server.ask(method, path).status, 405, path)


@test
def a_mask_has_the_size_of_the_image_and_two_colours():
    with Server() as server:
        for answer, size in ((server.image(grey(300, 400), path=KLING), (300, 400)),
                             (server.url(path=KLING), (512, 512))):
            drawn = []
            images = answer.json()['data']['task_result']['images']
            for image in (image for image in images if image['url']):
                mask = server.ask('GET', image['url'].split(str(server.port), 1)[1]).body
                same(struct.unpack('>II', mask[16:24]), size, image)
                at_data = mask.index(b'IDAT')
                pixels = zlib.decompressobj().decompress(mask[at_data + 4:])
                same({0, 255} <= set(pixels), True, image)
                drawn.append(mask)
            same(len(set(drawn)), sum(image['is_contain'] for image in images), 'masks')


@test
def tls_is_served_with_a_given_certificate():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = os.path.join(folder, 'cert.pem'), os.path.join(folder, 'key.pem')
        made = subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
             '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
             '-keyout', key, '-out', cert], capture_output=True)
        same(made.returncode, 0, 'openssl')
        context = ssl.create_default_context(cafile=cert)
        with Server('--cert', cert, '--key-pem', key, tls=context) as server:
            same(server.scheme, 'https')
            same(server.url().status, 200)
            same(server.image(padded(2000000)).status, 200, 'a big one')
            same(server.url(answer='ok:delay=300').status, 200, 'delayed')
            answer = server.url(answer='ok-kling')
            same('https://' in answer.json()['data']['task_result']['images'][1]['url'],
                 True, 'the URLs')
            try:
                server.url(answer='cut')
                raise AssertionError('the truncated answer was complete')
            except (http.client.IncompleteRead, ssl.SSLError, ConnectionError):
                pass
        result = run('--cert', cert, '--key-pem', cert)
        same(result.returncode, 1, 'not a pair')
        same('match the certificate' in result.stderr, True, result.stderr)
        result = run('--cert', os.path.join(folder, 'none'), '--key-pem', key)
        same((result.returncode, 'PEM' in result.stderr), (1, True), result.stderr)


USAGE = [
    (['--port', '65536'], "--port '65536': expected a whole number from 0 to 65535"),
    (['--port', '-1'], "from 0 to 65535"),
    (['--port', '1x'], "from 0 to 65535"),
    (['--port='], "from 0 to 65535"),
    (['--port'], "--port '': a value is missing"),
    (['--port', '99999999999999999999'], "from 0 to 65535"),
    (['--delay', '600001'], "from 0 to 600000"),
    (['--max-image-bytes', '0'], "from 1 to 1000000000"),
    (['--prot', '1'], "argument 1 '--prot': unknown option"),
    (['--wrap', 'stray'], "argument 2 'stray'"),
    (['--wrap=1'], "takes no value"),
    (['--shape', 'other'], 'auto|comet|kling'),
    (['--shape', 'com'], 'auto|comet|kling'),
    (['--regions', 'hand'], 'head,face,cloth,object'),
    (['--key', 'a b'], '1 to 4096'),
    (['--key', 'a' * 4097], '1 to 4096'),
    (['--key', ''], '1 character'),
    (['--cert', 'x'], 'must be given together'),
    (['--answer', 'none'], "--answer 'none': unknown answer 'none'"),
    (['--script', 'ok,,ok'], "--script 'ok,,ok': unknown answer ''"),
    (['--'], "argument 1 '--'"),
]


@test
def wrong_options_are_reported_with_their_value():
    for options, said in USAGE:
        result = run(*options)
        same((result.returncode, result.stdout), (2, ''), options)
        same(said in result.stderr, True, result.stderr)
        same(result.stderr.count('\n'), 1, 'one line')
    result = run('--port-file', '/none/x/y')
    same((result.returncode, result.stdout), (1, ''))
    same("--port-file '/none/x/y'" in result.stderr, True, result.stderr)
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, 'port'))
        same(run('--port-file', os.path.join(folder, 'port')).returncode, 1)
        same(os.listdir(folder), ['port'], 'nothing is left')
    with Server() as server:
        result = run('--port', str(server.port))
        same((result.returncode, f'port {server.port}: ' in result.stderr), (1, True))
    same(re.fullmatch(r'klingrec-standin \d+\.\d+\.\d+\n', run('--version').stdout)
         is not None, True, 'version')
    same('recognises nothing' in ' '.join(run('--help').stdout.split()).replace(
        'It recognises', 'recognises'), True, 'help')


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(('::1', 0))
        return True
    except OSError:
        return False


@test
def the_port_file_ipv6_and_verbose_do_what_they_say():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'port')
        with Server('--port-file', path, '--verbose', stderr=subprocess.PIPE) as server:
            with open(path) as file:
                same(file.read(), f'{server.port}\n')
            server.url(answer='kling-1301')
            line = server.process.stderr.readline().decode()
            size = len(json.dumps({'image': URL}))
            same(line, f'klingrec-standin: POST {COMET}, {size} bytes: '
                       'kling-1301 400\n')
            for shown, asked in (('/a?b?', '/a%0Ab%1B'), ('<redacted>', '/standin-key')):
                server.url(path=asked)
                line = server.process.stderr.readline().decode()
                same(line, f'klingrec-standin: POST {shown}, {size} bytes: '
                           'gateway-page 200\n')
    if has_ipv6():
        with Server('--ipv6') as server:
            same((server.host, server.url().status), ('::1', 200))


@test
def the_program_ends_by_itself_or_by_a_signal():
    start = time.monotonic()
    process = subprocess.Popen([PROGRAM, '--idle-exit', '1'], stdout=subprocess.PIPE)
    process.stdout.readline()
    same(process.wait(60), 0, 'idle')
    process.stdout.close()
    same(0.9 < time.monotonic() - start < 60, True, 'idle time')
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(number)
        same(process.wait(60), 0, number)
        process.stdout.close()
    # A shell in between is the parent, and is killed.
    script = '"$0" --exit-with-parent & echo $!; read line'
    shell = subprocess.Popen(['sh', '-c', script, PROGRAM], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    lines = [shell.stdout.readline(), shell.stdout.readline()]
    child = int(min(lines, key=len))
    same(alive(child), True, 'child of a living parent')
    shell.kill()
    shell.wait()
    for _ in range(600):
        if not alive(child):
            break
        time.sleep(0.1)
    left = alive(child)
    if left:
        os.kill(child, signal.SIGTERM)
    shell.stdin.close()
    shell.stdout.close()
    same(left, False, 'child of a dead parent')
