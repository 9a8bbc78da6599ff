# SPDX-License-Identifier: MIT
"""Write the library as two files: klingrec.c, which has all of src/lib, and klingrec.h,
which has both public headers."""
import argparse
import pathlib
import re
import sys

lib = pathlib.Path(__file__).resolve().parent
root = lib.parent.parent
public = root / "include/klingrec"

ABOUT = """\
/*
 * {name} - {what}
 *
 * Made from klingrec {version} by src/lib/amalgamate.py.
 *
{licence} */
"""

# Functions that are declared in a hidden region are hidden; those of the system are not.
HIDE = """
#if defined(__GNUC__) && !defined(_WIN32)
#define KLR_HIDE     _Pragma("GCC visibility push(hidden)")
#define KLR_HIDE_END _Pragma("GCC visibility pop")
#ifndef KLINGREC_API
#define KLINGREC_API __attribute__((visibility("hidden")))
#endif
#else
#define KLR_HIDE
#define KLR_HIDE_END
#endif

#include "klingrec.h"

KLR_HIDE
"""

# Code that includes klingrec.h is linked with klingrec.o, not with a DLL.
STATIC = """
#ifndef KLINGREC_STATIC
#define KLINGREC_STATIC
#endif
"""


def read(path):
    return path.read_text(encoding="utf-8")


def included(line):
    found = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
    return found and found[1]


def content(path, done):
    """The text of a file, with the library's own headers in it, each of them once."""
    text = f"\n/* ==== {path.relative_to(root)} ==== */\n\n"
    level = 0  # of #if
    for line in read(path).splitlines(keepends=True):
        level += bool(re.match(r"\s*#\s*if", line)) - bool(re.match(r"\s*#\s*endif", line))
        name = included(line)
        # The licence is on top of the file that is made.
        if "SPDX-License-Identifier" in line or name and name.startswith("klingrec/"):
            continue
        if not name or not (lib / name).exists():
            text += line
        elif level > path.name.endswith(".h"):  # each header has a guard
            sys.exit(f"{path}: the #include of {name} is in an #if")
        elif name not in done:
            done.add(name)
            text += content(lib / name, done)
    return text


def write(path, what, text):
    header = read(public / "klingrec.h")
    licence = "".join(f" * {line}".rstrip() + "\n" for line in
                      read(root / "LICENSE").splitlines())
    about = ABOUT.format(name=path.name, what=what, licence=licence,
                         version=re.search(r'VERSION_STRING "(.*)"', header)[1])
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(re.sub(r"\n{3,}", "\n\n", about + text))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "klingrec.h", "klingrec/klingrec.h and klingrec/transport.h",
          STATIC + "".join(content(public / name, set())
                           for name in ("klingrec.h", "transport.h")))
    done = {"base/build.h"}
    first = content(lib / "base/build.h", done)
    rest = "".join(content(path, done) for path in sorted(lib.glob("*/*.c")))
    rest = re.sub(r"(?:#[ \t]*include <.*\n)+", r"KLR_HIDE_END\n\g<0>KLR_HIDE\n", rest)
    write(folder / "klingrec.c", "the library", first + HIDE + rest + "\nKLR_HIDE_END\n")


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=pathlib.Path, help="where the two files are written")
main(parser.parse_args().folder)
