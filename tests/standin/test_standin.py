#!/usr/bin/env python3
"""Test klingrec-standin from outside: test_standin.py PROGRAM [DOCS]

Standard library only. DOCS is docs/standin.md: every option and answer must stand
in it. What is expected is written down here and not read from the program.
"""
import base64
import concurrent.futures
import email.utils
import http.client
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'data'))
sys.dont_write_bytecode = True
import make_images  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
DOCS = sys.argv[2] if len(sys.argv) > 2 else None
COMET = '/kling/v1/videos/image-recognize'
KLING = '/v1/videos/image-recognize'
RIGHT = 'Bearer standin-key'
URL = 'https://example.com/a.jpg?standin=head,face'
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def same(got, want, what=''):
    if got != want:
        raise AssertionError(f'{what}: got {got!r}, want {want!r}')


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Server:
    def __init__(self, *options, tls=None):
        arguments = [PROGRAM, '--port', '0', '--exit-with-parent', *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        found = re.fullmatch(
            r'klingrec-standin: listening on (https?)://(127\.0\.0\.1|\[::1\]):(\d+)\n',
            line)
        if not found:
            raise AssertionError(f'first line {line!r}')
        self.scheme, self.host, self.port = found[1], found[2].strip('[]'), int(found[3])
        self.tls = tls

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        code = self.process.wait(20)
        self.process.stdout.close()
        if args[0] is None:
            same(code, 0, 'exit after SIGTERM')

    def connect(self, timeout=30):
        if self.tls:
            return http.client.HTTPSConnection(self.host, self.port, timeout=timeout,
                                               context=self.tls)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, connection=None):
        used = connection or self.connect()
        try:
            used.request(method, path, body, headers or {})
            return Answer(used.getresponse())
        finally:
            if connection is None:
                used.close()

    def post(self, body, path=COMET, answer=None, key=RIGHT, connection=None):
        if isinstance(body, dict):
            body = json.dumps(body)
        headers = {'Content-Type': 'application/json'}
        if key is not None:
            headers['Authorization'] = key
        if answer is not None:
            headers['X-Standin'] = answer
        return self.ask('POST', path, body, headers, connection)

    def url(self, **more):
        return self.post({'image': URL}, **more)

    def image(self, data, **more):
        return self.post({'image': base64.b64encode(data).decode()}, **more)

    def stats(self):
        return self.ask('GET', '/standin/stats').json()

    def raw(self, data, wait=20):
        """Send bytes as they are; what came back, and how the connection ended."""
        with socket.create_connection((self.host, self.port), wait) as peer:
            peer.sendall(data)
            got = b''
            try:
                while True:
                    block = peer.recv(65536)
                    if not block:
                        return got, 'closed'
                    got += block
            except ConnectionResetError:
                return got, 'reset'
            except socket.timeout:
                return got, 'silent'


def regions(answer):
    images = answer.json()['data']['task_result']['images']
    return [(i['type'], i['is_contain']) for i in images]


def flags(words, order=('head', 'face', 'cloth', 'object')):
    return [(f'{w}_seg', w in words) for w in order]


def kling(code, message=None):
    def check(answer):
        body = answer.json()
        same(body['code'], code, 'code')
        same(re.fullmatch(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}',
                          body['request_id']) is not None, True, 'request_id')
        same(sorted(body), ['code', 'message', 'request_id'], 'fields')
        if message is not None:
            same(body['message'], message, 'message')
    return check


def fetch(code):
    def check(answer):
        body = answer.json()
        same((body['code'], body['data']), ('fail_to_fetch_task', None), 'envelope')
        same(json.loads(body['message'])['code'], code, 'inner code')
    return check


def error(code, kind='comet_api_error', said='', with_id=True):
    def check(answer):
        body = answer.json()['error']
        same((body['code'], body['type']), (code, kind), 'error')
        same(said in body['message'], True, body['message'])
        found = re.search(r'\(request id: (\d{23}[A-Za-z]{8})\)', body['message'])
        same(found is not None, with_id, 'id in the message')
        if found:
            same(answer.headers['X-Oneapi-Request-Id'], found[1], 'id in the header')
    return check


def flat(code, message, **more):
    def check(answer):
        same(answer.json(), {'code': code, 'message': message, **more}, 'body')
    return check


def page(said):
    def check(answer):
        same(answer.headers.get_content_type(), 'text/html', 'type')
        same(answer.body.lower().startswith(b'<!doctype html>'), True, 'doctype')
        same(said.encode() in answer.body, True, said)
    return check


def edge(said):
    def check(answer):
        page(said)(answer)
        same(answer.headers['Server'], 'cloudflare', 'Server')
        same(answer.headers['X-Oneapi-Request-Id'], None, 'gateway header')
    return check


def exactly(body, kind=None):
    def check(answer):
        same(answer.body, body, 'body')
        if kind is not None:
            same(answer.headers.get_content_type(), kind, 'type')
    return check


def at(path, want):
    def check(answer):
        value = answer.json()
        for step in path:
            value = value[step]
        same((type(value), value), (type(want), want), str(path))
    return check


def absent(path, name):
    def check(answer):
        value = answer.json()
        for step in path:
            value = value[step]
        same(name in value, False, name)
    return check


