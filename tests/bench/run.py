#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Build and run all benchmarks; write the results as Markdown, JSON and charts.

    tests/bench/run.py [--quick] [--no-plain] [--rounds N] [--build DIR]
                       [--out DIR] [--charts DIR [BUILD/charts]]

Needs meson, a compiler, nginx and openssl. Missing programs to compare with are skipped
and listed. All results are medians of interleaved rounds: A B C A B C. Compare results
only within one run.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import fixed
import instructions
import payloads
import report
import server

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = ["bench_klingrec", "by_hand", "weigh", "bench_pause", "bench_free",
            "bench_queue", "bench_fixed", "bench_base64", "bench_image"]

# How often each kind of program sends each payload: enough requests to be measured.
COUNTS = {
    "c": {"100 KiB": 400, "1 MiB": 80, "9.9 MiB": 12, "9.9 MiB JPEG": 12},
    "script": {"100 KiB": 100, "1 MiB": 16, "9.9 MiB": 4, "9.9 MiB JPEG": 4},
    "shell": {"100 KiB": 15, "1 MiB": 8, "9.9 MiB": 3, "9.9 MiB JPEG": 3},
}

QUICK = [("1 MiB", "TLS", 1), ("9.9 MiB", "TLS", 8)]


def all_cells(schemes):
    return [(size, scheme, n) for size in payloads.SIZES for scheme in schemes
            for n in [1, 8, 64]] + [("9.9 MiB JPEG", "TLS", 1)]


class Peer:
    def __init__(self, name, kind, command, only_one=False):
        self.name, self.kind, self.command = name, kind, command
        self.only_one = only_one  # at a time


def build(folder, targets):
    if not os.path.exists(f"{folder}/build.ninja"):
        subprocess.run(["meson", "setup", folder, ROOT, "-Dbuildtype=release",
                        "-Dbench=enabled"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder, *targets], check=True,
                   stdout=subprocess.DEVNULL)


def python_with(module):
    """The first Python interpreter that has the module; often the system's."""
    for python in dict.fromkeys([sys.executable, "/usr/bin/python3"]):
        test = [python, "-c", f"import {module}"]
        if (os.path.exists(python)
                and subprocess.run(test, capture_output=True).returncode == 0):
            return python
    return None


def find_peers(programs, skipped):
    def library(mode):
        return lambda url, ca, path, count, at_once: [
            f"{programs}/bench_klingrec", mode, url, ca, path, str(count), str(at_once)]

    def by_hand(way):
        return lambda url, ca, path, count, at_once: [
            f"{programs}/by_hand", way, url, ca, path, str(count), str(at_once)]

    def python(executable, module):
        return lambda url, ca, path, count, at_once: [
            executable, f"{HERE}/peers/http_peer.py", module, url, ca, path, str(count)]

    peers = [Peer("klingrec, thread", "c", library("thread")),
             Peer("klingrec, caller", "c", library("caller")),
             Peer("klingrec, thread, no check", "c", library("thread-no-check")),
             Peer("libcurl, streaming", "c", by_hand("stream")),
             Peer("libcurl, streaming, plain C", "c", by_hand("stream-plain"), True),
             Peer("libcurl, in memory", "c", by_hand("memory")),
             Peer("libcurl, ready body", "c", by_hand("ready"))]
    for module in ["urllib", "requests", "httpx"]:
        executable = python_with(module)
        if executable:
            peers.append(Peer(f"Python {module}", "script",
                              python(executable, module), True))
        else:
            skipped.append(f"Python {module}: not installed")
    if shutil.which("node"):
        peers.append(Peer("Node fetch", "script", lambda url, ca, path, count, n: [
            "node", f"{HERE}/peers/fetch.mjs", url, path, str(count)], True))
    else:
        skipped.append("Node fetch: not installed")
    if shutil.which("curl") and shutil.which("base64"):
        peers.append(Peer("curl and base64", "shell", lambda url, ca, path, count, n: [
            f"{HERE}/peers/shell.sh", url, ca, path, str(count)], True))
    else:
        skipped.append("curl and base64: not installed")
    return peers


def weigh(programs, command, certificate):
    """Wall and CPU seconds and peak KiB of one run; None if it failed."""
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    environment["NODE_EXTRA_CA_CERTS"] = certificate
    done = subprocess.run([f"{programs}/weigh", *command], capture_output=True,
                          text=True, env=environment, timeout=300)
    wall, user, system, kib, status = done.stdout.split()[-5:]
    if status != "0":
        print(f"{command[0]}: status {status}: {done.stderr[-300:]}", file=sys.stderr)
        return None
    return {"wall": float(wall), "cpu": float(user) + float(system), "kib": int(kib)}


