# SPDX-License-Identifier: MIT
"""Change the library in small ways and count the changes that the unit tests notice.

mutation.py SOURCE BUILD [--files client/job.c,image/*] [--sample N] [--since REV]
            [--seconds S] [--seed N] [--explained] [--suites unit,net]

Each mutant is one change of one file of src/lib: a relation or a logical operator is
replaced, a constant is moved by one, a condition is negated, or a call statement is
deleted. A mutant whose object code equals the original's is not counted, and neither is
one that survivors.txt explains. BUILD is a build folder of meson with the unit tests; one
with -Doptimization=1 is fast, one with sanitizers notices more.

Survivors are listed, then a table of files. --since takes only mutants of lines that
changed after that commit, --sample so many of each file. --seconds stops after that time.
--explained judges also what survivors.txt explains. --suites names other tests of BUILD,
such as unit,net. Exit code 1: a mutant survived that survivors.txt does not explain, or it
explains one that is noticed.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import functools
import json
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time

SWAPS = {"<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
         "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"], "+=": ["-="],
         "-=": ["+="], "|=": ["&="], "&=": ["|="], "++": ["--"], "--": ["++"]}
HIDDEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|'
                    r'^[ \t]*#(?:\\\n|[^\n])*', re.S | re.M)
TOKEN = re.compile(r"->|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+|&]=|[<>]|"
                   r"\b(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*\b|\bif \(|\bwhile \(|[-+*/] ")
CALL = re.compile(r"^ +(?:\(void\))?[a-z_][\w>.-]*\([^;{}]*\);$", re.M)
# Appended to a file that is compiled with -finstrument-functions.
LEAVE_AT_ENTRY = """
#include <unistd.h>
void __cyg_profile_func_enter(void *, void *) __attribute__((no_instrument_function));
void __cyg_profile_func_enter(void *a, void *b) { _exit(a != b); }
void __cyg_profile_func_exit(void *, void *) __attribute__((no_instrument_function));
void __cyg_profile_func_exit(void *a, void *b) { (void)a; (void)b; }
"""


def closing(text, at):
    """The index of the parenthesis that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return len(text)


def mutants(text):
    """(start, end, replacement) of each change."""
    code = HIDDEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    for m in TOKEN.finditer(code):
        word = m.group()
        if word in SWAPS:
            yield from ((m.start(), m.end(), other) for other in SWAPS[word])
        elif word[0].isdigit():
            number, suffix = re.fullmatch(r"(.*?)([uUlL]*)", word).groups()
            yield m.start(), m.end(), f"{int(number, 0) + 1}{suffix}"
        elif word.endswith("("):
            end = closing(code, m.end() - 1)
            yield m.end(), end, f"!({text[m.end():end]})"
        elif word[1:] == " " and code[m.start() - 1] == " ":
            other = {"+": "-", "-": "+", "*": "/", "/": "*"}[word[0]]
            yield m.start(), m.start() + 1, other
    for m in CALL.finditer(code):
        yield m.start(), m.end(), ";"


def mutated_code(text, mutant):
    """The lines that change, after the change, as one line."""
    start, end, other = mutant
    if other == ";":
        return "without " + " ".join(text[start:end].split())
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    return " ".join((text[begin:start] + other + text[end:stop]).split())


def explained(path):
    """{(file, mutated code)} of survivors.txt."""
    lines = [line for line in path.read_text().splitlines()
             if line and not line.startswith("#")]
    return {tuple(line.rpartition(" # ")[0].split(" ", 1)) for line in lines}


