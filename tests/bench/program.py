#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measure the program and the stand-in; print tables in Markdown.

    tests/bench/program.py [--rounds N] [--build DIR] [--only recognize|check|standin]

Needs meson, a compiler, nginx and openssl. Compared is what ran in the same round;
ratios are medians of the rounds. Run it on an idle machine.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import payloads
import run
import server

IMAGES, IMAGE_BYTES = 1000, 76000
TREES, TREE_BYTES = (2000, 12000), 100 << 10
REQUESTS = 2000
KEY = "sk-bench"  # the key of bench_klingrec


def spent(command):
    """The seconds that a command takes; its output is dropped."""
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          env={**os.environ, "COMETAPI_KEY": KEY}, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr.decode()}")
    return time.perf_counter() - start


def ratio(some, others):
    return statistics.median(a / b for a, b in zip(some, others))


def write_images(folder, count, kind, size):
    make = {"jpg": payloads.jpeg, "png": payloads.png}[kind]
    os.makedirs(folder)
    for i in range(count):
        with open(f"{folder}/{i:04}.{kind}", "wb") as file:
            file.write(make(size, i))


class StandIn:
    def __init__(self, program, *options):
        self.process = subprocess.Popen(
            [program, "--port", "0", "--exit-with-parent", "--key", KEY, *options],
            stdout=subprocess.PIPE, text=True)
        base = re.search(r"http://\S+", self.process.stdout.readline())[0]
        self.url = f"{base}/kling/v1/videos/image-recognize"

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


# ---- recognize ----


def compare_journal(program, url, art, jobs, rounds):
    journal = f"{art}.journal"
    command = [program, "recognize", "--endpoint", url, f"-j{jobs}", "--json", "-r", art]
    without, with_it = [], []
    for _ in range(rounds):
        without.append(spent(command))
        for end in ("", "-wal", "-shm"):
            if os.path.exists(journal + end):
                os.remove(journal + end)
        with_it.append(spent([*command, "--journal", journal]))
    count = len(os.listdir(art))
    return (count / statistics.median(without), count / statistics.median(with_it),
            ratio(without, with_it))


def measure_recognize(programs, folder, rounds):
    art = f"{folder}/art"
    write_images(art, IMAGES, "jpg", IMAGE_BYTES)
    print(f"| recognize, {IMAGE_BYTES} bytes each | without a journal, images/s | with "
          "| ratio |\n| --- | ---: | ---: | ---: |")
    program = programs["klingrec"]
    with server.Server(folder) as host:
        for jobs in (4, 16, 64):
            found = compare_journal(program, host.plain, art, jobs, rounds)
            print("| answers at once, %d jobs | %.0f | %.0f | %.2f |" % (jobs, *found),
                  flush=True)
    with StandIn(programs["standin"], "--delay", "200") as host:
        for jobs in (4, 16):
            art = f"{folder}/{jobs}"
            write_images(art, 30 * jobs, "png", TREE_BYTES)
            found = compare_journal(program, host.url, art, jobs, min(rounds, 3))
            print("| answers after 200 ms, %d jobs | %.0f | %.0f | %.2f |"
                  % (jobs, *found), flush=True)


# ---- check ----


def measure_check(programs, folder, rounds):
    for count in TREES:
        measure_tree(programs, f"{folder}/{count}", count, rounds)


def measure_tree(programs, tree, count, rounds):
    for i in range(count // 100):
        write_images(f"{tree}/{i:02}", 100, "jpg" if i % 2 else "png", TREE_BYTES)
    check = [programs["klingrec"], "check", "-r", tree]
    commands = {
        "find -exec stat {} +": ["find", tree, "-type", "f", "-exec", "stat", "{}", "+"],
        "klingrec --version": [programs["klingrec"], "--version"],
        "check --header-only": [*check, "--header-only"],
        "check --jobs 1": [*check, "--jobs", "1"],
        "check": check,
    }
    times = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            times[name].append(spent(command))
    times = {name: found[1:] for name, found in times.items()}  # the first fills caches
    print(f"\n| {count} images of {TREE_BYTES // 1024} KiB in memory | ms | x find | "
          "x one job |\n| --- | ---: | ---: | ---: |")
    for name, found in times.items():
        print("| `%s` | %.0f | %.2f | %.2f |" %
              (name, statistics.median(found) * 1000,
               ratio(found, times["find -exec stat {} +"]),
               ratio(found, times["check --jobs 1"])), flush=True)


# ---- The stand-in ----


def measure_standin(programs, folder, rounds):
    path = f"{folder}/100KiB.png"
    with open(path, "wb") as file:
        file.write(payloads.png(100 << 10))
    rates, walls = [], []
    with StandIn(programs["standin"]) as host:
        command = [programs["client"], "caller", host.url, "", path, str(REQUESTS), "8"]
        for _ in range(rounds):
            before = host.cpu()
            walls.append(REQUESTS / spent(command))
            rates.append(REQUESTS / (host.cpu() - before))
    print("\n| the stand-in, 100 KiB | requests/s |\n| --- | ---: |\n"
          "| per second of its CPU | %.0f |\n| with the client on the same machine | %.0f |"
          % (statistics.median(rates), statistics.median(walls)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--build", default=f"{run.ROOT}/build-bench")
    parser.add_argument("--only", choices=["recognize", "check", "standin"])
    args = parser.parse_args()
    if server.find() is None or shutil.which("openssl") is None:
        sys.exit("nginx or openssl is not installed (Debian: nginx-core openssl)")
    run.build(args.build, ["src/cli/klingrec", "src/standin/klingrec-standin",
                           "tests/bench/bench_klingrec"])
    programs = {"klingrec": f"{args.build}/src/cli/klingrec",
                "standin": f"{args.build}/src/standin/klingrec-standin",
                "client": f"{args.build}/tests/bench/bench_klingrec"}
    with tempfile.TemporaryDirectory(prefix="klingrec-bench-") as folder:
        for name, measure in (("recognize", measure_recognize),
                              ("check", measure_check), ("standin", measure_standin)):
            if args.only in (None, name):
                measure(programs, folder, args.rounds)


if __name__ == "__main__":
    main()
