#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Test klingrec-standin as a black box: test_standin.py PROGRAM [DOCS]

Standard library only. DOCS is docs/standin.md: it must contain every option and
answer. The expected answers are in expected.py and are not read from the program.
"""
import sys
import time

sys.dont_write_bytecode = True
import cases_program  # noqa: E402,F401
import cases_request  # noqa: E402,F401
import cases_wire  # noqa: E402,F401
import default_signals  # noqa: E402
from harness import TESTS  # noqa: E402


def main():
    passed = failed = 0
    default_signals.set_defaults()
    for function in TESTS:
        name = function.__name__.replace('_', ' ')
        start = time.monotonic()
        try:
            function()
            passed += 1
            print(f'[ OK ] {name} ({time.monotonic() - start:.1f} s)', flush=True)
        except Exception as problem:
            failed += 1
            print(f'[FAIL] {name}: {problem!r}', flush=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