def changed_lines(source, revision):
    """{file of src/lib: its lines that changed}; None: the history does not say."""
    diff = subprocess.run(["git", "-C", source, "diff", "-U0", revision, "--", "src/lib"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=False)
    if diff.returncode != 0:
        return None
    changed = {}
    for line in diff.stdout.splitlines():
        if line.startswith("+++ b/src/lib/"):
            lines = changed.setdefault(line[len("+++ b/src/lib/"):], set())
        hunk = re.match(r"@@ \S+ \+(\d+)(?:,(\d+))? @@", line)
        if hunk:
            first, count = int(hunk.group(1)), int(hunk.group(2) or 1)
            lines.update(range(first, first + count))
    return changed


class Program:
    """A unit test, and how it is linked."""

    def __init__(self, build, path, source):
        self.build, self.path, self.stem = build, path, path.name
        # The folder of src/lib that a unit test is for
        self.folder = next((f.parent.name for f in
                            source.glob(f"tests/unit/*/{path.name}.c")), None)
        self.seconds = None  # without a change; not yet measured

    @functools.cached_property
    def link(self):
        target = os.path.relpath(self.path, self.build)
        commands = subprocess.run(["ninja", "-C", self.build, "-t", "commands", target],
                                  check=True, stdout=subprocess.PIPE, text=True).stdout
        return shlex.split(commands.splitlines()[-1])

    def link_with(self, mutant, out):
        """The archive's own file stays out: the mutant has all of its names."""
        words = list(self.link)
        at = words.index("-o")
        words[at + 1:at + 2] = [out, mutant]
        return subprocess.run(words, cwd=self.build, stderr=subprocess.DEVNULL,
                              check=False).returncode == 0

    def fails(self, path):
        """Slow is not wrong: the limit is for what hangs."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                return subprocess.run(
                    [path], cwd=folder, env={**os.environ, "TEST_THIN": "4"},
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    timeout=2 + 10 * (self.seconds or 10), check=False).returncode != 0
            except subprocess.TimeoutExpired:
                return True


class Build:
    """A build folder of meson, its tests and the commands that made it."""

    def __init__(self, source, folder, suites):
        self.lib, self.folder = source / "src/lib", folder
        subprocess.run(["ninja", "-C", folder, "build.ninja"], check=True,
                       stdout=subprocess.DEVNULL)
        text = subprocess.run(["meson", "introspect", folder, "--tests"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        paths = sorted({pathlib.Path(test["cmd"][0]) for test in json.loads(text)
                        if len(test["cmd"]) == 1 and
                        any(s.rpartition(":")[2] in suites for s in test["suite"])})
        subprocess.run(["ninja", "-C", folder, *(p.relative_to(folder) for p in paths)],
                       check=True, stdout=subprocess.DEVNULL)
        self.programs = [Program(folder, path, source) for path in paths]
        self.compile = {}
        for entry in json.loads((folder / "compile_commands.json").read_text()):
            path = pathlib.Path(os.path.realpath(folder / entry["file"]))
            if "libklingrec.a.p" in entry["output"]:
                words = shlex.split(entry["command"])
                del words[words.index("-o"):]
                self.compile[str(path.relative_to(self.lib))] = words
        self.reached, self.objects = {}, {}
        self.kills = collections.Counter()

    def cc(self, name, text, out, *more):
        return subprocess.run(
            [*self.compile[name], "-w", "-g0", *more, "-o", out, "-c", "-x", "c", "-"],
            cwd=self.folder, input=text, text=True, stderr=subprocess.DEVNULL,
            check=False).returncode == 0

    def original(self, name, text, folder, *more):
        key = (name, *more)
        if key not in self.objects:
            self.cc(name, text, folder / "original.o", *more)
            self.objects[key] = (folder / "original.o").read_bytes()
        return self.objects[key]

    def is_reached(self, name, program, folder):
        """Whether the test enters the file; also measures how long it takes unchanged."""
        if (name, program.stem) not in self.reached:
            begin = time.monotonic()
            if program.seconds is None and program.fails(program.path):
                sys.exit(f"{program.stem} fails without any change")
            program.seconds = program.seconds or time.monotonic() - begin
            text = (self.lib / name).read_text() + LEAVE_AT_ENTRY
            self.reached[name, program.stem] = (
                self.cc(name, text, folder / "entered.o", "-finstrument-functions") and
                program.link_with(folder / "entered.o", folder / "t") and
                program.fails(folder / "t"))
        return self.reached[name, program.stem]

    def programs_for(self, name):
        """What has noticed most, then the file's own test, those of its folder, others."""
        own, part = "test_" + pathlib.Path(name).stem, name.partition("/")[0]
        return sorted(self.programs, key=lambda p: (
            -self.kills[name, p.stem], p.stem != own, p.folder != part, p.seconds or 0))

    def judge(self, mutant):
        """"same", "invalid", "killed" or "survived"."""
        name, text, (start, end, other) = mutant
        if name not in self.compile:  # of another system
            return mutant, "invalid"
        changed = text[:start] + other + text[end:]
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)

            def is_same(*more):
                return (self.cc(name, changed, folder / "m.o", *more) and
                        (folder / "m.o").read_bytes() ==
                        self.original(name, text, folder, *more))

            if is_same():
                return mutant, "same"
            if not (folder / "m.o").exists():
                return mutant, "invalid"
            for program in self.programs_for(name):
                if not self.is_reached(name, program, folder):
                    continue
                if not program.link_with(folder / "m.o", folder / "t"):
                    return mutant, "invalid"
                if program.fails(folder / "t"):
                    self.kills[name, program.stem] += 1
                    return mutant, "killed"
            return mutant, "same" if is_same("-O3") else "survived"