def not_json(contains):
    def check(answer):
        same(contains in answer.body, True, repr(contains))
        try:
            json.loads(answer.body.decode('utf-8'))
        except (ValueError, RecursionError):
            return
        raise AssertionError('is JSON')
    return check


def moved(answer):
    same(answer.headers['Location'].endswith('/standin/redirected'), True, 'Location')


def contains(words):
    return lambda answer: same(regions(answer), flags(words), 'regions')


def long_header(answer):
    same(len(answer.headers['X-Filler']), 8000, 'X-Filler')


def big(answer):
    same(2097152 < len(answer.body) < 2100000, True, len(answer.body))


def kling_shape(answer):
    text = answer.body.decode()
    same(text.count('"final_unit_deduction":"0.1"'), 2, 'deduction twice')
    data = answer.json()['data']
    same(data['final_balance_deduction'], {'quota': '0.014', 'list_price': '0.014'})
    same(regions(answer), flags(['head', 'face'], ('object', 'head', 'face', 'cloth')))
    for image in data['task_result']['images']:
        same(image['url'].endswith(image['type'] + '.png'), image['is_contain'], 'url')
    kling(0)(type('A', (), {'json': lambda self: {
        k: v for k, v in answer.json().items() if k != 'data'}})())


IMAGES = ('data', 'task_result', 'images')
HEAD_FACE = contains(['head', 'face'])
SATURATED = '当前分组上游负载已饱和，请稍后再试'
QUOTA = 'user quota is not enough'

