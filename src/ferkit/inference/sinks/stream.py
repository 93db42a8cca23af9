"""Text written piece by piece, without buffering, to standard output or a file."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import IO, TextIO

from ferkit.errors import OutputError
from ferkit.locks import try_lock


class OutputStream:
    """Standard output, or a file that grows during the work.

    Args:
        path: The file; None is standard output.
        keep: How many bytes of an existing file stay, to continue after them. Defaults to 0: a new
            file.

    Raises:
        OutputError: The file cannot be written, or another process writes it.
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, keep: int = 0) -> None:
        self._name = "standard output" if path is None else str(path)
        self._is_file = path is not None
        self._file: IO[bytes] | _Encoded
        if path is None:
            # The standard output of a notebook or a test takes only text.
            self._file = getattr(sys.stdout, "buffer", None) or _Encoded(sys.stdout)
            return
        try:
            place = Path(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            # Another process that writes there keeps what it has until the lock is known.
            self._file = place.open("r+b" if keep else "ab")
            if place.is_file():  # pipes and devices have neither a length nor a position
                self._take(keep)
        except OutputError:
            raise
        except OSError as error:
            raise self._failed(error) from error

    def _take(self, keep: int) -> None:
        if not try_lock(self._file.fileno()):
            self._file.close()
            raise OutputError(
                f"Another process writes {self._name}; wait for it, or name another file."
            )
        self._file.truncate(keep)
        self._file.seek(0, os.SEEK_END)

    def write(self, text: str) -> None:
        """Write `text` as UTF-8 and flush it.

        Raises:
            OutputError: It cannot be written, for example because the disk is full.
            BrokenPipeError: The reader of standard output has ended.
        """
        try:
            self._file.write(text.encode("utf-8"))
            self._file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Close the file; standard output stays open.

        Raises:
            OutputError: The last of it cannot be written.
        """
        if self._is_file:
            try:
                self._file.close()
            except OSError as error:
                raise self._failed(error) from error

    def _failed(self, error: OSError) -> OutputError:
        reason = error.strerror or str(error)
        return OutputError(
            f"Cannot write {self._name}: {reason}. Free some space or choose another file."
        )


class _Encoded(io.RawIOBase):
    """Passes bytes of UTF-8 on to a stream of text."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def write(self, content: bytes, /) -> int:  # type: ignore[override]
        """Write whole characters."""
        self._text.write(content.decode("utf-8"))
        return len(content)

    def flush(self) -> None:
        """Pass everything on."""
        self._text.flush()
