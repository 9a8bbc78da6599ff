# SPDX-License-Identifier: MIT
"""The declarations of klingrec.ffi.h as Python's ctypes: klingrec/_declarations.py.

make_declarations.py OUTPUT FFI_HEADER LIBRARY LIBRARY_FOLDER PACKAGE_FOLDER

They are made when the library is built and not read from the header when the module is
imported: a system that only runs programs has no headers, and type checkers see them.
"""
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "include"))
sys.dont_write_bytecode = True
import ffi_header  # noqa: E402

output, header_file, library, library_folder, package_folder = sys.argv[1:]

SCALARS = {"bool": "c_bool", "int": "c_int", "int32_t": "c_int32", "uint32_t": "c_uint32",
           "uint64_t": "c_uint64", "size_t": "c_size_t", "ptrdiff_t": "c_ssize_t",
           "intptr_t": "c_ssize_t"}
header = ffi_header.Header(header_file)


def scalar(name):
    return SCALARS.get(name) or sys.exit(f"make_declarations.py: unknown type: {name}")


def type_of(declared):
    """The ctypes type of a C type. Whatever the module does not look into is a void *."""
    name, _, stars = declared.partition(" ")
    if not stars:
        return scalar(name) if name != "void" else "None"
    if name == "char":
        inner = "c_char_p"
    elif name == "void" or name in header.opaque:
        inner = "c_void_p"
    else:
        inner = f"POINTER({name if name in header.structs else scalar(name)})"
    return inner if stars == "*" else f"POINTER({inner})"


def lines(form, rows):
    return "".join(form.format(*row) + "\n" for row in rows)


# The linker finds the library by its soname.
library = re.sub(r"(\.so\.\d+).*", r"\1", os.path.basename(library))
folder = os.path.relpath(library_folder, package_folder).replace(os.sep, "/")

classes = "".join(
    f"\n\nclass {name}({'IntFlag' if are_bits else 'Code'}):\n" + lines("    {} = {}", values)
    for name, are_bits, values in header.enums)
records = "".join(
    f"\n\nclass {name}(Structure):\n    _fields_ = [\n" +
    lines('        ("{}", {}),', ((n, type_of(t)) for n, t in fields)) + "    ]\n"
    for name, fields in header.structs.items())
numbers = lines("    {}: klingrec_{},", (
    (value, name[len("STRUCT_"):].lower())
    for name, value in header.constants if name.startswith("STRUCT_")))
functions = lines('    "{}": ({}, [{}]),', (
    (name, type_of(result), ", ".join(map(type_of, parameters)))
    for name, (result, parameters) in header.functions.items()))
used = sorted({"POINTER", "Structure", *re.findall(r"\bc_\w+", records + functions)})

with open(output, "w", encoding="utf-8") as file:
    file.write(f'''"""Generated from klingrec.ffi.h; klingrec.h has the comments."""
from ctypes import {", ".join(used)}
from enum import IntFlag
from typing import Any, Dict, List, Tuple

from ._code import Code

LIBRARY = "{library}"
LIBRARY_FOLDER = "{folder}"  # from this file's

{lines("{} = {}", header.strings + header.constants)}\
{classes}{records}

# For klingrec_struct_size().
STRUCTS: Dict[int, Any] = {{
{numbers}}}

FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {{
{functions}}}
''')
