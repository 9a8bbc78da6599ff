# SPDX-License-Identifier: MIT
"""Test what a run tells: the breakdown, --progress, times, and EXIF orientations."""
import json
import os
import re
import struct
import subprocess

from harness import (DOCS, KEY, PROGRAM, Run, are_devices, chunk, environment, holds, lacks,
                     png, put, recognize, same, server_url, test)


def turned(orientation, width=512, height=512):
    """A PNG with an EXIF block."""
    exif = b'II*\0' + struct.pack('<IHHHIHHI', 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    image = png(width, height)
    return image[:33] + chunk(b'eXIf', exif) + image[33:]


def put_mixed():
    for number in range(12):
        put(f'art/small{number:02}.png', png(200, 200 + number))
    for number in range(3):
        put(f'art/web{number}.png', b'RIFF\x20\0\0\0WEBPVP8 ' + bytes(20))
    put('art/anim.gif', b'GIF89a' + bytes(20))
    put('art/cut.png', png()[:-20])
    put('art/good.png', png(marker='head'))
    put('art/turned.png', turned(6))


def events(text):
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        same(line.pop('elapsed_ms') >= 0, True)
    return lines


REASONS = [{'status': 'KLINGREC_ERR_IMAGE_SIDE', 'count': 12, 'formats': {'PNG': 12}},
           {'status': 'KLINGREC_ERR_IMAGE_FORMAT', 'count': 4,
            'formats': {'GIF': 1, 'WebP': 3}},
           {'status': 'KLINGREC_ERR_IMAGE_DAMAGED', 'count': 1, 'formats': {'PNG': 1}}]


@test
def a_run_ends_with_a_breakdown_by_reason_and_format():
    put_mixed()
    with open(DOCS, encoding='utf-8') as file:
        documented = file.read()
    check = Run('check', 'art')
    same(check.code, 1)
    holds(documented, '    ' + check.err.replace('\n', '\n    ').rstrip())
    lines = check.err.split('acceptable\n')[1].splitlines()
    same(len(lines), 4)
    for run in (recognize('-r', 'art'), recognize('-n', '-r', 'art')):
        same(run.code, 1)
        holds(run.err, *lines)
    same(Run('check', '-q', 'art').err, '')
    one = Run('check', 'art/cut.png', 'art/good.png')
    same(one.err.count('\n'), 1, 'one failure needs no breakdown')
    equal = Run('check', 'art/cut.png', 'art/small00.png', 'art/anim.gif').err
    same(re.findall(r' 1  .*?(\w+):', equal), ['PNG', 'incomplete', 'pixels'],
         'in the order of the header')


@test
def failures_of_the_service_are_in_the_breakdown():
    for number in range(3):
        put(f'{number}.png', png(400, 400 + number))
    run = recognize('0.png', '1.png', '2.png', 'none.png', answer='kling-1301')
    same(run.code, 1)
    holds(run.err, '3  the service refused this image or request: 3 PNG\n',
          '1  the image cannot be read\n')


@test
def progress_is_lines_of_json_that_end_with_a_summary():
    put_mixed()
    want = {'event': 'summary', 'images': 19, 'good': 2, 'failed': 17, 'at_limit': 0,
            'turned': 1, 'reasons': REASONS}
    run = Run('check', 'art', '--progress', 'log')
    same(run.code, 1)
    with open('log', encoding='utf-8') as file:
        same(events(file.read())[-1], want)
    run = Run('check', '-q', 'art', '--progress', '-')
    same(events(run.err)[-1], want)
    same(Run('check', 'art/good.png', '--progress', 'log').code, 0)
    with open('log', encoding='utf-8') as file:
        same(events(file.read())[-1]['images'], 1, 'replaced')
    run = recognize('-q', '-r', 'art', '--progress', '-', '--require', 'cloth',
                    '-o', 'o.csv', '--max-calls', '1')
    same(run.code, 6)
    *_, last = events(run.err)
    same(last, {'event': 'summary', 'images': 19, 'good': 1, 'failed': 17, 'qualify': 0,
                'sent': 1, 'known': 0, 'unsure': 0, 'not_sent': 1,
                'regions_saved': 0, 'regions_present': 0, 'regions_failed': 0, 'turned': 0,
                'reasons': REASONS})
    dry = recognize('-q', '-n', '-r', 'art', '--progress', '-', '--journal',
                    'o.csv.journal', '--require', 'cloth')
    last = events(dry.err)[-1]
    same((last['would_send'], last['known'], last['turned'], last['qualify']),
         (1, 1, 1, 0))


@test
def progress_comes_while_the_run_lasts():
    for number in range(3):
        put(f'{number}.png', png(400, 400 + number))
    process = subprocess.Popen(
        [PROGRAM, 'recognize', '-q', '--jobs', '1', '--progress', '-', '--endpoint',
         server_url('ok:delay=800'), '0.png', '1.png', '2.png'], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(COMETAPI_KEY=KEY))
    first = json.loads(process.stderr.readline())
    same((first['event'], first['failed'], first['total'], process.poll()),
         ('progress', 0, 3, None))
    same(1000 <= first['elapsed_ms'] < 60000, True)
    rest = events(process.communicate()[1].decode())
    same((process.returncode, rest[-1]['good']), (0, 3))


@test
def a_stuck_reader_of_the_progress_does_not_stop_the_run():
    put('a.png', png())
    put('b.png', png(400, 400))
    os.mkfifo('pipe')
    stuck = os.open('pipe', os.O_RDWR | os.O_NONBLOCK)
    while True:
        try:
            os.write(stuck, b'x' * 4096)
        except BlockingIOError:
            break
    run = recognize('--json', '--jobs', '1', '--progress', 'pipe', 'a.png', 'b.png')
    os.close(stuck)
    same((run.code, len(run.lines())), (0, 2), run.err)
    holds(run.err, 'warning: --progress cannot be written')


@test
def progress_that_cannot_be_written_does_not_harm_the_results():
    put('a.png', png())
    put('b.png', png(400, 400))
    for wrong in ('none/log', '.', 'b.png'):
        run = Run('check', 'a.png', '--progress', wrong)
        same((run.code, run.out), (5, ''), wrong)
        holds(run.err, '--progress')
    with open('b.png', 'rb') as file:
        same(file.read(), png(400, 400))
    same(Run('check', 'a.png', '--json', '-o', 'x.json', '--progress', 'x.json').code, 2)
    if are_devices('/dev/full'):
        run = recognize('--json', 'a.png', '--progress', '/dev/full')
        same((run.code, len(run.lines())), (0, 1))
        holds(run.err, 'warning: --progress cannot be written')


@test
def an_image_has_the_milliseconds_that_it_took():
    put('a.png', png())
    fields = ['--fields', 'input,elapsed_ms', '--json']
    first, = recognize(*fields, 'a.png', '--journal', 'j', answer='ok:delay=300').lines()
    same(300 <= first['elapsed_ms'] < 60000, True, first)
    known, = recognize(*fields, 'a.png', '--journal', 'j', answer='ok:delay=300').lines()
    same(known['elapsed_ms'], None, 'the journal answered')
    checked, = Run('check', *fields, 'a.png').lines()
    same(checked['elapsed_ms'] >= 0, True)
    lacks(recognize('--json', 'a.png').out, 'elapsed_ms')


@test
def an_orientation_is_a_field_and_other_than_1_a_note():
    for number in (1, 6):
        put(f'{number}.png', turned(number))
    for run in (Run('check', '--json', '1.png', '6.png'),
                recognize('--ordered', '-o', '-', '--json', '--journal', 'j', '1.png',
                          '6.png'),
                recognize('--ordered', '--json', '--journal', 'j', '1.png', '6.png')):
        same(run.code, 0)
        same([row['image']['orientation'] for row in run.lines()], [1, 6])
        holds(run.err, '1 with an EXIF orientation other than 1')
    holds(Run('check', '-v', '6.png').out, 'PNG, 512 x 512 pixels', '; EXIF orientation 6')
    plain = Run('check', '-v', '1.png')
    lacks(plain.out + plain.err, 'EXIF')
    same(os.path.exists('j'), True)
