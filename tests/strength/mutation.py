"""Change the library in small ways and count the changes that the unit tests notice.

mutation.py SOURCE BUILD [--files client/job.c,image/*] [--sample N] [--since REV]
            [--seconds S] [--seed N] [--explained]

Each mutant is one change of one file of src/lib: a relation or a logical operator is
replaced, a constant is moved by one, a condition is negated, or a call statement is
deleted. A mutant whose object code equals the original's is not counted, and neither is
one that survivors.txt explains. BUILD is a build folder of meson with the unit tests; one
with -Doptimization=1 is fast, one with sanitizers notices more.

Survivors are listed, then a table of files. --since takes only mutants of lines that
changed after that commit, --sample so many of each file. --seconds stops after that time.
--explained judges also what survivors.txt explains. Exit code 1: a mutant survived that it
does not explain, or it explains one that is noticed.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
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

    def __init__(self, build, path):
        self.path, self.stem = path, path.name
        target = os.path.relpath(path, build)
        commands = subprocess.run(["ninja", "-C", build, "-t", "commands", target],
                                  check=True, stdout=subprocess.PIPE, text=True).stdout
        self.link = shlex.split(commands.splitlines()[-1])
        # base_test_text.c.o of client/test_text.c: the folder of src/lib is its name's start
        self.folder = next(re.match(r"([a-z]+)_test_", pathlib.Path(word).name).group(1)
                           for word in self.link if "_test_" in word and word.endswith(".o"))
        self.seconds = None  # without a change; not yet measured

    def link_with(self, mutant, out, build):
        """The archive's own file stays out: the mutant has all of its names."""
        words = list(self.link)
        at = words.index("-o")
        words[at + 1:at + 2] = [out, mutant]
        return subprocess.run(words, cwd=build, stderr=subprocess.DEVNULL,
                              check=False).returncode == 0

    def fails(self, path):
        """Slow is not wrong: the limit is for what hangs."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                return subprocess.run(
                    [path], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    env={**os.environ, "TEST_THIN": "4"}, timeout=2 + 10 * (self.seconds or 10),
                    check=False).returncode != 0
            except subprocess.TimeoutExpired:
                return True


class Build:
    """A build folder of meson, its unit tests and the commands that made it."""

    def __init__(self, source, folder):
        self.lib, self.folder = source / "src/lib", folder
        text = subprocess.run(["meson", "introspect", folder, "--tests"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        paths = sorted(pathlib.Path(test["cmd"][0]) for test in json.loads(text)
                       if any(s.endswith("unit") for s in test["suite"]))
        subprocess.run(["ninja", "-C", folder, *(p.relative_to(folder) for p in paths)],
                       check=True, stdout=subprocess.DEVNULL)
        self.programs = [Program(folder, path) for path in paths]
        self.compile = {}
        for entry in json.loads((folder / "compile_commands.json").read_text()):
            path = pathlib.Path(os.path.realpath(folder / entry["file"]))
            if "libklingrec.a.p" in entry["output"]:
                words = shlex.split(entry["command"])
                del words[words.index("-o"):]
                self.compile[str(path.relative_to(self.lib))] = words
        self.reaching, self.objects = {}, {}
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

    def is_reached(self, program, mutant, folder):
        """Also measures how long the test takes without a change."""
        if program.seconds is None:
            begin = time.monotonic()
            if program.fails(program.path):
                sys.exit(f"{program.stem} fails without any change")
            program.seconds = time.monotonic() - begin
        return (program.link_with(mutant, folder / "t", self.folder) and
                program.fails(folder / "t"))

    def programs_for(self, name):
        """The tests that enter the file: its own, those of its folder, then others."""
        if name in self.reaching:
            return self.reaching[name]
        hook = ("\n#include <unistd.h>\n"
                "void __cyg_profile_func_enter(void *, void *)"
                " __attribute__((no_instrument_function));\n"
                "void __cyg_profile_func_enter(void *a, void *b) { _exit(a != b); }\n"
                "void __cyg_profile_func_exit(void *, void *)"
                " __attribute__((no_instrument_function));\n"
                "void __cyg_profile_func_exit(void *a, void *b) { _exit(a != b); }\n")
        text = (self.lib / name).read_text() + hook
        own = "test_" + pathlib.Path(name).stem
        found = []
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            if self.cc(name, text, folder / "m.o", "-finstrument-functions"):
                found = [p for p in self.programs
                         if self.is_reached(p, folder / "m.o", folder)]
        self.reaching[name] = sorted(found, key=lambda p: (
            p.stem != own, p.folder != name.partition("/")[0], p.seconds))
        return self.reaching[name]

    def judge(self, mutant):
        """"same", "invalid", "killed" or "survived"."""
        name, text, (start, end, other) = mutant
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
            for program in sorted(self.programs_for(name),
                                  key=lambda p: -self.kills[name, p.stem]):
                if not program.link_with(folder / "m.o", folder / "t", self.folder):
                    return mutant, "invalid"
                if program.fails(folder / "t"):
                    self.kills[name, program.stem] += 1
                    return mutant, "killed"
            return mutant, "same" if is_same("-O3") else "survived"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("source", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("build", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--files", default="*")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--since")
    parser.add_argument("--explained", action="store_true")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    end = time.monotonic() + (options.seconds or 1e9)
    changed = changed_lines(options.source, options.since) if options.since else None
    if options.since and not changed:
        print("no mutants:", "nothing changed" if changed == {} else
              f"the history does not reach {options.since}")
        return 0

    build = Build(options.source, options.build)
    names = [name for pattern in options.files.split(",")
             for name in fnmatch.filter(sorted(build.compile), pattern)]
    found = []
    for name in names:
        text = (build.lib / name).read_text()
        some = [(name, text, m) for m in mutants(text) if changed is None or
                text.count("\n", 0, m[0]) + 1 in changed.get(name, ())]
        random.Random(options.seed).shuffle(some)
        found += some[:options.sample]
    if options.seconds:
        random.Random(options.seed).shuffle(found)

    known = explained(pathlib.Path(__file__).with_name("survivors.txt"))
    counts = {}
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
            count = counts.setdefault(name, dict.fromkeys(
                ("killed", "survived", "explained", "same", "invalid", "left out"), 0))
            code = mutated_code(text, mutant)
            if (name, code) in known:
                if fate == "killed":
                    stale.append(f"survivors.txt: noticed: {name} {code}")
                elif fate == "survived":
                    fate = "explained"
            count[fate] += 1
            if fate == "survived":
                line = text.count("\n", 0, mutant[0]) + 1
                print(f"{name}:{line}: {code}", flush=True)
    for name, count in sorted(counts.items()):
        judged = count["killed"] + count["survived"]
        if judged:
            print(f"{name}: {count['killed']} of {judged} noticed "
                  f"({100 * count['killed'] / judged:.1f} %), "
                  f"{count['explained']} explained")
    for line in stale:
        print(line)
    total = {fate: sum(count[fate] for count in counts.values())
             for fate in ("killed", "survived", "explained", "left out")}
    print(", ".join(f"{count} {fate}" for fate, count in total.items()))
    return 1 if total["survived"] or stale else 0


if __name__ == "__main__":
    sys.exit(main())
