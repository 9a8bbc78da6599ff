"""klingrec - ask the Kling "image-recognize" service what an image contains.

    with klingrec.Client(key) as client:
        result = client.recognize("hero.png")
        if result.contains(klingrec.Kind.HEAD | klingrec.Kind.FACE):
            print("good enough for an avatar")

A failure raises klingrec.Error. klingrec.h describes each value and limit; what is 0 or
None here takes the default that stands there in brackets. docs/python.md has more.
"""
import collections
import concurrent.futures
import ctypes
import os
import threading
import weakref
from typing import Any, Deque, Dict, NamedTuple, Optional, Tuple, Union

from . import _declarations as c
from ._declarations import (ENDPOINT_COMETAPI, ENDPOINT_KLING, Delivery, Finality, Format,
                            Kind, Phase, Rule, Status)
from ._library import call, read

__all__ = [
    "ENDPOINT_COMETAPI", "ENDPOINT_KLING", "Client", "Delivery", "Error", "Finality",
    "Format", "Image", "ImageInfo", "Job", "Kind", "Limits", "Phase", "Region", "Result",
    "Rule", "Source", "Status", "base64", "check", "url", "version",
]
__version__ = c.VERSION_STRING


def version() -> str:
    """The versions of klingrec and of the libraries that it uses."""
    return _text(read.klingrec_version_string())


# ---- Images ------------------------------------------------------------------

class Source(NamedTuple):
    """Where an image comes from; made by url() and base64()."""
    kind: int
    data: bytes


# A path, the bytes of a whole JPEG or PNG file, or what url() or base64() returns.
Image = Union[str, "os.PathLike[str]", "os.PathLike[bytes]", bytes, bytearray, memoryview,
              Source]


def url(text: str) -> Source:
    """An image that the service fetches. It is not checked before."""
    return Source(c.FROM_URL, text.encode())


def base64(text: Union[str, bytes]) -> Source:
    """An image as base64 text, also with "data:...;base64," before it."""
    return Source(c.FROM_BASE64, text.encode() if isinstance(text, str) else text)


class Limits(NamedTuple):
    """The rules that images are checked against."""
    max_bytes: int = 0
    min_side: int = 0
    max_aspect_milli: int = 0


class ImageInfo(NamedTuple):
    """What the check found; message is one line for people."""
    bytes: int
    where: int
    format: Format
    width: int
    height: int
    orientation: int
    broken_rules: Rule
    edge_rules: Rule
    detail: int
    system_error: int
    message: str


# ---- Results -----------------------------------------------------------------

class Region(NamedTuple):
    """Something that the service looked for in the image."""
    name: str
    url: Optional[str]
    kind: Kind
    contained: bool


class Result(NamedTuple):
    """The answer about one image, or how the job failed."""
    status: Status
    message: str
    contained: Kind
    regions: Tuple[Region, ...]
    image: Optional[ImageInfo]
    delivery: Delivery
    finality: Finality
    request_id: Optional[str]
    units: Optional[str]
    http_status: int
    service_code: int
    code_text: Optional[str]
    service_message: Optional[str]
    attempts: int
    elapsed_ms: Tuple[int, ...]  # the index is a Phase
    retry_after_ms: int
    body: bytes

    def contains(self, kinds: Kind) -> bool:
        """Whether the service reported each of kinds as contained."""
        return bool(kinds) and self.contained & kinds == kinds

    def find(self, kind: Kind) -> Optional[Region]:
        """The region of one kind; None if the service did not report that kind."""
        return next((r for r in self.regions if kind and r.kind == kind), None)


class Error(Exception):
    """A call or a job failed. `result` is that of the job, and None if there was no job;
    `image` is what the check found, and None if nothing was checked."""

    def __init__(self, status: Status, message: str, image: Optional[ImageInfo] = None,
                 result: Optional[Result] = None) -> None:
        super().__init__(message)
        self.status, self.message, self.image, self.result = status, message, image, result

    def __reduce__(self) -> Any:  # for pickle
        return Error, (self.status, self.message, self.image, self.result)

    @property
    def name(self) -> str:
        """The name of the status in C: "KLINGREC_ERR_TLS"."""
        return _text(read.klingrec_status_name(self.status))

    @property
    def delivery(self) -> Delivery:
        """Whether the job may be billed."""
        return self.result.delivery if self.result else Delivery.NOT_SENT

    @property
    def finality(self) -> Finality:
        """Whether to ask about the same image again."""
        return self.result.finality if self.result else Finality.OPEN

    @property
    def request_id(self) -> Optional[str]:
        return self.result.request_id if self.result else None

    @property
    def http_status(self) -> int:
        return self.result.http_status if self.result else 0

    @property
    def service_code(self) -> int:
        return self.result.service_code if self.result else 0


