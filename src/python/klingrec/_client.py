# SPDX-License-Identifier: MIT
"""A client, its jobs, and the Python thread that takes their results."""
import collections
import concurrent.futures
import ctypes
import itertools
import os
import sys
import threading
import traceback
import weakref
from typing import Any, Deque, Dict, Iterator, NamedTuple, Optional, Tuple, Union

from . import _declarations as c
from . import _values as v
from ._declarations import Status
from ._library import lib
from ._values import Error, Image, Limits, Result, Source

# With a release function the library borrows images and does not copy them. They are kept
# until their job has ended, so there is nothing to release: this does nothing for NULL.
_NOTHING_TO_RELEASE = ctypes.cast(lib.klingrec_result_free, ctypes.c_void_p)

_Outcome = Union[Result, Exception]


class Job(concurrent.futures.Future[Result]):
    """The future result of Client.submit()."""

    def __init__(self, engine: "_Engine") -> None:
        super().__init__()
        self._engine = engine
        self._number = ctypes.c_uint64()  # in the library; 0: it does not know the job

    def cancel(self) -> bool:
        """Cancel the job, unless it has ended. Its result is lost, also if it is billed;
        Client.cancel_waiting() loses none."""
        is_canceled = super().cancel()
        if is_canceled:
            self._engine.cancel(self)
        return is_canceled

    def _end(self, outcome: _Outcome) -> None:
        if not self.set_running_or_notify_cancel():
            return
        if isinstance(outcome, Exception):
            self.set_exception(outcome)
        elif outcome.status < 0:
            self.set_exception(Error(outcome.status, outcome.message, outcome.image, outcome))
        else:
            self.set_result(outcome)


class _Entry(NamedTuple):
    """A job, and what is kept until it has ended."""
    job: Job
    client: "Client"
    source: Source
    request: Any


class _Engine:
    """A client of the library, its jobs, and the Python thread that takes results. The
    library never calls Python, so no thread of it can be in Python when that ends."""

    def __init__(self, handle: Any, limits: Any) -> None:
        self.handle, self.limits, self.process = handle, limits, os.getpid()
        self.is_open = True
        # The garbage collector may close another client of this thread meanwhile.
        self.lock = threading.RLock()
        self.keys = itertools.count(1)
        self.jobs: Dict[int, _Entry] = {}
        self.held: Deque[_Entry] = collections.deque()  # the library had no room
        self.thread = threading.Thread(target=self.take, name="klingrec results",
                                       daemon=True)
        self.thread.start()

    def check(self) -> None:
        """A child of fork() must not wait for a lock that its parent holds."""
        if self.process != os.getpid():
            raise Error(Status.ERR_ARGUMENT, "the client belongs to the parent process")
        if not self.is_open:
            raise Error(Status.ERR_ARGUMENT, "the client is closed")

    def submit(self, entry: _Entry) -> None:
        self.check()
        with self.lock:
            self.check()
            status = Status.ERR_QUEUE_FULL if self.held else self.start(entry)
            if status == Status.ERR_QUEUE_FULL:
                self.held.append(entry)
            elif status < 0:
                raise v.to_error(status)

    def start(self, entry: _Entry) -> int:
        """Give a job to the library. Under the lock. A KeyboardInterrupt may come right
        after the library has taken the job, so it is stored before."""
        key = entry.request.user_data = next(self.keys)
        self.jobs[key] = entry
        status: int = lib.klingrec_submit(self.handle, entry.request, entry.job._number)
        if status < 0:
            del self.jobs[key]
        return status

    def take(self) -> None:
        """The thread: complete jobs until the client is closed."""
        result = ctypes.c_void_p()
        while lib.klingrec_wait(self.handle, -1, result) == Status.OK:
            key = lib.klingrec_result_user_data(result)
            outcome: _Outcome
            try:
                outcome = v.to_result(result, self.limits)
            except Exception as caught:  # such as MemoryError: the job ends all the same
                outcome = caught
            lib.klingrec_result_free(result)
            with self.lock:
                entry = self.jobs.pop(key)
                refused = list(self.refill())
            self.end(entry.job, outcome)
            for job, error in refused:
                self.end(job, error)
            del entry, outcome, refused  # not kept until the next result
        with self.lock:  # stop() is using the client
            lib.klingrec_client_free(self.handle)
            self.handle.value = None

    def end(self, job: Job, outcome: _Outcome) -> None:
        """End a job. What its callbacks raise, such as SystemExit, must not end this
        thread: other jobs would wait for ever. Nor must what the hook raises."""
        try:
            job._end(outcome)
        except BaseException:
            try:
                threading.excepthook(threading.ExceptHookArgs(
                    (*sys.exc_info(), threading.current_thread())))
            except BaseException:
                traceback.print_exc()

    def refill(self) -> Iterator[Tuple[Job, Exception]]:
        """Give the library jobs for which it had no room; yields those that end instead.
        Under the lock."""
        while self.held:
            entry = self.held[0]
            status = (Status.ERR_CANCELED if entry.job.cancelled() else
                      self.start(entry))
            if status == Status.ERR_QUEUE_FULL:
                return
            self.held.popleft()
            if status < 0:
                yield entry.job, v.to_error(status)

    def warm_up(self) -> None:
        self.check()
        with self.lock:
            self.check()
            lib.klingrec_warm_up(self.handle)

    def cancel(self, job: Job) -> None:
        if self.process == os.getpid():
            with self.lock:
                if self.is_open and job._number.value:
                    lib.klingrec_cancel(self.handle, job._number)

    def cancel_waiting(self) -> None:
        self.check()
        with self.lock:
            self.check()
            lib.klingrec_cancel_waiting(self.handle)
            held, self.held = self.held, collections.deque()
        raised = None
        while held:  # without the lock: what waits for a job may call the client
            try:
                held.popleft().job._end(v.to_error(Status.ERR_CANCELED))
            except BaseException as caught:  # from a callback; all jobs end
                raised = caught
        if raised:
            raise raised

    def stop(self) -> None:
        """Cancel all jobs, and accept none. The thread ends them and frees the client."""
        if self.process != os.getpid():
            return
        with self.lock:
            self.is_open = False
            lib.klingrec_shutdown(self.handle)
            lib.klingrec_cancel(self.handle, 0)

    def close(self, client: "weakref.ref[Client]") -> None:
        if self.process != os.getpid():
            lib.klingrec_client_free(self.handle)  # wipes the key, waits for nothing
            return
        self.stop()
        # No wait after the garbage collector took the client: it may have interrupted a
        # thread that holds a lock without which no thread can end.
        if client() is not None and threading.current_thread() is not self.thread:
            self.thread.join()


