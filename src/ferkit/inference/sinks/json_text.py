"""JSON: one record per line, as a list or as JSON lines."""

from __future__ import annotations

import json
from typing import Any

from ferkit.inference.sinks.text_sink import TextSink


class JsonSink(TextSink):
    """Writes a JSON list that is complete after `close`.

    Existing content, `done`, ends after the last record, without a comma.
    """

    def begin(self) -> None:
        """Choose what comes before the next record."""
        self._before = ",\n" if self.done.length else "[\n"

    def write(self, record: dict[str, Any]) -> None:
        """Write one record."""
        self.stream.write(self._before + to_line(record))
        self._before = ",\n"

    def close(self) -> None:
        """End the list."""
        try:
            self.stream.write("[]\n" if self._before == "[\n" else "\n]\n")
        finally:
            super().close()


class JsonLinesSink(TextSink):
    """Writes one JSON object per line.

    Existing content, `done`, ends after the last record, without its line break.
    """

    def begin(self) -> None:
        """End the last line of the existing content."""
        if self.done.length:
            self.stream.write("\n")

    def write(self, record: dict[str, Any]) -> None:
        """Write one record."""
        self.stream.write(to_line(record) + "\n")


def to_line(record: dict[str, Any]) -> str:
    """Return the record as JSON on one line."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False)