# ---- From and to C -----------------------------------------------------------

def _text(data: Any) -> Any:
    return data.decode(errors="replace") if data is not None else None


def _failure(status: int) -> Error:
    return Error(Status(status), _text(read.klingrec_status_string(status)))


def _set(struct: Any, **fields: Any) -> Any:
    """Set the size of a new struct, and fields; ctypes would cut off what does not fit."""
    struct.size = ctypes.sizeof(struct)
    for name, value in fields.items():
        if isinstance(value, str):
            value = value.encode()
        if isinstance(value, bytes) and b"\0" in value:
            raise ValueError(f"{name} has a NUL in it")
        setattr(struct, name, value)
        if isinstance(value, int) and getattr(struct, name) != value:
            raise ValueError(f"{name} cannot be {value}")
    return struct


def _limits(limits: Optional[Limits]) -> Any:
    if limits is None:
        return None
    return ctypes.pointer(_set(c.klingrec_limits(), **limits._asdict()))


def _source(image: Image) -> Source:
    if isinstance(image, Source):
        return image
    if isinstance(image, (str, os.PathLike)):
        return Source(c.FROM_FILE, os.fsencode(image))
    return Source(c.FROM_BYTES, image if isinstance(image, bytes) else
                  bytes(memoryview(image)))


def _request(source: Source, **fields: int) -> Any:
    """The caller keeps the source for as long as the request is in use."""
    return _set(c.klingrec_request(), **{"from": source.kind}, len=len(source.data),
                data=ctypes.cast(ctypes.c_char_p(source.data), ctypes.c_void_p).value,
                **fields)


def _image_info(info: Any, limits: Any) -> ImageInfo:
    length = read.klingrec_image_explain(info, limits, None, 0)
    line = ctypes.create_string_buffer(length + 1)
    read.klingrec_image_explain(info, limits, line, len(line))
    return ImageInfo(info.bytes, info.where, Format(info.format), info.width, info.height,
                     info.orientation, Rule(info.broken_rules), Rule(info.edge_rules),
                     info.detail, info.system_error, _text(line.value))


def _result(result: Any, limits: Any) -> Result:
    """A copy of a result."""
    regions = []
    for i in range(read.klingrec_result_region_count(result)):
        region = read.klingrec_result_region(result, i).contents
        regions.append(Region(_text(region.name), _text(region.url), Kind(region.kind),
                              region.contained != 0))
    contained = Kind(0)
    for kind in Kind:
        if read.klingrec_result_contains(result, kind):
            contained |= kind
    image = read.klingrec_result_image(result)
    length = ctypes.c_size_t()
    body = read.klingrec_result_body(result, length)
    return Result(
        Status(read.klingrec_result_status(result)),
        _text(read.klingrec_result_message(result)),
        contained,
        tuple(regions),
        _image_info(image.contents, limits) if image else None,
        Delivery(read.klingrec_result_delivery(result)),
        Finality(read.klingrec_result_finality(result)),
        _text(read.klingrec_result_request_id(result)),
        _text(read.klingrec_result_units(result)),
        read.klingrec_result_http_status(result),
        read.klingrec_result_service_code(result),
        _text(read.klingrec_result_code_text(result)),
        _text(read.klingrec_result_service_message(result)),
        read.klingrec_result_attempts(result),
        tuple(read.klingrec_result_elapsed_ms(result, phase) for phase in Phase),
        read.klingrec_result_retry_after_ms(result),
        ctypes.string_at(body, length.value) if body else b"")


def check(image: Image, limits: Optional[Limits] = None, *,
          header_only: bool = False) -> ImageInfo:
    """Check an image against the service's rules, without a client. Nothing is sent.
    Raises Error if it breaks one; the message has the numbers."""
    source, rules = _source(image), _limits(limits)
    info = _set(c.klingrec_image_info())
    request = _request(source, flags=c.REQUEST_HEADER_ONLY * header_only)
    status = call.klingrec_check(request, rules, info)
    found = _image_info(info, rules)
    if status < 0:
        error = _failure(status)
        raise Error(error.status, found.message or error.message, found)
    return found


