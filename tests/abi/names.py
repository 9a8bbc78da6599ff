# SPDX-License-Identifier: MIT
"""Test that every global name has its prefix. The names of a program must be hidden,
and must not be names that one of its libraries exports."""
import re
import subprocess
import sys

archive, prefixes, *program = sys.argv[1:]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def globals_of(archive):
    """Name and visibility of each global. Names with __ belong to the compiler."""
    rows = re.findall(r"^ +\d+: \w+ +\w+ +\w+ +(?:GLOBAL|WEAK) +(\w+) +(?!UND)\w+ (\w\S*)$",
                      run("readelf", "-sW", archive), re.M)
    return {name: visibility for visibility, name in rows if not name.startswith("__")}


def exported(path):
    rows = run("nm", "-D", "--defined-only", path).splitlines()
    return {row.split()[-1].split("@")[0] for row in rows}


ours = globals_of(archive)
ours.pop("main", None)
faults = [f"{name}: does not begin with one of {prefixes}"
          for name in sorted(ours) if not name.startswith(tuple(prefixes.split(",")))]
for path in program:
    # If a program exports a name of a library, the library calls the program's function.
    faults += [f"{name}: not hidden" for name in sorted(ours) if ours[name] != "HIDDEN"]
    libraries = re.findall(r"(?:=> |^\s+)(/\S+)", run("ldd", path), re.M)
    if not libraries:
        faults.append(f"{path}: its libraries were not found")
    for file in [path] + libraries:
        faults += [f"{name}: exported by {file}" for name in sorted(ours.keys() & exported(file))]
print(*faults, sep="\n")
if faults or len(ours) < 20:
    sys.exit(1)
print(f"{len(ours)} names")