# Every answer: its status and what makes it what it is.
ANSWERS = {
    'ok': (200, HEAD_FACE),
    'ok-comet': (200, HEAD_FACE),
    'ok-kling': (200, kling_shape),
    'ok-empty': (200, at(IMAGES, [])),
    'ok-head-only': (200, at(IMAGES, [{'type': 'head_seg', 'is_contain': True}])),
    'ok-unknown-type': (200, at((*IMAGES, 4, 'type'), 'hand_seg')),
    'ok-many': (200, at((*IMAGES, 199, 'type'), 'part199_seg')),
    'ok-twice': (200, at(IMAGES, [{'type': 'face_seg', 'is_contain': False},
                                  {'type': 'face_seg', 'is_contain': True}])),
    'ok-null-url': (200, at((*IMAGES, 0, 'url'), None)),
    'ok-number-flags': (200, at((*IMAGES, 0, 'is_contain'), 1)),
    'ok-string-flags': (200, at((*IMAGES, 1, 'is_contain'), 'false')),
    'ok-null-flag': (200, absent((*IMAGES, 1), 'is_contain')),
    'ok-odd-entries': (200, at((*IMAGES, 6, 'is_contain'), True)),
    'ok-images-object': (200, at(IMAGES, {'type': 'object_seg', 'is_contain': True})),
    'ok-unknown-fields': (200, at(('extra', 'a', 1), 2.5)),
    'ok-string-code': (200, at(('code',), '0')),
    'ok-real-code': (200, at(('code',), 0.0)),
    'ok-lower-case': (200, at(('message',), 'success')),
    'ok-number-units': (200, at(('data', 'final_unit_deduction'), 0.1)),
    'ok-no-images': (200, at(('data', 'task_result'), {})),
    'ok-no-result': (200, at(('data',), {})),
    'ok-no-data': (200, absent((), 'data')),
    'ok-null-data': (200, at(('data',), None)),
    'ok-no-code': (200, absent((), 'code')),
    'ok-null-code': (200, at(('code',), None)),
    'ok-escapes': (200, at(('message',), 'a\0b\U0001f600\n')),
    'ok-bad-utf8': (200, not_json(b'\xff\xfe')),
    'ok-bom': (200, not_json(b'\xef\xbb\xbf{"code":0')),
    'ok-trailing': (200, not_json(b'}}\n\ntrailing')),
    'ok-big': (200, big),
    'ok-deep': (200, not_json(b'[' * 10000 + b']' * 10000)),
    'ok-text-type': (200, lambda a: same(a.headers.get_content_type(), 'text/plain')),
    'ok-no-type': (200, lambda a: same(a.headers['Content-Type'], None)),
    'ok-201': (201, HEAD_FACE),
    'ok-long-header': (200, long_header),
    'kling-1000': (401, kling(1000)),
    'kling-1001': (401, kling(1001)),
    'kling-1002': (401, kling(1002)),
    'kling-1003': (401, kling(1003)),
    'kling-1004': (401, kling(1004)),
    'kling-1100': (429, kling(1100)),
    'kling-1101': (429, kling(1101)),
    'kling-1102': (429, kling(1102)),
    'kling-1103': (403, kling(1103)),
    'kling-1200': (400, kling(1200)),
    'kling-1201': (400, kling(1201)),
    'kling-1202': (404, kling(1202)),
    'kling-1203': (404, kling(1203)),
    'kling-1300': (400, kling(1300)),
    'kling-1301': (400, kling(1301)),
    'kling-1302': (429, kling(1302)),
    'kling-1303': (429, kling(1303, 'parallel task over resource pack limit')),
    'kling-1304': (429, kling(1304)),
    'kling-5000': (500, kling(5000)),
    'kling-5001': (503, kling(5001)),
    'kling-5002': (504, kling(5002)),
    'kling-1999': (418, kling(1999)),
    'kling-200-1201': (200, kling(1201)),
    'kling-200-1301': (200, kling(1301)),
    'kling-200-1302': (200, kling(1302)),
    'kling-200-5000': (200, kling(5000)),
    'kling-string-code': (400, kling('1301')),
    'kling-null-data': (400, at(('data',), None)),
    'fetch-1000': (401, fetch(1000)),
    'fetch-1004': (401, fetch(1004)),
    'fetch-1103': (403, fetch(1103)),
    'fetch-1200': (400, fetch(1200)),
    'fetch-1201': (400, fetch(1201)),
    'fetch-1202': (404, fetch(1202)),
    'fetch-1203': (404, fetch(1203)),
    'fetch-1300': (400, fetch(1300)),
    'fetch-1301': (400, fetch(1301)),
    'fetch-5000': (500, fetch(5000)),
    'fetch-5001': (503, fetch(5001)),
    'fetch-5002': (504, fetch(5002)),
    'fetch-error-object': (400, lambda a: same(
        json.loads(a.json()['message'])['error']['code'], 'invalid_request')),
    'fetch-not-json': (502, flat('fail_to_fetch_task', '<html>bad gateway</html>',
                                 data=None)),
    'gateway-failed': (400, flat('image_recognize_failed', 'Image pixel is invalid',
                                 data=None)),
    'gateway-saturated': (429, flat('fail_to_fetch_task', SATURATED, data=None)),
    'comet-400': (400, error('', said='model name is required')),
    'comet-401': (401, error('', said='Invalid token')),
    'comet-403': (403, error('', said='kling-image-recognize')),
    'comet-429': (429, error('')),
    'comet-503-model': (503, error('model_not_found', said='(distributor)')),
    'comet-503-masked': (503, error('service_unavailable')),
    'comet-number-code': (400, error(400)),
    'comet-null-code': (500, error(None)),
    'comet-500-invalid': (500, error('invalid_request', said='is required')),
    'comet-quota': (403, flat(None, QUOTA)),
    'comet-convert': (500, error('convert_request_failed', with_id=False)),
    'gateway-401': (401, error('', 'new_api_error', 'Invalid token')),
    'gateway-quota': (403, flat('quota_not_enough', QUOTA, data=None)),
    'gateway-500-request': (500, at(('code',), 'do_request_failed')),
    'gateway-400-mode': (400, at(('message',), 'unsupported relay mode')),
    'gateway-404': (404, error('', 'invalid_request_error', f'Invalid URL (POST {COMET})',
                               with_id=False)),
    'gateway-400-text': (400, exactly(b'invalid model name', 'text/plain')),
    'gateway-429-empty': (429, exactly(b'')),
    'gateway-413-empty': (413, exactly(b'')),
    'gateway-page': (200, page('Gateway')),
    'cloudflare-403': (403, edge('403')),
    'cloudflare-429': (429, edge('429')),
    'cloudflare-502': (502, edge('502: Bad gateway')),
    'cloudflare-503': (503, edge('503')),
    'cloudflare-504': (504, edge('504')),
    'cloudflare-520': (520, edge('520')),
    'cloudflare-521': (521, edge('521: Web server is down')),
    'cloudflare-522': (522, edge('522: Connection timed out')),
    'cloudflare-523': (523, edge('523: Origin is unreachable')),
    'cloudflare-524': (524, edge('524: A timeout occurred')),
    'http-301': (301, moved),
    'http-302': (302, moved),
    'http-307': (307, moved),
    'http-308': (308, moved),
    'http-200-empty': (200, exactly(b'', 'application/json')),
    'http-204': (204, exactly(b'')),
    'http-200-text': (200, exactly(b'OK\n', 'text/plain')),
    'http-200-null': (200, exactly(b'null', 'application/json')),
    'http-200-list': (200, exactly(b'[]', 'application/json')),
    'http-200-string': (200, exactly(b'"SUCCEED"', 'application/json')),
    'http-200-truncated': (200, not_json(b'{"type":"head_s')),
    'http-400-empty': (400, exactly(b'')),
    'http-408': (408, exactly(b'Request Timeout\n')),
    'http-500-empty': (500, exactly(b'')),
    'http-500-text': (500, exactly(b'Internal Server Error\n')),
    'http-500-big': (500, lambda a: same(len(a.body), 2097152)),
    'http-502-truncated': (502, not_json(b'{"code":5000,"message":"Inter')),
    'http-503-empty': (503, exactly(b'')),
    'http-504-empty': (504, exactly(b'')),
    'chunked': (200, lambda a: same(a.headers['Transfer-Encoding'], 'chunked')),
    'standin-misuse': (400, exactly(b'klingrec-standin: unknown\n')),
}
# These end the connection, or belong to other paths; they have tests of their own.
OTHERS = {'cut', 'drop', 'drop-early', 'reset', 'hang'}


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
        same(named in options, True, f'{named} is documented, but is there such a one?')


KEYS = [
    ('the right key', RIGHT, None, None),
    ('a wrong key', 'Bearer standin-kez', 'comet-401', 'kling-1000'),
    ('a key with more behind it', RIGHT + 'x', 'comet-401', 'kling-1000'),
    ('half a key', 'Bearer standin', 'comet-401', 'kling-1000'),
    ('no key after Bearer', 'Bearer', 'comet-401', 'kling-1002'),
    ('the key without Bearer', 'standin-key', 'comet-401', 'kling-1002'),
    ('two spaces', 'Bearer  standin-key', 'comet-401', 'kling-1000'),
    ('no header', None, 'comet-401', 'kling-1001'),
]


