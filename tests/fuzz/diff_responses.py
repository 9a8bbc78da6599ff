# SPDX-License-Identifier: MIT
"""Damaged responses: what klingrec takes as whole, other parsers of HTTP/1 read alike.

diff_responses.py ASK_EACH COUNT [SEED]

The others are http.client of Python and, where it is installed, h11. klingrec may refuse
more than they do, and they may refuse what it takes; but what both take must have the
same status, body and Retry-After.
"""
import collections
import http.client
import io
import random
import re
import socket
import subprocess
import sys
import threading

try:
    import h11
except ImportError:
    h11 = None

PROGRAM, COUNT = sys.argv[1], int(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
BODY = b'{"code":0,"data":{"task_result":{"images":[]}}}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"10\r\n" + BODY[:16] + b"\r\n1f;x=y\r\n" + BODY[16:] + b"\r\n0\r\n"

SEEDS = [
    b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + BODY,
    b"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n" + LENGTH + b"\r\n" + BODY,
    b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\n" + CHUNKS + b"\r\n",
    b"HTTP/1.1 503 No\r\n" + CHUNKED + b"\r\n" + CHUNKS + b"Trailer: a\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY,
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + BODY,
    b"HTTP/1.1 200 OK\r\n" + LENGTH + LENGTH + b"A: b\r\n c\r\n\r\n" + BODY,
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
]
TOKENS = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"0", b"-1", b"+", b",", b"\0", b"\xff", b";",
          LENGTH, CHUNKED, b"Content-Length: 5\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
          b"Transfer-Encoding: identity\r\n", b"Retry-After: 9\r\n", b"HTTP/1.1 ", b"0\r\n\r\n",
          b"Content-Length: 4, 4\r\n", b"X\r\n", b": y\r\n", b"A : b\r\n"]


LONE_CR = re.compile(rb"\r(?!\n)")


def damage(chance):
    """A seed with up to four changes."""
    text = chance.choice(SEEDS)
    for _ in range(chance.randrange(5)):
        at = chance.randrange(len(text) + 1)
        # More often in the head than in the body.
        at = min(at, chance.randrange(len(text) + 1))
        kind = chance.randrange(5)
        if kind == 0:
            text = text[:at] + chance.choice(TOKENS) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + chance.randrange(1, 4):]
        elif kind == 2:
            text = text[:at] + bytes([chance.randrange(256)]) + text[at + 1:]
        elif kind == 3:
            line = text.find(b"\n", at) + 1
            text = text[:line] + chance.choice(TOKENS) + text[line:]
        else:
            text = text[:at]
    return text


# ---- The other parsers: (status, body, Retry-After), or None -------------------


class FakeSocket:
    def __init__(self, text):
        self.text = text

    def makefile(self, _mode):
        return io.BytesIO(self.text)


def by_http_client(text):
    response = http.client.HTTPResponse(FakeSocket(text), method="POST")
    try:
        response.begin()
        body = response.read()
        # It takes "identity" and other words for no encoding (RFC 9112, 6.3: up to the
        # end), what follows a malformed line for the body, and a CR for the end of a line.
        codings = response.headers.get_all("Transfer-Encoding", ["chunked"])
        if codings != ["chunked"] or response.headers.defects or LONE_CR.search(text):
            return None
    except (http.client.HTTPException, ValueError, OSError):
        return None
    return response.status, body, response.headers.get("Retry-After")


def by_h11(text):
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    status, body, after = None, b"", None
    try:
        connection.receive_data(text)
        connection.receive_data(b"")
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
                values = [v for k, v in event.headers if k == b"retry-after"]
                after = values[0].decode("latin-1") if values else None
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return status, body, after
            elif not isinstance(event, h11.InformationalResponse):
                return None
    except h11.RemoteProtocolError:
        return None


# ---- klingrec -----------------------------------------------------------------


class Server:
    """Answers the job number N with response number N, and closes."""

    def __init__(self, responses):
        self.responses = responses
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection:
                try:
                    self.serve(connection)
                except OSError:
                    pass

    def serve(self, connection):
        request = b""
        while b'"}' not in request:
            more = connection.recv(65536)
            if not more:
                return
            request += more
        number = int(re.search(rb"job-(\d+)", request)[1])
        connection.sendall(self.responses[number])


def by_klingrec(responses):
    server = Server(responses)
    process = subprocess.run(
        [PROGRAM, f"http://127.0.0.1:{server.port}/", str(len(responses))],
        stdout=subprocess.PIPE, text=True, timeout=600, check=False)
    server.listener.close()
    lines = [line.split() for line in process.stdout.splitlines()]
    if process.returncode != 0 or len(lines) != len(responses):
        sys.exit(f"exit code {process.returncode}, {len(lines)} results")
    return lines


def difference(line, other):
    """What is not the same; None: nothing. A Retry-After of digits is compared."""
    status, body, after = other
    if int(line[2]) != status:
        return f"status {line[2]} and {status}"
    if line[4].replace("-", "") != body.hex():
        return f"another body of {len(body)} bytes"
    after = (after or "").strip(" \t")
    if re.fullmatch(r"\d{1,6}", after) and int(line[3]) != int(after) * 1000:
        return f"Retry-After {line[3]} ms and {after!r}"
    return None


def main():
    chance = random.Random(SEED)
    responses = [damage(chance) for _ in range(COUNT)]
    lines = by_klingrec(responses)
    parsers = {"http.client": by_http_client}
    if h11 is not None:
        parsers["h11"] = by_h11
    counts = collections.Counter()
    faults = 0
    for text, line in zip(responses, lines):
        whole = line[1] == "ANSWERED"
        counts["klingrec"] += whole
        for name, parse in parsers.items():
            other = parse(text)
            counts[name] += other is not None
            if not whole or other is None:
                continue
            counts[f"both klingrec and {name}"] += 1
            found = difference(line, other)
            if found:
                faults += 1
                print(f"{name}: {found}: {text!r}: {' '.join(line[:4])}", flush=True)
    print(f"{COUNT} responses; taken by " +
          ", ".join(f"{name}: {count}" for name, count in counts.items()))
    print(f"{COUNT} responses, {faults} read differently")  # one test case
    return 1 if faults else 0


sys.exit(main())
