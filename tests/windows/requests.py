# SPDX-License-Identifier: MIT
"""Run test_requests against servers of this machine: requests.py PROGRAM DLL

The variable KLINGREC_BUILD names the folder of a build for this machine, which has the
server; without it the test is skipped.
"""
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import zlib

program, dll = sys.argv[1:]
wrapper = os.environ.get("MESON_EXE_WRAPPER", "").split()
build = os.environ.get("KLINGREC_BUILD")
if not build:
    print("KLINGREC_BUILD is not set: no server to send requests to")
    sys.exit(77)
standin = str(pathlib.Path(build).resolve() / "src/standin/klingrec-standin")
folder = pathlib.Path(tempfile.mkdtemp(prefix="klingrec-test-"))


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_certificate(name):
    """A certificate of localhost that is its own CA. libcurl 7.88 with Schannel and a
    CA file finds no addresses in certificates."""
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=" + name, "-addext", "subjectAltName=DNS:localhost", "-keyout",
            str(folder / (name + ".key")), "-out", str(folder / (name + ".pem")))
    return str(folder / (name + ".pem"))


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def make_png(name, padding):
    """An image of 400 x 400 pixels, with a chunk of so many bytes that nobody reads."""
    rows = zlib.compress((b"\0" + bytes(1200)) * 400)
    (folder / name).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 400, 8, 2, 0, 0, 0)) +
        chunk(b"IDAT", rows) + chunk(b"teSt", os.urandom(padding)) + chunk(b"IEND", b""))
    return str(folder / name)


def start(name, *options):
    """The stand-in's URL. It ends with this process."""
    port = folder / (name + ".port")
    server = subprocess.Popen([standin, "--port", "0", "--exit-with-parent",
                               "--port-file", str(port), *options],
                              stdout=subprocess.PIPE, text=True)
    server.stdout.readline()  # it listens
    origin = "https://localhost" if "--cert" in options else "http://127.0.0.1"
    return server, f"{origin}:{port.read_text().strip()}/kling/v1/videos/image-recognize"


def windows(path):
    return "Z:" + path if wrapper else path


ca, wrong_ca = make_certificate("right"), make_certificate("wrong")
images = [make_png("bild-ü-漢字.png", 1000), make_png("large.png", 10_000_000)]
os.environ["LC_ALL"] = "C.UTF-8"  # wine reads file names by the locale
os.environ["WINEPATH"] = windows(os.path.dirname(os.path.abspath(dll)))
with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
    http, http_url = start("http")
    https, https_url = start("https", "--cert", ca, "--key-pem", str(folder / "right.key"))
    run = subprocess.run(
        [*wrapper, program, http_url, https_url,
         f"http://127.0.0.1:{silent.getsockname()[1]}/kling/v1/videos/image-recognize",
         *map(windows, [ca, wrong_ca, *images])], timeout=240)
    for server in (http, https):
        server.kill()
        server.wait()
for path in folder.iterdir():
    path.unlink()
folder.rmdir()
sys.exit(run.returncode)
