# SPDX-License-Identifier: MIT
"""Shared by the tests in this folder: commands, and cases that are counted."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import default_signals  # noqa: E402

default_signals.set_defaults()
passed = failed = 0
# For meson: the library is compiled as few files, which takes half the time.
FAST = ("-Doptimization=0", "-Ddebug=false", "-Dunity=on", "-Dunity_size=100")


def run(args, **options):
    """The output of a command, which must succeed."""
    done = subprocess.run([str(a) for a in args], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, args))}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def environment(**extra):
    # These builds do not use the sanitizers of the build under test.
    kept = {k: v for k, v in os.environ.items()
            if k not in ("LD_LIBRARY_PATH", "CC", "CFLAGS", "LD_PRELOAD")}
    return {**kept, **extra}


def copy_source(source, to):
    """A copy of what a build needs."""
    for name in ("docs", "examples", "include", "pkgconfig", "src", "tests"):
        shutil.copytree(source / name, to / name)
    for name in ("CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "meson.build",
                 "meson_options.txt"):
        shutil.copy(source / name, to)


def recognize(standin, program, image, **extra):
    """Run pkgconfig/consumer/main.c with the stand-in on a free port."""
    with subprocess.Popen([standin, "--port", "0", "--exit-with-parent"],
                          stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().split()[-1]
        try:
            out = run([program, url + "/kling/v1/videos/image-recognize", image],
                      env=environment(COMETAPI_KEY="standin-key", **extra))
        finally:
            server.terminate()
    assert "face_seg yes" in out and "head_seg yes" in out, out


def case(name, function, *args):
    global passed, failed
    try:
        function(*args)
        passed += 1
        print("ok", name, flush=True)
    except (RuntimeError, AssertionError, OSError, subprocess.SubprocessError) as error:
        failed += 1
        print("FAILED", name, error, sep="\n", flush=True)


def end():
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
