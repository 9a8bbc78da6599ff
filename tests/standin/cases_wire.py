# SPDX-License-Identifier: MIT
"""Test delays, scripts, limits and broken connections of the stand-in."""
import concurrent.futures
import email.utils
import http.client
import json
import re
import socket
import time

from harness import COMET, RIGHT, URL, Server, same, test


@test
def connections_fail_as_requested():
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
        same(server.raw(request('drop-early', 50)), (b'', 'closed'), 'drop-early')
        same(server.raw(request('hang') + body, 0.5), (b'', 'silent'), 'hang')
        answers = server.stats()['answers']
        for name in ('cut', 'drop', 'reset', 'drop-early'):
            same(answers[name], 1, name)
        # One connection still hangs, and the server must stop nevertheless.
        same(server.stats()['in_flight'], 1, 'hang')


@test
def an_answer_has_the_requested_delay_and_retry_after():
    with Server('--delay', '100') as server:
        for asked, least in (('ok', 0.1), ('delay=200', 0.3),
                             ('kling-1302:delay=50', 0.15)):
            for _ in range(5):  # one of them in time, on a machine others use too
                start = time.monotonic()
                server.url(answer=asked)
                took = time.monotonic() - start
                same(least - 0.001 <= took, True, f'{asked} took {took}')
                if took < least + 1:
                    break
            same(took < least + 1, True, f'{asked} took {took}')
    with Server() as server:
        answer = server.url(answer='kling-1302:retry-after=7')
        same((answer.status, answer.headers['Retry-After']), (429, '7'))
        answer = server.url(answer='kling-5001:retry-after=soon, or not')
        same(answer.headers['Retry-After'], 'soon, or not')
        before = int(time.time()) - 1  # the server's clock may be a tick behind
        answer = server.url(answer='gateway-429-empty:retry-after-date=30')
        when = email.utils.parsedate_to_datetime(answer.headers['Retry-After'])
        same(before <= when.timestamp() - 30 <= time.time(), True, 'date')
        same(server.url(answer='ok').headers['Retry-After'], None)
        for asked in ('ok:retry-after=30', 'ok:retry-after-date=30'):
            answer = server.post(b'{}', answer=asked)
            same((answer.status, answer.headers['Retry-After']), (400, None), asked)
        answer = server.url(path=COMET + '?standin-answer=kling-1303:retry-after=2')
        same((answer.json()['code'], answer.headers['Retry-After']), (1303, '2'))
        for asked in ('nonsense', 'ok:nonsense', 'ok:delay=x', 'ok:delay=600001',
                      'ok:delay=-1', 'ok:', ':ok', '', 'delay=5:ok', 'ok:retry-after=',
                      'ok:retry-after=' + 'x' * 80, 'ok:retry-after-date=x'):
            answer = server.url(answer=asked)
            same((answer.status, answer.body[:17]), (400, b'klingrec-standin:'), asked)


def ask_400(server, delay):
    """Send 400 requests; all are in flight at once unless sending exceeds the delay."""
    # The client uses plain sockets: only the server's threads are counted.
    body = json.dumps({'image': URL}).encode()
    request = (f'POST {COMET} HTTP/1.1\r\nHost: a\r\nAuthorization: {RIGHT}\r\n'
               f'X-Standin: delay={delay}\r\nContent-Length: {len(body)}\r\n\r\n'
               ).encode() + body
    peers = []
    start = time.monotonic()
    for _ in range(400):
        peer = socket.create_connection((server.host, server.port), 60)
        peer.sendall(request)
        peers.append(peer)
    while server.stats()['requests'] < 400:
        time.sleep(0.02)
    with open(f'/proc/{server.process.pid}/status') as file:
        same(re.search(r'Threads:\s+(\d+)', file.read())[1], '1', 'threads')
    for peer in peers:
        same(peer.recv(15), b'HTTP/1.1 200 OK')
        peer.close()
    took = time.monotonic() - start
    print(f'  400 answers delayed by {delay} ms: {took * 1000:.0f} ms together')
    same(took < 100, True, took)  # one after the other it would be 600 s


@test
def many_answers_are_delayed_without_a_thread_each():
    for delay in (1500, 6000, 24000):
        with Server() as server:
            ask_400(server, delay)
            most = server.stats()['max_in_flight']
            if most == 400:
                break
    same(most, 400)


@test
def each_answer_has_its_own_delay_in_any_order():
    with Server() as server, concurrent.futures.ThreadPoolExecutor(4) as pool:
        def timed(delay):
            start = time.monotonic()
            server.url(answer=f'delay={delay}')
            return (time.monotonic() - start) * 1000 - delay

        for factor in (1, 1, 2, 4, 8, 16):  # longer, on a machine others use too
            jobs = []
            for delay in (1000, 200, 600, 400):
                jobs.append(pool.submit(timed, factor * delay))
                time.sleep(0.03 * factor)
            late = [job.result() for job in jobs]
            same(-1 <= min(late), True, f'{late} ms late')
            # An answer that waits for another one is late by 400 ms or more, times the factor.
            if max(late) < 350 * factor:
                break
        same(max(late) < 350 * factor, True, f'{late} ms late, factor {factor}')


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
        same(server.url(answer='kling-1000').status, 401, 'a header has precedence')
        same(server.stats()['script_left'], 1)
        statuses += [server.url().status, server.url().status, server.url().status]
        same(statuses, [503, 429, 'dropped', 200, 503, 503], 'first the script, then --answer')
        same(server.ask('POST', '/standin/script', 'kling-1301,ok').status, 200)
        same([server.url().status, server.url().status], [400, 200], 'a new script')
        for bad in ('ok,nonsense', '', 'ok\0nonsense'):
            same(server.ask('POST', '/standin/script', bad).status, 400, bad)
        same(server.ask('POST', '/standin/reset').status, 200)
        same(server.stats()['requests'], 0, 'after a reset')
        same([server.url().status, server.url().status], [400, 200], 'played again')


@test
def a_reset_keeps_the_requests_that_are_in_flight():
    with Server() as server, socket.create_connection((server.host, server.port)) as peer:
        peer.sendall(f'POST {COMET} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n'
                     .encode())
        while server.stats()['in_flight'] == 0:
            time.sleep(0.02)
        server.ask('POST', '/standin/reset')
        stats = server.stats()
        same((stats['requests'], stats['in_flight'], stats['max_in_flight']), (0, 1, 1))


@test
def over_both_limits_the_answer_is_1303():
    for delay in (1000, 4000, 16000):  # until both are there at the same time
        with Server('--rate', '1', '--concurrency', '1') as server, \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            job = pool.submit(server.url, answer=f'delay={delay}')
            while server.stats()['requests'] == 0:
                time.sleep(0.02)
            code = server.url().json()['code']
            job.result()
            same(server.url().json()['code'], 1302, 'over the rate alone')
        if code == 1303:
            break
    same(code, 1303)


def ask_four(server, delay):
    """Send one request after the other, so that their order is known."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = []
        for number in range(4):
            jobs.append(pool.submit(server.url, answer=f'delay={delay}'))
            while server.stats()['requests'] <= number:
                time.sleep(0.02)
        return [job.result() for job in jobs]


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
    for delay in (1000, 4000, 16000):  # until all four are there at the same time
        with Server('--concurrency', '2') as server:
            answers = ask_four(server, delay)
            same(server.url().status, 200, 'afterwards')
        if [a.status for a in answers] == [200, 200, 429, 429]:
            break
    else:
        raise AssertionError([a.status for a in answers])
    same(answers[2].json()['code'], 1303)
    same(answers[2].headers['Retry-After'], None, 'not asked for')
