#!/usr/bin/env python3
"""Make a C header of files: embed.py OUTPUT NAME=FILE...; bytes as arrays, because a
string may be too long for C99."""
import sys

with open(sys.argv[1], 'w', encoding='ascii') as out:
    for pair in sys.argv[2:]:
        name, path = pair.split('=', 1)
        with open(path, 'rb') as file:
            data = file.read()
        out.write(f'static const unsigned char {name}[] = {{\n')
        for at in range(0, len(data), 16):
            out.write(','.join(str(byte) for byte in data[at:at + 16]) + ',\n')
        out.write('};\n')
