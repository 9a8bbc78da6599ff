"""The examples, against the stand-in: test_examples.py FOLDER STANDIN MAKE_IMAGES"""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import own_signals  # noqa: E402

own_signals.set_defaults()

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
        check("game_loop", [good, garment, small], url, 0, "good enough for an avatar",
              "garment.png: no face", "too-small.png: PNG", "frames")
        check("batch_dir", [images], url, 0, "has a main subject", "answered: success")
        check("batch_dir", [images], url + "?standin-answer=kling-1002", 1,
              "the service does not accept the key")
    finally:
        server.terminate()
        server.wait(10)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
