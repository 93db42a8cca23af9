"""CSV: one row per face."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from ferkit.inference.records import column_names, flat_rows
from ferkit.inference.sinks.stream import OutputStream


class CsvSink:
    """Writes a header and one row per face; a picture without a face has a row too.

    Args:
        stream: Where it goes.
        emotions: Names of the model's classes.
        resumed: Whether header and rows stand there already. Defaults to False.
    """

    def __init__(
        self, stream: OutputStream, emotions: Sequence[str], *, resumed: bool = False
    ) -> None:
        self._stream = stream
        self._text = io.StringIO()
        columns = column_names(emotions)
        self._writer = csv.DictWriter(self._text, columns, lineterminator="\n")
        if not resumed:
            self._writer.writeheader()
            self._hand_on()

    def write(self, record: dict[str, Any]) -> None:
        """Write the rows of one record, all at once."""
        self._writer.writerows(flat_rows(record))
        self._hand_on()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _hand_on(self) -> None:
        self._stream.write(self._text.getvalue())
        self._text.seek(0)
        self._text.truncate()