@test
def only_the_right_key_is_let_in():
    with Server() as server:
        for what, key, comet, kling_name in KEYS:
            for path, want in ((COMET, comet), (KLING, kling_name)):
                answer = server.url(key=key, path=path)
                status = ANSWERS[want or 'ok'][0]
                same(answer.status, status, what)
                if want and want.startswith('kling'):
                    same(answer.json()['code'], int(want[6:]), what)


BAD_BODY = 'Failed to resolve the request body'
NO_IMAGE = 'image can not be null'
BAD_BASE64 = 'File is not in a valid base64 format'
PIXELS = 'Image pixel is invalid'
BODIES = [
    ('no body', b'', BAD_BODY),
    ('not JSON', b'{"image":', BAD_BODY),
    ('text behind the JSON', b'{"image":"https://a/"} x', BAD_BODY),
    ('a list', b'["https://a/"]', BAD_BODY),
    ('a string', b'"https://a/"', BAD_BODY),
    ('an empty object', b'{}', NO_IMAGE),
    ('image is null', b'{"image":null}', NO_IMAGE),
    ('image is empty', b'{"image":""}', NO_IMAGE),
    ('image is a number', b'{"image":1}', BAD_BODY),
    ('image is a list', b'{"image":["https://a/"]}', BAD_BODY),
    ('another name', b'{"Image":"https://a/"}', BAD_BODY),
    ('a second field', b'{"image":"https://a/","n":1}', BAD_BODY),
    ('the field twice', b'{"image":"https://a/","image":"https://a/"}', BAD_BODY),
    ('a NUL in the string', b'{"image":"https://a/\\u0000"}', BAD_BODY),
    ('bytes that are not UTF-8', b'{"image":"https://a/\xff"}', BAD_BODY),
    ('http', b'{"image":"http://a/"}', None),
    ('https in capitals', b'{"image":"HTTPS://a/b.png"}', None),
    ('a URL without a host', b'{"image":"https:///a"}', BAD_BODY),
    ('a URL with a space', b'{"image":"https://a/b c"}', BAD_BODY),
    ('a URL of 8192', b'{"image":"https://a/' + b'b' * 8182 + b'"}', None),
    ('a URL of 8193', b'{"image":"https://a/' + b'b' * 8183 + b'"}', BAD_BODY),
    ('ftp', b'{"image":"ftp://a/b.png"}', BAD_BASE64),
    ('a data: prefix', b'{"image":"data:image/png;base64,iVBORw0KGgo="}', BAD_BASE64),
    ('one character', b'{"image":"A"}', BAD_BASE64),
    ('no padding', b'{"image":"QUI"}', BAD_BASE64),
    ('padding alone', b'{"image":"===="}', BAD_BASE64),
    ('three paddings', b'{"image":"Q==="}', BAD_BASE64),
    ('padding inside', b'{"image":"QQ==QUJD"}', BAD_BASE64),
    ('bits left over, two digits', b'{"image":"QR=="}', BAD_BASE64),
    ('bits left over, three digits', b'{"image":"QUJ="}', BAD_BASE64),
    ('a line break', b'{"image":"QUJD\\nQUJ"}', BAD_BASE64),
    ('a space', b'{"image":"QUJDQUJ "}', BAD_BASE64),
    ('the alphabet of URLs', b'{"image":"QU-_QUJD"}', BAD_BASE64),
    ('a letter with an accent', '{"image":"QUéDQUJ"}'.encode(), BAD_BASE64),
    ('base64 of something else', b'{"image":"QUJDREVG"}',
     'Image format is invalid: neither JPEG nor PNG'),
    ('two digits and padding', b'{"image":"QQ=="}',
     'Image format is invalid: neither JPEG nor PNG'),
    ('the head of a PNG alone', b'{"image":"iVBORw0KGgo="}',
     'Image is damaged and can not be decoded'),
    ('the head of a JPEG alone', b'{"image":"/9j/"}',
     'Image is damaged and can not be decoded'),
]


@test
def a_body_is_refused_with_the_text_that_the_service_uses():
    with Server() as server:
        for what, body, message in BODIES:
            answer = server.post(body)
            if message is None:
                same(answer.status, 200, what)
            else:
                same(answer.status, 400, what)
                try:
                    kling(1201, message)(answer)
                except AssertionError as problem:
                    raise AssertionError(f'{what}: {problem}') from problem


def grey(w, h, extra=b''):
    chunk = make_images.chunk
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 0, 0,
                                                              0, 0)) + extra +
            chunk(b'IDAT', zlib.compress(b'\0' * ((w + 1) * h), 1)) +
            chunk(b'IEND', b''))


def aspect(w, h):
    return f'Image aspect ratio is invalid: {w} x {h}, at most 2.5 to 1'


SIZES = [
    (300, 300, None), (299, 300, PIXELS), (300, 299, PIXELS), (1, 1, PIXELS),
    (750, 300, None), (751, 300, aspect(751, 300)),
    (300, 750, None), (300, 751, aspect(300, 751)),
    (1000, 400, None), (1001, 400, aspect(1001, 400)),
    (747, 299, PIXELS),
    (20000, 8000, 'Image has more pixels than the stand-in decodes'),
]


