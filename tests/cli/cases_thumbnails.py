# SPDX-License-Identifier: MIT
"""The thumbnails of the report: of every kind of image, and of hostile ones."""
import base64
import json
import os
import re
import signal
import struct
import subprocess
import sys
import zlib

from chromium import Chromium
from harness import (PROGRAM, Run, Skipped, environment, holds, png, put, recognize,
                     same, test, wait_until)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../data'))
import make_images  # noqa: E402
from make_images import chunk  # noqa: E402


def lines_of(path):
    """The lines of the page: one for each record."""
    with open(path, encoding='utf-8') as file:
        parts = re.findall(r'<script class="thumbnails" type="text/plain">(.*?)</script>',
                           file.read(), re.S)
    return ''.join(parts).split('\n')[:-1]


def make_page(path, *names):
    put('rows.ndjson', ''.join(
        json.dumps({'index': i, 'input': name, 'status': 'KLINGREC_OK'}) + '\n'
        for i, name in enumerate(names)).encode())
    same(Run('report', '-o', path, 'rows.ndjson').code, 0)
    return lines_of(path)


def needs_thumbnails():
    put('plain.png', png())
    if make_page('plain.html', 'plain.png') == ['']:
        raise Skipped('the program was built without thumbnails')


# ---- Every kind of PNG, in four quarters ----

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2))


