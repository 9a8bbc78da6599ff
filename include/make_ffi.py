# SPDX-License-Identifier: MIT
"""The public headers as plain declarations, for cffi's and LuaJIT's parsers.

make_ffi.py OUTPUT HEADER... -- COMPILER...

The compiler's preprocessor removes comments and directives. What it removes is added:
integer constants as members of an enum, strings as comments. Inline functions are left
out; the library exports functions for the same.
"""
import re
import subprocess
import sys

at = sys.argv.index("--")
output, *headers = sys.argv[1:at]
compiler = sys.argv[at + 1:]

source = ""
for header in headers:
    with open(header, encoding="utf-8") as file:
        source += file.read()
# The parsers know the standard types; they need no declaration of them.
source = re.sub(r"^#include .*\n", "", source, flags=re.M)


def preprocess(text, *options):
    return subprocess.run([*compiler, "-E", "-P", "-DKLINGREC_API=", "-U__GNUC__", *options,
                           "-x", "c", "-"],
                          input=text, capture_output=True, text=True, check=True).stdout


def constants(text):
    """Name and value of each macro with a value, in the order of the headers."""
    names = re.findall(r"^#define (KLINGREC_\w+)(?: |$)", text, re.M)
    mark = "klingrec_value_of "
    probe = text + "".join(f'\n{mark}"{name}" {name}' for name in names) + "\n"
    for name, value in re.findall(mark + r'"(\w+)" ?(.*)', preprocess(probe)):
        if value and not value.startswith(("__attribute__", "KLINGREC_API")):
            yield name, value


def number(value):
    """The value of an integer expression; SIZE_MAX is the one name in it."""
    if not re.fullmatch(r"[0-9a-fA-FxuUlL<>()| ]+", value):
        sys.exit(f"not an integer constant: {value}")
    return eval(re.sub(r"(?<=[0-9a-fA-F])[uUlL]+", "", value), {})  # digits and << only


plain = preprocess(source)
plain = re.sub(r"^static inline\b.*?^\}\n", "", plain, flags=re.M | re.S)
plain = re.sub(r" ?static inline [^{}]*\{[^{}]*\}", "", plain)

members = strings = ""
for name, value in constants(source):
    if value.startswith('"'):
        strings += f"/* {name} = {value} */\n"
    elif value == "SIZE_MAX":
        members += f"    {name} = -1, /* as a size_t: LuaJIT takes 32 bits only */\n"
    else:
        members += f"    {name} = {number(value)},\n"

with open(output, "w", encoding="utf-8") as file:
    file.write("/* Generated from klingrec.h and transport.h, which have the comments.\n"
               "   SPDX-License-Identifier: MIT */\n\n"
               f"{strings}enum {{\n{members}}};\n{plain}")
