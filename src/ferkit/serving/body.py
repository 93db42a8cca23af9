"""Request bodies, raw or multipart, read chunk by chunk within limits; nothing is spooled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from ferkit.inference.records import printable
from ferkit.serving.form import Form
from ferkit.serving.problems import ProblemError
from ferkit.serving.target import Into

_MB = 1_000_000


@dataclass(frozen=True)
class BodyLimits:
    """Limits of a request body.

    Attributes:
        most_mb: Largest size in MB, all files together.
        most_files: Largest number of files.
        within_s: Seconds within which it must arrive.
    """

    most_mb: float
    most_files: int
    within_s: float


async def receive_files(
    request: Request, limits: BodyLimits, make: Callable[[], Into]
) -> list[tuple[str, Into]]:
    """Read the files of a body: the parts of a multipart form with a file name, or the whole body.

    Args:
        request: The request, its body not yet read.
        limits: Limits of the body.
        make: Returns the target that the next file is written to.

    Returns:
        Name and content of each file, in order. A raw body has the name "body".

    Raises:
        ProblemError: 400 for a broken form or a client that disconnected, 408 if it takes too long,
            413 if it is too large, 415 if it is compressed, 422 if there is no file.
    """
    check_announced(request, limits)
    content_type = request.headers.get("content-type", "").encode("latin-1")
    kind, options = parse_options_header(content_type)
    files: Form[Into] | _Raw[Into]
    if kind == b"multipart/form-data":
        files = Form(options.get(b"boundary", b""), limits.most_files, make)
    else:
        files = _Raw(make)
    size = 0
    try:
        async with asyncio.timeout(limits.within_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limits.most_mb * _MB:
                    raise _too_large(limits)
                files.feed(chunk)
    except TimeoutError:
        raise ProblemError(
            408, f"The body did not arrive within {limits.within_s:g} s; send less at once."
        ) from None
    except ClientDisconnect:
        raise ProblemError(400, "The client disconnected before the body was complete.") from None
    found = files.close()
    if not found:
        raise ProblemError(
            422,
            "The body contains no file; send a picture as the body, or as a form part with a "
            "file name.",
        )
    return found


def check_announced(request: Request, limits: BodyLimits) -> None:
    """Refuse by its headers a body that need not be read.

    Raises:
        ProblemError: 413 if it is too large, 415 if it is compressed.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        raise ProblemError(
            415, f"The body is encoded as {printable(encoding)[:40]}; send it without encoding."
        )
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > limits.most_mb * _MB:
        raise _too_large(limits)


def _too_large(limits: BodyLimits) -> ProblemError:
    return ProblemError(413, f"The body is larger than {limits.most_mb:g} MB; send less at once.")


class _Raw(Generic[Into]):
    """A body that is one file."""

    def __init__(self, make: Callable[[], Into]) -> None:
        self._make = make
        self._files: list[tuple[str, Into]] = []

    def feed(self, chunk: bytes) -> None:
        if chunk:
            if not self._files:
                self._files.append(("body", self._make()))
            self._files[0][1].write(chunk)

    def close(self) -> list[tuple[str, Into]]:
        return self._files
