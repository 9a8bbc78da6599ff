# SPDX-License-Identifier: MIT
"""Test runs that end early: signals, closed pipes, full disks."""
import json
import os
import signal
import subprocess
import sys
import time

from harness import (KEY, PATIENCE, PROGRAM, THIN, Run, Server, are_devices,
                     default_signals, environment, holds, lacks, png, put, recognize,
                     same, server_url, test, wait_until, wait_until_it_waits)


@test
def write_errors_are_reported():
    put('a.png', png())
    put('small.png', png(200, 200))
    commands = [['recognize', '--endpoint', server_url(), 'a.png', 'a.png'],
                ['recognize', '--json', '--endpoint', server_url(), 'a.png', 'a.png'],
                ['check', 'small.png'], ['check', '--json', 'small.png'], ['--version']]
    for command in commands:
        if are_devices('/dev/full'):
            with open('/dev/full', 'wb') as full:
                run = Run(*command, stdout=full, env={'COMETAPI_KEY': KEY})
            same(run.code, 5, command)
            holds(run.err, 'cannot be written')
        if command != ['--version']:
            reader, writer = os.pipe()
            os.close(reader)
            run = Run(*command, stdout=writer, env={'COMETAPI_KEY': KEY})
            os.close(writer)
            same(run.code, 5, command)


@test
def nothing_is_sent_if_the_output_is_closed():
    put('a.png', png())
    reader, writer = os.pipe()
    os.close(reader)
    start = time.monotonic()
    run = recognize('a.png', answer='ok:delay=40000', stdout=writer)
    os.close(writer)
    same((run.code, time.monotonic() - start < 20), (5, True))


def interrupted_run(delay, signals, *more):
    """Run four images, two at once, and send signals: the first when two requests are in
    flight, the second when the program has reported the first."""
    put('a.png', png())
    put('small.png', png(200, 200))
    err = b''
    with Server() as server:
        process = subprocess.Popen(
            [PROGRAM, 'recognize', '-j2', *more, '--endpoint',
             server.url(f'ok:delay={delay}'), 'a.png', 'small.png', 'a.png', 'a.png'],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(COMETAPI_KEY=KEY))
        wait_until('two requests', lambda: server.stats()['in_flight'] == 2)
        for number in signals:
            process.send_signal(number)
            while b'waiting for' not in err:
                part = os.read(process.stderr.fileno(), 4096)
                same(part != b'', True, err)
                err += part
        start = time.monotonic()
        out, rest = process.communicate(timeout=PATIENCE)
    return (process.returncode, out.decode(), (err + rest).decode(),
            time.monotonic() - start)


@test
def the_first_signal_waits_for_requests_in_flight():
    for number, more in ((signal.SIGINT, []), (signal.SIGTERM, ['--json']),
                         (signal.SIGHUP, ['--json'])):
        code, out, err, _ = interrupted_run(3000, [number], *more)
        same(code, 130, number)
        holds(err, 'waiting for requests in flight', '1 not sent', '2 recognised')
        if more:
            rows = [json.loads(line) for line in out.splitlines()]
            same(sorted((row['index'], row['status']) for row in rows),
                 [(0, 'KLINGREC_OK'), (1, 'KLINGREC_ERR_IMAGE_SIDE'),
                  (2, 'KLINGREC_OK'), (3, 'KLINGREC_ERR_CANCELED')])
        else:
            same(out.count('yes   yes'), 2)


