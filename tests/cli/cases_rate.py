# SPDX-License-Identifier: MIT
"""Test the limit of attempts per minute, in one process and shared through a file."""
import fcntl
import os
import re
import signal
import stat
import subprocess
import time

from harness import (KEY, PATIENCE, PROGRAM, Run, environment, holds, png, put,
                     recognize, same, test, wait_until, wait_until_it_waits)
from cases_journal import LoggedServer

MAGIC = 'klingrec rate 1 '


def put_urls(count):
    lines = [f'https://example.com/{i}.png' for i in range(count)]
    put('list', '\n'.join(lines).encode())


def start(server, *arguments):
    return subprocess.Popen(
        [PROGRAM, 'recognize', '--json', *arguments, '--endpoint', server.url(),
         '--files-from', 'list'],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment(COMETAPI_KEY=KEY))


def next_slot(name='slots'):
    """The next free slot, in seconds since 1970."""
    with open(name, encoding='ascii') as file:
        text = file.read()
    same(bool(re.fullmatch(MAGIC + r'\d{20}\n', text)), True, text)
    return int(text[len(MAGIC):]) / 1e6


def set_next_slot(seconds):
    put('slots', f'{MAGIC}{int(seconds * 1e6):020}\n'.encode())


@test
def four_processes_share_a_limit_within_five_percent_also_after_a_kill():
    per_minute = 1800
    put_urls(2000)
    with LoggedServer() as server:
        server.script(['ok', 'ok', 'ok', 'ok', 'kling-5000'] * 50)  # retries count
        runs = [start(server, '--rate', str(per_minute), '--rate-file', 'slots',
                      '-j', '8') for _ in range(4)]
        wait_until('eight requests', lambda: server.requests() >= 8)

        begun, first, rates = time.monotonic(), server.requests(), []

        def is_kept():
            """Whether the rate is kept in one of several spans: load may delay some."""
            for _ in range(8):
                start, before = time.monotonic(), server.requests()
                time.sleep(2)
                count = server.requests() - before
                rates.append(count / (time.monotonic() - start))
                # one request more or less, because only whole requests are counted
                if abs(rates[-1] - per_minute / 60) < 0.05 * per_minute / 60 + 0.5:
                    return True
            return False
        same(is_kept(), True, rates)
        runs[0].send_signal(signal.SIGKILL)
        same(is_kept(), True, rates)
        # In total never more, except for slots that a process has reserved and uses later.
        most = (time.monotonic() - begun) * per_minute / 60 + 4 * 8 + 4
        same(server.requests() - first <= most, True, (server.requests(), most))
        for run in runs:
            run.kill()
            run.wait()
    same(stat.S_IMODE(os.stat('slots').st_mode), 0o600)


@test
def a_row_that_waits_for_a_slot_has_no_deadline_and_no_journal_entry():
    put_urls(3)
    with LoggedServer() as server:
        run = Run('recognize', '--json', '--endpoint', server.url(), '--rate', '20',
                  '--files-from', 'list', '--journal', 'j', '-j', '4', '--timeout', '2.5',
                  env={'COMETAPI_KEY': KEY})  # a slot every three seconds
        same([row['status'] for row in run.lines()], ['KLINGREC_OK'] * 3, run.err)
    put('list', b'https://example.com/a.png\nhttps://example.com/b.png\n')
    set_next_slot(time.time() + 40)
    with LoggedServer() as server:
        run = subprocess.Popen(
            [PROGRAM, 'recognize', '--json', '--endpoint', server.url(), '--rate', '60',
             '--rate-file', 'slots', '--journal', 'k', '--files-from', 'list'],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(COMETAPI_KEY=KEY))
        wait_until('the journal', lambda: os.path.exists('k'))
        wait_until_it_waits(run)
        run.send_signal(signal.SIGINT)
        same(run.wait(PATIENCE), 130)
        holds(run.communicate()[1].decode(), '2 not sent')
        run = Run('recognize', '--json', '--endpoint', server.url(), '--journal', 'k',
                  '--files-from', 'list', env={'COMETAPI_KEY': KEY})
        same([row['status'] for row in run.lines()], ['KLINGREC_OK'] * 2, run.err)


