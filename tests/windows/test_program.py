#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Test klingrec.exe with wine: test_program.py KLINGREC.EXE WITH_PIPE.EXE DOCS [NAME...]

The variable KLINGREC_BUILD names the folder of a build for this machine, which has the
server and the program to compare with. The cases of
tests/cli that do not depend on what only Linux has run against klingrec.exe, and some of
its own. Standard library only; openssl makes a certificate. With NAME, only cases whose
names contain one of them are run.
"""
import os
import shutil
import stat
import sys
import tempfile

EXE, WITH_PIPE = (os.path.abspath(path) for path in sys.argv[1:3])
BUILD = os.environ.get('KLINGREC_BUILD')
if BUILD is None:
    print('KLINGREC_BUILD is not set: no server to send requests to')
    sys.exit(77)
LINUX = os.path.join(os.path.abspath(BUILD), 'src/cli/klingrec')
STANDIN = os.path.join(os.path.abspath(BUILD), 'src/standin/klingrec-standin')
WINE = next((path for path in (shutil.which('wine64'), '/usr/lib/wine/wine64')
             if path and os.path.exists(path)), None)
if WINE is None:
    print('wine64 is not installed')
    sys.exit(77)
os.environ['WINEDEBUG'] = '-all'

# The cases start one program by its name: a script that starts wine.
FOLDER = tempfile.TemporaryDirectory()
PROGRAM = os.path.join(FOLDER.name, 'klingrec')
with open(PROGRAM, 'w', encoding='utf-8') as script:
    script.write(f'#!/bin/sh\nexec "{WINE}" "{EXE}" "$@"\n')
os.chmod(PROGRAM, stat.S_IRWXU)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
sys.argv[1:3] = [PROGRAM, STANDIN]

import harness  # noqa: E402
import cases_check  # noqa: E402,F401 (each adds its cases to the harness)
import cases_command_line  # noqa: E402,F401
import cases_data_loss  # noqa: E402,F401
import cases_help  # noqa: E402,F401
import cases_hostile_text  # noqa: E402,F401
import cases_input  # noqa: E402,F401
import cases_interruptions  # noqa: E402,F401
import cases_jobs  # noqa: E402,F401
import cases_journal  # noqa: E402,F401
import cases_knowing  # noqa: E402,F401
import cases_key  # noqa: E402,F401
import cases_output  # noqa: E402,F401
import cases_rate  # noqa: E402,F401
import cases_recognize  # noqa: E402,F401
import cases_regions  # noqa: E402,F401
import cases_report  # noqa: E402,F401
import cases_select  # noqa: E402,F401
import cases_shard  # noqa: E402,F401
import cases_urls  # noqa: E402,F401
from left_out import LEFT_OUT  # noqa: E402

names = {case.__name__ for case in harness.TESTS}
missing = set(LEFT_OUT) - names
if missing:
    sys.exit(f'left_out.py names cases that do not exist: {sorted(missing)}')
harness.TESTS[:] = [case for case in harness.TESTS if case.__name__ not in LEFT_OUT]

import cases_windows  # noqa: E402
cases_windows.setup(WINE, EXE, WITH_PIPE, LINUX)

sys.exit(harness.run_all())