# ---- Jobs --------------------------------------------------------------------

class Job(concurrent.futures.Future[Result]):
    """The future result of Client.submit()."""

    def __init__(self, engine: "_Engine", source: Source, request: Any) -> None:
        super().__init__()
        self._engine, self._source, self._request = engine, source, request
        self._number = 0  # in the library; 0 while it does not know the job

    def cancel(self) -> bool:
        """Cancel the job, unless it has ended. Its result is lost, also if it is billed;
        Client.cancel_waiting() loses none."""
        is_canceled = super().cancel()
        if is_canceled:
            self._engine.cancel(self)
        return is_canceled

    def _end(self, outcome: Union[Result, BaseException]) -> None:
        if not self.set_running_or_notify_cancel():
            return
        if isinstance(outcome, BaseException):
            self.set_exception(outcome)
        elif outcome.status < 0:
            self.set_exception(Error(outcome.status, outcome.message, outcome.image, outcome))
        else:
            self.set_result(outcome)


class _Engine:
    """A client of the library, its jobs, and the Python thread that takes results. The
    library never calls Python, so no thread of it can be in Python when that ends."""

    def __init__(self, handle: Any, limits: Any) -> None:
        self.handle, self.limits, self.process = handle, limits, os.getpid()
        self.is_open = True
        # The garbage collector may close another client of this thread meanwhile.
        self.lock = threading.RLock()
        # The client of a job is kept until the job has ended, and so is its image.
        self.jobs: Dict[int, Tuple[Job, "Client"]] = {}
        self.held: Deque[Tuple[Job, "Client"]] = collections.deque()
        self.thread = threading.Thread(target=self.take, name="klingrec results",
                                       daemon=True)
        self.thread.start()

    def check(self) -> None:
        """A child of fork() must not wait for a lock that its parent holds."""
        if self.process != os.getpid():
            raise Error(Status.ERR_ARGUMENT, "the client belongs to the parent process")
        if not self.is_open:
            raise Error(Status.ERR_ARGUMENT, "the client is closed")

    def submit(self, job: Job, client: "Client") -> None:
        self.check()
        with self.lock:
            self.check()
            if self.held or not self.start(job, client):
                self.held.append((job, client))

    def start(self, job: Job, client: "Client") -> bool:
        """Give a job to the library. False if that has no room. Under the lock."""
        number = ctypes.c_uint64()
        status = call.klingrec_submit(self.handle, job._request, number)
        if status < 0 and status != Status.ERR_QUEUE_FULL:
            raise _failure(status)
        if status == Status.OK:
            job._number = number.value
            self.jobs[job._number] = job, client
        return bool(status == Status.OK)

    def take(self) -> None:
        """The thread: complete jobs until the client is closed."""
        result = ctypes.c_void_p()
        while call.klingrec_wait(self.handle, -1, result) == Status.OK:
            number = read.klingrec_result_job(result)
            outcome: Union[Result, BaseException]
            try:
                outcome = _result(result, self.limits)
            except Exception as error:  # the one who waits must hear of it
                outcome = error
            read.klingrec_result_free(result)
            with self.lock:
                job, client = self.jobs.pop(number)
                refused = self.refill()
            job._end(outcome)
            for job, error in refused:
                job._end(error)
            del job, client, outcome, refused  # not kept until the next result
        with self.lock:  # close() is using the client
            call.klingrec_client_free(self.handle)

    def refill(self) -> "list[Tuple[Job, Exception]]":
        """Give the library jobs for which it had no room. Under the lock. Returns those
        that it refused."""
        refused = []
        while self.held:
            job, client = self.held.popleft()
            if job.cancelled():
                refused.append((job, _failure(Status.ERR_CANCELED)))
                continue
            try:
                if not self.start(job, client):
                    self.held.appendleft((job, client))
                    break
            except Error as error:
                refused.append((job, error))
        return refused

    def cancel(self, job: Job) -> None:
        if self.process == os.getpid():
            with self.lock:
                if self.is_open and job._number:
                    call.klingrec_cancel(self.handle, job._number)

    def end_held(self) -> None:
        with self.lock:
            held, self.held = self.held, collections.deque()
        for job, _ in held:
            job._end(_failure(Status.ERR_CANCELED))

    def close(self) -> None:
        if self.process != os.getpid():
            call.klingrec_client_free(self.handle)  # wipes the key, waits for nothing
            return
        with self.lock:
            if self.is_open:
                self.is_open = False
                call.klingrec_shutdown(self.handle)
                call.klingrec_cancel(self.handle, 0)
        self.end_held()
        if threading.current_thread() is not self.thread:
            self.thread.join()


