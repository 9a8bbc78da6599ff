# SPDX-License-Identifier: MIT
"""The manual page (1) of klingrec-standin, from what --help prints, as mdoc.

make_man.py OUTPUT PROGRAM
"""
import re
import subprocess
import sys

DATE = "November 29, 2026"
output, program = sys.argv[1:]
usage, *paragraphs = subprocess.run(
    [program, "--help"], capture_output=True, text=True, check=True).stdout.split("\n\n")


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def paragraph(text):
    """Each sentence on a line of its own."""
    return re.sub(r"(?<=[.:]) ", "\n", escape(" ".join(text.split()))) + "\n"


def option(line):
    name, value, text = re.fullmatch(r"  --([\w-]+)(?: (\S+))?  +(.+)", line).groups()
    argument = f" Ar {escape(value)}" if value else ""
    return f".It Fl \\-{escape(name)}{argument}\n{escape(text)}\n"


page = f""".Dd {DATE}
.Dt KLINGREC-STANDIN 1
.Os
.Sh NAME
.Nm klingrec-standin
.Nd answer as Kling's image-recognition service does, for tests
.Sh SYNOPSIS
.Nm
.Op Ar option ...
.Sh DESCRIPTION
"""
for text in paragraphs:
    if text.startswith("  --"):
        page += ".Pp\nThe options are:\n.Bl -tag -width Ds\n"
        page += "".join(option(line) for line in text.splitlines()) + ".El\n.Pp\n"
    else:
        page += paragraph(text)
page += ".Sh SEE ALSO\n.Xr klingrec 1\n"
with open(output, "w", encoding="utf-8") as file:
    file.write(page)
