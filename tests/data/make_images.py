#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make the sample images of the tests: make_images.py OUTDIR [NAME]...

Standard library only, and the same bytes on every run of one zlib: the PNG files
are written with zlib, the JPEG files by the small baseline encoder below (ITU-T
T.81, colour without subsampling). A text chunk or a comment in each image tells
klingrec-standin what the image "contains".
"""
import math
import os
import struct
import sys
import zlib

MARKER = 'klingrec-standin'

# ---- Pictures: a function from x, y to red, green, blue ----


def mix(a, b, t):
    return tuple(round(p + (q - p) * t) for p, q in zip(a, b))


def in_ellipse(x, y, cx, cy, rx, ry):
    return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1


def portrait(x, y, w, h):
    """A head with hair above shoulders, on a blue wall."""
    u, v = x / w, y / h
    for eye in (0.43, 0.57):
        if in_ellipse(u, v, eye, 0.38, 0.025, 0.015):
            return 40, 30, 30
    if in_ellipse(u, v, 0.5, 0.50, 0.07, 0.015):
        return 170, 60, 60
    if in_ellipse(u, v, 0.5, 0.42, 0.16, 0.18):
        return 226, 180, 150
    if in_ellipse(u, v, 0.5, 0.36, 0.21, 0.21):
        return 84, 52, 30
    if 0.44 < u < 0.56 and 0.5 < v < 0.72:
        return 214, 166, 138
    if in_ellipse(u, v, 0.5, 1.0, 0.40, 0.32):
        return 180, 40, 50
    return mix((150, 190, 230), (90, 120, 170), v)


def garment(x, y, w, h):
    """A green shirt on white."""
    u, v = abs(x / w - 0.5), y / h
    neck = in_ellipse(u, v, 0, 0.15, 0.09, 0.07)
    body = u < 0.22 and 0.15 < v < 0.88
    sleeve = u < 0.40 and 0.15 + 0.35 * max(0, u - 0.15) < v < 0.42 - 0.2 * (0.4 - u)
    if (body or sleeve) and not neck:
        stripe = int(v * 24) % 4 == 0
        return (30, 110, 70) if stripe else (50, 150, 95)
    return 250, 250, 250


def landscape(x, y, w, h):
    """Two hills under a sky with a sun."""
    u, v = x / w, y / h
    if v > 0.72 + 0.08 * math.sin(u * 5 + 1):
        return 70, 130, 60
    if v > 0.58 + 0.10 * math.sin(u * 4 + 3):
        return 100, 150, 90
    if in_ellipse(x, y, 0.78 * w, 0.22 * h, 0.08 * h, 0.08 * h):
        return 250, 220, 110
    return mix((110, 170, 230), (220, 235, 245), v / 0.7 if v < 0.7 else 1)


def draw(picture, w, h):
    return [[picture(x, y, w, h) for x in range(w)] for y in range(h)]


# ---- PNG (3rd edition) ----


def chunk(kind, data):
    crc = zlib.crc32(kind + data)
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', crc)


def png(pixels, marker):
    h, w = len(pixels), len(pixels[0])
    rows = bytearray()
    for y, row in enumerate(pixels):
        flat = bytes(v for pixel in row for v in pixel)
        above = last if y else bytes(len(flat))
        rows.append(2)  # the filter "up" makes gradients small
        rows += bytes((a - b) & 0xff for a, b in zip(flat, above))
        last = flat
    out = b'\x89PNG\r\n\x1a\n'
    out += chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 2, 0, 0, 0))
    if marker is not None:
        out += chunk(b'tEXt', f'{MARKER}\0{marker}'.encode('latin-1'))
    out += chunk(b'IDAT', zlib.compress(bytes(rows), 9))
    return out + chunk(b'IEND', b'')


# ---- JPEG (T.81): baseline, quantisation and Huffman tables of its Annex K ----

LUMA = [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99]
DC_BITS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
DC_VALUES = list(range(12))
ZIGZAG = sorted(range(64), key=lambda i: (
    i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))
COS = [[math.cos((2 * x + 1) * u * math.pi / 16) * (math.sqrt(0.125) if u == 0 else 0.5)
        for x in range(8)] for u in range(8)]

# The AC table is not that of Annex K. It has all symbols in a fixed order: short runs
# and small values come first and have the shorter codes.
AC_VALUES = [0x00, 0xf0] + sorted(
    (run << 4 | size for run in range(16) for size in range(1, 11)),
    key=lambda v: (v >> 4) + 2 * (v & 15))
AC_BITS = [0, 0, 0, 6, 6, 6, 8, 16, 0, 120, 0, 0, 0, 0, 0, 0]


def huffman(bits, values):
    codes, code, at = {}, 0, 0
    for length, count in enumerate(bits, 1):
        for value in values[at:at + count]:
            codes[value] = (code, length)
            code += 1
        at += count
        code <<= 1
    return codes


class Bits:
    def __init__(self):
        self.out, self.word, self.n = bytearray(), 0, 0

    def put(self, value, length):
        self.word = self.word << length | value
        self.n += length
        while self.n >= 8:
            self.n -= 8
            byte = self.word >> self.n & 0xff
            self.out += b'\xff\x00' if byte == 0xff else bytes([byte])
        self.word &= (1 << self.n) - 1

    def magnitude(self, value, size):
        self.put(value if value >= 0 else value + (1 << size) - 1, size)


def transform(block, table):
    """64 samples to 64 quantised coefficients in zigzag order."""
    first = block[0]
    if all(v == first for v in block):
        return [round(8 * first / table[0])] + [0] * 63
    rows = [[sum(c * block[y * 8 + x] for x, c in enumerate(COS[u])) for u in range(8)]
            for y in range(8)]
    flat = [sum(c * rows[y][u] for y, c in enumerate(COS[v]))
            for v in range(8) for u in range(8)]
    return [round(flat[i] / table[i]) for i in ZIGZAG]


def put_block(bits, coded, before, dc, ac):
    size = abs(coded[0] - before).bit_length()
    bits.put(*dc[size])
    bits.magnitude(coded[0] - before, size)
    run = 0
    for value in coded[1:]:
        if value == 0:
            run += 1
            continue
        while run > 15:
            bits.put(*ac[0xf0])
            run -= 16
        size = abs(value).bit_length()
        bits.put(*ac[run << 4 | size])
        bits.magnitude(value, size)
        run = 0
    if run:
        bits.put(*ac[0x00])
    return coded[0]


def to_ycc(pixel):
    r, g, b = pixel
    return (0.299 * r + 0.587 * g + 0.114 * b - 128,
            -0.168736 * r - 0.331264 * g + 0.5 * b,
            0.5 * r - 0.418688 * g - 0.081312 * b)


def segment(kind, data):
    return struct.pack('>BBH', 0xff, kind, len(data) + 2) + data


def jpeg(pixels, marker):
    h, w = len(pixels), len(pixels[0])
    table = [max(1, v * 2 // 3) for v in LUMA]
    dc, ac = huffman(DC_BITS, DC_VALUES), huffman(AC_BITS, AC_VALUES)
    bits, before = Bits(), [0, 0, 0]
    planes = [[to_ycc(p) for p in row] for row in pixels]
    for by in range(0, h, 8):
        for bx in range(0, w, 8):
            block = [planes[min(by + i // 8, h - 1)][min(bx + i % 8, w - 1)]
                     for i in range(64)]
            for c in range(3):
                coded = transform([p[c] for p in block], table)
                before[c] = put_block(bits, coded, before[c], dc, ac)
    bits.put(0x7f, 7)
    out = b'\xff\xd8' + segment(0xe0, b'JFIF\0\1\1\0\0\1\0\1\0\0')
    if marker is not None:
        out += segment(0xfe, f'{MARKER}: {marker}'.encode('ascii'))
    out += segment(0xdb, bytes([0] + [table[i] for i in ZIGZAG]))
    parts = bytes(v for c in (1, 2, 3) for v in (c, 0x11, 0))
    out += segment(0xc0, struct.pack('>BHHB', 8, h, w, 3) + parts)
    out += segment(0xc4, bytes([0x00] + DC_BITS + DC_VALUES))
    out += segment(0xc4, bytes([0x10] + AC_BITS + AC_VALUES))
    scan = bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0])
    return out + segment(0xda, scan) + bytes(bits.out) + b'\xff\xd9'


# ---- The files ----

ALL = 'head,face,cloth,object'
FILES = [
    ('portrait.png', png, portrait, 400, 500, ALL),
    ('portrait.jpg', jpeg, portrait, 320, 400, ALL),
    ('garment.png', png, garment, 400, 400, 'cloth,object'),
    ('garment.jpg', jpeg, garment, 320, 320, 'cloth,object'),
    ('landscape.jpg', jpeg, landscape, 480, 320, 'none'),
    ('unmarked.png', png, landscape, 320, 300, None),
    ('refused.png', png, portrait, 300, 300, 'answer=kling-1301'),
    ('side-300.png', png, portrait, 300, 300, ALL),
    ('side-299.png', png, portrait, 299, 300, ALL),
    ('aspect-2500.png', png, landscape, 750, 300, 'none'),
    ('aspect-2503.png', png, landscape, 751, 300, 'none'),
    ('too-small.png', png, portrait, 256, 256, ALL),
    ('too-wide.png', png, landscape, 1000, 300, 'none'),
]


def make(outdir, names=()):
    """All images, or those of some names in FILES."""
    os.makedirs(outdir, exist_ok=True)
    made = {}
    for name, encode, picture, w, h, marker in FILES:
        if not names or name in names:
            made[name] = encode(draw(picture, w, h), marker)
    if not names:
        made['truncated.jpg'] = made['portrait.jpg'][:len(made['portrait.jpg']) * 2 // 3]
        made['truncated.png'] = made['portrait.png'][:-16]
        broken = bytearray(made['portrait.png'])
        broken[len(broken) // 2] ^= 0x55
        made['damaged.png'] = bytes(broken)
    for name, data in made.items():
        with open(os.path.join(outdir, name), 'wb') as file:
            file.write(data)


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit('usage: make_images.py OUTDIR [NAME]...')
    make(sys.argv[1], sys.argv[2:])
