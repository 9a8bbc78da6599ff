# SPDX-License-Identifier: MIT
"""Images, results and errors, and their conversion from and to C."""
import ctypes
import os
from typing import Any, NamedTuple, Optional, Tuple, Union

from . import _declarations as c
from ._declarations import Delivery, Finality, Format, Kind, Phase, Rule, Status
from ._library import lib

# ---- Images ------------------------------------------------------------------


class Source(NamedTuple):
    """Where an image comes from; made by url() and base64()."""
    kind: int
    data: bytes


# A path, the bytes of a whole JPEG or PNG file, or what url() or base64() returns.
Image = Union[str, "os.PathLike[str]", "os.PathLike[bytes]", bytes, bytearray, memoryview,
              Source]


def version() -> str:
    """The versions of klingrec and of the libraries that it uses."""
    return text(lib.klingrec_version_string())


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


# ---- Results and errors ------------------------------------------------------


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

    def __repr__(self) -> str:  # without the body
        return f"<Result {self.status.name}: {self.message}>"


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
        return text(lib.klingrec_status_name(self.status))

    @property
    def delivery(self) -> Delivery:
        """Whether the job may be billed."""
        return self.result.delivery if self.result else Delivery.NOT_SENT

    @property
    def request_id(self) -> Optional[str]:
        return self.result.request_id if self.result else None

    @property
    def http_status(self) -> int:
        return self.result.http_status if self.result else 0


# ---- From and to C -----------------------------------------------------------


def text(data: bytes) -> str:
    return data.decode(errors="replace")


def text_or_none(data: Optional[bytes]) -> Optional[str]:
    return None if data is None else text(data)


def to_error(status: int) -> Error:
    return Error(Status(status), text(lib.klingrec_status_string(status)))


def new(struct: Any, **fields: Any) -> Any:
    """Set the size of a new struct, and fields; ctypes would cut off what does not fit."""
    struct.size = ctypes.sizeof(struct)
    types = dict(struct._fields_)
    for name, value in fields.items():
        if isinstance(value, str):
            value = value.encode()
        if isinstance(value, int) and types[name] is ctypes.c_char_p:
            raise TypeError(f"{name} must be a str")  # C would take it for an address
        if isinstance(value, bytes) and b"\0" in value:
            raise ValueError(f"{name} has a NUL in it")
        setattr(struct, name, value)
        if isinstance(value, int) and getattr(struct, name) != value:
            raise ValueError(f"{name} cannot be {value}")
    return struct


def to_limits(limits: Optional[Limits]) -> Any:
    if limits is None:
        return None
    return ctypes.pointer(new(c.klingrec_limits(), **limits._asdict()))


def to_source(image: Image) -> Source:
    if isinstance(image, Source):
        return image
    if isinstance(image, (str, os.PathLike)):
        return Source(c.FROM_FILE, os.fsencode(image))
    return Source(c.FROM_BYTES, image if isinstance(image, bytes) else
                  bytes(memoryview(image)))


def to_request(source: Source, **fields: Optional[int]) -> Any:
    """The caller keeps the source for as long as the request is in use."""
    return new(c.klingrec_request(), **{"from": source.kind},
               len=memoryview(source.data).nbytes,  # a subclass may have another len()
               data=ctypes.cast(ctypes.c_char_p(source.data), ctypes.c_void_p).value,
               **fields)


def to_image_info(info: Any, limits: Any) -> ImageInfo:
    length = lib.klingrec_image_explain(info, limits, None, 0)
    line = ctypes.create_string_buffer(length + 1)
    lib.klingrec_image_explain(info, limits, line, len(line))
    return ImageInfo(info.bytes, info.where, Format(info.format), info.width, info.height,
                     info.orientation, Rule(info.broken_rules), Rule(info.edge_rules),
                     info.detail, info.system_error, text(line.value))


def to_result(result: Any, limits: Any) -> Result:
    """A copy of a result."""
    regions = []
    for i in range(lib.klingrec_result_region_count(result)):
        region = lib.klingrec_result_region(result, i).contents
        regions.append(Region(text(region.name), text_or_none(region.url),
                              Kind(region.kind), region.contained != 0))
    contained = Kind(0)
    for kind in Kind:
        if lib.klingrec_result_contains(result, kind):
            contained |= kind
    image = lib.klingrec_result_image(result)
    length = ctypes.c_size_t()
    body = lib.klingrec_result_body(result, length)
    return Result(
        Status(lib.klingrec_result_status(result)),
        text(lib.klingrec_result_message(result)),
        contained,
        tuple(regions),
        to_image_info(image.contents, limits) if image else None,
        Delivery(lib.klingrec_result_delivery(result)),
        Finality(lib.klingrec_result_finality(result)),
        text_or_none(lib.klingrec_result_request_id(result)),
        text_or_none(lib.klingrec_result_units(result)),
        lib.klingrec_result_http_status(result),
        lib.klingrec_result_service_code(result),
        text_or_none(lib.klingrec_result_code_text(result)),
        text_or_none(lib.klingrec_result_service_message(result)),
        lib.klingrec_result_attempts(result),
        tuple(lib.klingrec_result_elapsed_ms(result, phase) for phase in Phase),
        lib.klingrec_result_retry_after_ms(result),
        ctypes.string_at(body, length.value) if body else b"")


def check(image: Image, limits: Optional[Limits] = None, *,
          header_only: bool = False) -> ImageInfo:
    """Check an image against the service's rules, without a client. Nothing is sent.
    Raises Error if it breaks one; the message has the numbers."""
    source, rules = to_source(image), to_limits(limits)
    info = new(c.klingrec_image_info())
    request = to_request(source, flags=c.REQUEST_HEADER_ONLY * bool(header_only))
    status = lib.klingrec_check(request, rules, info)
    found = to_image_info(info, rules)
    if status < 0:
        error = to_error(status)
        raise Error(error.status, found.message or error.message, found)
    return found
