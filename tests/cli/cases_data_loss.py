# SPDX-License-Identifier: MIT
"""Test that no combination of events loses or replaces data or pays for an image twice.
"""
import fcntl
import json
import os
import resource
import signal
import struct
import subprocess
import termios
import time

from cases_journal import LoggedServer, ask
from harness import (KEY, PATIENCE, PROGRAM, Run, Server, environment, holds, lacks, png,
                     put, recognize, same, server_url, test, wait_until)


@test
def a_journal_among_the_inputs_keeps_its_locks():
    put('a.png', png())
    put('j')
    for more in ([], ['--shard', '0/1'], ['--shard-by', 'content', '--shard', '0/2']):
        with LoggedServer('--answer', 'ok:delay=2500') as server:
            process = subprocess.Popen(
                [PROGRAM, 'recognize', '--json', '--journal', 'j', *more, '--endpoint',
                 server.url(), 'j', 'a.png', 'https://example.com/1.png',
                 'https://example.com/2.png'],
                stdout=subprocess.PIPE, env=environment(COMETAPI_KEY=KEY))
            wait_until('a request', lambda: server.requests() > 0)
            second = ask(server, '--journal', 'j', '--retry-unsure', 'a.png')
            same((second.code, second.out), (5, ''), more)
            holds(second.err, 'in use by another klingrec')
            rows = [json.loads(line) for line in process.communicate()[0].splitlines()]
            journal = [row for row in rows if row['input'] == 'j']
            same([row['status'] for row in journal], ['KLINGREC_ERR_FILE'] * len(journal))


@test
def an_output_is_written_by_one_program():
    for i in range(4):
        put(f'{i}.png', png(400 + i, 400))

    def run(*names):
        return subprocess.Popen(
            [PROGRAM, 'recognize', '-j1', '--json', '--no-journal', '-o', 'out',
             '--endpoint', server_url('ok:delay=1500'), *names],
            stderr=subprocess.PIPE, env=environment(COMETAPI_KEY=KEY))
    first = run('0.png', '1.png')
    wait_until('a part', lambda: os.path.exists('out.part'))
    second = run('2.png', '3.png')
    holds(second.communicate()[1].decode(), "another klingrec is writing 'out'")
    first.communicate()
    same((first.returncode, second.returncode), (0, 5))
    with open('out', encoding='utf-8') as file:
        same([json.loads(line)['input'] for line in file], ['0.png', '1.png'])
    same(sorted(os.listdir()), [f'{i}.png' for i in range(4)] + ['out'])


@test
def closing_the_terminal_waits_for_requests_in_flight():
    put('a.png', png())
    with LoggedServer('--answer', 'ok:delay=1500') as server:
        process = subprocess.Popen(
            [PROGRAM, 'recognize', '--json', '--endpoint', server.url(), 'a.png'],
            stdout=subprocess.PIPE, env=environment(COMETAPI_KEY=KEY))
        wait_until('a request', lambda: server.requests() > 0)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.1)
        process.send_signal(signal.SIGHUP)
        out = process.communicate(timeout=PATIENCE)[0]
    same((process.returncode, json.loads(out)['status']), (130, 'KLINGREC_OK'))


@test
def nothing_more_is_sent_after_a_signal():
    put('a.png', png())
    script = 'kling-1302:retry-after=20,ok'
    with LoggedServer('--script', script) as server:
        process = subprocess.Popen(
            [PROGRAM, 'recognize', '--json', '--endpoint', server.url(), 'a.png'],
            stdout=subprocess.PIPE, env=environment(COMETAPI_KEY=KEY))
        wait_until('a request', lambda: server.requests() > 0)
        time.sleep(0.5)  # until its answer has arrived
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        row = json.loads(process.communicate(timeout=PATIENCE)[0])
        same((process.returncode, row['status'], row['delivery']),
             (130, 'KLINGREC_ERR_CANCELED', 'answered'))
        same((server.requests(), time.monotonic() - start < 15), (1, True))