@test
def sides_and_aspect_are_kept_to_the_pixel():
    with Server() as server:
        for w, h, message in SIZES:
            data = grey(w, h) if w < 5000 else grey(1, 1).replace(
                make_images.chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)),
                make_images.chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 0, 0, 0, 0)))
            answer = server.image(data)
            same(answer.status, 200 if message is None else 400, f'{w} x {h}')
            if message is not None:
                same(answer.json()['message'], message, f'{w} x {h}')
            image = server.stats()['last']['image']
            same((image['width'], image['height']), (w, h), 'stats')


def padded(total):
    """A good PNG of exactly so many bytes, filled up by a private chunk."""
    short = len(grey(300, 300)) + 12
    return grey(300, 300, make_images.chunk(b'prVt', b'\xa5' * (total - short)))


@test
def the_size_limit_counts_the_bytes_of_the_image():
    with Server() as server:
        start = time.monotonic()
        answer = server.image(padded(10485760))
        same(answer.status, 200, '10 MiB')
        took = time.monotonic() - start
        print(f'  10 MiB image: {took * 1000:.0f} ms with the client')
        answer = server.image(padded(10485761))
        same(answer.status, 400, '10 MiB and a byte')
        same('10485761 bytes, at most 10485760' in answer.json()['message'], True)
    with Server('--max-image-bytes', '1000') as server:
        same(server.image(padded(1000)).status, 200, '1000')
        same(server.image(padded(1001)).status, 400, '1001')


@test
def a_body_over_the_limit_gets_an_empty_413():
    with Server('--max-body-bytes', '4000') as server:
        head = len('{"image":""}')
        for size, status in ((4000, 400), (4001, 413), (400000, 413)):
            body = '{"image":"' + 'A' * (size - head) + '"}'
            same(server.post(body).status, status, size)
        blocks = iter([b'x' * 3000] * 3)
        connection = server.connect()
        connection.request('POST', COMET, blocks, {'Authorization': RIGHT},
                           encode_chunked=False)
        answer = Answer(connection.getresponse())
        connection.close()
        same((answer.status, answer.body), (413, b''), 'without a length')


MADE = [
    ('portrait.png', 200, 'head,face,cloth,object'),
    ('portrait.jpg', 200, 'head,face,cloth,object'),
    ('garment.png', 200, 'cloth,object'),
    ('garment.jpg', 200, 'cloth,object'),
    ('landscape.jpg', 200, ''),
    ('unmarked.png', 200, 'object'),
    ('side-300.png', 200, 'head,face,cloth,object'),
    ('aspect-2500.png', 200, ''),
    ('side-299.png', 400, PIXELS),
    ('too-small.png', 400, PIXELS),
    ('aspect-2503.png', 400, aspect(751, 300)),
    ('too-wide.png', 400, aspect(1000, 300)),
    ('truncated.jpg', 400, 'Image is damaged and can not be decoded'),
    ('truncated.png', 400, 'Image is damaged and can not be decoded'),
    ('damaged.png', 400, 'Image is damaged and can not be decoded'),
    ('refused.png', 400, 'Failure to pass the risk control system'),
]


@test
def the_sample_images_get_what_their_marker_says():
    with tempfile.TemporaryDirectory() as folder, \
            Server('--regions', 'object') as server:
        make_images.make(folder)
        same(sorted(os.listdir(folder)), sorted(name for name, _, _ in MADE), 'files')
        for name, status, said in MADE:
            with open(os.path.join(folder, name), 'rb') as file:
                data = file.read()
            same(len(data) < 100 * 1024, True, f'{name} is small')
            answer = server.image(data)
            same(answer.status, status, name)
            if status == 200:
                same(regions(answer), flags(said.split(',')), name)
                source = 'default' if name == 'unmarked.png' else 'marker'
                same(f'regions={source}' in answer.headers['X-Klingrec-Standin'], True)
            else:
                same(answer.json()['message'], said, name)
        # Wherever a JPEG is cut, it is seen.
        with open(os.path.join(folder, 'garment.jpg'), 'rb') as file:
            data = file.read()
        for cut in range(2, len(data), 97):
            same(server.image(data[:cut]).status, 400, f'cut at {cut}')
        same(server.image(data[:-1]).status, 400, 'half of the end marker')


MARKERS = [
    ('head', 'head'), ('object,head', 'head,object'), ('none', ''),
    ('head%2Cface', 'head,face'), ('%63loth', 'cloth'),
    ('', None), ('head,', None), ('hand', None), ('none,head', None), ('Head', None),
]


@test
def a_url_is_marked_by_its_query_and_a_bad_marker_is_refused():
    with Server() as server:
        for marker, words in MARKERS:
            url = f'https://a/b.png?x=1&standin={marker}&y=2#standin=face'
            answer = server.post({'image': url})
            if words is None:
                same(answer.status, 400, marker)
                same(answer.body.startswith(b'klingrec-standin: the marker'), True)
            else:
                same(regions(answer), flags(words.split(',')), marker)
        answer = server.post({'image': 'https://a/?standin=answer=kling-5000'})
        same(answer.status, 500, 'an answer by a marker')
        answer = server.post({'image': 'https://a/?standin=answer=nonsense'})
        same(answer.status, 400, 'an unknown answer by a marker')
        answer = server.post({'image': 'https://a/?xstandin=head'})
        same(regions(answer), flags('head,face,cloth,object'), 'the default')