def how_often(peer, payload, at_once, quick):
    return max(COUNTS[peer.kind][payload] // (2 if quick else 1), at_once)


def how_many_rounds(peer, payload, at_once, rounds):
    """All rounds where results are similar; fewer for slow or very different ones."""
    is_slow = peer.kind != "c" or (at_once > 8 and payload.startswith("9.9"))
    return min(rounds, 3) if is_slow else rounds


def compare(peers, files, host, programs, scheme, payload, at_once, rounds, quick):
    """Run every program once per round, and once without requests: the cost of its
    start is subtracted from the cost of its requests."""
    url = host.tls if scheme == "TLS" else host.plain
    taking_part = [p for p in peers if at_once == 1 or not p.only_one]
    seen = {p.name: [] for p in taking_part}
    starts = {p.name: [] for p in taking_part}
    for i in range(rounds):
        for p in taking_part:
            if i >= how_many_rounds(p, payload, at_once, rounds):
                continue
            count = how_often(p, payload, at_once, quick)
            for into, n in [(starts, 0), (seen, count)]:
                command = p.command(url, host.certificate, files[payload], n, at_once)
                got = weigh(programs, command, host.certificate)
                if got is not None:
                    into[p.name].append(got)
    rows = []
    for p in taking_part:
        if not seen[p.name] or not starts[p.name]:
            continue
        count = how_often(p, payload, at_once, quick)

        def median(of, what):
            return statistics.median(x[what] for x in of[p.name])
        start = median(starts, "cpu")
        cpu = median(seen, "cpu") - start
        wall = median(seen, "wall") - median(starts, "wall")
        rows.append({"peer": p.name, "scheme": scheme, "payload": payload,
                     "at_once": at_once, "requests": count,
                     "rounds": [(x["cpu"] - start) / count * 1e3 for x in seen[p.name]],
                     "cpu_ms": cpu / count * 1e3, "wall_ms": wall / count * 1e3,
                     "images_per_s": count / wall, "peak_kib": median(seen, "kib"),
                     "start_cpu_ms": start * 1e3,
                     "whole_cpu_ms": median(seen, "cpu") / count * 1e3})
    return rows


def pauses(host, files, programs, rounds, count):
    """Percentiles of klingrec_poll(client, 0) with 64 uploads in flight."""
    found = {"thread": [], "caller": []}
    for _ in range(rounds):
        for mode, into in found.items():
            done = subprocess.run(
                [f"{programs}/bench_pause", mode, host.tls, host.certificate,
                 files["9.9 MiB"], str(count), "64", "200"],
                check=True, capture_output=True, text=True)
            into.append(json.loads(done.stdout))

    def medians(runs):
        return {k: medians([r[k] for r in runs]) if isinstance(v, dict)
                else statistics.median(r[k] for r in runs) for k, v in runs[0].items()}
    return {mode: medians(runs) for mode, runs in found.items()}


def text_of(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else done.stderr[-300:]


def about_this_machine(programs):
    model = ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            names = [x.split(":")[1] for x in file if x.startswith("model name")]
            model = names[0].strip() if names else ""
    return {"system": platform.platform(), "cpu": model, "cores": os.cpu_count(),
            "curl": text_of(["curl", "--version"]).split("\n")[0],
            "nginx": subprocess.run([server.find(), "-v"], capture_output=True,
                                    text=True).stderr.strip()}


def measure(args, folder, programs):
    skipped = []
    peers = find_peers(programs, skipped)
    files = payloads.write_all(folder)
    print("waiting a minute: files that changed recently cost more", file=sys.stderr)
    time.sleep(61)
    rounds = args.rounds or (3 if args.quick else 9)
    rows = []
    with server.Server(folder) as host:
        schemes = ["TLS"] if args.no_plain else ["plain", "TLS"]
        for payload, scheme, at_once in QUICK if args.quick else all_cells(schemes):
            print(f"{payload}, {scheme}, {at_once} at once", file=sys.stderr)
            # The check reads all of a JPEG; the other programs do not look at it.
            chosen = [p for p in peers if p.kind == "c" or "JPEG" not in payload]
            rows += compare(chosen, files, host, programs, scheme, payload, at_once,
                            rounds, args.quick)
        print("instructions", file=sys.stderr)
        counted = None
        if shutil.which("valgrind"):
            counted = instructions.measure(host, files, programs, "100 KiB")
        else:
            skipped.append("instructions: valgrind is not installed")
        print("pauses, fixed costs, encoder", file=sys.stderr)
        frames = pauses(host, files, programs, min(rounds, 3), 96 if args.quick else 192)
        frees = text_of([f"{programs}/bench_free", host.tls, host.certificate,
                         files["9.9 MiB"], "64"])
        costs = fixed.measure(host, files, programs, folder, rounds)
    queue = json.loads(text_of([f"{programs}/bench_queue", files["1 MiB"], "10000"]))
    return {"machine": about_this_machine(programs), "skipped": skipped, "rows": rows,
            "instructions": counted, "pauses": frames, "fixed": costs, "queue": queue,
            "free": frees, "encoder": text_of([f"{programs}/bench_base64"]),
            "check": text_of([f"{programs}/bench_image", folder])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds: two minutes")
    parser.add_argument("--build", default=f"{ROOT}/build-bench", help="a build folder")
    parser.add_argument("--out", default=".", help="folder for bench.md and bench.json")
    parser.add_argument("--charts", help="a folder for the charts, which need matplotlib"
                                         " [BUILD/charts]")
    parser.add_argument("--rounds", type=int, help="rounds per comparison [9, quick: 3]")
    parser.add_argument("--no-plain", action="store_true", help="measure only with TLS")
    args = parser.parse_args()
    for needed in ["meson", "ninja", "openssl"]:
        if shutil.which(needed) is None:
            sys.exit(f"{needed} is not installed")
    if server.find() is None:
        sys.exit("nginx is not installed (Debian: nginx-core)")
    build(args.build, [f"tests/bench/{name}" for name in PROGRAMS])
    with tempfile.TemporaryDirectory(prefix="klingrec-bench-") as folder:
        found = measure(args, folder, f"{args.build}/tests/bench")
    os.makedirs(args.out, exist_ok=True)
    with open(f"{args.out}/bench.json", "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    text = report.markdown(found)
    with open(f"{args.out}/bench.md", "w", encoding="utf-8") as file:
        file.write(text)
    print(text)
    charts = args.charts or f"{args.build}/charts"
    python = python_with("matplotlib")
    if python is None:
        print("no charts: matplotlib is not installed", file=sys.stderr)
    else:
        subprocess.run([python, f"{HERE}/charts.py", f"{args.out}/bench.json", charts],
                       check=True)


if __name__ == "__main__":
    main()
