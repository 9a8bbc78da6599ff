# SPDX-License-Identifier: MIT
"""Test --check-urls: the beginning of each URL is checked before it is paid for."""
import re
import signal
import struct
import subprocess

from harness import (KEY, PATIENCE, PROGRAM, Run, chunk, environment, holds, lacks, png,
                     put, same, server_url, test, wait_until)
from hostile import Listener, Service, endless, slow


def late_jpeg(before, width=400, height=400):
    """A JPEG whose size comes after `before` bytes of profiles, and that never ends."""
    profile = b'\xff\xe2' + struct.pack('>H', 65535) + bytes(65533)
    frame = b'\xff\xc0' + struct.pack('>HBHHB', 11, 8, height, width, 1) + b'\1\x11\0'
    return (b'\xff\xd8' + profile * (before // 65537) + frame +
            b'\xff\xda' + b'\0\x08\1\1\0\0\x3f\0' + bytes(100000))


def ranged(body, most=1 << 30):
    """A page that serves ranges, of at most so many bytes."""
    def page(handler):
        asked = re.fullmatch(r'bytes=(\d+)-(\d+)', handler.headers['Range'])
        first, last = int(asked[1]), min(int(asked[2]), len(body) - 1)
        part = body[first:min(last + 1, first + most)]
        Service.send(handler, part, status=206, Content_Range=f'bytes {first}-'
                     f'{first + len(part) - 1}/{len(body)}')
    return page


def of_unknown_length(body, length='*'):
    """A page that serves ranges of something whose length it does not tell."""
    def page(handler):
        first, last = map(int, re.findall(r'\d+', handler.headers['Range']))
        part = body[first:last + 1]
        Service.send(handler, part or b'no more', status=206 if part else 416,
                     Content_Range=f'bytes {first}-{first + len(part) - 1}/{length}')
    return page


def early_png(size, width=512, height=512):
    """A PNG with a long text before its pixels."""
    image = png(width, height)
    return image[:33] + chunk(b'tEXt', bytes(size)) + image[33:]


def long_png(size):
    return png()[:-12] + chunk(b'tEXt', bytes(size)) + png()[-12:]


WEBP = b'RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0' + bytes(24)
GOOD = {
    'ranged': ranged(long_png(300000)),
    'small-parts': ranged(long_png(300000), 9000),
    'whole': long_png(300000),
    'tiny': png(),
    'late': ranged(late_jpeg(500000)),
    'late-whole': late_jpeg(500000),
    'unknown-length': lambda h: Service.send(h, long_png(300000), length=False),
    'short-unknown': lambda h: Service.send(h, png(), length=False),
    'moved': lambda h: Service.send(h, b'', status=301, Location='/whole'),
    'unknown-early': lambda h: Service.send(h, early_png(300000), length=False),
    'unknown-late': lambda h: Service.send(h, late_jpeg(500000), length=False),
    'unknown-ranges': of_unknown_length(early_png(300000)),
    'unknown-ranges-late': of_unknown_length(late_jpeg(500000)),
    'unknown-ranges-short': of_unknown_length(png()),
    'very-early': ranged(early_png(3000000)),
    'very-early-unknown': of_unknown_length(early_png(3000000)),
    'many-chunks': ranged(png()[:33] + chunk(b'tEXt', bytes(1)) * 90000 + png()[33:]),
    'impossible-length': of_unknown_length(png(), (1 << 64) - 2),
    'endless-png': lambda h: (Service.send(h, png()[:60], length=False), endless(h)),
}
LOCAL = {  # refused in the words of a local file
    'webp': WEBP, 'small': png(256, 256), 'flat': png(3000, 300), 'html': b'<html>x</html>',
    'empty': b'', 'large': png()[:-12] + bytes(11000000), 'text': b'hello world',
    'small-very-early': early_png(3000000, 256, 256),
    'flat-very-early': early_png(3000000, 3000, 300),
    'large-very-early': early_png(11000000),
    'small-late': late_jpeg(500000, 200, 200), 'unknown': b'\x7fabc' * 300000,
    'large-webp': WEBP + bytes(300000),
}


def first_thousand(handler):
    first = int(re.match(r'bytes=(\d+)-', handler.headers['Range'])[1])
    part = late_jpeg(500000)[:1000][first:]
    Service.send(handler, part, status=206, Content_Range=f'bytes {first}-999/999999')


def unread(other):
    return {
        'missing': (None, 'HTTP 404', 1),
        'later': (lambda h: Service.send(h, b'', status=503), 'HTTP 503', 4),
        'slow': (slow, 'the time limit was reached', 4),
        'closed': (lambda h: h.connection.shutdown(2), 'Empty reply', 4),
        'cut': (lambda h: Service.send(h, png()[:20], length=5000), 'transfer', 4),
        'cut-jpeg': (ranged(late_jpeg(500000)[:70000]), None, 1),
        'other-range': (lambda h: Service.send(
            h, png(), status=206, Content_Range='bytes 5-99/999'), 'HTTP 206', 1),
        'no-range': (lambda h: Service.send(h, png(), status=206), 'HTTP 206', 1),
        'no-more': (first_thousand, 'not in its first 1000 bytes', 1),
        'too-late': (ranged(late_jpeg(1500000)), 'not in its first 1048576 bytes', 1),
        'inside': (lambda h: Service.send(
            h, b'', status=302, Location=f'http://127.0.0.1:{other.port}/'),
            'after a redirect: its address 127.0.0.1 is not a public one', 1),
    }


@test
def urls_that_are_acceptable_are_sent_and_others_cost_nothing():
    with Listener() as other, Service() as service:
        bad = unread(other)
        del bad['slow']  # the others may take their time

        def stall(handler):  # exactly what is asked for, of more
            Service.send(handler, long_png(300000)[:65536], length=300000)
            handler.wfile.flush()
            service.hang()
        good = {**GOOD, 'stalls': stall}
        service.pages = {**{'/' + n: p for n, p in {**good, **LOCAL}.items()},
                         **{'/' + n: row[0] for n, row in bad.items() if row[0]}}
        private = ['https://10.0.0.1/a.png', f'http://127.1:{other.port}/a.png']
        urls = [service.base + '/' + name for name in [*good, *LOCAL, *bad]] + private
        run = service.run('--json', '--check-urls', '-j64', '--journal', 'j', *urls)
        same(run.code, 4, run.err)
        same(service.count('POST'), len(good))
        rows = {row['input']: row for row in run.lines()}
        same(other.was_reached(), False)
        for name in good:
            same(rows[f'{service.base}/{name}']['status'], 'KLINGREC_OK', name)
        for name, body in LOCAL.items():
            put('local/' + name, body)
            row = rows[f'{service.base}/{name}']
            local, = Run('check', '--header-only', '--json', 'local/' + name).lines()
            same((row['status'], row['message'], row['image']),
                 (local['status'], local['message'], local['image']), name)
        for name, (_, what, _) in bad.items():
            row = rows[f'{service.base}/{name}']
            holds(row['message'], what or 'JPEG')
            same((row['delivery'], row['regions']), ('not_sent', None))
        for url in private:
            holds(rows[url]['message'], 'the URL cannot be read: it')
        # What is answered is not read again; what was refused is.
        gets = service.count('GET')
        service.pages['/webp'] = png()
        again = [service.base + '/' + name for name in ('whole', 'tiny', 'webp')]
        run = service.run('--json', '--check-urls', '--journal', 'j', *again)
        same((run.code, service.count('GET') - gets, service.count('POST')),
             (0, 1, len(good) + 1), run.err)


@test
def each_kind_of_failure_has_its_exit_code():
    with Listener() as other, Service() as service:
        bad = unread(other)
        service.pages = {'/' + name: row[0] for name, row in bad.items() if row[0]}
        for name, (_, _, code) in bad.items():
            more = ('--timeout', '1') if name == 'slow' else ()
            run = service.run('--check-urls', *more, f'{service.base}/{name}')
            same((run.code, service.count('POST')), (code, 0), name)


@test
def only_the_beginning_is_read_and_a_dry_run_needs_no_key():
    sent = []

    def counted(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(png()[:60])
        try:
            for _ in range(4000):
                handler.wfile.write(bytes(4096))
                sent.append(4096)
        except OSError:
            pass
    with Service((), {'/a': counted, '/b': png(200, 200)}) as service:
        run = service.run('-n', '--json', '--check-urls', service.base + '/a',
                          service.base + '/b', env={'COMETAPI_KEY': None})
        same(([row['plan'] for row in run.lines()], run.code), (['send', 'refuse'], 1))
        holds(run.err, '2 images: 1 would be sent, 1 not acceptable')
        same(sum(sent) < 8 << 20, True, sum(sent))
        for method, path, headers in service.asked:
            same(sorted(headers), ['Accept', 'Host', 'Range', 'User-Agent'], path)
        run = service.run('-n', '--json', service.base + '/b')
        same((run.lines()[0]['plan'], service.count('GET')), ('send', 2), 'on request only')
        run = service.run('-n', '--check-urls', service.base + '/b', '--proxy',
                          'http://127.0.0.1:1')
        same((run.code, service.count('GET')), (2, 2))


@test
def a_signal_ends_the_checks_and_nothing_is_sent():
    with Service() as service:
        service.pages = {'/hang': service.hang, '/good': png()}
        process = subprocess.Popen(
            [PROGRAM, 'recognize', '--check-urls', '--json', '--endpoint', service.base,
             service.base + '/good', service.base + '/hang'], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(COMETAPI_KEY=KEY))
        wait_until('both requests', lambda: service.count('GET') == 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        same((process.returncode, out, service.count('POST')), (130, b'', 0), err)


@test
def check_stays_offline_and_names_the_way_to_check_a_url():
    run = Run('check', server_url())
    same(run.code, 2)
    holds(run.err, 'recognize -n --check-urls')
    lacks(run.out, 'http')
