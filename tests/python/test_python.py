# SPDX-License-Identifier: MIT
"""Test the module klingrec for Python with the stand-in.

test_python.py STANDIN INCLUDE [NAMEPART]

PYTHONPATH names the folder of the module, LD_LIBRARY_PATH that of the library.
"""
import asyncio
import base64
import concurrent.futures
import ctypes
import gc
import importlib.util
import os
import pathlib
import pickle
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import weakref

tests = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(tests), str(tests / "data")]
import default_signals  # noqa: E402
import make_images  # noqa: E402

import klingrec  # noqa: E402
from klingrec import Delivery, Error, Kind, Status, _declarations  # noqa: E402

standin, include, *name_part = sys.argv[1:]
TESTS = []
PATIENCE = 60  # seconds; only what hangs takes so long


def test(function):
    TESTS.append(function)
    return function


def fails(status, function, *args, **options):
    """The error of a call that must fail with a status."""
    try:
        function(*args, **options)
    except Error as error:
        assert error.status is status, error.name
        return error
    raise AssertionError(f"no {status.name}")


class World:
    """The images and the server, for all cases."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.mypy = start_mypy(folder)
        make_images.make(folder, ["portrait.png", "too-small.png"])
        self.image = self.folder / "portrait.png"
        self.small = self.folder / "too-small.png"
        self.process = subprocess.Popen([standin, "--port", "0", "--exit-with-parent"],
                                        stdout=subprocess.PIPE, text=True)
        url = self.process.stdout.readline().split()[-1]
        self.endpoint = url + "/kling/v1/videos/image-recognize"

    def client(self, answer="", key="standin-key", **options):
        endpoint = self.endpoint + (f"?standin-answer={answer}" if answer else "")
        return klingrec.Client(key, endpoint=endpoint, **options)

    def program(self, text, code=0):
        """Run a program; it must end with a code, and print nothing but "done"."""
        begin = ("import asyncio, os, sys, threading, time\nimport klingrec\n"
                 f"endpoint, image = {self.endpoint!r}, {str(self.image)!r}\n")
        done = subprocess.run(
            [sys.executable, "-W", "default", "-X", "faulthandler", "-c", begin + text],
            capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (code, "done\n", ""), done

    def close(self):
        if self.mypy:
            self.mypy.communicate()
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


# ---- Declarations ------------------------------------------------------------


@test
def every_constant_and_field_is_that_of_the_compiler(world):
    here = {}
    for name, value in vars(_declarations).items():
        if isinstance(value, int) and name.isupper() and name != "BODY_FAILED":
            here[f"KLINGREC_{name}"] = int(value)
        prefix = "" if value is Status else f"{name.upper()}_"
        if isinstance(value, type) and getattr(value, "__members__", None):
            here.update((f"KLINGREC_{prefix}{m}", int(v))
                        for m, v in value.__members__.items())
        if isinstance(value, type) and name.startswith("klingrec_"):
            here[f"sizeof({name})"] = ctypes.sizeof(value)
            for field, _ in value._fields_:
                here[f"offsetof({name}, {field})"] = getattr(value, field).offset
                here[f"sizeof((({name} *)0)->{field})"] = getattr(value, field).size
    lines = "".join(f'printf("%lld\\n", (long long)({name}));\n' for name in here)
    program = world.folder / "values"
    subprocess.run(["cc", "-std=c11", "-I", include, "-x", "c", "-", "-o", program],
                   input="#include <klingrec/transport.h>\n#include <stdio.h>\n"
                   "int main(void)\n{\n" + lines + "return 0;\n}\n", text=True, check=True)
    there = subprocess.run([program], capture_output=True, text=True, check=True)
    assert len(here) > 250, len(here)
    assert list(here.values()) == [int(line) for line in there.stdout.split()], here


@test
def every_function_is_declared(_):
    header = "".join(path.read_text(encoding="utf-8")
                     for path in pathlib.Path(include, "klingrec").glob("*.h"))
    names = set(re.findall(r"^KLINGREC_API [^;(]*?(klingrec_\w+)\(", header, re.M))
    assert len(names) > 50 and names == set(_declarations.FUNCTIONS), names


@test
def a_number_of_a_newer_library_has_no_name_but_its_value(_):
    status = Status(-777)
    assert status == -777 and status.name == "UNKNOWN_-777"
    assert pickle.loads(pickle.dumps(status)) == -777


def import_error(world, library_source):
    """The error of an import with a library made from some lines of C."""
    folder = world.folder / "other"
    folder.mkdir(exist_ok=True)
    if library_source is not None:
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o",
                        folder / _declarations.LIBRARY], input=library_source, text=True,
                       check=True)
    done = subprocess.run([sys.executable, "-c", "import klingrec"], check=False,
                          env={**os.environ, "LD_LIBRARY_PATH": str(folder)},
                          capture_output=True, text=True)
    assert done.returncode == 1, done
    return done.stderr.splitlines()[-1]


@test
def a_library_that_does_not_fit_is_refused(world):
    versions = "#include <stddef.h>\n#include <stdint.h>\n" \
        "uint32_t klingrec_version(void) { return %#x; }\n" \
        "size_t klingrec_struct_size(uint32_t id) { return %d; }\n"
    number = _declarations.VERSION_NUMBER
    for source, why in (
            (None, _declarations.LIBRARY),
            (versions % (number - 1, 4096), "older than this module, which was made for"),
            (versions % (number, 8), f"made for version {klingrec.__version__}"),
            (versions % (number, 4096), "klingrec_version_string"),
            ("int nothing;", "klingrec_struct_size")):
        said = import_error(world, source)
        assert said.startswith("ImportError: the library klingrec cannot be used: "), said
        assert why in said, said


# ---- The check ---------------------------------------------------------------


@test
def an_image_can_be_given_in_every_way(world):
    data = world.image.read_bytes()
    text = base64.b64encode(data).decode()
    for image in (world.image, str(world.image), os.fsencode(world.image).decode(), data,
                  bytearray(data), memoryview(data)[:], klingrec.base64(text),
                  klingrec.base64("data:image/png;base64," + text),
                  klingrec.base64(text.encode())):
        info = klingrec.check(image)
        assert (info.format, info.width, info.height) == (klingrec.Format.PNG, 400, 500)
        assert info.message == f"PNG, 400 x 500 pixels, {len(data)} bytes: acceptable"
    klingrec.check(klingrec.url("https://example.org/a.png"))

    class Longer(bytes):
        def __len__(self):
            return 1 << 23
    assert klingrec.check(Longer(data)).bytes == len(data)
    try:
        klingrec.check(17)
    except TypeError:
        return
    raise AssertionError("a number was taken")


@test
def an_image_that_breaks_a_rule_has_a_message_with_the_numbers(world):
    error = fails(Status.ERR_IMAGE_SIDE, klingrec.check, world.small)
    assert str(error) == "PNG, 256 x 256 pixels: each side must be at least 300"
    assert error.name == "KLINGREC_ERR_IMAGE_SIDE"
    assert error.image.broken_rules == klingrec.Rule.SIDE and error.result is None
    klingrec.check(world.small, klingrec.Limits(min_side=256))
    error = fails(Status.ERR_IMAGE_SIDE, klingrec.check, world.small,
                  klingrec.Limits(min_side=257))
    assert "at least 257" in error.message, error.message
    fails(Status.ERR_ARGUMENT, klingrec.check, world.image,
          klingrec.Limits(max_aspect_milli=999))


@test
def a_cut_image_is_found_unless_only_its_header_is_read(world):
    data = world.image.read_bytes()[:-20]
    fails(Status.ERR_IMAGE_DAMAGED, klingrec.check, data)
    klingrec.check(data, header_only=True)


@test
def what_is_no_image_is_an_error(world):
    missing = fails(Status.ERR_FILE, klingrec.check, world.folder / "missing.png")
    assert missing.message == "the image cannot be read: there is no such file"
    fails(Status.ERR_FILE, klingrec.check, "")
    fails(Status.ERR_FILE, klingrec.check, str(world.image) + "\0.png")
    fails(Status.ERR_IMAGE_FORMAT, klingrec.check, b"")
    fails(Status.ERR_IMAGE_BASE64, klingrec.check, klingrec.base64("*"))
    fails(Status.ERR_IMAGE_URL, klingrec.check, klingrec.url("ftp://example.org"))


# ---- Requests ----------------------------------------------------------------


@test
def a_recognized_image_has_a_result(world):
    with world.client() as client:
        result = client.recognize(world.image)
        assert result.contains(Kind.HEAD | Kind.FACE) and not result.contains(Kind.OTHER)
        assert [r.name for r in result.regions] == ["head_seg", "face_seg", "cloth_seg",
                                                    "object_seg"], result.regions
        assert result.find(Kind.CLOTH) == result.regions[2]
        assert result.status is Status.OK and result.image.width == 400
        assert result.delivery is Delivery.ANSWERED and result.http_status == 200
        assert result.finality is klingrec.Finality.FINAL and result.attempts == 1
        assert result.request_id and b'"face_seg"' in result.body
        assert result.elapsed_ms[klingrec.Phase.ALL] >= result.elapsed_ms[
            klingrec.Phase.WAIT]
        assert pickle.loads(pickle.dumps(result)) == result
        assert client.stats()["succeeded"] == 1
    with world.client("ok-head-only") as client:
        result = client.recognize(world.image.read_bytes())
        assert result.find(Kind.FACE) is None and not result.contains(Kind.FACE)
    with world.client("ok-kling") as client:
        assert client.recognize(world.image).regions[0].url.startswith("http")


@test
def an_image_that_breaks_a_rule_is_not_sent(world):
    with world.client() as client:
        error = fails(Status.ERR_IMAGE_SIDE, client.recognize, world.small)
        assert error.message == "PNG, 256 x 256 pixels: each side must be at least 300"
        assert error.delivery is Delivery.NOT_SENT and error.image.width == 256
        assert fails(Status.ERR_FILE, client.recognize, "missing.png").http_status == 0
        assert client.stats()["attempts"] == 0
    with world.client(limits=klingrec.Limits(min_side=401)) as client:
        error = fails(Status.ERR_IMAGE_SIDE, client.recognize, world.image)
        assert "at least 401" in error.message and "401" in error.image.message


@test
def a_wrong_key_is_an_error_of_the_service(world):
    with world.client(key="another") as client:
        error = fails(Status.ERR_AUTH, client.recognize, world.image)
        assert error.http_status == 401 and error.delivery is Delivery.ANSWERED
        assert error.request_id and error.request_id in str(error), str(error)
        copy = pickle.loads(pickle.dumps(error))
        assert copy.result == error.result and str(copy) == str(error)
        assert "another" not in repr(error) + repr(error.result)


@test
def a_lost_answer_may_be_billed(world):
    with world.client("drop") as client:
        error = fails(Status.ERR_TRANSFER, client.recognize, world.image)
        assert error.delivery is Delivery.UNSURE, error.delivery


@test
def options_that_are_wrong_are_refused(world):
    error = fails(Status.ERR_ARGUMENT, world.client, key="")
    assert error.message.startswith("api_key"), error.message
    fails(Status.ERR_ARGUMENT, klingrec.Client, "key", endpoint="http://example.org/")
    error = fails(Status.ERR_ARGUMENT, world.client, ca_pem="no certificate")
    assert error.message.startswith("ca_pem"), error.message
    for options in ({"key": "a\0b"}, {"max_attempts": -1}, {"deadline_ms": 1 << 32},
                    {"ca_file": "a\0b"}, {"ca_pem": "a\0b"}, {"key": 1}, {"proxy": True},
                    {"max_attempts": 1.5}):
        try:
            world.client(**options)
        except (ValueError, TypeError):
            continue
        raise AssertionError(f"taken: {options}")
    for flag in ("retry_unsure", "no_check"):  # what is true is that flag and no other
        fails(Status.ERR_ARGUMENT, klingrec.Client, "key", endpoint="http://example.org/",
              **{flag: 4})
    klingrec.Client("key", endpoint="http://example.org/", insecure_http=7).close()
    klingrec.check(world.image, header_only=2)
    with world.client("hang", deadline_ms=50) as client:
        fails(Status.ERR_TIMEOUT, client.recognize, world.image)
    with world.client("hang") as client:
        fails(Status.ERR_TIMEOUT, client.recognize, world.image, deadline_ms=50)


@test
def many_threads_and_more_jobs_than_the_library_queues(world):
    data = world.image.read_bytes()
    with world.client() as client, concurrent.futures.ThreadPoolExecutor(20) as pool:
        jobs = [client.submit(image) for image in [world.image, data] * 75]
        results = list(pool.map(client.recognize, [data] * 50))
        results += [job.result() for job in concurrent.futures.as_completed(jobs)]
        assert len(results) == 200 and all(r.contains(Kind.FACE) for r in results)
        assert client.stats()["succeeded"] == 200


@test
def the_bytes_of_an_image_are_kept_until_its_job_has_ended(world):
    data = world.image.read_bytes()
    unused = sys.getrefcount(data)
    with world.client("hang") as client:
        jobs = [client.submit(data) for _ in range(10)]
        assert sys.getrefcount(data) == unused + 10
    assert all(job.done() for job in jobs) and sys.getrefcount(data) == unused
    with world.client() as client:
        changed = bytearray(data)
        job = client.submit(changed)
        changed[:] = bytes(len(data))  # the module has a copy
        assert job.result().contains(Kind.FACE)


@test
def a_client_without_a_user_is_closed(world):
    before = threading.active_count()
    client = world.client()
    client.recognize(world.image)
    assert threading.active_count() == before + 1
    [thread] = [t for t in threading.enumerate() if t.name == "klingrec results"]
    del client
    gc.collect()
    thread.join(PATIENCE)
    assert threading.active_count() == before
    job = world.client().submit(world.image)  # the job is a user
    assert job.result(PATIENCE).contains(Kind.FACE)


@test
def the_garbage_collector_waits_for_no_thread(world):
    """It may run in threading.enumerate(), which holds a lock that each thread needs to
    end."""
    world.program("""