@test
def an_interrupted_run_with_a_journal_says_how_to_continue():
    put('a.png', png())
    put('b.png', png(400, 400))
    for more in (['--journal', 'j'], []):
        with Server('--answer', 'ok:delay=500') as server:
            process = subprocess.Popen(
                [PROGRAM, 'recognize', '-j1', *more, '--endpoint', server.url(), 'a.png',
                 'b.png'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment(COMETAPI_KEY=KEY))
            wait_until('a request', lambda: server.stats()['in_flight'] == 1)
            process.send_signal(signal.SIGINT)
            err = process.communicate(timeout=PATIENCE)[1].decode()
        same((process.returncode, 'run the same command again to continue' in err),
             (130, more != []), err)


@test
def text_for_a_reader_that_has_enough_ends_quietly():
    put('small.png', png(200, 200))
    for command in (['completions', 'bash'], ['man'], ['--help'],
                    ['check', '-q', 'small.png']):
        reader, writer = os.pipe()
        os.close(reader)
        run = Run(*command, stdout=writer)
        os.close(writer)
        same((run.code, run.err), (5, ''), command)


@test
def signals_have_their_default_action_in_every_test():
    """Signals that nohup or "&" left ignored or blocked are reset for the tests."""
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM,
               signal.SIGPIPE, signal.SIGCHLD)
    script = ('import default_signals, subprocess, sys\n'
              'default_signals.set_defaults()\n'
              'for number in map(int, sys.argv[1:]):\n'
              '    print(subprocess.call(["sh", "-c", f"kill -{number} $$; exit 99"]))\n')

    def ignore_and_block():
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    run = subprocess.run(
        [sys.executable, '-c', script, *[str(int(number)) for number in numbers]],
        preexec_fn=ignore_and_block, capture_output=True, check=False, text=True,
        env=environment(PYTHONPATH=os.path.dirname(default_signals.__file__)))
    want = [99 if number == signal.SIGCHLD else -number for number in numbers]
    same([int(line) for line in run.stdout.split()], want, run.stderr)


@test
def a_signal_that_is_ignored_at_the_start_stays_ignored():
    """nohup and "&" rely on this."""
    for number in (signal.SIGHUP, signal.SIGINT):
        put('a.png', png())
        with Server('--answer', 'ok:delay=1000') as server:
            process = subprocess.Popen(
                [PROGRAM, 'recognize', '--json', '--endpoint', server.url(), 'a.png'],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
                env=environment(COMETAPI_KEY=KEY))
            wait_until('a request', lambda: server.stats()['in_flight'] == 1)
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE)
            same((process.returncode, json.loads(out)['status']), (0, 'KLINGREC_OK'), err)


@test
def the_second_signal_ends_at_once_and_prints_finished_rows():
    for first, second in ((signal.SIGINT, signal.SIGINT),
                          (signal.SIGINT, signal.SIGTERM)):
        for more in ([], ['--json']):
            code, out, err, seconds = interrupted_run(40000, [first, second], *more)
            same((code, seconds < 20), (130, True))
            holds(out, 'small.png')
            holds(err, '1 not sent', 'billed')
            if more:
                rows = [json.loads(line) for line in out.splitlines()]
                same(sorted(row['index'] for row in rows), [0, 1, 2, 3])


@test
def answers_in_flight_are_stored_when_the_output_is_closed():
    names = [f'{i:03}.png' for i in range(100)]
    for i, name in enumerate(names):
        put(name, png(400 + i, 400))
    delays = 'ok,ok:delay=3000,ok:delay=4000'
    with Server('--script', delays) as server:
        reader, writer = os.pipe()
        command = ['recognize', '--json', '-j2', '--journal', 'j', '--endpoint',
                   server.url(), *names]
        process = subprocess.Popen([PROGRAM, *command], stdout=writer,
                                   stderr=subprocess.PIPE,
                                   env=environment(COMETAPI_KEY=KEY))
        os.close(writer)
        os.read(reader, 1)  # the first row arrives; nobody reads the second
        os.close(reader)
        err = process.communicate(timeout=PATIENCE)[1].decode()
        same(process.returncode, 5)
        lacks(err, 'billed')
        plans = [row['plan'] for row in Run(*command, '-n').lines()]
        # While the journal stores an answer that cannot be printed, others are sent.
        sent = server.stats()['requests']
        same(plans, ['answered'] * sent + ['send'] * (100 - sent))
        same(3 <= sent < 60, True, sent)