def find_mutants(lib, options, changed):
    """(file, text, mutant) of each; changed: the lines, or None for all."""
    names = sorted(str(path.relative_to(lib)) for path in lib.glob("*/*.c"))
    found = []
    for name in (n for pattern in options.files.split(",")
                 for n in fnmatch.filter(names, pattern)):
        text = (lib / name).read_text()
        some = [(name, text, m) for m in mutants(text) if changed is None or
                text.count("\n", 0, m[0]) + 1 in changed.get(name, ())]
        random.Random(options.seed).shuffle(some)
        found += some[:options.sample]
    if options.seconds:
        random.Random(options.seed).shuffle(found)
    return found


def print_table(counts):
    for name, count in sorted(counts.items()):
        judged = count["killed"] + count["survived"]
        if judged:
            print(f"{name}: {count['killed']} of {judged} noticed "
                  f"({100 * count['killed'] / judged:.1f} %), "
                  f"{count['explained']} explained")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("source", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("build", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--files", default="*")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--since")
    parser.add_argument("--explained", action="store_true")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--suites", default="unit")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    end = time.monotonic() + (options.seconds or 1e9)
    changed = changed_lines(options.source, options.since) if options.since else None
    if options.since and not changed:
        print("no mutants:", "nothing changed" if changed == {} else
              f"the history does not reach {options.since}")
        return 0

    found = find_mutants(options.source / "src/lib", options, changed)
    build = Build(options.source, options.build, options.suites.split(",")) if found else None
    known = explained(pathlib.Path(__file__).with_name("survivors.txt"))
    counts = collections.defaultdict(collections.Counter)  # by file, then by fate
    stale = []

    def judge(mutant):
        name, text, change = mutant
        if time.monotonic() >= end:
            return mutant, "left out"
        if (name, mutated_code(text, change)) in known and not options.explained:
            return mutant, "explained"
        return build.judge(mutant)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, text, mutant), fate in pool.map(judge, found):
            code = mutated_code(text, mutant)
            if (name, code) in known:
                if fate == "killed":
                    stale.append(f"survivors.txt: noticed: {name} {code}")
                elif fate == "survived":
                    fate = "explained"
            counts[name][fate] += 1
            if fate == "survived":
                line = text.count("\n", 0, mutant[0]) + 1
                print(f"{name}:{line}: {code}", flush=True)
    print_table(counts)
    for line in stale:
        print(line)
    total = sum(counts.values(), collections.Counter())
    print(", ".join(f"{total[fate]} {fate}"
                    for fate in ("killed", "survived", "explained", "left out")))
    return 1 if total["survived"] or stale else 0


if __name__ == "__main__":
    sys.exit(main())
