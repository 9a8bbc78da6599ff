#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write files as C arrays into a header: embed.py OUTPUT NAME=FILE[,FILE...]...

The files of one name are joined. Not as strings, because C99 allows only 4095 characters
in one.
"""
import sys

with open(sys.argv[1], 'w', encoding='ascii') as out:
    for pair in sys.argv[2:]:
        name, paths = pair.split('=', 1)
        data = b''
        for path in paths.split(','):
            with open(path, 'rb') as file:
                data += file.read()
        out.write(f'static const unsigned char {name}[] = {{\n')
        for at in range(0, len(data), 16):
            out.write(','.join(str(byte) for byte in data[at:at + 16]) + ',\n')
        out.write('};\n')