def is_full(pipe):
    """Whether the pipe is full, so that its writer waits."""
    sizes = []
    for _ in range(2):
        time.sleep(0.3)
        sizes += struct.unpack('i', fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
    return 32768 < sizes[0] == sizes[1]


@test
def a_signal_truncates_no_record_when_the_reader_is_slow():
    put('a.png', png())
    with Server() as server:
        reader, writer = os.pipe()
        process = subprocess.Popen(
            [PROGRAM, 'recognize', '--json', '-j4', '--endpoint', server.url(),
             *['a.png'] * 400], stdout=writer, stderr=subprocess.PIPE,
            env=environment(COMETAPI_KEY=KEY))
        os.close(writer)
        wait_until('a full pipe', lambda: is_full(reader))
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        with os.fdopen(reader, 'rb') as file:
            rows = [json.loads(line) for line in file]
        err = process.communicate(timeout=PATIENCE)[1].decode()
        same(process.returncode, 130, err)
        same(sorted(row['index'] for row in rows), list(range(400)), err)
        good = sum(row['status'] == 'KLINGREC_OK' for row in rows)
        same((0 < good < 400, {row['delivery'] for row in rows}),
             (True, {'answered', 'not_sent'}), err)


def small_disk():
    """No file can grow beyond this, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (600000, 600000))


@test
def a_full_disk_loses_no_answer():
    """The journal takes the room for answers before it lets images be sent."""
    for i in range(300):
        put(f'art/{i:03}.png', png(400 + i, 400))
    with LoggedServer('--answer', 'ok:delay=20') as server:
        command = ['recognize', '-o', 'out.ndjson', '--endpoint', server.url(), '-r', 'art']
        done = subprocess.run([PROGRAM, *command], capture_output=True, check=False,
                              preexec_fn=small_disk, env=environment(COMETAPI_KEY=KEY))
        same(done.returncode, 5)
        holds(done.stderr.decode(), 'has no room for more answers')
        lacks(done.stderr.decode(), 'billed')
        with open('out.ndjson', encoding='utf-8') as file:
            rows = [json.loads(line)['status'] for line in file]
        asked = server.requests()
        same((rows.count('KLINGREC_OK'), len(rows), 4 < asked < 300), (asked, 300, True))
        same(server.stats()['max_in_flight'] > 1, True)
        # With room again nothing is paid twice.
        same((Run(*command, env={'COMETAPI_KEY': KEY}).code, server.requests()), (0, 300))


@test
def a_dry_run_replaces_no_results():
    put('a.png', png())
    same(recognize('-o', 'out.ndjson', 'a.png').code, 0)
    before = open('out.ndjson', 'rb').read()
    run = recognize('-n', '-o', 'out.ndjson', 'a.png')
    same((run.code, open('out.ndjson', 'rb').read()), (2, before))
    holds(run.err, "--journal 'out.ndjson.journal'")
    run = recognize('-n', '-o', 'plan.csv', '--journal', 'out.ndjson.journal', 'a.png')
    same((run.code, open('plan.csv', encoding='utf-8').read().count('answered')), (0, 1))


@test
def no_file_is_used_for_two_purposes():
    put('a.png', png())
    put('x.part', KEY.encode())
    for more in (['--journal', 'x.part'], ['--key-file', 'x.part'],
                 ['--files-from', 'x.part'], ['--rate', '9', '--rate-file', 'x.journal']):
        run = recognize('-o', 'x', '--json', *more, 'a.png')
        same((run.code, open('x.part', 'rb').read()), (2, KEY.encode()), more)
        holds(run.err, 'the same file')
    os.mkdir('folder')
    for name in ('./new', 'folder/../new', os.path.abspath('new')):
        for option in ('--journal', '--progress'):
            run = recognize('-o', 'new', '--json', option, name, 'a.png')
            same((run.code, os.path.exists('new')), (2, False), f'{option} {name}')
            holds(run.err, 'the same file')
    put('rows', b'{"index":0,"input":"a.png","status":"KLINGREC_OK"}\n')
    for command in ('report', 'merge'):
        run = Run(command, 'rows', '-o', './rows')
        same((run.code, open('rows', 'rb').read()[:2]), (2, b'{"'))
        holds(run.err, "would replace the input 'rows'")


@test
def no_image_of_any_format_is_replaced():
    put('small.png', png(200, 200))
    for data in (b'GIF89a\1\0\1\0\0\0\0;', b'RIFF\x20\0\0\0WEBPVP8L' + bytes(20),
                 b'8BPS\0\1' + bytes(30)):
        put('a', data)
        run = Run('check', '-o', 'a', '--json', 'small.png')
        same((run.code, open('a', 'rb').read()), (5, data))


@test
def copies_of_an_image_with_a_lost_answer_are_not_sent():
    for name in ('a.png', 'b.png', 'c.png'):
        put(name, png())
    with LoggedServer('--answer', 'drop') as server:
        options = ('--json', '-j1', '--retries=0', '--journal', 'j')
        ask(server, *options, 'a.png')
        run = ask(server, *options, '--retry-unsure', 'a.png', 'b.png', 'c.png')
        same((len(run.lines()), server.requests()), (3, 2))


@test
def a_refused_key_does_not_hide_the_answers_in_the_journal():
    for i in range(5):
        put(f'art/{i}.png', png(400 + i, 400))
    with LoggedServer() as server:
        same(ask(server, '-r', 'art', '-o', 'out.ndjson').code, 0)
        put('art/00.png', png())
        run = Run('recognize', '--endpoint', server.url(), '-r', 'art', '-o',
                  'out.ndjson', env={'COMETAPI_KEY': 'wrong'})
        same((run.code, server.requests()), (3, 6))
    with open('out.ndjson', encoding='utf-8') as file:
        rows = [json.loads(line)['status'] for line in file]
    same((len(rows), rows.count('KLINGREC_OK')), (6, 5))


@test
def images_that_were_not_sent_cost_nothing():
    put('a.png', png())
    run = Run('recognize', '--price', '0.014', '--retries=0', '--endpoint',
              'http://127.0.0.1:1/x', 'a.png', env={'COMETAPI_KEY': KEY})
    holds(run.err, '0 sent, cost 0.00,')


@test
def an_answer_of_a_wrong_path_is_not_stored_for_the_image():
    put('a.png', png())
    with LoggedServer('--script', 'kling-1203,kling-1202,ok') as server:
        for want in (1, 1, 0):
            same(ask(server, '--retries=0', '--journal', 'j', 'a.png').code, want)
        same(server.requests(), 3)


@test
def a_journal_may_have_any_file_name():
    put('a.png', png())
    for name in (':memory:', 'file:j?mode=memory'):
        same(recognize('--journal', name, 'a.png').code, 0)
        same(os.path.exists(name), True)
        same(Run('report', '--journal', name).code, 0)


@test
def a_part_that_is_a_pipe_is_refused():
    put('a.png', png())
    os.mkfifo('out.part')
    same(recognize('--no-journal', '--json', '-o', 'out', 'a.png').code, 5)


@test
def an_output_that_cannot_be_renamed_is_kept():
    put('a.png', png())
    process = subprocess.Popen(
        [PROGRAM, 'recognize', '--json', '--no-journal', '-o', 'out', '--endpoint',
         server_url('ok:delay=1500'), 'a.png'], stderr=subprocess.PIPE,
        env=environment(COMETAPI_KEY=KEY))
    wait_until('a part', lambda: os.path.exists('out.part'))
    os.mkdir('out')
    holds(process.communicate()[1].decode(), "the complete output is in 'out.part'")
    same(process.returncode, 5)
    with open('out.part', encoding='utf-8') as file:
        same(json.load(file)['status'], 'KLINGREC_OK')
