# SPDX-License-Identifier: MIT
"""Test the manual pages (3): test_man.py FOLDER MAP HEADER... -- [PAGE PROGRAM]

Each function has a page, the pages have all text of the headers, and mandoc accepts them.
PAGE is the page (1) of a program, with what its --help prints.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

at = sys.argv.index("--")
folder, map_file, *headers = map(pathlib.Path, sys.argv[1:at])
page_of_program = sys.argv[at + 1:]
passed = failed = 0


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print("FAILED", what)


def words(text):
    """The words of a text, without the marks of comments and of mdoc."""
    text = re.sub(r"^\.[A-Z].*$", "", text, flags=re.M).replace("\\e", "\\")
    return " ".join(re.sub(r"\\&|[\s*/]+", " ", text).split())


def page_of(name):
    """The text of a page; follows the link to another page."""
    path = folder / f"{name}.3"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    link = re.fullmatch(r"\.so man3/(\S+\.3)\n", text)
    return (folder / link[1]).read_text(encoding="utf-8") if link else text


for name in re.findall(r"^\s+(klingrec_\w+);", map_file.read_text(encoding="utf-8"), re.M):
    page = page_of(name)
    check(f".Nm {name}" in page, f"{name}: no page")
    check(f"{name}(" in page, f"{name}: not declared in its page")

pages = [words(path.read_text(encoding="utf-8")) for path in folder.glob("klingrec*.3")]
for header in headers:
    top, text = header.read_text(encoding="utf-8").split("*/\n", 1)
    for paragraph in top.split("\n *\n")[2:]:
        check(any(words(paragraph) in page for page in pages),
              f"{header.name}: not in any page: {paragraph}")
    if header.name == "klingrec.h":
        text = text[text.index("/* ---- Version"):]
    for comment, code in re.findall(r"^(/\*(?:.|\n)*?\*/)\n((?:(?!/\*).+\n)*)", text, re.M):
        if comment.startswith("/* ----"):
            continue
        check(any(words(comment) in page for page in pages), f"not in any page: {comment}")
        if re.match(r"KLINGREC_API (KLINGREC_MUST_CHECK )?klingrec_status\s", code):
            check(re.search(r"Returns:|As klingrec_|See klingrec_", comment),
                  f"{code.split('(')[0]}: no list of its statuses")

if page_of_program:
    page, program = map(os.path.abspath, page_of_program)
    shown = pathlib.Path(page).read_text(encoding="utf-8").replace("\\-", "-")
    said = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    for line in said.splitlines()[1:]:
        option, name, rest = re.fullmatch(r"(  --([\w-]+)(?: \S+)?  +)?(.*)", line).groups()
        check(not option or f"\n.It Fl -{name}" in shown, f"{page}: no option --{name}")
        check(words(rest) in words(shown), f"{page}: not in the page: {rest}")

if shutil.which("mandoc"):
    for path in sorted(folder.glob("*.3")) + [pathlib.Path(p) for p in page_of_program[:1]]:
        if path.read_text(encoding="utf-8").startswith(".so "):
            continue
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], text=True,
                              capture_output=True, check=False)
        check(lint.returncode == 0 and not lint.stdout, f"{path.name}: {lint.stdout}")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
