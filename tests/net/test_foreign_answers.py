# SPDX-License-Identifier: MIT
"""Test that no job gets the answer of another job, whatever a server sends and when.

The server of this test answers each request with the name of its job, and sends further
bytes before, during or after the answer. A job that succeeds must have its own answer,
bytes on an idle connection must not make a job fail, and no request may arrive twice.

    test_foreign_answers.py ASK [ROUNDS]

With ROUNDS each case runs that often, in both run modes and with 1, 8 and 64 jobs at
once; without ROUNDS each case runs twice.
"""
import concurrent.futures
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ASK = sys.argv[1]
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 0
# A connection is idle for 20 ms before it is reused. If a busy machine delays the server
# for longer, the case has not tested what it should.
LATE = 0.018
TRIES = 10


def answer(name, status="200 OK", headers=""):
    body = ('{"code":0,"message":"SUCCEED","request_id":"%s",'
            '"data":{"task_result":{"images":[]}}}' % name).encode()
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode(), body


def empty(status, headers=""):
    return f"HTTP/1.1 {status}\r\n{headers}\r\n".encode()


FOREIGN = b"".join(answer("foreign"))
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunked(name):
    body = answer(name)[1]
    return CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


# What the server does after it has received a request: bytes are one write, a number is
# a pause in milliseconds, None closes the connection.
def whole(name):
    return [b"".join(answer(name))]


def split(name):
    head, body = answer(name)
    return [head + body[:10], 2, body[10:] + FOREIGN]


SCRIPTS = {
    "nothing more": whole,
    "in the same write": lambda name: [whole(name)[0] + FOREIGN],
    "in the last write of the body": split,
    "in the last write of the body, twice":
        lambda name: split(name)[:2] + [split(name)[2] + FOREIGN],
    "in a separate write": lambda name: whole(name) + [FOREIGN],
    "1 ms later": lambda name: whole(name) + [1, FOREIGN],
    "5 ms later": lambda name: whole(name) + [5, FOREIGN],
    "after a chunked answer": lambda name: [chunked(name) + FOREIGN],
    "after a chunked answer, in a separate write": lambda name: [chunked(name), FOREIGN],
    "after a chunked answer, 5 ms later": lambda name: [chunked(name), 5, FOREIGN],
    "half of one": lambda name: whole(name) + [FOREIGN[:40]],
    "a line break": lambda name: whole(name) + [b"\r\n"],
    "a text": lambda name: whole(name) + [b"have a nice day\n"],
    "a 401": lambda name: whole(name) + [3, b"".join(answer("foreign", "401 No"))],
    "a 500": lambda name: whole(name) + [3, b"".join(answer("foreign", "500 Oh"))],
    "a 408 response, then closed": lambda name: whole(name) + [
        5, empty("408 Request Timeout", "Connection: close\r\nContent-Length: 0\r\n"), None],
    "the end": lambda name: whole(name) + [None],
    "closed 5 ms later": lambda name: whole(name) + [5, None],
}
# The first answer of each connection is not a success here, so that job may fail.
FAILING = {
    "behind 204": lambda name: [empty("204 No Content") + FOREIGN],
    "after a 204, in a separate write": lambda name: [empty("204 No Content"), FOREIGN],
    "after a 204, 5 ms later": lambda name: [empty("204 No Content"), 5, FOREIGN],
    "behind 304": lambda name: [empty("304 Not Modified"), FOREIGN],
    "after a 304, 5 ms later": lambda name: [empty("304 Not Modified"), 5, FOREIGN],
    "after an empty 400": lambda name: [
        empty("400 Bad Request", "Content-Length: 0\r\n") + FOREIGN],
    "after an empty 400, 5 ms later": lambda name: [
        empty("400 Bad Request", "Content-Length: 0\r\n"), 5, FOREIGN],
}


class Server:
    def __init__(self, script, context):
        self.script = script
        self.context = context
        self.seen = {}
        self.connections = 0
        self.late = False
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        begin = time.monotonic()
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            rest = b""
            while True:
                rest, name = self.take(connection, rest)
                begin = time.monotonic()
                for step in self.script(name):
                    if step is None:
                        return
                    if isinstance(step, int):
                        time.sleep(step / 1000)
                    else:
                        connection.sendall(step)
                self.late = self.late or time.monotonic() - begin > LATE
        except OSError:
            pass
        finally:
            connection.close()
            self.late = self.late or time.monotonic() - begin > LATE

    def take(self, connection, rest):
        while True:
            end = rest.find(b"\r\n\r\n")
            if end >= 0:
                length = int(re.search(rb"(?i)content-length: *(\d+)", rest)[1])
                if len(rest) >= end + 4 + length:
                    break
            more = connection.recv(65536)
            if not more:
                raise OSError("closed")
            rest += more
        name = re.search(rb"job-\d+", rest[end:])[0].decode()
        with self.lock:
            self.seen[name] = self.seen.get(name, 0) + 1
        return rest[end + 4 + length:], name


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context


class Case:
    def __init__(self, name, tls, jobs, at_once, thread):
        self.script = {**SCRIPTS, **FAILING}[name]
        self.may_fail = name in FAILING
        self.tls = tls
        self.jobs = jobs
        self.numbers = [str(jobs), str(at_once), str(thread)]
        self.label = (f"{name}, {'https' if tls else 'http'}, {jobs} jobs, {at_once} at once, "
                      f"{'a thread' if thread else 'the caller'}")

    def faults(self, server, process):
        lines = [line.split() for line in process.stdout.splitlines()]
        if process.returncode != 0 or len(lines) != self.jobs:
            yield f"exit code {process.returncode}, {len(lines)} results"
        foreign = [line for line in lines
                   if line[1] == "KLINGREC_OK" and line[4] != f"job-{line[0]}"]
        failed = [line for line in lines if line[1] != "KLINGREC_OK"]
        twice = [name for name, count in server.seen.items() if count > 1]
        if foreign:
            yield f"{len(foreign)} foreign answers"
        if failed and not self.may_fail:
            yield f"{len(failed)} jobs failed: {' '.join(failed[0])}"
        if twice:
            yield f"{len(twice)} requests received twice"

    def run(self, context, ca_file):
        """The faults; None: the machine was too busy for the pauses of the server."""
        for _ in range(TRIES):
            server = Server(self.script, context if self.tls else None)
            endpoint = f"{'https' if self.tls else 'http'}://127.0.0.1:{server.port}/"
            process = subprocess.run([ASK, endpoint, ca_file] + self.numbers,
                                     stdout=subprocess.PIPE, text=True, timeout=120, check=False)
            server.listener.close()
            faults = list(self.faults(server, process))
            if not faults or not server.late:
                return faults
        return None


def all_cases():
    for name in [*SCRIPTS, *FAILING]:
        for tls in (False, True):
            if ROUNDS == 0:
                yield Case(name, tls, 8, 1, int(tls))
                yield Case(name, tls, 64, 8, int(not tls))
            for _ in range(ROUNDS):
                for thread in (0, 1):
                    for jobs, at_once in ((8, 1), (64, 64), (64, 8)):
                        yield Case(name, tls, jobs, at_once, thread)


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        context = make_certificate(folder)
        cases = list(all_cases())
        ends = pool.map(lambda case: case.run(context, f"{folder}/cert.pem"), cases)
        for case, faults in zip(cases, ends):
            if faults is None:
                print(f"{case.label}: not judged, the machine is too busy", flush=True)
            elif faults:
                print(f"{case.label}: {'; '.join(faults)}", flush=True)
            passed += not faults
            failed += bool(faults)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
