#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a request costs must not change by accident: instructions and allocations.

    test_cost.py PROGRAM [--write]

PROGRAM is scenario.c, whose requests go through the library but not through a network.
valgrind counts the instructions of the library and of PROGRAM, without those of other
libraries. cost.txt has the expected figures, for Debian 12 on x86-64 with clang 14 and
-Dbuildtype=release. A figure that differs by more than 3 % is a failure, a lower one
too: then the next increase would go unnoticed. --write replaces the figures.
"""

import base64
import os
import re
import subprocess
import sys
import tempfile

import payloads

EXPECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cost.txt")
TOLERANCE = 0.03
FEW, MANY = 4, 24  # the difference of the two counts excludes the start


def scenarios(folder):
    """name: kind, file"""
    png, jpeg = payloads.png(100 << 10), payloads.jpeg(256 << 10)
    contents = {"image.png": png, "image.jpg": jpeg, "image.txt": base64.b64encode(png)}
    for name, data in contents.items():
        with open(f"{folder}/{name}", "wb") as file:
            file.write(data)
    return {"PNG of 100 KiB": ("file", "image.png"),
            "JPEG of 256 KiB": ("file", "image.jpg"),
            "base64 of 100 KiB": ("base64", "image.txt"),
            "refused by the service": ("error", "image.png"),
            "one of a queue": ("queue", "image.png")}


def own_instructions(profile, folder):
    """The sum over the objects inside folder, from callgrind's output."""
    objects, own, total = {}, False, 0
    lines = iter(profile.splitlines())
    for line in lines:
        found = re.match(r"ob=\((\d+)\)(?: (.*))?$", line)
        if found:
            if found[2]:
                objects[found[1]] = found[2]
            own = objects[found[1]].startswith(folder)
        elif line.startswith("calls="):
            next(lines)  # counted where they are executed
        elif line.startswith("cob=("):
            found = re.match(r"cob=\((\d+)\)(?: (.*))?$", line)
            if found[2]:
                objects[found[1]] = found[2]
        elif own and re.match(r"[-+*\d]\S* \d+$", line):
            total += int(line.split()[1])
    return total


def run(program, kind, path, count):
    """Instructions and allocations of one run."""
    with tempfile.NamedTemporaryFile(prefix="klingrec-cost-") as out:
        done = subprocess.run(
            ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out.name}",
             program, kind, path, str(count)], capture_output=True, text=True,
            timeout=600)
        if done.returncode != 0:
            sys.exit(f"{kind} under valgrind: {done.stderr[-500:]}")
        with open(out.name, encoding="utf-8") as file:
            profile = file.read()
    build = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(program))))
    return own_instructions(profile, build + os.sep), int(done.stdout)


def measure(program):
    found = {}
    with tempfile.TemporaryDirectory(prefix="klingrec-cost-") as folder:
        for name, (kind, file) in scenarios(folder).items():
            few, many = [run(program, kind, f"{folder}/{file}", n) for n in (FEW, MANY)]
            found[name] = [(b - a) // (MANY - FEW) for a, b in zip(few, many)]
    return found


def read_expected():
    with open(EXPECTED, encoding="ascii") as file:
        rows = [re.split(r" {2,}", line.strip()) for line in file if line[0] != "#"]
    return {name: [int(instructions), int(allocations)]
            for name, instructions, allocations in rows}


def write_expected(found):
    with open(EXPECTED, "w", encoding="ascii") as file:
        file.write("# scenario               instructions  allocations, each of one request\n")
        for name, (instructions, allocations) in found.items():
            file.write(f"{name:<24} {instructions:>12} {allocations:>12}\n")


def main():
    found = measure(sys.argv[1])
    if "--write" in sys.argv:
        write_expected(found)
        return
    expected = read_expected()
    failed = 0
    for name, (instructions, allocations) in expected.items():
        now = found[name]
        good = abs(now[0] / instructions - 1) <= TOLERANCE and now[1] == allocations
        failed += not good
        print(f"{'ok' if good else 'FAILED'}: {name}: {now[0]} instructions, expected"
              f" {instructions}; {now[1]} allocations, expected {allocations}")
    print(f"{len(expected) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
