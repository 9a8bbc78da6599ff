# SPDX-License-Identifier: MIT
"""Run a program with the stand-in: with_standin.py STANDIN PROGRAM ARGUMENT...

The program finds the variables ENDPOINT, IMAGE (good) and SMALL (too small), and runs in
an empty folder.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

tests = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(tests), str(tests / "data")]
import default_signals  # noqa: E402
import make_images  # noqa: E402

# The program runs in another folder.
standin, *program = (os.path.abspath(a) if os.path.exists(a) else a for a in sys.argv[1:])
default_signals.set_defaults()
with tempfile.TemporaryDirectory() as folder:
    images = {"IMAGE": "portrait.png", "SMALL": "too-small.png"}
    make_images.make(folder, list(images.values()))
    with subprocess.Popen([standin, "--port", "0", "--exit-with-parent"],
                          stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().split()[-1]
        code = subprocess.run(
            program, cwd=folder, check=False,
            env={**os.environ, "ENDPOINT": url + "/kling/v1/videos/image-recognize",
                 **{name: os.path.join(folder, file) for name, file in images.items()}},
        ).returncode
        server.terminate()
sys.exit(code)
