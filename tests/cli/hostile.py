# SPDX-License-Identifier: MIT
"""A service whose answers name URLs that the test chooses, and that serves them badly."""
import http.server
import json
import socket
import threading
import time

from harness import KEY, Run


class Service:
    """regions: [(type, URL or path on this server)] of each answer. pages: what is done
    for a GET of a path: bytes to send with status 200, or a function of the handler.
    """

    def __init__(self, regions=(), pages=None):
        self.regions, self.pages = list(regions), dict(pages or {})
        self.answer = None  # (status, body) of each answer, in place of a success
        self.asked = []  # (method, path, headers) of each request
        self.ending = threading.Event()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                self.rfile.read(int(self.headers['Content-Length']))
                service.note(self)
                images = [{'type': kind, 'is_contain': True, 'url': service.at(url)}
                          for kind, url in service.regions]
                success = {'code': 0, 'message': 'SUCCEED', 'request_id': 'r',
                           'data': {'task_result': {'images': images}}}
                status, body = service.answer or (200, success)
                service.send(self, json.dumps(body).encode(), status, 'application/json')

            def do_GET(self):
                service.note(self)
                page = service.pages.get(self.path, b'')
                if callable(page):
                    page(self)
                elif self.path in service.pages:
                    service.send(self, page)
                else:
                    service.send(self, b'none', status=404)

            def log_message(self, *_):
                pass

        class Threads(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 100

            def handle_error(self, *_):
                pass
        self.server = Threads(('127.0.0.1', 0), Handler)
        self.port = self.server.server_address[1]
        self.base = f'http://127.0.0.1:{self.port}'
        threading.Thread(target=self.server.serve_forever, args=(0.02,),
                         daemon=True).start()

    def at(self, url):
        return self.base + url if url[:1] == '/' else url

    def note(self, handler):
        self.asked.append((handler.command, handler.path, dict(handler.headers)))

    def count(self, method):
        return sum(asked[0] == method for asked in self.asked)

    def paths(self):
        return [path for method, path, _ in self.asked if method == 'GET']

    @staticmethod
    def send(handler, body, status=200, type='image/png', length=None, **headers):
        """length: a Content-Length that may lie; False: none, and the end closes."""
        handler.send_response(status)
        handler.send_header('Content-Type', type)
        for name, value in headers.items():
            handler.send_header(name.replace('_', '-'), value)
        if length is False:
            handler.close_connection = True
        else:
            handler.send_header('Content-Length', len(body) if length is None else length)
            handler.close_connection = length is not None
        handler.end_headers()
        handler.wfile.write(body)

    def hang(self, _=None):
        self.ending.wait(60)

    def run(self, *arguments, **more):
        env = {'COMETAPI_KEY': KEY, **more.pop('env', {})}
        return Run('recognize', '--endpoint', self.base + '/recognize', *arguments,
                   env=env, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()


class Listener:
    """A port of this machine that must not be connected to."""

    def __init__(self):
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.socket.settimeout(0.05)
        self.port = self.socket.getsockname()[1]

    def was_reached(self):
        try:
            self.socket.accept()
            return True
        except OSError:  # the time is up
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(1 << 20))


def slow(handler):
    handler.send_response(200)
    handler.send_header('Content-Length', '1000')
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b'\x89')
        handler.wfile.flush()
        time.sleep(0.1)
