# SPDX-License-Identifier: MIT
"""Measure the cost of a client before its first image, with the system's certificates.

The system does not trust the certificate of the test server. The certificate folder is
therefore copied, and that certificate is added to the copy. Only the measured process
sees the copy instead of the folder (unshare and a bind mount); the system is unchanged.
Without the permission for that, the bundle is passed as a file, and the table says so.
"""

import json
import os
import shutil
import statistics
import subprocess

FOLDER = "/etc/ssl/certs"
BUNDLE = f"{FOLDER}/ca-certificates.crt"


def hash_of(certificate):
    done = subprocess.run(["openssl", "x509", "-noout", "-hash", "-in", certificate],
                          check=True, capture_output=True, text=True)
    return done.stdout.strip()


def prepare(certificate, folder, hashed):
    """The certificates of the system and the server, as a hashed folder or a bundle."""
    copy = f"{folder}/certificates-{'hashed' if hashed else 'bundle'}"
    os.mkdir(copy)
    if hashed:
        for name in os.listdir(FOLDER):
            if os.path.isfile(f"{FOLDER}/{name}"):
                shutil.copy(f"{FOLDER}/{name}", f"{copy}/{name}")
        shutil.copy(certificate, f"{copy}/{hash_of(certificate)}.0")
    with open(BUNDLE, "rb") as theirs, open(certificate, "rb") as ours:
        text = theirs.read() + ours.read()
    with open(f"{copy}/ca-certificates.crt", "wb") as file:
        file.write(text)
    return copy


def in_place(folder):
    """A command prefix that mounts `folder` over FOLDER; None: not permitted."""
    start = ["unshare", "--map-root-user", "--mount", "sh", "-c",
             f'mount --bind "$0" {FOLDER} && exec "$@"', folder]
    if shutil.which("unshare") is None:
        return None
    works = subprocess.run([*start, "true"], capture_output=True).returncode == 0
    return start if works else None


def measure(host, files, programs, folder, rounds):
    if not os.path.exists(BUNDLE):
        return {}
    cases = {}

    def case(who, ca):
        return [f"{programs}/bench_fixed", who, host.closing, ca, files["100 KiB"],
                "20"]
    hashed = prepare(host.certificate, folder, True)
    bundle = prepare(host.certificate, folder, False)
    if in_place(hashed):
        for name, at in [("hashed folder", hashed), ("bundle alone", bundle)]:
            cases[f"klingrec, the system's {name}"] = [*in_place(at),
                                                       *case("klingrec", "-")]
            cases[f"libcurl's defaults, the system's {name}"] = [*in_place(at),
                                                                 *case("libcurl", "-")]
    cases["klingrec, ca_file: all of the system's"] = case(
        "klingrec", f"{bundle}/ca-certificates.crt")
    cases["klingrec, ca_file: one certificate"] = case("klingrec", host.certificate)
    found = {name: [] for name in cases}
    for _ in range(rounds):
        for name, command in cases.items():
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode == 0:
                found[name].append(json.loads(done.stdout))
    return {name: {k: statistics.median(r[k] for r in runs) for k in runs[0]}
            for name, runs in found.items() if runs}
