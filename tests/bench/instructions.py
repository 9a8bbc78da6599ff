# SPDX-License-Identifier: MIT
"""Count the user-space instructions per request with valgrind: no noise, no kernel."""

import re
import subprocess
import tempfile

WAYS = [("klingrec, thread", "bench_klingrec", "thread"),
        ("klingrec, caller", "bench_klingrec", "caller"),
        ("libcurl, streaming", "by_hand", "stream"),
        ("libcurl, in memory", "by_hand", "memory"),
        ("libcurl, ready body", "by_hand", "ready")]
FEW, MANY = 10, 60  # the difference of the two counts excludes the start and the handshake


def count(command):
    with tempfile.NamedTemporaryFile(prefix="klingrec-callgrind-") as out:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}",
             *command], capture_output=True, text=True, timeout=300)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(f"{command[0]} under valgrind: {done.stderr[-300:]}")
    return int(found[1])


def measure(host, files, programs, payload):
    found = {}
    for name, program, mode in WAYS:
        for scheme, url in [("plain", host.plain), ("TLS", host.tls)]:
            few, many = [count([f"{programs}/{program}", mode, url, host.certificate,
                                files[payload], str(n), "1"]) for n in (FEW, MANY)]
            found.setdefault(name, {})[scheme] = (many - few) // (MANY - FEW)
    return {"payload": payload, "per_request": found}
