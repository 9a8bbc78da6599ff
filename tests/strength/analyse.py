# SPDX-License-Identifier: MIT
"""Static analysis: what the tools find, except for what exceptions.txt explains.

analyse.py SOURCE BUILD [TOOL...]

The tools are gcc (-fanalyzer), tidy (clang-tidy), cppcheck, shellcheck and codespell;
without names all of them run. BUILD is a build folder of meson, for its compiler options
and generated headers. Exit code 1: something was found, or an exception is not needed.
"""
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

CHECKS = ("-*,bugprone-*,cert-*,clang-analyzer-*,misc-redundant-expression,"
          "misc-unused-parameters,performance-*,portability-*")
FOUND = re.compile(r"^(.+?):(\d+):(?:\d+:)? (?:warning|error|note|style|info): (.*) "
                   r"\[([\w.=+-]+)(?:,[^]]*)?\]$", re.M)
MISSPELT = re.compile(r"^(.+?):(\d+): ((\w+) ==> .*)$", re.M)


class Analysis:
    def __init__(self, source, build):
        self.source, self.build = source, build
        self.used = set()
        self.exceptions = [
            line.split(None, 3)
            for line in (source / "tests/strength/exceptions.txt").read_text().splitlines()
            if line and not line.startswith("#")]

    def everywhere(self, tool):
        """The checks that are turned off as a whole."""
        rows = [row for row in self.exceptions if row[0] == tool and row[2] == "*"]
        self.used.update(tuple(row) for row in rows)
        return [row[1] for row in rows]

    def is_excepted(self, tool, check, path):
        for row in self.exceptions:
            if row[:2] == [tool, check] and fnmatch.fnmatch(path, row[2]):
                self.used.add(tuple(row))
                return True
        return False

    def tracked(self, *patterns):
        listed = subprocess.run(["git", "-C", self.source, "ls-files", *patterns],
                                check=True, stdout=subprocess.PIPE, text=True)
        return listed.stdout.split()

    def commands(self, *folders):
        """(file, the compiler's arguments), once for each file below the folders."""
        found = {}
        for entry in json.loads((self.build / "compile_commands.json").read_text()):
            path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
            name = os.path.relpath(path, self.source)
            if name.endswith(".c") and name.startswith(folders):
                found[name] = shlex.split(entry["command"])
        return sorted(found.items())

    def run(self, command, cwd=None):
        """Its output, in which paths below the source are relative to it."""
        text = subprocess.run(command, cwd=cwd or self.source, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False).stdout
        lines = []
        for line in text.splitlines():
            path, colon, rest = line.partition(":")
            full = os.path.realpath(os.path.join(cwd or self.source, path))
            if colon and full.startswith(f"{self.source}/"):
                path = os.path.relpath(full, self.source)
            lines.append(path + colon + rest)
        return "\n".join(lines)

    def for_each(self, pairs, call):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return "\n".join(pool.map(call, pairs))

    # ---- The tools --------------------------------------------------------------

    def gcc(self):
        def one(pair):
            words = [w for w in pair[1][1:] if w not in ("-Werror", "-c") and
                     not w.startswith(("-fdiagnostics", "-fsanitize"))]
            out = words.index("-o")
            del words[out:out + 2]
            return self.run(["gcc", *words, "-fanalyzer", "-c", "-o", "/dev/null"],
                            self.build)
        return self.for_each(self.commands("src/", "examples/"), one)

    def tidy(self):
        checks = CHECKS + "".join(f",-{name}" for name in self.everywhere("tidy"))
        return self.for_each(
            self.commands("src/"),
            lambda pair: self.run(["clang-tidy", "-quiet", f"-p={self.build}",
                                   f"--checks={checks}", self.source / pair[0]],
                                  self.build))

    def cppcheck(self):
        return "\n".join(self.run(
            ["cppcheck", f"-j{os.cpu_count()}", "--std=c99", "--quiet", "--inline-suppr",
             "--enable=warning,performance,portability", "--suppress=missingIncludeSystem",
             "--template={file}:{line}:{column}: warning: {message} [{id}]",
             "-D__GNUC__=12", "-D__linux__=1", "-DKLINGREC_BUILD", "-Iinclude",
             f"-Isrc/{part}", f"src/{part}"]) for part in ("lib", "cli", "standin"))

    def shellcheck(self):
        return self.run(["shellcheck", "-x", "-f", "gcc", *self.tracked("*.sh")])

    def codespell(self):
        text = self.run(["codespell", *self.tracked(":!tests/strength/exceptions.txt")])
        return MISSPELT.sub(r"\1:\2: warning: \3 [\4]", text)


def main():
    if len(sys.argv) < 3 or "--help" in sys.argv:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1]).resolve()
    analysis = Analysis(source, pathlib.Path(sys.argv[2]).resolve())
    tools = sys.argv[3:] or ["gcc", "tidy", "cppcheck", "shellcheck", "codespell"]
    count = 0
    for tool in tools:
        found = sorted(set(FOUND.findall(getattr(analysis, tool)())))
        left = [f for f in found if not analysis.is_excepted(tool, f[3].lstrip("-W"), f[0])]
        for path, line, message, check in left:
            print(f"{path}:{line}: {message} [{tool}: {check}]")
        print(f"{tool}: {len(left)} findings, {len(found) - len(left)} explained", flush=True)
        count += len(left)
    for row in analysis.exceptions:
        if row[0] in tools and tuple(row) not in analysis.used:
            print(f"exceptions.txt: not needed: {' '.join(row[:3])}")
            count += 1
    return 1 if count else 0


sys.exit(main())