@test
def answers_in_flight_get_a_journal_when_the_output_is_closed():
    """As with `| head -1`."""
    for i in range(6):
        put(f'{i}.png', png(400 + i, 400))
    with Server('--script', 'ok,ok:delay=1500,ok:delay=1600') as server:
        reader, writer = os.pipe()
        command = ['recognize', '--json', '-j2', '--endpoint', server.url(),
                   *[f'{i}.png' for i in range(6)]]
        process = subprocess.Popen([PROGRAM, *command], stdout=writer,
                                   stderr=subprocess.PIPE,
                                   env=environment(COMETAPI_KEY=KEY))
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
        err = process.communicate(timeout=PATIENCE)[1].decode()
        same((process.returncode, server.stats()['requests']), (5, 3), err)
        holds(err, 'waiting for requests in flight', '2 answers',
              'add --journal klingrec.journal')
        lacks(err, 'billed')
        plans = [row['plan'] for row in
                 Run(*command, '-n', '--journal', 'klingrec.journal').lines()]
        same(plans, ['send'] + ['answered'] * 2 + ['send'] * 3)


@test
def a_lost_doubt_replaces_no_lost_answer():
    put('a.png', png())
    reader, writer = os.pipe()
    os.close(reader)
    with Server('--script', 'ok,drop') as server:
        command = ['recognize', '--json', '--endpoint', server.url(), 'a.png']
        for doubts in (0, 1):
            run = Run(*command, env={'COMETAPI_KEY': KEY}, stdout=writer)
            holds(run.err, 'add --journal klingrec.journal')
            same(run.err.count('sent without a usable answer'), doubts, run.err)
        again = Run(*command, '--journal', 'klingrec.journal', env={'COMETAPI_KEY': KEY})
        same([row['status'] for row in again.lines()], ['KLINGREC_OK'], again.err)
        same(server.stats()['requests'], 2)
    os.close(writer)


@test
def a_closed_standard_output_is_not_needed_with_a_file():
    put('a.png', png())
    put('part', b'{"index":0}\n')
    for number, command in enumerate((f'recognize --endpoint {server_url()} a.png',
                                      'check a.png', 'merge part', 'report part')):
        run = subprocess.run(
            ['sh', '-c', f'"$0" {command} -o {number}.json >&-', PROGRAM],
            capture_output=True, check=False, env=environment(COMETAPI_KEY=KEY))
        same((run.returncode, b'error' in run.stderr), (0, False), (command, run.stderr))
        same(os.path.getsize(f'{number}.json') > 0, True, command)


@test
def a_closed_standard_descriptor_is_not_reused():
    put('a.png', png())
    for close, code in (('>&-', 5), ('2>&-', 0), ('>&- 2>&-', 5), ('<&-', 0),
                        ('<&- >&- 2>&-', 5)):
        for more in ('', '--json', '--json --journal j', '--json --rate 600 --rate-file t'):
            for name in ('j', 't'):
                if os.path.exists(name):
                    os.unlink(name)
            run = subprocess.run(
                ['sh', '-c', f'"$0" recognize {more} --endpoint "$1" a.png none.png '
                 f'{close}', PROGRAM, server_url()],
                input=b'', capture_output=True, check=False,
                env=environment(COMETAPI_KEY=KEY))
            same(run.returncode, code or 1, (close, more))
            same(run.stdout == b'', code == 5, (close, more))
            if 't' in more.split():
                with open('t', encoding='ascii') as file:
                    length = len('klingrec rate 1 ') + 21 if code == 0 else 0
                    same(len(file.read()), length)
            if 'j' in more.split() and code == 0:
                same(recognize('-n', '--json', '--journal', 'j', 'a.png')
                     .lines()[0]['plan'], 'answered')
    for command in ('recognize -', 'check -'):
        run = subprocess.run(['sh', '-c', f'"$0" {command} <&-', PROGRAM],
                             capture_output=True, check=False,
                             env=environment(COMETAPI_KEY=KEY))
        same(run.returncode, 1)
        holds(run.stdout.decode(), 'Bad file descriptor')


