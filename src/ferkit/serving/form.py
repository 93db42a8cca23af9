"""A multipart form, parsed while it arrives; nothing is spooled to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ferkit.inference.records import printable
from ferkit.serving.problems import ProblemError
from ferkit.serving.target import Into

# How many parts without a file name a form may have in addition.
_OTHER_PARTS = 16
# Longest file name in records; longer ones are cut.
_LONGEST_NAME = 255


@dataclass
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)


class Form(Generic[Into]):
    """The files of a form; parts without a file name are ignored.

    Args:
        boundary: Boundary between the parts.
        most: Largest number of files.
        make: Returns the target that the next file is written to.

    Raises:
        ProblemError: 400 for a broken form, 413 for too many files; methods raise it, too.
    """

    def __init__(self, boundary: bytes, most: int, make: Callable[[], Into]) -> None:
        self._make, self._most = make, most
        self._files: list[tuple[str, Into]] = []
        self._part = _Part()
        self._current: Into | None = None
        self._parts = 0
        self._ended = False
        # The names are those of python-multipart.
        events: Any = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._part.name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._part.value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_end": self._end,
        }
        with _faults_in_words():
            self._parser = MultipartParser(boundary, events)

    def feed(self, chunk: bytes) -> None:
        """Parse the next bytes of the body."""
        with _faults_in_words():
            self._parser.write(chunk)

    def close(self) -> list[tuple[str, Into]]:
        """Return name and content of each file, in order, after the last bytes.

        Raises:
            ProblemError: 400 if the form is cut off.
        """
        if not self._ended:
            raise ProblemError(400, "The form ends before its last boundary; send it completely.")
        return self._files

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._most + _OTHER_PARTS:
            raise ProblemError(400, "The form has too many parts without a file; omit them.")
        self._part, self._current = _Part(), None

    def _header(self) -> None:
        part = self._part
        part.headers[bytes(part.name).lower()] = bytes(part.value)
        part.name.clear()
        part.value.clear()

    def _open(self) -> None:
        disposition = self._part.headers.get(b"content-disposition", b"")
        _, options = parse_options_header(disposition)
        if b"filename" not in options:
            return
        if len(self._files) == self._most:
            raise self._too_many()
        name = options[b"filename"].decode("utf-8", "backslashreplace")
        self._current = self._make()
        self._files.append((printable(name)[:_LONGEST_NAME] or "file", self._current))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._current is not None:
            self._current.write(data[start:end])

    def _end(self) -> None:
        self._ended = True

    def _too_many(self) -> ProblemError:
        return ProblemError(413, f"The form has more than {self._most} files; send fewer at once.")


@contextmanager
def _faults_in_words() -> Iterator[None]:
    """Turn errors of the parser into a `ProblemError`."""
    try:
        yield
    except FormParserError:
        raise ProblemError(400, "The form is broken; send it as multipart/form-data.") from None
