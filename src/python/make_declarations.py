"""The declarations of klingrec.ffi.h as Python's ctypes: klingrec/_declarations.py.

make_declarations.py OUTPUT FFI_HEADER LIBRARY LIBRARY_FOLDER PACKAGE_FOLDER

They are made when the library is built and not read from the header when the module is
imported: a system that only runs programs has no headers, and type checkers see them.
A declaration that is not understood ends the build.
"""
import os
import re
import sys

output, ffi_header, library, library_folder, package_folder = sys.argv[1:]

SCALARS = {"bool": "c_bool", "int": "c_int", "int32_t": "c_int32", "uint32_t": "c_uint32",
           "uint64_t": "c_uint64", "size_t": "c_size_t", "ptrdiff_t": "c_ssize_t",
           "intptr_t": "c_ssize_t"}
# Constants that become the members of a class, by their prefix.
CLASSES = {"FORMAT_": ("Format", "Code"), "PHASE_": ("Phase", "Code"),
           "RULE_": ("Rule", "IntFlag"), "KIND_": ("Kind", "IntFlag")}

with open(ffi_header, encoding="utf-8") as file:
    text = file.read()
strings = re.findall(r"/\* KLINGREC_(\w+) = (\".*\") \*/", text)
text = " ".join(re.sub(r"/\*.*?\*/", " ", text, flags=re.S).split())

structs, opaque = {}, set()


def scalar(name):
    return SCALARS.get(name) or sys.exit(f"make_declarations.py: unknown type: {name}")


def type_of(declared):
    """The ctypes type of a C type. Whatever the module does not look into is a void *."""
    name, stars = re.fullmatch(r"(\w+) ?(\**)", declared.replace("const ", "")).groups()
    if not stars:
        return scalar(name) if name != "void" else "None"
    if name == "char":
        inner = "c_char_p"
    elif name == "void" or name in opaque:
        inner = "c_void_p"
    else:
        inner = f"POINTER({name if name in structs else scalar(name)})"
    return inner if stars == "*" else f"POINTER({inner})"


def declared(variable):
    """(name, type) of a field or parameter."""
    hook = re.fullmatch(r".*\(\*(\w+)\)\(.*\)", variable)
    if hook:
        return hook.group(1), "c_void_p"
    kind, name = re.fullmatch(r"(.*\W)(\w+)", variable).groups()
    return name, type_of(kind.strip())


def members(block, prefix=""):
    return [(name[len(prefix):], int(value)) for name, value in
            re.findall(rf"KLINGREC_({prefix}\w+) = (-?\d+)", block)]


def enumeration(name, base, values):
    return f"\n\nclass {name}({base}):\n" + "".join(f"    {k} = {v}\n" for k, v in values)


def read_block(found):
    """Take over an enum or a struct."""
    global constants, classes
    kind, name, block = found.groups()
    if kind == "struct":
        fields = [declared(field.strip()) for field in block.split(";") if field.strip()]
        structs[name] = "".join(f'        ("{n}", {t}),\n' for n, t in fields)
        opaque.discard(name)
    elif name:
        SCALARS[name] = "c_int"
        title = name[len("klingrec_"):]
        prefix = "" if title == "status" else title.upper() + "_"
        classes += enumeration(title.capitalize(), "Code", members(block, prefix))
    else:
        for prefix, (title, base) in CLASSES.items():
            classes += enumeration(title, base, members(block, prefix))
        constants += [(n, v) for n, v in members(block) if not n.startswith(tuple(CLASSES))]


constants, classes, functions = [], "", ""
BLOCK = r"(?:typedef )?(enum|struct)(?: (\w+))? \{(.*?)\}(?: \w+)?;"
while text:
    block = re.match(BLOCK, text)
    if block:
        text = text[block.end():].lstrip()
        read_block(block)
        continue
    statement, text = text.split(";", 1)
    text = text.lstrip()
    if found := re.fullmatch(r"typedef struct (\w+) \1", statement):
        opaque.add(found.group(1))
    elif found := re.fullmatch(r"typedef .*\(\*(\w+)\)\(.*\)", statement):
        SCALARS[found.group(1)] = "c_void_p"
    elif found := re.fullmatch(r"typedef (\w+) (\w+)", statement):
        SCALARS[found.group(2)] = scalar(found.group(1))
    else:
        result, name, parameters = re.fullmatch(r"(.*\W)(\w+)\((.*)\)", statement).groups()
        types = [declared(p.strip())[1] for p in parameters.split(",") if p != "void"]
        functions += f'    "{name}": ({type_of(result.strip())}, [{", ".join(types)}]),\n'

# The linker finds the library by its soname.
library = re.sub(r"(\.so\.\d+).*", r"\1", os.path.basename(library))
folder = os.path.relpath(library_folder, package_folder).replace(os.sep, "/")

records = "".join(f"\n\nclass {name}(Structure):\n    _fields_ = [\n{fields}    ]\n"
                  for name, fields in structs.items())
numbers = "".join(f"    {value}: klingrec_{name[len('STRUCT_'):].lower()},\n"
                  for name, value in constants if name.startswith("STRUCT_"))
used = sorted({"POINTER", "Structure", *re.findall(r"\bc_\w+", records + functions)})

with open(output, "w", encoding="utf-8") as file:
    file.write(f'''"""Generated from klingrec.ffi.h; klingrec.h has the comments."""
from ctypes import {", ".join(used)}
from enum import IntFlag
from typing import Any, Dict, List, Tuple

from ._code import Code

LIBRARY = "{library}"
LIBRARY_FOLDER = "{folder}"  # from this file's

{"".join(f"{name} = {value}" + chr(10) for name, value in strings + constants)}\
{classes}{records}

# For klingrec_struct_size().
STRUCTS: Dict[int, Any] = {{
{numbers}}}

FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {{
{functions}}}
''')
