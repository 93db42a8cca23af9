"""JSON: one record per line, as a list or without the list around them (JSON lines)."""

from __future__ import annotations

import json
from typing import Any

from ferkit.inference.sinks.stream import OutputStream


class JsonSink:
    """Writes a JSON list that is whole after `close`.

    Args:
        stream: Where it goes.
        resumed: Whether records stand there already, the last one without a comma. Defaults to
            False.
    """

    def __init__(self, stream: OutputStream, *, resumed: bool = False) -> None:
        self._stream = stream
        self._before = ",\n" if resumed else "[\n"

    def write(self, record: dict[str, Any]) -> None:
        """Write one record."""
        self._stream.write(self._before + to_line(record))
        self._before = ",\n"

    def close(self) -> None:
        """End the list."""
        self._stream.write("[]\n" if self._before == "[\n" else "\n]\n")
        self._stream.close()


class JsonLinesSink:
    """Writes one JSON object per line.

    Args:
        stream: Where it goes.
        resumed: Whether records stand there already, the last one without its line break. Defaults
            to False.
    """

    def __init__(self, stream: OutputStream, *, resumed: bool = False) -> None:
        self._stream = stream
        if resumed:
            stream.write("\n")

    def write(self, record: dict[str, Any]) -> None:
        """Write one record."""
        self._stream.write(to_line(record) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def to_line(record: dict[str, Any]) -> str:
    """Return the record as JSON on one line."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False)
