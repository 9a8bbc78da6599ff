# SPDX-License-Identifier: MIT
"""Coverage of src/lib by the suites unit, net and time: lines, branches, and MC/DC where
the compiler measures it (clang from 18 on).

coverage.py SOURCE BUILD [--list] [--suites unit,net,time] [--libcurl FOLDER]...

CC names the compiler, as clang or clang-19; llvm-cov and llvm-profdata of the same
version are used. BUILD is made and kept. Prints a table of files; with --list also the
lines that are never run, the sides of branches that are never taken, and the conditions
that are never shown to decide alone. The suites run once more with the libcurl.so.4 of
each FOLDER: some lines are for other versions than the system's.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

# Of other systems, and of builds without a part: not in this build.
LEFT_OUT = re.compile(r"_windows|_none\.c|_neon")


CC = os.environ.get("CC", "clang")


def tool(name):
    suffix = re.search(r"-\d+$", CC)
    return name + (suffix.group() if suffix else "")


def has_mcdc():
    test = [CC, "-fprofile-instr-generate", "-fcoverage-mapping",
            "-fcoverage-mcdc", "-x", "c", "-c", "-o", os.devnull, os.devnull]
    return subprocess.run(test, stderr=subprocess.DEVNULL, check=False).returncode == 0


def build(source, folder):
    args = ["-fprofile-instr-generate", "-fcoverage-mapping"]
    if has_mcdc():
        args.append("-fcoverage-mcdc")
    if not (folder / "build.ninja").exists():
        subprocess.run(
            ["meson", "setup", folder, source, "--buildtype=debug", "-Doptimization=0",
             f"-Dc_args={' '.join(args)}", "-Dc_link_args=-fprofile-instr-generate",
             "-Dcpp_args=-fprofile-instr-generate",
             "-Dcpp_link_args=-fprofile-instr-generate", "-Dcli=disabled",
             "-Dstandin=disabled", "-Dexamples=disabled"],
            check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, "CC": CC, "CXX": CC.replace("clang", "clang++")})
    subprocess.run(["ninja", "-C", folder], check=True, stdout=subprocess.DEVNULL)


def run(folder, suites, libcurls):
    profiles = folder / "profiles"
    profiles.mkdir(exist_ok=True)
    for old in profiles.glob("*.profraw"):
        old.unlink()
    command = ["meson", "test", "-C", folder, "--no-rebuild", "--timeout-multiplier", "4"]
    for suite in suites:
        command += ["--suite", suite]
    environment = {**os.environ, "LLVM_PROFILE_FILE": f"{profiles}/%p-%m.profraw"}
    for number, libcurl in enumerate([None, *libcurls]):
        if libcurl:
            environment["LD_LIBRARY_PATH"] = str(libcurl)
        log = f"libcurl-{number}"
        if subprocess.run([*command, "--logbase", log], env=environment,
                          stdout=subprocess.DEVNULL, check=False).returncode:
            print(f"some tests failed: see meson-logs/{log}.txt", flush=True)
    merged = folder / "all.profdata"
    listed = folder / "profiles.txt"
    listed.write_text("\n".join(map(str, sorted(profiles.glob("*.profraw")))))
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-f", listed, "-o", merged],
                   check=True)
    return merged


def export(folder, merged):
    """What llvm-cov knows of the files of src/lib."""
    programs = sorted(p for part in ("unit", "net") for p in
                      (folder / "tests" / part).glob("test_*")
                      if p.is_file() and os.access(p, os.X_OK) and not p.suffix)
    objects = [f"-object={p}" for p in programs[1:]]
    text = subprocess.run([tool("llvm-cov"), "export", f"-instr-profile={merged}",
                           programs[0], *objects], check=True, stdout=subprocess.PIPE).stdout
    for entry in json.loads(text)["data"][0]["files"]:
        name = entry["filename"].partition("/src/lib/")[2]
        if name and not LEFT_OUT.search(name):
            yield name, entry


def gaps(entry):
    """(line, what) of all that is missing in a file."""
    missing = set()
    for line, _column, count, has_count, _is_entry, is_gap in entry["segments"]:
        if has_count and count == 0 and not is_gap:
            missing.add((line, "never run"))
    for line, column, _, _, taken, not_taken, *_ in entry.get("branches", []):
        for count, word in ((taken, "true"), (not_taken, "false")):
            if count == 0:
                missing.add((line, f"never {word}, column {column}"))
    for record in entry.get("mcdc_records", []):
        conditions = next(item for item in reversed(record) if isinstance(item, list))
        for index, shown in enumerate(conditions):
            if shown is False:
                missing.add((record[0], f"condition {index + 1} never decides alone"))
    return sorted(missing)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("build", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--suites", default="unit,net,time")
    parser.add_argument("--libcurl", action="append", default=[],
                        type=lambda p: pathlib.Path(p).resolve(strict=True))
    options = parser.parse_args()
    build(options.source, options.build)
    merged = run(options.build, options.suites.split(","), options.libcurl)
    kinds = ["lines", "branches", "mcdc"]
    total = {kind: [0, 0] for kind in kinds}
    rows = []
    for name, entry in sorted(export(options.build, merged)):
        cells = []
        for kind in kinds:
            found = entry["summary"].get(kind, {"count": 0, "covered": 0})
            total[kind][0] += found["covered"]
            total[kind][1] += found["count"]
            cells.append(f"{found['covered']}/{found['count']}" if found["count"] else "")
        rows.append((name, cells))
        if options.list:
            for line, what in gaps(entry):
                print(f"{name}:{line}: {what}")
    print(f"{'file':34}" + "".join(f"{kind:>14}" for kind in kinds))
    for name, cells in rows:
        print(f"{name:34}" + "".join(f"{cell:>14}" for cell in cells))
    for kind, (covered, count) in total.items():
        if count:
            print(f"{kind}: {covered} of {count}, {100 * covered / count:.1f} %")


sys.exit(main())
