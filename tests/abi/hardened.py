# SPDX-License-Identifier: MIT
"""Test that what is built has a read-only relocation table and checks its stack."""
import subprocess
import sys

faults = []
for path in sys.argv[1:]:
    told = subprocess.run(["readelf", "-ldW", "--dyn-syms", path], check=True,
                          capture_output=True, text=True).stdout
    faults += [f"{path}: no {word}" for word in
               ["GNU_RELRO", "BIND_NOW", "__stack_chk_fail"] if word not in told]
print(*faults, sep="\n")
sys.exit(len(faults) > 0)