@test
def an_interrupted_check_keeps_the_old_output():
    put('a.png', png())
    put('found.csv', b'as it was')
    process = subprocess.Popen([PROGRAM, 'check', '-o', 'found.csv', 'a.png', '-'],
                               stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=environment())
    wait_until_it_waits(process)
    same(os.path.exists('found.csv.part'), True)
    process.send_signal(signal.SIGINT)
    same(process.wait(PATIENCE), 130)
    process.communicate()
    same(open('found.csv', 'rb').read(), b'as it was')
    same(sorted(os.listdir()), ['a.png', 'found.csv'])


@test
def an_unusable_output_is_refused_with_the_reason():
    put('a.png', png())
    os.mkdir('folder')
    for name, why in (('/dev/full', "--output: '/dev/full' is not a regular file"),
                      ('folder', "--output: 'folder' is a folder"),
                      ('none/x', 'No such file or directory')):
        if name == '/dev/full' and not are_devices(name):
            continue
        for more in ([], ['--no-journal']):
            run = recognize('-o', name, '--json', *more, 'a.png')
            same((run.code, run.out), (5, ''), name)
            holds(run.err, why)
            same(os.path.exists(name + '.journal'), False, name)


@test
def a_signal_ends_waiting_for_standard_input():
    for command in (['check', '-'], ['recognize', '--key-file', '-', 'a.png'],
                    ['recognize', '-']):
        process = subprocess.Popen([PROGRAM, *command], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment(COMETAPI_KEY=KEY))
        wait_until_it_waits(process)
        process.send_signal(signal.SIGINT)
        same(process.wait(PATIENCE), 130, command)
        process.communicate()


@test
def a_signal_ends_waiting_for_the_reader_of_the_progress():
    put('a.png', png())
    os.mkfifo('pipe')
    for command in ('check', 'recognize'):
        process = subprocess.Popen([PROGRAM, command, 'a.png', '--progress', 'pipe'],
                                   stderr=subprocess.PIPE,
                                   env=environment(COMETAPI_KEY=KEY))
        wait_until_it_waits(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        same((process.returncode, err), (130, b''), command)


def put_heavy(count):
    """Make `count` names of one image that takes long to read."""
    os.mkdir('heavy')
    put('heavy/000.png', png() + bytes(9900000))
    for i in range(1, count):
        os.link('heavy/000.png', f'heavy/{i:03}.png')


@test
def a_signal_while_inputs_are_listed_keeps_the_old_output():
    put_heavy(300)
    put('found.ndjson', b'precious\n')
    process = subprocess.Popen([PROGRAM, 'recognize', '--endpoint', server_url(), '-r',
                                'heavy', '--shard', '0/2', '--shard-by', 'content',
                                '--no-journal', '-o', 'found.ndjson'],
                               stderr=subprocess.PIPE, env=environment(COMETAPI_KEY=KEY))
    wait_until('the output', lambda: os.path.exists('found.ndjson.part'))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    with open('found.ndjson', 'rb') as file:
        same((process.returncode, file.read()), (130, b'precious\n'))


@test
def images_in_the_journal_do_not_delay_requests():
    put_heavy(200 // THIN)
    same(recognize('--journal', 'j', 'heavy/000.png').code, 0)
    names = sorted(f'heavy/{name}' for name in os.listdir('heavy'))
    for number in range(3):  # one success is enough: the machine is shared
        start = time.monotonic()  # a request that waits for all files is too late
        same(recognize('-n', '--journal', 'j', '-r', 'heavy').code, 0)
        limit = max(1, (time.monotonic() - start) / 2)
        put('a.png', png(400 + number, 400))
        run = recognize('--json', '--journal', 'j', '--timeout', f'{limit:.3f}', 'a.png',
                        *names)
        last = (run.code, run.lines()[-1]['status'])
        if last == (0, 'KLINGREC_OK'):
            break
    same(last, (0, 'KLINGREC_OK'))


@test
def merge_and_report_say_that_a_signal_ended_them():
    for command in ('merge', 'report'):
        process = subprocess.Popen([PROGRAM, command, '-'], stdin=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        wait_until_it_waits(process)
        process.send_signal(signal.SIGINT)
        same(process.wait(PATIENCE), 130)
        process.communicate()