class Client:
    """A client of the service. All methods may be called from any thread.

    Use it in `with` or `async with`, or call close(). A client that is left open is
    closed when it is no longer used, and at the end of the program."""

    def __init__(
            self, api_key: str, *, endpoint: Optional[str] = None,
            user_agent: Optional[str] = None, proxy: Optional[str] = None,
            ca_file: Union[str, "os.PathLike[str]", None] = None,
            ca_pem: Optional[str] = None,
            limits: Optional[Limits] = None, max_in_flight: int = 0,
            max_per_minute: int = 0, max_attempts: int = 0, connect_timeout_ms: int = 0,
            attempt_timeout_ms: int = 0, deadline_ms: int = 0, retry_unsure: bool = False,
            no_check: bool = False, insecure_http: bool = False) -> None:
        rules = v.to_limits(limits)
        config = v.new(
            c.klingrec_config(), api_key=api_key, endpoint=endpoint,
            user_agent=user_agent, proxy=proxy,
            ca_file=None if ca_file is None else os.fsencode(ca_file), ca_pem=ca_pem,
            limits=rules,
            run=c.RUN_THREAD, max_in_flight=max_in_flight, max_per_minute=max_per_minute,
            max_attempts=max_attempts, connect_timeout_ms=connect_timeout_ms,
            attempt_timeout_ms=attempt_timeout_ms, deadline_ms=deadline_ms,
            flags=(c.CLIENT_RETRY_UNSURE * bool(retry_unsure) |
                   c.CLIENT_NO_CHECK * bool(no_check) |
                   c.CLIENT_INSECURE_HTTP * bool(insecure_http)))
        why, handle = ctypes.create_string_buffer(256), ctypes.c_void_p()
        status = lib.klingrec_client_new(config, why, len(why), handle)
        if status < 0:
            raise Error(Status(status), v.text(why.value))
        try:
            self._engine = _Engine(handle, rules)
        except RuntimeError:  # no more threads
            lib.klingrec_client_free(handle)
            raise
        # Runs once: in close(), when the client is no longer used, or before the end.
        self._close = weakref.finalize(self, self._engine.close, weakref.ref(self))

    def submit(self, image: Image, *, deadline_ms: int = 0,
               header_only: bool = False) -> Job:
        """Queue an image, and return at once."""
        source = v.to_source(image)
        request = v.to_request(source, deadline_ms=deadline_ms,
                               flags=c.REQUEST_HEADER_ONLY * bool(header_only),
                               release=_NOTHING_TO_RELEASE.value)
        job = Job(self._engine)
        self._engine.submit(_Entry(job, self, source, request))
        return job

    def recognize(self, image: Image, *, deadline_ms: int = 0,
                  header_only: bool = False) -> Result:
        """Check an image, send it, and wait for the result."""
        job = self.submit(image, deadline_ms=deadline_ms, header_only=header_only)
        try:
            return job.result()
        finally:
            job.cancel()  # after KeyboardInterrupt
            del job  # its error has this frame, which has the image: no cycle of them

    async def recognize_async(self, image: Image, *, deadline_ms: int = 0,
                              header_only: bool = False) -> Result:
        """The same for asyncio. To cancel the task cancels the job."""
        import asyncio  # which takes long to import
        return await asyncio.wrap_future(self.submit(image, deadline_ms=deadline_ms,
                                                     header_only=header_only))

    def warm_up(self) -> None:
        """Open a connection that the next job finds ready. Returns at once."""
        self._engine.warm_up()

    def cancel_waiting(self) -> None:
        """Cancel the jobs that have no attempt running, and begin no further attempt for
        the others: answers that are billed are not lost."""
        self._engine.cancel_waiting()

    def stats(self) -> Dict[str, int]:
        """What the client has done since it was made, as klingrec_client_stats()."""
        self._engine.check()
        stats = v.new(c.klingrec_stats())
        with self._engine.lock:
            self._engine.check()
            lib.klingrec_client_stats(self._engine.handle, stats)
        return {name: getattr(stats, name) for name, _ in stats._fields_[1:]}

    def close(self) -> None:
        """Cancel all jobs, which end with ERR_CANCELED, and free the client."""
        self._engine.stop()  # if this is interrupted, close() can be called again
        self._close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        import asyncio
        self._engine.stop()  # the threads of asyncio may all wait for jobs
        await asyncio.to_thread(self.close)
