# SPDX-License-Identifier: MIT
"""Test that libcurl, threads and files can each be left out of the library.

without.py SOURCE

The library is built as an archive with -Dwerror: without each part, and without all of
them. The archive must not refer to functions of what was left out. Without all
three the unit tests run, and a program that only checks images is small.
"""
import os
import pathlib
import re
import sys
import tempfile

import cases
from cases import case, end

source = pathlib.Path(sys.argv[1]).resolve()
PARTS = ("curl", "threads", "files")
# What may not be referred to, by its whole name. read() is for the pipe of an event loop.
NAMES = {
    "curl": r"curl_\w+",
    "threads": r"(pthread|sem|sched|thrd|mtx|cnd)_\w+",
    "files": r"(f?open|openat|creat|pread|readv|f?stat|statx|lstat|fstatat|opendir"
             r"|readdir|access|mmap)(64)?",
}
CHECK_ONLY_MAX = 40 * 1024
CHECK_ONLY = """
#include <klingrec/klingrec.h>
static unsigned char bytes[1 << 20];
int main(void)
{
    klingrec_image_info info = klingrec_image_info_default();
    klingrec_request request = klingrec_request_bytes(bytes, sizeof bytes);
    klingrec_status status = klingrec_check(&request, NULL, &info);
    return status == KLINGREC_ERR_IMAGE_FORMAT ? 0 : 1;
}
"""


def run(*args):
    # These builds do not use the sanitizers of the build under test.
    environment = {k: v for k, v in os.environ.items()
                   if k not in ("CC", "CFLAGS", "LDFLAGS", "LD_PRELOAD", "MESON_TEST_ITERATION")}
    return cases.run(args, env=environment)


def undefined(archive):
    rows = run("nm", "--undefined-only", archive).splitlines()
    return {row.split()[1] for row in rows if re.match(r" +[UwWv] ", row)}


def builds(build, without):
    tests = "enabled" if len(without) == len(PARTS) else "disabled"
    run("meson", "setup", build, source, "-Dwerror=true", "-Ddebug=false",
        "-Doptimization=" + ("2" if without == PARTS else "0"),
        "-Ddefault_library=static", "-Dtests=" + tests, "-Dcli=disabled",
        "-Dstandin=disabled", "-Dexamples=disabled", "-Dc_args=-ffunction-sections -fdata-sections",
        *(f"-D{part}=disabled" for part in without))
    run("ninja", "-C", build)
    names = undefined(build / "src" / "lib" / "libklingrec.a")
    for part in PARTS:
        found = sorted(n for n in names if re.fullmatch(NAMES[part], n))
        if part in without:
            assert not found, f"the archive refers to {found}"
        else:  # so that the expression above is not one that matches nothing
            assert found, f"the archive refers to nothing of {part}"


def unit_tests(build):
    out = run("meson", "test", "-C", build, "--suite", "unit", "--print-errorlogs")
    count = int(re.search(r"^Ok: +(\d+)", out, re.M)[1])
    assert count > 20, out


def check_only(work, build):
    program = work / "check_only"
    (work / "check_only.c").write_text(CHECK_ONLY)
    run("cc", "-Os", "-DKLINGREC_STATIC", "-I", source / "include", work / "check_only.c",
        build / "src" / "lib" / "libklingrec.a", "-Wl,--gc-sections", "-s", "-o", program)
    run(program)
    needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", program))
    assert needed == ["libc.so.6"] or all(n.startswith("libc.") for n in needed), needed
    size = program.stat().st_size
    print("the check-only program has", size, "bytes")
    assert size <= CHECK_ONLY_MAX, f"{size} bytes"


def no_shared_library(work, build):
    os.environ["PKG_CONFIG_PATH"] = str(build / "meson-uninstalled")
    flags = run("pkg-config", "--static", "--cflags", "--libs", "klingrec").split()
    program = work / "own_transport"
    run("cc", "-static", source / "examples/own_transport.c", "-o", program, *flags)
    assert "NEEDED" not in run("readelf", "-d", program)
    assert "success; head 1, face 0" in run(program)


with tempfile.TemporaryDirectory(prefix="klingrec-without-") as folder:
    work = pathlib.Path(folder)
    for without in (*((part,) for part in PARTS), PARTS):
        name = "-".join(without)
        case("without " + name, builds, work / name, without)
    case("without curl, a program can be linked without any shared library",
         no_shared_library, work, work / "curl")
    case("the unit tests without all three", unit_tests, work / "-".join(PARTS))
    case("a program that only checks images is small", check_only, work,
         work / "-".join(PARTS))
end()
