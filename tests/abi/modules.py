# SPDX-License-Identifier: MIT
"""Test the module rules: what each file of src/lib, src/cli and src/standin may include."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1]) / "src"

# The folders. A file may include files of its own folder and of those before it.
ORDER = ["base", "image", "http", "answer", "client"]
CLI_ORDER = ["base", "options", "service", "journal", "input", "output", "commands"]
# Headers that only these files may include.
OWNERS = {
    "curl/curl.h": r"http/transport_curl\w*\.[ch]",
    "jansson.h": r"answer/json(\.c|_load\.[ch])",
    "pthread.h": r"base/sys_(thread_)?posix\.[ch]",
    "dirent.h": r"base/sys_file_posix\.c",
    "fcntl.h": r"base/sys_(file|event)_posix\.c|http/transport_curl_socket_posix\.c",
    "windows.h": r"base/sys_(file_)?windows\.c|http/transport_curl_socket_windows\.c",
    "winsock2.h": r"base/sys_event_windows\.c|http/transport_curl_socket\.h",
}
# The built-in transport uses the public transport interface and only these internal
# headers.
TRANSPORT = r"base/(alloc|build|sys|text)\.h|http/(response_head|transport_curl\w*)\.h"


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^">]+)[">]', path.read_text(), re.M)


def fault_of(name, included):
    """The fault if the file `name` of src/lib includes `included`; None: no fault."""
    if included in OWNERS and not re.fullmatch(OWNERS[included], name):
        return "only " + OWNERS[included] + " may"
    folder, _, header = included.partition("/")
    if not header and (lib / name).with_name(included).exists():
        return "the include must name its folder"
    if folder not in ORDER:
        return None
    if ORDER.index(folder) > ORDER.index(name.split("/")[0]):
        return "it may not include from " + folder + "/"
    if name.startswith("http/transport_curl") and not re.fullmatch(TRANSPORT, included):
        return "it may include only the public transport interface"
    return None


faults = []
lib = root / "lib"
files = sorted(path.relative_to(lib).as_posix() for path in lib.rglob("*.[ch]"))
for name in files:
    if name.split("/")[0] not in ORDER:
        faults.append(f"{name}: the file is in none of the folders")
        continue
    for included in includes(lib / name):
        fault = fault_of(name, included)
        if fault:
            faults.append(f"{name} includes {included}: {fault}")
    # It decides what the system's headers show, so nothing of theirs may come before.
    first = re.search(r"^[ \t]*#.*", (lib / name).read_text(), re.M)[0]
    if name.endswith(".c") and first != '#include "base/build.h"':
        faults.append(f"{name}: the first directive is not the #include of base/build.h")
    # It must know whose name an old libcurl would look up: the proxy's or the host's.
    if name != "http/transport_curl_resolve.c" and "getenv" in (lib / name).read_text():
        faults.append(f"{name} reads the environment")

# docs/design.md has a row for each folder, in the same order, and names existing files.
design = (root.parent / "docs" / "design.md").read_text()
rows = re.findall(r"^\| `(\w+)/` \| (.*) \|$", design, re.M)
if [row[0] for row in rows] != ORDER:
    faults.append(f"docs/design.md: the folders are not {ORDER}")
for folder, text in rows:
    for file in re.findall(r"`(\w+)(\*?)\.c`", text):
        if not list((lib / folder).glob(file[0] + file[1] + ".c")):
            faults.append(f"docs/design.md: there is no {folder}/{file[0]}.c")
# Of the built-in transport it names each part: transport_curl_PART.c.
named = set(re.findall(r"`_(\w+)`", dict(rows).get("http", "")))
parts = {re.sub(r"_(posix|windows)$", "", path.stem.removeprefix("transport_curl_"))
         for path in lib.glob("http/transport_curl_*.c")}
if named != parts:
    faults.append(f"docs/design.md: parts of transport_curl: {sorted(named ^ parts)}")
parts = re.search(r"in `src/cli`.*?\n\n", design, re.S)[0]
if re.findall(r"`(\w+)/`", parts) != CLI_ORDER:
    faults.append(f"docs/design.md: the folders of src/cli are not {CLI_ORDER}")

# The folders of the program klingrec; main.c may include all of them.
for path in sorted((root / "cli").rglob("*.[ch]")):
    own = path.relative_to(root / "cli").as_posix().split("/")[0]
    for included in includes(path):
        folder = included.split("/")[0]
        if folder in CLI_ORDER and own in CLI_ORDER and (
                CLI_ORDER.index(folder) > CLI_ORDER.index(own)):
            faults.append(f"cli/{path.name} includes {included}: {folder}/ is not allowed")

# Its calls of the operating system are in files of their own.
SYSTEM = (r"unistd\.h|fcntl\.h|dirent\.h|poll\.h|signal\.h|io\.h|windows\.h|bcrypt\.h|"
          r"shellapi\.h|sys/.*|openssl/.*")
for path in sorted((root / "cli").rglob("*.[ch]")):
    if re.search(r"_(posix|windows|openssl)\.c$", path.name):
        continue
    for included in includes(path):
        if re.fullmatch(SYSTEM, included):
            faults.append(f"cli/{path.name} includes {included}: only base/*_posix.c and the like may")
        if included == "curl/curl.h" and path.name != "net.h":
            faults.append(f"cli/{path.name} includes {included}: only base/net.h may")

# The programs may include the public headers of the library, or nothing of it.
for part, may in (("cli", r"klingrec/klingrec\.h"), ("standin", r"")):
    for path in sorted((root / part).rglob("*.[ch]")):
        for included in includes(path):
            inside = included.startswith("klingrec/") or (
                (lib / included).exists() and not (root / part / included).exists())
            if inside and not re.fullmatch(may, included):
                faults.append(f"{part}/{path.name} includes {included}: not a public header")

# A comment or a document names only functions and types of the library that exist.
texts = {path: path.read_text() for path in lib.rglob("*.[ch]")}
code = " ".join(re.sub(r"/\*.*?\*/", " ", text, flags=re.S) for text in texts.values())
existing = set(re.findall(r"\bklr_\w+", code))
texts.update((path, path.read_text()) for path in root.parent.glob("docs/*.md"))
for path, text in texts.items():
    for name in set(re.findall(r"\bklr_\w*[a-z0-9]\b", text)) - existing:
        faults.append(f"{path.relative_to(root.parent)}: there is no {name}")

# A test program that no meson.build names would never run.
tests = root.parent / "tests"
for path in sorted(tests.rglob("test_*.c")):
    builds = [folder / "meson.build" for folder in path.parents if folder != root.parent]
    text = "".join(build.read_text() for build in builds if build.is_file())
    name = path.stem.removeprefix("test_")
    if f"'{name}'" not in text and f"'{path.stem}'" not in text and path.name not in text:
        faults.append(f"{path.relative_to(root.parent)}: no meson.build names it")

# Tests and the stand-in talk to this machine only.
for path in [*sorted(tests.rglob("*.[ch]")), *sorted((root / "standin").rglob("*.c"))]:
    if re.search(r"\b(INADDR_ANY|in6addr_any|IN6ADDR_ANY_INIT)\b", path.read_text()):
        faults.append(f"{path.relative_to(root.parent)}: it listens to other machines")

# Each file of code names its licence, for those who take a single one.
CODE = re.compile(r".*\.([ch]|[ch]pp|cs|js|lua|py|sh)|meson\.build")
for folder in ("examples", "include", "pkgconfig", "src", "tests"):
    for path in sorted((root.parent / folder).rglob("*")):
        if CODE.fullmatch(path.name) and "SPDX-License-Identifier: MIT" not in path.read_text():
            faults.append(f"{path.relative_to(root.parent)}: no SPDX-License-Identifier")

# A guard of its own file's name: two headers with one guard hide each other.
for path in [*sorted(root.rglob("*.h")), *sorted(tests.rglob("*.h"))]:
    guard = re.search(r"^#ifndef (\w+_H)$", path.read_text(), re.M)
    if guard and not guard[1].endswith(path.stem.upper().replace("-", "_") + "_H"):
        faults.append(f"{path.relative_to(root.parent)}: its guard is {guard[1]}")

print(*faults, sep="\n")
sys.exit(1 if faults or len(files) < 20 else 0)
