"""JSON: one record per line, as a list or as JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from ferkit.inference.sinks.sink import Done, ResultSink
from ferkit.inference.sinks.stream import OutputStream


class JsonSink(ResultSink):
    """Writes a JSON list that is complete after `close`.

    Args:
        path: The file; None is standard output.
        emotions: Not used. Defaults to none.
        done: The existing content of the file, the last record without a comma. Defaults to None: a
            new file.

    Raises:
        OutputError: The file cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        emotions: Sequence[str] = (),  # noqa: ARG002 (every sink takes it)
        *,
        done: Done | None = None,
    ) -> None:
        super().__init__(done)
        self._stream = OutputStream(path, keep=self.done.length)
        self._before = ",\n" if self.done.length else "[\n"

    def write(self, record: dict[str, Any]) -> None:
        """Write one record."""
        self._stream.write(self._before + to_line(record))
        self._before = ",\n"

    def close(self) -> None:
        """End the list."""
        self._stream.write("[]\n" if self._before == "[\n" else "\n]\n")
        self._stream.close()


class JsonLinesSink(ResultSink):
    """Writes one JSON object per line.

    Args:
        path: The file; None is standard output.
        emotions: Not used. Defaults to none.
        done: The existing content of the file, the last record without its line break. Defaults to
            None: a new file.

    Raises:
        OutputError: The file cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        emotions: Sequence[str] = (),  # noqa: ARG002 (every sink takes it)
        *,
        done: Done | None = None,
    ) -> None:
        super().__init__(done)
        self._stream = OutputStream(path, keep=self.done.length)
        if self.done.length:
            self._stream.write("\n")

    def write(self, record: dict[str, Any]) -> None:
        """Write one record."""
        self._stream.write(to_line(record) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def to_line(record: dict[str, Any]) -> str:
    """Return the record as JSON on one line."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False)
