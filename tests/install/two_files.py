# SPDX-License-Identifier: MIT
"""Test klingrec.c and klingrec.h, the library as two files.

two_files.py SOURCE

They compile without options, in each standard, by gcc and clang, and by mingw-w64 if it
is installed, and without parts. The unit tests pass with them.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import sys
import tempfile

import cases
from cases import case, end

source = pathlib.Path(sys.argv[1]).resolve()
tests = source / "tests"
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
STANDARDS = ("c99", "c11", "c17", "gnu2x")
PARTS = ("-DKLR_NO_CURL", "-DKLR_NO_THREADS", "-DKLR_NO_FILES")
MINGW = "x86_64-w64-mingw32-gcc"


def run(*args, **options):
    # What is compiled here has no sanitizers. Tables of equal cases run in part.
    environment = {**os.environ, "LD_PRELOAD": "", "TEST_THIN": "20"}
    return cases.run(args, env=environment, **options)


def check(compiler, *options):
    """There are no warnings."""
    run(compiler, *WARNINGS, *options, "-fsyntax-only", "klingrec.c", cwd=work)


def every_standard(compiler):
    check(compiler)
    for standard in STANDARDS:
        check(compiler, "-std=" + standard)


def windows():
    # The headers of this machine's libcurl and jansson, after those of Windows.
    folders = {run("pkg-config", "--variable=includedir", name).strip()
               for name in ("libcurl", "jansson")}
    check(MINGW, *(f"-idirafter{folder}" for folder in sorted(folders)))


def visibility():
    """All of the library's functions are hidden, and none of another library's."""
    run("cc", "-O1", *WARNINGS, "-c", "klingrec.c", cwd=work)
    rows = re.findall(r"^ +\d+: \w+ +\w+ +\w+ +(?:GLOBAL|WEAK) +(\w+) +(\w+) (\S+)$",
                      run("readelf", "-sW", work / "klingrec.o"), re.M)
    wrong = [name for how, section, name in rows
             if (how == "HIDDEN") != (section != "UND")]
    assert not wrong, wrong
    assert any(name == "klingrec_recognize" for _, _, name in rows), rows


def compile_test(*args):
    run("cc", "-std=c99", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64",
        *(f"-I{source / folder}" for folder in ("include", "src/lib", "tests/fake")),
        *args, cwd=work)


def unit_test(path):
    own = path.parent.glob(path.stem.removeprefix("test_") + "_posix.c")
    compile_test(path, *own, "helpers.a", "klingrec.o", "-o", path.stem, "-lcmocka",
                 "-lcurl", "-ljansson", "-lpthread")
    run(f"./{path.stem}", cwd=work)


def unit_tests():
    helpers = [*(tests / "fake").glob("*.c"), tests / "unit/os_posix.c"]
    compile_test("-c", *helpers)
    run("ar", "rc", "helpers.a", *(path.stem + ".o" for path in helpers), cwd=work)
    paths = [path for path in sorted((tests / "unit").glob("*/test_*.c"))
             if not path.stem.endswith("_windows")]
    assert len(paths) > 20, paths
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(unit_test, paths))


with tempfile.TemporaryDirectory(prefix="klingrec-two-files-") as folder:
    work = pathlib.Path(folder)
    run(sys.executable, source / "src/lib/amalgamate.py", work)
    for compiler in filter(shutil.which, ("gcc", "clang")):
        case(f"{compiler} takes klingrec.c without options and in each standard",
             every_standard, compiler)
    case("klingrec.c can be compiled without libcurl, threads and files", check, "cc", *PARTS)
    if shutil.which(MINGW):
        case("mingw-w64 takes klingrec.c", windows)
    case("klingrec.o exports nothing", visibility)
    case("the unit tests pass with klingrec.o", unit_tests)
end()
