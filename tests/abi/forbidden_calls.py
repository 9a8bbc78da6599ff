# SPDX-License-Identifier: MIT
"""Test that the library does not print, exit, or change the environment.

Where it may read the environment: tests/abi/modules.py.
"""
import re
import subprocess
import sys

BANNED = """abort environ exit _exit execve fork fprintf fputs fwrite perror printf
putchar puts secure_getenv setenv setlocale sigaction signal stderr stdout syslog system
vfprintf vprintf""".split()

imported = subprocess.run(["nm", "-D", "--undefined-only", sys.argv[1]], check=True,
                          capture_output=True, text=True).stdout
names = {re.sub(r"^__(\w+)_chk$", r"\1", row.split()[-1].split("@")[0])
         for row in imported.splitlines()}
faults = sorted(names & set(BANNED))
print(*faults, sep="\n")
sys.exit(1 if faults or not any(name.startswith("json_") for name in names) else 0)