import gc
client = klingrec.Client("standin-key", endpoint=endpoint)
client.cycle = client
del client
with threading._active_limbo_lock:
    gc.collect()
print("done")
""")


# ---- Cancel and close --------------------------------------------------------


@test
def a_client_is_closed_with_jobs_pending(world):
    client = world.client("hang")
    jobs = [client.submit(world.image) for _ in range(100)]
    waiting = threading.Thread(
        target=lambda: fails(Status.ERR_CANCELED, client.recognize, world.image))
    waiting.start()
    begin = time.monotonic()
    client.close()
    client.close()
    waiting.join(PATIENCE)
    for job in jobs:
        fails(Status.ERR_CANCELED, job.result, 0)
    assert time.monotonic() - begin < PATIENCE  # an attempt would take longer
    error = fails(Status.ERR_ARGUMENT, client.recognize, world.image)
    assert error.message == "the client is closed"
    fails(Status.ERR_ARGUMENT, client.stats)


@test
def a_client_can_be_closed_where_a_job_ends(world):
    client = world.client()
    closed = threading.Event()
    job = client.submit(world.image)
    job.add_done_callback(lambda _: (client.close(), closed.set()))
    assert closed.wait(PATIENCE) and job.result(0).contains(Kind.FACE)
    client._engine.thread.join(PATIENCE)
    assert not client._engine.thread.is_alive()


@test
def a_callback_that_ends_its_thread_ends_no_other_job(world):
    with world.client() as client:
        first = client.submit(world.image)
        first.add_done_callback(lambda _: sys.exit(1))
        assert client.submit(world.image).result(PATIENCE).status is Status.OK
        assert first.result(PATIENCE).status is Status.OK


@test
def a_hook_for_such_a_callback_may_raise_too(world):
    world.program("""
