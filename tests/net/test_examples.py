# SPDX-License-Identifier: MIT
"""Test the examples with the stand-in: test_examples.py FOLDER STANDIN MAKE_IMAGES"""
import base64
import hashlib
import http.server
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import default_signals  # noqa: E402

default_signals.set_defaults()

folder, standin, make_images = map(pathlib.Path, sys.argv[1:])
passed = failed = 0


def check(name, args, endpoint, code, *words):
    global passed, failed
    done = subprocess.run([str(folder / name), *map(str, args)], text=True, timeout=60,
                          capture_output=True, check=False,
                          env={**os.environ, "COMETAPI_KEY": "standin-key",
                               "KLINGREC_ENDPOINT": endpoint})
    output = done.stdout + done.stderr
    if done.returncode == code and all(word in output for word in words):
        passed += 1
    else:
        failed += 1
        print("FAILED", name, *args, "exit", done.returncode, output, sep="\n")


class Keeper(http.server.BaseHTTPRequestHandler):
    """Answers every request with a success and stores a digest of its image."""
    protocol_version = "HTTP/1.1"
    images = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.images.append(hashlib.sha256(base64.b64decode(body["image"])).digest())
        answer = b'{"code":0,"message":"SUCCEED","data":{"task_result":{"images":[]}}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


def large_jpeg(small, seed, size):
    """The head of a JPEG and `size` bytes of a scan that contains no marker."""
    data, at = small.read_bytes(), 2
    while data[at + 1] != 0xDA:
        at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    scan = random.Random(seed).randbytes(size).replace(b"\xff", b"\x00")
    return data[:at] + scan + b"\xff\xd9"


def check_uploads_from_one_archive(small, archive):
    """Uploads equal the members of the archive, even while other members are checked."""
    Keeper.images.clear()
    members = [large_jpeg(small, seed, 3_000_000 + seed) for seed in range(12)]
    archive.write_bytes(b"".join(members))
    args, offset = [], 0
    for member in members:
        args += [offset, len(member)]
        offset += len(member)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keeper)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    check("own_reader", [archive, *args], f"http://127.0.0.1:{server.server_port}/", 0,
          f"at {offset - len(members[-1])}: success")
    server.shutdown()
    thread.join()
    server.server_close()
    damaged = len(members) - len({hashlib.sha256(m).digest() for m in members}
                                 .intersection(Keeper.images))
    if damaged or len(Keeper.images) != len(members):
        global failed
        failed += 1
        print(f"FAILED own_reader: of {len(Keeper.images)} uploads {damaged} arrived "
              "damaged or not at all")


with tempfile.TemporaryDirectory() as text:
    images = pathlib.Path(text) / "images"
    subprocess.run([sys.executable, make_images, images], check=True)
    server = subprocess.Popen([standin, "--port", "0", "--exit-with-parent"],
                              stdout=subprocess.PIPE, text=True)
    url = server.stdout.readline().split()[-1] + "/kling/v1/videos/image-recognize"
    try:
        good, garment, small = (images / name for name in
                                ("portrait.jpg", "garment.png", "too-small.png"))
        check("recognize", [good], url, 0, "face_seg   yes")
        check("recognize", [garment], url, 0, "face_seg   no", "cloth_seg  yes")
        check("recognize", [small], url, 1, "each side must be at least 300")
        check("recognize", [good], url + "?standin-answer=kling-1002", 1, "code 1002")
        check("check_assets", [good, garment], url, 0, "portrait.jpg: JPEG, ")
        check("check_assets", [good, small], url, 1, "PNG, 256 x 256 pixels")
        check("own_reader", [good, 0, good.stat().st_size], url, 0, "acceptable")
        check("own_reader", [good, 1, good.stat().st_size - 1], url, 1)
        for _ in range(3):
            check_uploads_from_one_archive(good, images.parent / "archive")
        check("game_loop", [good, garment, small], url, 0, "good enough for an avatar",
              "garment.png: no face", "too-small.png: PNG", "frames")
        if (folder / "libuv_loop").exists():
            check("libuv_loop", [], url, 0)
            check("libuv_loop", [good, small] * 200, url, 0, "portrait.jpg: success",
                  "too-small.png: PNG")
        else:
            print("left out: libuv is not installed")
        if (folder / "sdl2_loop").exists():
            os.environ["SDL_VIDEODRIVER"] = "dummy"
            check("sdl2_loop", [good, small] * 20, url, 0, "portrait.jpg: success",
                  "too-small.png: PNG", "40 results")
        else:
            print("left out: SDL2 is not installed")
        check("batch_dir", [images], url, 0, "has a main subject", "answered: success")
        check("batch_dir", [images / "none"], url, 2, "none: No such file")
        check("batch_dir", [images], url + "?standin-answer=kling-1002", 1,
              "the service does not accept the key")
    finally:
        server.terminate()
        server.wait(10)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
