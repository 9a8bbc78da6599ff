# SPDX-License-Identifier: MIT
"""Shared by all cases of test_standin.py: the server, and ways to send requests."""
import base64
import http.client
import json
import os
import re
import socket
import struct
import subprocess
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'data'))
sys.path.insert(0, os.path.join(HERE, '..'))
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
    def __init__(self, *options, tls=None, stderr=None):
        arguments = [PROGRAM, '--port', '0', '--exit-with-parent', *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE,
                                        stderr=stderr)
        line = self.process.stdout.readline().decode()
        found = re.fullmatch(
            r'klingrec-standin: listening on (https?)://(127\.0\.0\.1|\[::1\]):(\d+)\n',
            line)
        if not found:
            raise AssertionError(f'first line {line!r}')
        self.scheme, self.host = found[1], found[2].strip('[]')
        self.port = int(found[3])
        self.tls = tls

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        code = self.process.wait(60)
        self.process.stdout.close()
        if self.process.stderr:
            self.process.stderr.close()
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
            try:
                used.request(method, path, body, headers or {})
            except ConnectionError:
                pass  # refused before the whole request was sent; the answer exists
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
        """Send raw bytes; returns the answer, and how the connection ended."""
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


def grey(w, h, extra=b''):
    chunk = make_images.chunk
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 0, 0,
                                                              0, 0)) + extra +
            chunk(b'IDAT', zlib.compress(b'\0' * ((w + 1) * h), 1)) +
            chunk(b'IEND', b''))


def padded(total):
    """A valid PNG of exactly `total` bytes, filled up with a private chunk."""
    short = len(grey(300, 300)) + 12
    return grey(300, 300, make_images.chunk(b'prVt', b'\xa5' * (total - short)))


def run(*options):
    return subprocess.run([PROGRAM, *options], capture_output=True, text=True,
                          timeout=60)


def alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False