@test
def an_implausible_slot_is_ignored_and_a_near_one_is_awaited():
    put('a.png', png())
    for ahead, waits in ((-1e9, False), (2, True), (3600, False), (1e13, False)):
        begun = time.time()
        set_next_slot(begun + ahead if ahead > -1e9 else 0)
        same(recognize('--rate', '60', '--rate-file', 'slots', 'a.png').code, 0)
        ended, slot = time.time(), next_slot() - (60 + 0.1) / 60
        same(begun + (ahead if waits else 0) - 0.05 < slot < ended + 0.05, True,
             f'{ahead} s ahead: {slot - begun} of {ended - begun} s')
        same(ended - begun < 20, True, f'{ahead} s ahead: {ended - begun} s')


@test
def a_locked_file_is_awaited_and_signals_are_handled():
    put('a.png', png())
    set_next_slot(0)
    with LoggedServer() as server, open('slots', 'r+b') as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        put('list', b'https://example.com/a.png')
        run = start(server, '--rate', '6000', '--rate-file', 'slots')
        wait_until_it_waits(run)
        same((run.poll(), server.requests()), (None, 0))
        fcntl.lockf(file, fcntl.LOCK_UN)
        same(run.wait(PATIENCE), 0)
        fcntl.lockf(file, fcntl.LOCK_EX)
        run = start(server, '--rate', '6000', '--rate-file', 'slots')
        wait_until_it_waits(run)
        run.send_signal(signal.SIGINT)
        same(run.wait(PATIENCE), 130)


@test
def a_file_that_is_not_a_rate_file_is_refused_and_not_changed():
    put('a.png', png())
    os.mkdir('folder')
    os.mkfifo('pipe')
    good = f'{MAGIC}{0:020}\n'.encode()
    for content in (b'hello', good[:-1], good + b'x', good.replace(b'0', b'y', 1),
                    good.replace(b'rate', b'Rate')):
        put('foreign', content)
        run = recognize('--rate', '60', '--rate-file', 'foreign', 'a.png')
        same((run.code, run.out), (2, ''), content)
        holds(run.err, "--rate-file: 'foreign' is not a klingrec rate file")
        same(open('foreign', 'rb').read(), content)
    for name, why in (('folder', 'irectory'), ('pipe', 'not a regular file'),
                      ('none/slots', 'No such file')):
        run = recognize('--rate', '60', '--rate-file', name, 'a.png')
        same((run.code, run.out), (2, ''), name)
        holds(run.err, name, why)
    run = recognize('--rate-file', 'slots', 'a.png')
    same((run.code, os.path.exists('slots')), (2, False))
    holds(run.err, '--rate N')
    put('slots')  # an empty one is new
    same(recognize('--rate', '60', '--rate-file', 'slots', 'a.png').code, 0)
    next_slot()


@test
def a_removed_rate_file_ends_the_run():
    put_urls(50)
    with LoggedServer() as server:
        run = start(server, '--rate', '600', '--rate-file', 'slots')
        wait_until('two requests', lambda: server.requests() >= 2)
        os.unlink('slots')
        same(run.wait(PATIENCE), 4)
        same(server.requests() < 40, True)


@test
def a_rate_file_removed_while_a_retry_waits_ends_the_run():
    put_urls(1)
    with LoggedServer('--script', 'kling-1302:retry-after=2,ok') as server:
        run = start(server, '--rate', '600', '--rate-file', 'slots')
        wait_until('a request', lambda: server.requests() > 0)
        os.unlink('slots')
        same(run.wait(PATIENCE), 4)
        same(server.requests(), 1)
