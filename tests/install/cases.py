"""Shared by the tests in this folder: commands, and cases that are counted."""
import subprocess
import sys

passed = failed = 0


def run(args, **options):
    """The output of a command, which must succeed."""
    done = subprocess.run([str(a) for a in args], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, args))}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


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