@test
def the_shape_follows_the_path_or_the_option():
    for shape, path, order in (('auto', COMET, 'head_seg'), ('auto', KLING, 'object_seg'),
                               ('kling', COMET, 'object_seg'), ('comet', KLING, 'head_seg')):
        with Server('--shape', shape) as server:
            answer = server.url(path=path)
            same(regions(answer)[0][0], order, f'{shape} {path}')
            same('request_id' in answer.json(), order == 'object_seg', 'request_id')
            same('X-Oneapi-Request-Id' in answer.headers, path == COMET, 'gateway id')


@test
def paths_and_methods_that_are_wrong_get_what_the_service_gives():
    with Server() as server:
        for path in ('/kling/v1/videos/image-recognise', '/kling/', '/kling/x?y=1'):
            answer = server.url(path=path)
            same(answer.status, 404, path)
            message = answer.json()['error']['message']
            same(message, f'Invalid URL (POST {path.split("?")[0]})', path)
        for path in ('/', '/v1' + COMET, '/v1/videos', '/klingon'):
            answer = server.url(path=path)
            same((answer.status, answer.headers.get_content_type()), (200, 'text/html'))
        for path in (COMET, KLING):
            for method in ('GET', 'PUT', 'DELETE'):
                answer = server.ask(method, path, headers={'Authorization': RIGHT})
                same((answer.status, answer.json()['code']), (404, 1202), method)


@test
def with_wrap_refusals_come_in_the_envelope_of_a_gateway():
    with Server('--wrap', '--rate', '2') as server:
        answer = server.post(b'{}')
        same(answer.status, 400)
        inner = json.loads(answer.json()['message'])
        same((inner['code'], inner['message']), (1201, NO_IMAGE))
        same(server.post(b'{}', path=KLING).json()['message'], NO_IMAGE, 'Kling itself')
        answer = server.url()
        same((answer.status, answer.json()['message']), (429, SATURATED), 'rate')


