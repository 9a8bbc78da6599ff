"""Change the library in small ways and count the changes that the unit tests notice.

mutation.py SOURCE WORK [--files client/job.c,http/body.c] [--sample N] [--seed S]

Each mutant is one change of one file of src/lib: a relation or a logical operator is
replaced, a constant is moved by one, a condition is negated, or a call statement is
deleted. A mutant whose object code equals the original's is not counted. WORK keeps the
objects and the test programs. The last lines are a table; survivors are listed before it.
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

SWAPS = {"<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
         "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"], "+=": ["-="],
         "-=": ["+="], "|=": ["&="], "&=": ["|="], "++": ["--"], "--": ["++"]}
HIDDEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|'
                    r'^[ \t]*#(?:\\\n|[^\n])*', re.S | re.M)
TOKEN = re.compile(r"->|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+|&]=|[<>]|"
                   r"\b(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*\b|\bif \(|\bwhile \(|[-+*/] ")
CALL = re.compile(r"^ +(?:\(void\))?[a-z_][\w>.-]*\([^;{}]*\);$", re.M)
SECONDS = 60


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


class Build:
    """The library as objects, and the unit tests linked to it as a shared library."""

    def __init__(self, source, work):
        self.source, self.work = source, work
        self.lib, self.tests = source / "src/lib", source / "tests"
        (work / "o").mkdir(parents=True, exist_ok=True)
        self.flags = ["-std=c99", "-O1", "-fPIC", "-w", "-D_FILE_OFFSET_BITS=64",
                      "-DKLINGREC_BUILD", f"-I{source}/include", f"-I{self.lib}"]

    def cc(self, *args):
        return subprocess.run(["gcc", *self.flags, *map(str, args)],
                              stderr=subprocess.DEVNULL).returncode == 0

    def object_of(self, name):
        return self.work / "o" / (name.replace("/", "-")[:-2] + ".o")

    def link(self, out, objects):
        return self.cc("-shared", "-Wl,-Bsymbolic", "-o", out, *objects,
                       "-lcurl", "-ljansson", "-lpthread")

    def all(self):
        self.names = sorted(str(path.relative_to(self.lib))
                            for path in self.lib.glob("*/*.c")
                            if not re.search("_none|_windows", path.name))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            good = all(pool.map(lambda n: self.cc("-c", self.lib / n, "-o",
                                                  self.object_of(n)), self.names))
            good = good and self.link(self.work / "libklr.so",
                                      [self.object_of(n) for n in self.names])
            programs = sorted(path for path in (self.tests / "unit").glob("*/test_*.c")
                              if "_windows" not in path.name)
            good = good and all(pool.map(self.program, programs))
        if not good:
            sys.exit("the library or a unit test does not compile")
        self.programs = [self.work / p.stem for p in programs]

    def program(self, path):
        helpers = [*sorted((self.tests / "fake").glob("*.c")),
                   self.tests / "unit/os_posix.c"]
        if path.stem == "test_file_changes":
            helpers.append(path.with_name("file_changes_posix.c"))
        return self.cc(f"-I{self.tests}/fake", f"-I{self.tests}/unit", "-o",
                       self.work / path.stem, path, *helpers,
                       f"-L{self.work}", "-lklr", "-lcmocka", "-lpthread", "-ljansson",
                       "-lcurl", "-lm")

    def notices(self, folder):
        """The first unit test that fails with the library in folder; None: none does."""
        environment = {**os.environ, "LD_LIBRARY_PATH": str(folder), "TEST_THIN": "4"}
        for program in self.programs:
            try:
                code = subprocess.run([program], env=environment, cwd=folder,
                                      stdout=subprocess.DEVNULL, timeout=SECONDS,
                                      stderr=subprocess.DEVNULL).returncode
            except subprocess.TimeoutExpired:
                return "time"
            if code != 0:
                return program.name
        return None

    def judge(self, mutant):
        """"same", "invalid", "killed" or "survived"."""
        name, text, (start, end, other) = mutant
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            folder = pathlib.Path(folder)
            path = folder / pathlib.Path(name).name
            path.write_text(text[:start] + other + text[end:])
            if not self.cc(f"-I{(self.lib / name).parent}", "-c", path, "-o",
                           folder / "m.o"):
                return mutant, "invalid"
            if (folder / "m.o").read_bytes() == self.reference(name, text, folder):
                return mutant, "same"
            objects = [folder / "m.o" if n == name else self.object_of(n)
                       for n in self.names]
            if not self.link(folder / "libklr.so", objects):
                return mutant, "invalid"
            return mutant, "killed" if self.notices(folder) else "survived"

    def reference(self, name, text, folder):
        path = folder / pathlib.Path(name).name
        path.write_text(text)
        self.cc(f"-I{(self.lib / name).parent}", "-c", path, "-o", folder / "r.o")
        return (folder / "r.o").read_bytes()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("work", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--files", default="")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    build = Build(options.source, options.work)
    build.all()
    if build.notices(build.work) is not None:
        sys.exit("a unit test fails without any change")

    chosen = options.files.split(",") if options.files else build.names
    found = [(name, text, m) for name in chosen
             for text in [(build.lib / name).read_text()] for m in mutants(text)]
    random.Random(options.seed).shuffle(found)
    counts = {name: {"killed": 0, "survived": 0} for name in chosen}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, text, (start, end, other)), fate in pool.map(
                build.judge, found[:options.sample or None]):
            if fate not in counts[name]:
                continue
            counts[name][fate] += 1
            if fate == "survived":
                line = text.count("\n", 0, start) + 1
                print(f"{name}:{line}: {' '.join(text[start:end].split())} -> {other}",
                      flush=True)
    for name, count in counts.items():
        all_of_them = sum(count.values())
        if all_of_them:
            print(f"{name}: {count['killed']} of {all_of_them} noticed "
                  f"({100 * count['killed'] / all_of_them:.1f} %)")


if __name__ == "__main__":
    main()
