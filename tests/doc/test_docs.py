# SPDX-License-Identifier: MIT
"""Test the documents: test_docs.py SOURCE

C blocks compile, links have a target, the index has every page, every status has its
row, and the messages that the FAQ quotes are in the sources.
"""
import pathlib
import re
import subprocess
import sys

source = pathlib.Path(sys.argv[1])
documents = [*sorted(source.glob("*.md")), *sorted((source / "docs").glob("*.md"))]
passed = failed = 0


def check(ok, what):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print("FAILED", what)


def compiles(code):
    done = subprocess.run(
        ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror",
         "-Wno-unused", "-fsyntax-only", "-x", "c",
         "-I", source / "include", "-"],
        input=code, text=True, capture_output=True, check=False)
    print(done.stderr, end="")
    return done.returncode == 0


def read(path):
    return path.read_text(encoding="utf-8")


def anchors(path):
    """The anchors ("#...") of a page: its headings, as the usual renderers spell them."""
    text = re.sub(r"^```.*?^```$", "", read(path), flags=re.M | re.S)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.M)}


def leads_somewhere(path, target):
    name, _, anchor = target.partition("#")
    page = path.parent / name if name else path
    return page.exists() and (not anchor or anchor in anchors(page))


PROGRAM = """#include <klingrec/klingrec.h>
#include <stdio.h>
int use(void);
int use(void)
{
%s
return 0;
}
"""

blocks = 0
for path in documents:
    text = read(path)
    fragments = ""  # per document: later blocks use declarations of earlier ones
    for number, block in enumerate(re.findall(r"^```c\n(.*?)^```", text, re.M | re.S)):
        blocks += 1
        if "#include" not in block:
            fragments += block
            block = PROGRAM % fragments
        check(compiles(block), f"{path.name}: C block {number + 1} does not compile")
    for target in re.findall(r"\]\(([^):]+)\)", text):
        check(leads_somewhere(path, target), f"{path.name}: the link {target} is broken")
check(blocks > 0, "no C block was found")

header = read(source / "include/klingrec/klingrec.h")
example = re.search(r"^ \*( {5}klingrec_config config.*?client_free\(client\);)$", header,
                    re.M | re.S).group(1)
example = re.sub(r"^ \*", "", example, flags=re.M)
check(compiles(PROGRAM % ("const char *key = NULL;\n" + example)),
      "the example on top of klingrec.h")

errors = read(source / "docs/errors.md")
enum = re.search(r"typedef enum klingrec_status \{(.*?)\} klingrec_status;", header,
                 re.S).group(1)
for name, number in re.findall(r"(KLINGREC_\w+) = (-?\d+)", enum):
    check(f"| `{name}` | {number} |" in errors, f"errors.md: no row for {name} {number}")

index = read(source / "docs/index.md")
for page in sorted((source / "docs").glob("*.md")):
    check(page.name == "index.md" or f"]({page.name})" in index,
          f"index.md: no link to {page.name}")
check("](docs/index.md)" in read(source / "README.md"), "README.md: no link to the index")

# Messages outside of the sessions, which test_sessions.py runs. They are messages of the
# library, except the one of the dynamic loader.
sources = "".join(read(p) for p in sorted((source / "src/lib").rglob("*.[ch]")))
prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", read(source / "docs/faq.md"),
               flags=re.M | re.S)
quotes = [q for q in re.findall(r'"([^"\n]+)"', prose) if "shared libraries" not in q]
check(len(quotes) >= 6, "faq.md: too few quoted messages were found")
for quote in quotes:
    check(f'"{quote}"' in sources, f"faq.md: the message is not in the sources: {quote}")

version = re.search(r'KLINGREC_VERSION_STRING "([^"]+)"', header).group(1)
check(f"## {version}" in read(source / "CHANGELOG.md"), f"CHANGELOG.md: no {version}")

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