@test
def the_wire_fails_as_asked():
    body = json.dumps({'image': URL}).encode()

    def request(answer, length=None):
        return (f'POST {COMET} HTTP/1.1\r\nHost: a\r\nAuthorization: {RIGHT}\r\n'
                f'X-Standin: {answer}\r\nConnection: close\r\n'
                f'Content-Length: {len(body) if length is None else length}\r\n\r\n'
                ).encode()

    with Server() as server:
        got, end = server.raw(request('ok') + body)
        same((got[:15], end), (b'HTTP/1.1 200 OK', 'closed'), 'ok')
        got, end = server.raw(request('cut') + body)
        length = int(re.search(rb'Content-Length: (\d+)', got)[1])
        sent = len(got.split(b'\r\n\r\n', 1)[1])
        same((sent, end), (length // 2, 'closed'), 'cut')
        same(server.raw(request('drop') + body), (b'', 'closed'), 'drop')
        same(server.raw(request('reset') + body), (b'', 'reset'), 'reset')
        same(server.raw(request('drop', 50) + b'x', 0.3), (b'', 'silent'), 'drop waits')
        same(server.raw(request('drop-early', 50), 5), (b'', 'closed'), 'drop-early')
        same(server.raw(request('hang') + body, 0.5), (b'', 'silent'), 'hang')
        answers = server.stats()['answers']
        for name in ('cut', 'drop', 'reset', 'drop-early'):
            same(answers[name], 1, name)
        # The one that hangs is still there, and the server stops all the same.
        same(server.stats()['in_flight'], 1, 'hang')


@test
def an_answer_is_delayed_and_carries_the_retry_after_that_was_asked_for():
    with Server('--delay', '100') as server:
        for asked, least in (('ok', 0.1), ('delay=200', 0.3), ('kling-1302:delay=50', 0.15)):
            start = time.monotonic()
            server.url(answer=asked)
            took = time.monotonic() - start
            same(least <= took < least + 1, True, f'{asked} took {took}')
    with Server() as server:
        answer = server.url(answer='kling-1302:retry-after=7')
        same((answer.status, answer.headers['Retry-After']), (429, '7'))
        answer = server.url(answer='kling-5001:retry-after=soon, or not')
        same(answer.headers['Retry-After'], 'soon, or not')
        answer = server.url(answer='gateway-429-empty:retry-after-date=30')
        when = email.utils.parsedate_to_datetime(answer.headers['Retry-After'])
        same(abs(when.timestamp() - time.time() - 30) < 3, True, 'date')
        same(server.url(answer='ok').headers['Retry-After'], None)
        answer = server.url(path=COMET + '?standin-answer=kling-1303:retry-after=2')
        same((answer.json()['code'], answer.headers['Retry-After']), (1303, '2'), 'query')
        for asked in ('nonsense', 'ok:nonsense', 'ok:delay=x', 'ok:delay=600001',
                      'ok:delay=-1', 'ok:', ':ok', '', 'delay=5:ok', 'ok:retry-after=',
                      'ok:retry-after=' + 'x' * 80, 'ok:retry-after-date=x'):
            answer = server.url(answer=asked)
            same((answer.status, answer.body[:17]), (400, b'klingrec-standin:'), asked)


@test
def many_wait_at_once_without_a_thread_each():
    with Server() as server:
        # Only the server's threads count: the client's sockets are opened by hand.
        body = json.dumps({'image': URL}).encode()
        request = (f'POST {COMET} HTTP/1.1\r\nHost: a\r\nAuthorization: {RIGHT}\r\n'
                   f'X-Standin: delay=1500\r\nContent-Length: {len(body)}\r\n\r\n'
                   ).encode() + body
        peers = []
        start = time.monotonic()
        for _ in range(400):
            peer = socket.create_connection((server.host, server.port), 20)
            peer.sendall(request)
            peers.append(peer)
        while server.stats()['in_flight'] < 400:
            time.sleep(0.02)
        with open(f'/proc/{server.process.pid}/status') as file:
            same(re.search(r'Threads:\s+(\d+)', file.read())[1], '1', 'threads')
        for peer in peers:
            same(peer.recv(15), b'HTTP/1.1 200 OK')
            peer.close()
        took = time.monotonic() - start
        print(f'  400 answers delayed by 1500 ms: {took * 1000:.0f} ms together')
        same(took < 10, True, took)
        same(server.stats()['max_in_flight'], 400)


@test
def a_script_is_played_once_and_in_order():
    with Server('--script', 'kling-5001,kling-1302:retry-after=1,drop,ok',
                '--answer', 'http-503-empty') as server:
        statuses = [server.url().status, server.url().status]
        try:
            server.url()
            statuses.append('answered')
        except (http.client.RemoteDisconnected, ConnectionError):
            statuses.append('dropped')
        same(server.url(answer='kling-1000').status, 401, 'a header comes first')
        same(server.stats()['script_left'], 1)
        statuses += [server.url().status, server.url().status, server.url().status]
        same(statuses, [503, 429, 'dropped', 200, 503, 503], 'script, then --answer')
        same(server.ask('POST', '/standin/script', 'kling-1301,ok').status, 200)
        same([server.url().status, server.url().status], [400, 200], 'a new script')
        same(server.ask('POST', '/standin/script', 'ok,nonsense').status, 400)
        same(server.ask('POST', '/standin/reset').status, 200)
        same(server.stats()['requests'], 0, 'after a reset')
        same([server.url().status, server.url().status], [400, 200], 'played again')


@test
def the_limits_answer_1302_and_1303():
    with Server('--rate', '3', '--retry-after') as server:
        same([server.url().status for _ in range(3)], [200] * 3)
        answer = server.url()
        same((answer.status, answer.json()['code']), (429, 1302))
        same(50 <= int(answer.headers['Retry-After']) <= 60, True, 'Retry-After')
        same(server.url(path='/').status, 200, 'other paths do not count')
        same(server.ask('POST', '/standin/reset').status, 200)
        same(server.url().status, 200, 'after a reset')
    with Server('--concurrency', '2', '--delay', '700') as server:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = []
            for _ in range(4):
                jobs.append(pool.submit(server.url))
                time.sleep(0.05)
            answers = [job.result() for job in jobs]
        same([a.status for a in answers], [200, 200, 429, 429])
        same(answers[2].json()['code'], 1303)
        same(answers[2].headers['Retry-After'], None, 'not asked for')
        same(server.url().status, 200, 'afterwards')


@test
def the_stats_tell_what_came_but_never_the_key():
    with Server('--key', 'sk-very-secret') as server:
        connection = server.connect()
        body = json.dumps({'image': URL})
        for _ in range(2):
            answer = server.post(body, key='Bearer sk-very-secret', connection=connection)
            same(answer.status, 200)
        connection.close()
        stats = server.stats()
        same(stats['requests'], 2)
        same(stats['bytes'], 2 * len(body))
        same(stats['answers'], {'ok': 2})
        same(stats['key_elsewhere'], 0)
        same((stats['in_flight'], stats['max_in_flight']), (0, 1))
        same(stats['connections'], 2, 'one kept alive, one for the stats')
        last = stats['last']
        same((last['method'], last['path'], last['answer']), ('POST', COMET, 'ok'))
        same((last['authorization'], last['headers']['authorization']),
             ('right', '<redacted>'))
        same(last['headers']['content-type'], 'application/json')
        same(last['body_bytes'], len(body))
        same(last['image'], {'kind': 'url', 'format': '', 'width': 0, 'height': 0,
                             'bytes': 0, 'marker': 'head,face'})
        server.ask('POST', COMET, body, {'X-Other': 'a sk-very-secret b'})
        server.ask('POST', COMET + '?key=sk-very-secret', body)
        server.ask('POST', '/sk-very-secret', body)
        text = server.ask('GET', '/standin/stats').body
        same(b'sk-very-secret' in text, False, 'the key')
        stats = json.loads(text)
        same((stats['key_elsewhere'], stats['last']['authorization']), (3, 'none'))
        server.url(key='Bearer other')
        text = server.ask('GET', '/standin/stats').body
        same((b'Bearer other' in text, b'"wrong"' in text), (False, True), 'a wrong key')
        same(server.image(grey(300, 301), key='Bearer sk-very-secret').status, 200)
        image = server.stats()['last']['image']
        same(image, {'kind': 'image', 'format': 'png', 'width': 300, 'height': 301,
                     'bytes': len(grey(300, 301)), 'marker': None})


@test
def the_urls_of_the_kling_shape_and_redirects_lead_to_the_stand_in():
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
        where = server.url(answer='http-302').headers['Location']
        server.ask('POST', where.split(str(server.port), 1)[1])
        stats = server.stats()
        same((stats['masks'], stats['masks_with_authorization']), (2, 1))
        same((stats['redirects_followed'], stats['requests']), (1, 2))
        for method, path in (('POST', '/standin/stats'), ('GET', '/standin/reset'),
                             ('GET', '/standin/script')):
            same(server.ask(method, path).status, 405, path)


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
                raise AssertionError('cut was whole')
            except (http.client.IncompleteRead, ssl.SSLError, ConnectionError):
                pass
        result = run('--cert', cert, '--key-pem', cert)
        same(result.returncode, 1, 'not a pair')
        same('pair' in result.stderr, True, result.stderr)
        result = run('--cert', os.path.join(folder, 'none'), '--key-pem', key)
        same((result.returncode, 'PEM' in result.stderr), (1, True), result.stderr)


def run(*options):
    return subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=20)


USAGE = [
    (['--port', '65536'], "--port '65536': a whole number from 0 to 65535"),
    (['--port', '-1'], "from 0 to 65535"),
    (['--port', '1x'], "from 0 to 65535"),
    (['--port='], "from 0 to 65535"),
    (['--port'], "--port '': a value is needed"),
    (['--port', '99999999999999999999'], "from 0 to 65535"),
    (['--delay', '600001'], "from 0 to 600000"),
    (['--max-image-bytes', '0'], "from 1 to 1000000000"),
    (['--prot', '1'], "argument 1 '--prot': no such option"),
    (['--wrap', 'stray'], "argument 2 'stray'"),
    (['--wrap=1'], "takes no value"),
    (['--shape', 'other'], 'auto|comet|kling'),
    (['--shape', 'com'], 'auto|comet|kling'),
    (['--regions', 'hand'], 'head,face,cloth,object'),
    (['--key', 'a b'], '1 to 4096'),
    (['--key', 'a' * 4097], '1 to 4096'),
    (['--key', ''], '1 character'),
    (['--cert', 'x'], '1 of the 2'),
    (['--'], "argument 1 '--'"),
]


@test
def every_wrong_option_is_told_with_what_was_given():
    for options, said in USAGE:
        result = run(*options)
        same((result.returncode, result.stdout), (2, ''), options)
        same(said in result.stderr, True, result.stderr)
        same(result.stderr.count('\n'), 1, 'one line')
    for options, said in ((['--answer', 'nonsense'], "--answer: unknown answer 'nonsense'"),
                          (['--script', 'ok,,ok'], "--script: unknown answer ''"),
                          (['--port-file', '/none/x/y'], "--port-file '/none/x/y'")):
        result = run(*options)
        same((result.returncode, result.stdout), (1, ''), options)
        same(said in result.stderr, True, result.stderr)
    with Server() as server:
        result = run('--port', str(server.port))
        same((result.returncode, f'port {server.port}: ' in result.stderr), (1, True))
    same(re.fullmatch(r'klingrec-standin \d+\.\d+\.\d+\n', run('--version').stdout)
         is not None, True, 'version')
    same('recognises nothing' in ' '.join(run('--help').stdout.split()).replace(
        'It recognises', 'recognises'), True, 'help')


@test
def the_port_file_ipv6_and_verbose_do_what_they_say():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'port')
        with Server('--port-file', path) as server:
            with open(path) as file:
                same(file.read(), f'{server.port}\n')
    if socket.has_ipv6 and os.path.exists('/proc/net/if_inet6') and \
            os.path.getsize('/proc/net/if_inet6') >= 0 and \
            open('/proc/net/if_inet6').read():
        with Server('--ipv6') as server:
            same((server.host, server.url().status), ('::1', 200))


