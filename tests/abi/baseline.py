# SPDX-License-Identifier: MIT
"""Compare the binary interface with what is on record in baseline.txt.

baseline.py FFI_HEADER LIBRARY BASELINE [--write]

On record are the value of each constant, the size of each struct with the offset and type
of each field, and the type of each function, for processors with 64 bits. A change that
is meant is recorded with: ninja -C build abi-baseline
"""
import difflib
import pathlib
import sys

import cffi

ffi_header, library, baseline = map(pathlib.Path, sys.argv[1:4])
ffi = cffi.FFI()
ffi.cdef(ffi_header.read_text(encoding="utf-8"))
lib = ffi.dlopen(str(library.resolve()))


def declared():
    for name in sorted(dir(lib)):
        value = getattr(lib, name)
        if isinstance(value, int):
            yield f"{name} = {value}"
        else:
            yield f"{name}: {ffi.typeof(value).cname}"
    typedefs, structs, _ = ffi.list_types()
    for name in sorted(typedefs):
        if ffi.typeof(name).kind not in ("struct", "enum"):
            yield f"{name}: {ffi.typeof(name).cname}"
    for name in sorted(structs):
        fields = ffi.typeof("struct " + name).fields
        yield f"struct {name}: {ffi.sizeof('struct ' + name)} bytes" if fields else f"struct {name}"
        for field, at in fields or []:
            yield f"    {at.offset} {field}: {at.type.cname}"


lines = [line + "\n" for line in declared()]
if sys.argv[4:] == ["--write"]:
    baseline.write_text("".join(lines), encoding="utf-8")
    sys.exit(0)
before = baseline.read_text(encoding="utf-8").splitlines(keepends=True)
changes = list(difflib.unified_diff(before, lines, "on record", "this build", n=2))
if changes:
    sys.stdout.writelines(changes)
    sys.exit("the binary interface has changed; if this is meant: ninja abi-baseline")
print(f"{len(lines)} lines as on record")
