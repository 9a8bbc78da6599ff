# SPDX-License-Identifier: MIT
"""Make images of an exact size. They contain noise, which does not compress."""

import math
import random
import struct
import zlib

SIZES = {"100 KiB": 100 << 10, "1 MiB": 1 << 20, "9.9 MiB": 99 * (1 << 20) // 10}


def chunk(name, data):
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(size, seed=1):
    """Uncompressed grey noise; a private chunk fills the file up to the size."""
    noise = random.Random(seed)
    side = math.isqrt(size - 1000 - size // 100)
    rows = b"".join(b"\0" + noise.randbytes(side) for _ in range(side))
    start = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows, 0))
    end = chunk(b"IEND", b"")
    rest = size - len(start) - len(data) - len(end) - 12
    return start + data + chunk(b"prVt", b"\0" * rest) + end


def jpeg(size, seed=1):
    """One grey scan of noise. The check reads every byte of a JPEG scan."""
    side = 1200
    start = (b"\xff\xd8\xff\xc0\x00\x0b\x08" + struct.pack(">HH", side, side)
             + b"\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00")
    scan = random.Random(seed).randbytes(size).replace(b"\xff", b"\xff\x00")
    scan = scan[: size - len(start) - 2]
    if scan.endswith(b"\xff"):
        scan = scan[:-1] + b"\0"
    return start + scan + b"\xff\xd9"


def write_all(folder):
    """Write each size as a PNG and the largest also as a JPEG; {name: path}."""
    files = {}
    for name, size in SIZES.items():
        files[name] = f"{folder}/{name.replace(' ', '')}.png"
        with open(files[name], "wb") as file:
            file.write(png(size))
    files["9.9 MiB JPEG"] = f"{folder}/9.9MiB.jpg"
    with open(files["9.9 MiB JPEG"], "wb") as file:
        file.write(jpeg(SIZES["9.9 MiB"]))
    return files