@test
def the_program_ends_by_itself_or_by_a_signal():
    start = time.monotonic()
    process = subprocess.Popen([PROGRAM, '--idle-exit', '1'], stdout=subprocess.PIPE)
    process.stdout.readline()
    same(process.wait(20), 0, 'idle')
    process.stdout.close()
    same(0.9 < time.monotonic() - start < 8, True, 'idle time')
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(number)
        same(process.wait(20), 0, number)
        process.stdout.close()
    # A shell in between is the parent, and dies.
    shell = subprocess.Popen(['sh', '-c', '"$0" --exit-with-parent & echo $!; read line',
                              PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    lines = [shell.stdout.readline(), shell.stdout.readline()]
    child = int(min(lines, key=len))
    same(alive(child), True, 'child of a living parent')
    shell.kill()
    shell.wait()
    for _ in range(100):
        if not alive(child):
            break
        time.sleep(0.1)
    left = alive(child)
    if left:
        os.kill(child, signal.SIGTERM)
    shell.stdin.close()
    shell.stdout.close()
    same(left, False, 'child of a dead parent')


def alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def main():
    passed = failed = 0
    for function in TESTS:
        name = function.__name__.replace('_', ' ')
        start = time.monotonic()
        try:
            function()
            passed += 1
            print(f'[ OK ] {name} ({time.monotonic() - start:.1f} s)', flush=True)
        except Exception as problem:
            failed += 1
            print(f'[FAIL] {name}: {problem!r}', flush=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