def png_of(width, height, depth, color, quarters, interlaced, more=b''):
    """quarters: the samples of a pixel in each quarter."""
    def row(is_lower, columns):
        samples = [sample for x in columns for sample in
                   quarters[is_lower * 2 + (x >= width // 2)]]
        if depth == 16:
            return b'\0' + struct.pack(f'>{len(samples)}H', *samples)
        bits = ''.join(f'{sample:0{depth}b}' for sample in samples)
        bits += '0' * (-len(bits) % 8)
        return b'\0' + int(bits, 2).to_bytes(len(bits) // 8, 'big')
    data = b''
    for x, y, x_step, y_step in ADAM7 if interlaced else ((0, 0, 1, 1),):
        rows = [row(is_lower, range(x, width, x_step)) for is_lower in (0, 1)]
        data += b''.join(rows[line >= height // 2] for line in range(y, height, y_step))
    head = struct.pack('>IIBBBBB', width, height, depth, color, 0, 0, interlaced)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + more
            + chunk(b'IDAT', zlib.compress(data)) + chunk(b'IEND', b''))


RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CLEAR = (242, 242, 242)  # the mean of the checkerboard
COLORS = [RED, GREEN, BLUE, WHITE]
GRAYS = [(0,) * 3, (85,) * 3, (170,) * 3, WHITE]
KINDS = [  # depth, colour type, samples, chunks before the data, what is seen
    (1, 0, [(0,), (1,), (1,), (0,)], b'', [GRAYS[0], WHITE, WHITE, GRAYS[0]]),
    (2, 0, [(0,), (1,), (2,), (3,)], b'', GRAYS),
    (16, 0, [(0,), (0x5555,), (0xaaaa,), (0xffff,)], b'', GRAYS),
    (8, 2, COLORS, b'', COLORS),
    (4, 3, [(0,), (1,), (2,), (3,)],
     chunk(b'PLTE', bytes(sum(COLORS, ()))) + chunk(b'tRNS', b'\xff\xff\xff\0'),
     [RED, GREEN, BLUE, CLEAR]),
    (8, 4, [(0, 255), (85, 255), (170, 255), (0, 0)], b'', GRAYS[:3] + [CLEAR]),
    (16, 6, [(0xffff, 0, 0, 0xffff), (0, 0xffff, 0, 0xffff), (0, 0, 0xffff, 0xffff),
             (0, 0, 0, 0)], b'', [RED, GREEN, BLUE, CLEAR]),
    (8, 6, [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (0, 0, 0, 128)], b'',
     [RED, GREEN, BLUE, (121, 121, 121)]),
]

# Width, height, and the mean of a square of 32 pixels in the middle of each quarter.
SEEN = """[...cards].sort((a, b) => a[0] - b[0]).map(([, card]) => {
    const image = card.querySelector('.picture img');
    if (!image) return card.querySelector('.picture').textContent;
    const width = image.naturalWidth, height = image.naturalHeight;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return [[width, height], [0, 1, 2, 3].map((i) => {
        const data = context.getImageData(width * (1 + i % 2 * 2) / 4 - 16,
            height * (i < 2 ? 1 : 3) / 4 - 16, 32, 32).data;
        return [0, 1, 2].map((c) => data.filter((v, at) => at % 4 === c)
            .reduce((sum, v) => sum + v, 0) / 1024);
    })];
})"""


def same_looks(wanted):
    """wanted: for each image its name, the size of its thumbnail, and the colours."""
    make_page('page.html', *[name for name, _, _ in wanted])
    with Chromium('page.html', 1600, 1200) as page:
        page.wait_for("document.readyState === 'complete'", 'the end of loading')
        page.run('setSize(0)')
        found = page.run(SEEN)
    same(len(found), len(wanted))
    for got, (name, size, quarters) in zip(found, wanted):
        same(got[0], list(size), name)
        for seen, want in zip(got[1], quarters):
            same(all(abs(a - b) < 9 for a, b in zip(seen, want)), True,
                 f'{name}: {got[1]}')


@test
def thumbnails_show_every_kind_of_png():
    needs_thumbnails()
    wanted = []
    for depth, color, samples, more, seen in KINDS:
        for interlaced in (0, 1):
            for width, height, size in ((301, 203, (301, 203)), (803, 401, (400, 200))):
                name = f'{depth}-{color}-{interlaced}-{width}.png'
                put(name, png_of(width, height, depth, color, samples, interlaced, more))
                wanted.append((name, size, seen))
    same_looks(wanted)


@test
def thumbnails_are_upright_and_of_what_is_left_of_a_damaged_image():
    needs_thumbnails()
    quarters = [[COLORS[(y >= 168) * 2 + (x >= 208)] for x in range(416)]
                for y in range(336)]
    plain = make_images.jpeg(quarters, None)
    wanted = []
    for orientation, order in enumerate((
            'RGBW', 'GRWB', 'WBGR', 'BWRG', 'RBGW', 'BRWG', 'WGBR', 'GWRB'), 1):
        exif = (b'Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0'
                + bytes([orientation]) + bytes(6))
        name = f'{orientation}.jpg'
        put(name, plain[:2] + make_images.segment(0xe1, exif) + plain[2:])
        wanted.append((name, (400, 323) if orientation < 5 else (323, 400),
                       [COLORS['RGBW'.index(letter)] for letter in order]))
    put('cut.jpg', plain[:len(plain) * 6 // 10])
    wanted.append(('cut.jpg', (400, 323), [RED, GREEN]))
    cut = png_of(400, 300, 8, 2, COLORS, 0)
    cut = cut[:33] + chunk(b'IDAT', zlib.compress(zlib.decompress(cut[41:-16])[:200000]))
    put('cut.png', cut)
    wanted.append(('cut.png', (400, 300), [RED, GREEN, CLEAR, CLEAR]))
    same_looks(wanted)


@test
def thumbnails_keep_a_short_color_profile():
    needs_thumbnails()
    plain = make_images.jpeg([[RED] * 16] * 16, None)
    wanted = []
    for size, space, is_kept in ((1024, b'RGB ', True), (1025, b'RGB ', False),
                                 (600, b'CMYK', False), (127, b'RGB ', False)):
        profile = bytes(16) + space + b'x' * (size - 20)
        put(f'{size}.jpg', plain[:2] + make_images.segment(
            0xe2, b'ICC_PROFILE\0\1\1' + profile) + plain[2:])
        wanted.append((f'{size}.jpg', profile, is_kept))
    for line, (name, profile, is_kept) in zip(
            make_page('page.html', *[name for name, _, _ in wanted]), wanted):
        same(profile in base64.b64decode(line), is_kept, name)


# ---- Hostile images ----


def blank_png(width, height, interlaced):
    """So many pixels that are all black, which is a short file."""
    packed = zlib.compressobj(9)
    data = b''
    rows = height * 2 if interlaced else height
    for _ in range(rows):
        data += packed.compress(bytes(width // 8 + 2))
    head = struct.pack('>IIBBBBB', width, height, 1, 0, 0, 0, interlaced)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head)
            + chunk(b'IDAT', data + packed.flush()) + chunk(b'IEND', b''))


def many_scans(width, height, scans, components):
    """A progressive JPEG: the scans are short, but each goes over all coefficients."""
    one = make_images.segment
    data = b'\xff\xd8' + one(0xdb, b'\0' + b'\1' * 64)
    ids = range(1, components + 1)
    data += one(0xc2, struct.pack('>BHHB', 8, height, width, components)
                + b''.join(bytes([i, 0x11, 0]) for i in ids))
    data += one(0xc4, b'\0\1' + bytes(16)) + one(0xc4, b'\x10\1' + bytes(15) + b'\xe0')
    data += one(0xda, bytes([components]) + b''.join(bytes([i, 0]) for i in ids)
                + bytes(3)) + bytes(10)
    return data + (one(0xda, b'\1\1\0\1\x3f\0') + bytes(4)) * scans + b'\xff\xd9'


HUGE = '-too large for a thumbnail'
BAD = '-it cannot be decoded'
PNG_START = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', b'\0\0\1\x2c' * 2 + b'\x08\0\0\0\0')
HOSTILE = [
    ('wide.png', lambda: blank_png(1000000, 134, 0), '/9j/'),
    ('laced.png', lambda: blank_png(11585, 11585, 1), '/9j/'),
    ('huge.png', lambda: blank_png(100000, 100000 // 64, 0).replace(
        struct.pack('>II', 100000, 1562), struct.pack('>II', 100000, 100000)), HUGE),
    # A text that says that it has a gigabyte.
    ('text.png', lambda: PNG_START + b'\x3f\xff\xff\xfftEXta\0', BAD),
    ('short.png', lambda: PNG_START, BAD),
    ('scans-90.jpg', lambda: many_scans(4000, 4000, 90, 1), '/9j/'),
    ('scans-200.jpg', lambda: many_scans(4000, 4000, 200, 1), HUGE),
    ('huge.jpg', lambda: many_scans(65500, 65500, 1, 3), HUGE),
    # Its coefficients need 400 MB.
    ('memory.jpg', lambda: many_scans(8000, 8000, 1, 3), HUGE),
    ('two.jpg', lambda: many_scans(400, 400, 1, 2), BAD),
    ('short.jpg', lambda: b'\xff\xd8\xff\xe0', BAD),
    ('empty.png', lambda: b'', '-not an image that browsers show'),
    ('text.jpg', lambda: b'not an image', '-not an image that browsers show'),
]


@test
def hostile_images_take_neither_memory_nor_time():
    needs_thumbnails()
    for name, make, _ in HOSTILE:
        put(name, make())
    os.mkfifo('pipe.png')
    with open('hole.png', 'wb') as file:
        file.truncate((32 << 20) + 1)
    wanted = HOSTILE + [('pipe.png', None, '!not a file any more'),
                        ('hole.png', None, HUGE), ('https://a.b/c.png', None, ''),
                        ('-', None, ''), ('', None, ''), ('a\0b', None, '')]
    put('rows.ndjson', ''.join(json.dumps({'input': name, 'status': 'KLINGREC_OK'}) + '\n'
                               for name, _, _ in wanted).encode())
    process = subprocess.Popen([PROGRAM, 'report', '-o', 'page.html', 'rows.ndjson'],
                               env=environment())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    same(status, 0)
    for line, (name, _, want) in zip(lines_of('page.html'), wanted):
        same(line[:4] if line.startswith('/9j/') else line, want, name)
    # Several images at a time, each with at most 128 MB of coefficients.
    same(used.ru_maxrss < 900000, True, f'{used.ru_maxrss} KB')


# ---- Names, changes, interruptions ----


@test
def every_record_has_its_own_line_in_the_page():
    needs_thumbnails()
    name = b'\xff\xfe.png'
    put(name, png())
    put('b.png', png(400, 300))
    records = [{'input': '\ufffd\ufffd.png',
                'input_bytes': base64.b64encode(name).decode()}, {'input': 'b.png'}]
    data = [json.dumps({**record, 'status': 'KLINGREC_OK'}).encode()
            for record in records]
    put('rows.ndjson', b'\xef\xbb\xbf' + data[0] + b'\r\n \r \n{"cut\n[]\n\n' + data[1])
    same(Run('report', '-o', 'page.html', 'rows.ndjson').code, 0)
    same([line[:4] for line in lines_of('page.html')],
         ['/9j/', '', '', '', '', '/9j/'])
    with Chromium('page.html') as page:
        page.wait_for("document.readyState === 'complete'", 'the end of loading')
        same(page.run("rows.filter((row) => !row.broken).map((row) => "
                      "[row.name, thumbnailOf(row).length])"),
             [['\\xff\\xfe.png', len(lines_of('page.html')[0])],
              ['b.png', len(lines_of('page.html')[5])]])


@test
def a_journal_notices_a_change_of_equal_size():
    put('a.png', png(512, 512, 'head'))
    put('b.png', png(512, 512, 'face'))
    same(recognize('-o', 'o.ndjson', 'a.png', 'b.png').code, 0)
    os.rename('b.png', 'a.png')
    put('b.png', png(512, 512, 'face'))
    for arguments, want in ((['--journal', 'o.ndjson.journal'],
                             ['!changed since it was recognised']), (['o.ndjson'], [])):
        same(Run('report', '-o', 'page.html', *arguments).code, 0)
        lines = lines_of('page.html')
        same((len(lines), [line for line in lines if line.startswith('!')]), (2, want))


@test
def a_signal_ends_the_report_and_leaves_no_page():
    needs_thumbnails()
    put('a.png', png(1500, 1500))
    put('rows.ndjson', b'{"index":0,"input":"a.png","status":"KLINGREC_OK"}\n' * 3000)
    process = subprocess.Popen([PROGRAM, 'report', '-o', 'page.html', 'rows.ndjson'],
                               env=environment(), stderr=subprocess.PIPE)
    wait_until('the first thumbnails', lambda: os.path.exists('page.html.part')
               and os.path.getsize('page.html.part') > 250000)
    process.send_signal(signal.SIGINT)
    same((process.wait(), process.stderr.read()), (130, b''))
    process.stderr.close()
    same([name for name in os.listdir('.') if name.startswith('page')], [])


@test
def without_thumbnails_the_browser_shows_the_images():
    """A browser also shows formats that the program does not decode."""
    gif = base64.b64decode('R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=')
    put('a.gif', gif)
    same(make_page('page.html', 'a.gif'), [''])
    with Chromium('page.html') as page:
        page.wait_for("document.querySelector('.picture img').naturalWidth === 1",
                      'the image itself')
        holds(page.run("document.querySelector('.picture img').src"), 'file:///')