class Client:
    """A client of the service. All methods may be called from any thread.

    Use it in `with` or `async with`, or call close(). A client that is left open is
    closed when it is no longer used, and at the end of the program."""

    def __init__(
            self, api_key: str, *, endpoint: Optional[str] = None,
            user_agent: Optional[str] = None, proxy: Optional[str] = None,
            ca_file: Union[str, "os.PathLike[str]", None] = None,
            limits: Optional[Limits] = None, max_in_flight: int = 0,
            max_per_minute: int = 0, max_attempts: int = 0, connect_timeout_ms: int = 0,
            attempt_timeout_ms: int = 0, deadline_ms: int = 0, retry_unsure: bool = False,
            no_check: bool = False, insecure_http: bool = False) -> None:
        rules = _limits(limits)
        config = _set(
            c.klingrec_config(), api_key=api_key, endpoint=endpoint,
            user_agent=user_agent, proxy=proxy,
            ca_file=None if ca_file is None else os.fsencode(ca_file), limits=rules,
            run=c.RUN_THREAD, max_in_flight=max_in_flight, max_per_minute=max_per_minute,
            max_attempts=max_attempts, connect_timeout_ms=connect_timeout_ms,
            attempt_timeout_ms=attempt_timeout_ms, deadline_ms=deadline_ms,
            flags=(c.CLIENT_RETRY_UNSURE * retry_unsure | c.CLIENT_NO_CHECK * no_check |
                   c.CLIENT_INSECURE_HTTP * insecure_http))
        why, handle = ctypes.create_string_buffer(256), ctypes.c_void_p()
        status = call.klingrec_client_new(config, why, len(why), handle)
        if status < 0:
            raise Error(Status(status), _text(why.value))
        try:
            self._engine = _Engine(handle, rules)
        except RuntimeError:  # no more threads
            call.klingrec_client_free(handle)
            raise
        # Runs once: in close(), when the client is no longer used, or before the end.
        self._close = weakref.finalize(self, self._engine.close)

    def submit(self, image: Image, *, deadline_ms: int = 0,
               header_only: bool = False) -> Job:
        """Queue an image, and return at once."""
        source = _source(image)
        job = Job(self._engine, source, _request(
            source, deadline_ms=deadline_ms, release=_NOTHING_TO_RELEASE,
            flags=c.REQUEST_HEADER_ONLY * header_only))
        self._engine.submit(job, self)
        return job

    def recognize(self, image: Image, *, deadline_ms: int = 0,
                  header_only: bool = False) -> Result:
        """Check an image, send it, and wait for the result."""
        job = self.submit(image, deadline_ms=deadline_ms, header_only=header_only)
        try:
            return job.result()
        finally:
            job.cancel()  # after KeyboardInterrupt

    async def recognize_async(self, image: Image, *, deadline_ms: int = 0,
                              header_only: bool = False) -> Result:
        """The same for asyncio. To cancel the task cancels the job."""
        import asyncio  # which takes long to import
        return await asyncio.wrap_future(self.submit(image, deadline_ms=deadline_ms,
                                                     header_only=header_only))

    def cancel_waiting(self) -> None:
        """Cancel the jobs that have no attempt running, and begin no further attempt for
        the others: answers that are billed are not lost."""
        self._engine.check()
        with self._engine.lock:
            self._engine.check()
            call.klingrec_cancel_waiting(self._engine.handle)
        self._engine.end_held()

    def stats(self) -> Dict[str, int]:
        """What the client has done since it was made, as klingrec_client_stats()."""
        self._engine.check()
        stats = _set(c.klingrec_stats())
        with self._engine.lock:
            self._engine.check()
            call.klingrec_client_stats(self._engine.handle, stats)
        return {name: getattr(stats, name) for name, _ in stats._fields_[1:]}

    def close(self) -> None:
        """Cancel all jobs, which end with ERR_CANCELED, and free the client."""
        self._close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        import asyncio
        await asyncio.to_thread(self.close)


# With a release function the library borrows images and does not copy them. They are kept
# until their job has ended, so there is nothing to release: this does nothing for NULL.
_NOTHING_TO_RELEASE = ctypes.cast(read.klingrec_result_free, ctypes.c_void_p).value