def end(_):
    sys.exit(1)
threading.excepthook = end
sys.stderr = open(os.devnull, "w")
with klingrec.Client("standin-key", endpoint=endpoint) as client:
    client.submit(image).add_done_callback(end)
    client.submit(image).result(60)
print("done")
""")


@test
def a_callback_that_raises_keeps_no_job_from_being_canceled(world):
    client = world.client("hang")
    jobs = [client.submit(world.image) for _ in range(100)]
    for job in jobs[80:]:  # the library has no room for them
        job.add_done_callback(lambda _: sys.exit(1))
    try:
        client.cancel_waiting()
        raise AssertionError("nothing was raised")
    except SystemExit:
        assert all(job.done() for job in jobs[64:])
    client.close()
    assert all(job.done() for job in jobs)


def interrupt_the_module(_, frame):
    if frame.f_code.co_filename.endswith("_client.py"):
        raise KeyboardInterrupt


@test
def a_client_can_be_closed_after_an_interrupted_close(world):
    before = signal.signal(signal.SIGALRM, interrupt_the_module)
    interrupted = 0
    try:
        for i in range(50):
            client = world.client("hang")
            jobs = [client.submit(world.image) for _ in range(100)]
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.00001 + i * 0.00002)
                client.close()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
            client.close()
            for job in jobs:
                fails(Status.ERR_CANCELED, job.result, PATIENCE)
            client._engine.thread.join(PATIENCE)
            assert not client._engine.thread.is_alive()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert interrupted > 0


@test
def an_error_keeps_neither_the_image_nor_the_client(world):
    data = world.small.read_bytes()
    client = world.client()
    unused, alive = sys.getrefcount(data), weakref.ref(client)
    gc.disable()
    try:
        fails(Status.ERR_IMAGE_SIDE, client.recognize, data)
        del client
        end = time.monotonic() + PATIENCE
        while alive() is not None and time.monotonic() < end:
            time.sleep(0.01)  # the thread that took the result may have it
        assert alive() is None
        assert sys.getrefcount(data) == unused
    finally:
        gc.enable()


@test
def a_connection_is_opened_before_there_is_a_job(world):
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with klingrec.Client("canary-key", endpoint=endpoint) as client:
            client.warm_up()
            server.settimeout(PATIENCE)
            with server.accept()[0] as connection:
                head = connection.recv(4096)
    assert head.startswith(b"HEAD / ") and b"canary" not in head


@test
def a_job_can_be_canceled(world):
    with world.client("hang", max_in_flight=1) as client:
        jobs = [client.submit(world.image) for _ in range(100)]
        canceled = jobs[0], jobs[50], jobs[99]  # is sent, waits, has no room
        assert all(job.cancel() and job.cancelled() for job in canceled)
        assert not concurrent.futures.wait(canceled[:2], PATIENCE).not_done
        client.cancel_waiting()
        assert not concurrent.futures.wait(canceled, PATIENCE).not_done
        fails(Status.ERR_CANCELED, jobs[98].result, PATIENCE)
        assert not jobs[98].cancel()


@test
def canceling_what_waits_loses_no_answer(world):
    with world.client("ok:delay=300", max_in_flight=2) as client:
        jobs = [client.submit(world.image) for _ in range(80)]
        while client.stats()["attempts"] < 2:
            time.sleep(0.01)
        client.cancel_waiting()
        ended = [job.exception(PATIENCE) for job in jobs]
        # More than two if this program was not run for 300 ms.
        assert 2 <= ended.count(None) == client.stats()["answered"] < 80, ended
        assert all(e is None or e.status is Status.ERR_CANCELED for e in ended)


@test
def an_interrupt_ends_a_blocking_call(world):
    process = subprocess.Popen(
        [sys.executable, "-c", "import klingrec, sys\n"
         "with klingrec.Client('standin-key', endpoint=sys.argv[1]) as client:\n"
         "    print('ready', flush=True)\n    client.recognize(sys.argv[2])\n",
         world.endpoint + "?standin-answer=hang", world.image],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGINT, process.returncode
    assert said.splitlines()[-1] == "KeyboardInterrupt", said


@test
def an_interrupt_while_jobs_are_submitted_loses_none(world):
    before = signal.signal(signal.SIGALRM, interrupt_the_module)
    interrupted = 0
    try:
        for i in range(100):
            with world.client("hang") as client:
                jobs = []
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.0002 + i % 10 * 0.00002)
                    while len(jobs) < 50:  # the library has room for more
                        jobs.append(client.submit(world.image))
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    interrupted += 1
            for job in jobs:
                fails(Status.ERR_CANCELED, job.result, PATIENCE)
            assert not client._engine.thread.is_alive()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert interrupted > 0


# ---- asyncio -----------------------------------------------------------------


@test
def asyncio_gathers_200_images(world):
    async def run():
        async with world.client() as client:
            return await asyncio.gather(*(client.recognize_async(world.image)
                                          for _ in range(200)))
    results = asyncio.run(run())
    assert len(results) == 200 and all(r.contains(Kind.FACE) for r in results)


@test
def asyncio_gets_errors(world):
    async def run():
        async with world.client() as client:
            return await asyncio.gather(
                client.recognize_async(world.small), client.recognize_async("missing.png"),
                client.recognize_async(world.image), return_exceptions=True)
    small, missing, good = asyncio.run(run())
    assert small.status is Status.ERR_IMAGE_SIDE and missing.status is Status.ERR_FILE
    assert good.contains(Kind.FACE)


@test
def the_end_of_async_with_waits_for_no_thread_of_asyncio(world):
    async def run():
        asyncio.get_running_loop().set_default_executor(
            concurrent.futures.ThreadPoolExecutor(2))
        async with world.client("hang") as client:
            waiting = asyncio.gather(*(asyncio.to_thread(client.recognize, world.image)
                                       for _ in range(2)), return_exceptions=True)
            while client.stats()["attempts"] < 2:
                await asyncio.sleep(0.01)
        assert all(error.status is Status.ERR_CANCELED for error in await waiting)
    asyncio.run(asyncio.wait_for(run(), PATIENCE))


@test
def a_canceled_await_cancels_its_job(world):
    async def run():
        async with world.client("hang", max_in_flight=2) as client:
            tasks = [asyncio.create_task(client.recognize_async(world.image))
                     for _ in range(100)]
            while client.stats()["attempts"] < 2:
                await asyncio.sleep(0.01)
            for task in reversed(tasks):  # first those for which there was no room
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(e, asyncio.CancelledError) for e in ended), ended
            try:
                await asyncio.wait_for(client.recognize_async(world.image), 0.05)
                raise AssertionError("an answer")
            except asyncio.TimeoutError:
                pass
            while client._engine.jobs or client._engine.held:
                await asyncio.sleep(0.01)
            stats = client.stats()
            # Jobs for which there was no room were not submitted.
            assert stats["canceled"] == stats["submitted"] < 100, stats
    asyncio.run(asyncio.wait_for(run(), PATIENCE))


# ---- The end of the program, and fork() --------------------------------------

NEW = "client = klingrec.Client('standin-key', endpoint=endpoint + '%s')\n"
HANG = "?standin-answer=hang"


@test
def a_program_ends_with_a_live_client(world):
    for text in (
            NEW % "" + "client.recognize(image)\nprint('done')",
            NEW % HANG + "jobs = [client.submit(image) for _ in range(80)]\nprint('done')",
            NEW % HANG + "jobs = [client.submit(image) for _ in range(80)]\n"
            "print('done', flush=True)\nos._exit(0)",
            # A daemon thread is in a call.
            NEW % HANG + "def run():\n    try:\n        client.recognize(image)\n"
            "    except klingrec.Error:\n        pass\n"
            "threading.Thread(target=run, daemon=True).start()\n"
            "time.sleep(0.05)\nprint('done')"):
        world.program(text)
    world.program(NEW % HANG + "job = client.submit(image)\nprint('done')\nsys.exit(3)", 3)


@test
def an_asyncio_program_ends_with_a_live_client(world):
    world.program("async def main():\n    global client\n    " + NEW % "" +
                  "    await client.recognize_async(image)\n    print('done')\n"
                  "asyncio.run(main())")
    world.program("async def main():\n    global client, tasks\n    " + NEW % HANG +
                  "    tasks = [asyncio.create_task(client.recognize_async(image))\n"
                  "             for _ in range(80)]\n    await asyncio.sleep(0.05)\n"
                  "    print('done')\nasyncio.run(main())")
    world.program("async def main():\n    global client, task\n    " + NEW % HANG +
                  "    task = asyncio.create_task(client.recognize_async(image))\n"
                  "    await asyncio.sleep(0.05)\n    print('done')\n    sys.exit(3)\n"
                  "asyncio.run(main())", 3)


@test
def a_child_of_fork_refuses_the_client_and_has_its_own(world):
    world.program("""
