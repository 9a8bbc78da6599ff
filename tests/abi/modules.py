"""The module rule: who may include what in src/lib, and src/cli only the public header."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1]) / "src"

# What a file of src/lib may know of: its own half of the library, or both.
PURE = ("abi alloc base64 body buf classify config cursor detail image head json kind log message queue "
        "result retry_after secret source status sum sys text url").split()
JOINS = "batch client engine exchange handle job process worker".split()


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^">]+)[">]', path.read_text(), re.M)


def is_pure(stem):
    return any(stem == name or stem.startswith(name + "_") for name in PURE)


def is_curl(stem):
    return stem.startswith("transport_curl")


faults = []
files = sorted((root / "lib").glob("*.[ch]"))
for path in files:
    for name in includes(path):
        header = pathlib.PurePath(name)
        if header.parent.name == "curl" and not is_curl(path.stem):
            faults.append(f"{path.name} includes {name}")
        if name == "jansson.h" and path.stem != "json":
            faults.append(f"{path.name} includes {name}")
        if name in ("pthread.h", "fcntl.h", "dirent.h") and not (
                path.stem == "sys" or is_curl(path.stem)):
            faults.append(f"{path.name} includes {name}: only sys knows the system")
        if is_curl(path.stem) and header.stem in (
                "json", "image", "client", "exchange", "source", "body", "result"):
            faults.append(f"{path.name} includes {name}: it may know the seam alone")
        if is_pure(path.stem) and (header.stem == "client" or is_curl(header.stem)):
            faults.append(f"{path.name} includes {name}: it may not know the client")
    if not (is_pure(path.stem) or is_curl(path.stem) or path.stem in JOINS + ["transport_none"]):
        faults.append(f"{path.name}: say in tests/abi/modules.py where it belongs")

for path in sorted((root / "cli").glob("*.[ch]")):
    own = {other.name for other in (root / "cli").glob("*.h")}
    for name in includes(path):
        if name.startswith("klingrec/") and name != "klingrec/klingrec.h":
            faults.append(f"cli/{path.name} includes {name}")
        if (root / "lib" / name).exists() and name not in own:
            faults.append(f"cli/{path.name} includes the library's {name}")
for path in sorted((root / "standin").glob("*.[ch]")):
    own = {other.name for other in (root / "standin").glob("*.h")}
    for name in includes(path):
        if name.startswith("klingrec/") or ((root / "lib" / name).exists() and name not in own):
            faults.append(f"standin/{path.name} includes {name}: it must judge from outside")

print(*faults, sep="\n")
sys.exit(1 if faults or len(files) < 20 else 0)