import warnings
warnings.simplefilter('ignore', DeprecationWarning)  # fork() in a program with threads
client = klingrec.Client('standin-key', endpoint=endpoint)
client.recognize(image)
client._engine.lock.acquire()  # as another thread may hold it
child = os.fork()
if child == 0:
    for call in (lambda: client.submit(image), client.stats, client.cancel_waiting,
                 client.warm_up):
        try:
            call()
            sys.exit(1)
        except klingrec.Error as error:
            assert error.message == 'the client belongs to the parent process'
    with klingrec.Client('standin-key', endpoint=endpoint) as own:
        assert own.recognize(image).contains(klingrec.Kind.FACE)
    sys.exit(7)  # and the parent's client is closed
client._engine.lock.release()
assert os.waitpid(child, 0)[1] >> 8 == 7
assert client.recognize(image).contains(klingrec.Kind.FACE)
print('done')
""")


# ---- Types -------------------------------------------------------------------


USER = """import klingrec
async def ask(client: klingrec.Client) -> klingrec.Result:
    return await client.recognize_async(b'')
info: klingrec.ImageInfo = klingrec.check('a', klingrec.Limits(1))
job: klingrec.Job = klingrec.Client('').submit(klingrec.url(''))
kind: klingrec.Kind = job.result().regions[0].kind
klingrec.check(1)
"""


def start_mypy(folder):
    """It takes as long as all cases, so it runs beside them. None: not installed."""
    if importlib.util.find_spec("mypy") is None:
        return None
    user = pathlib.Path(folder) / "user.py"
    user.write_text(USER, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull,
         pathlib.Path(klingrec.__file__).parent, user], stdout=subprocess.PIPE, text=True)


@test
def the_types_are_strict(world):
    if world.mypy is None:
        print("left out: mypy is not installed")
        return
    errors = world.mypy.communicate(timeout=PATIENCE)[0].splitlines()[:-1]
    assert len(errors) == 1 and ':7: error: Argument 1 to "check"' in errors[0], errors


def main():
    default_signals.set_defaults()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        for function in TESTS:
            name = function.__name__.replace("_", " ")
            if not all(part in name for part in name_part):
                continue
            begin = time.monotonic()
            try:
                function(world)
                passed += 1
                print(f"ok {name} ({time.monotonic() - begin:.2f} s)")
            except Exception:
                failed += 1
                print(f"FAILED {name}")
                traceback.print_exc(file=sys.stdout)
        world.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
