"""CSV: one row per face."""

from __future__ import annotations

import csv
import io
from typing import Any

from ferkit.inference.face_row import columns
from ferkit.inference.records import flat_rows
from ferkit.inference.sinks.text_sink import TextSink


class CsvSink(TextSink):
    """Writes a header and one row per face; a picture without a face has a row too."""

    def begin(self) -> None:
        """Write the header of a new file."""
        self._text = io.StringIO()
        names = [column.name for column in columns(self.emotions)]
        self._writer = csv.DictWriter(self._text, names, lineterminator="\n")
        if not self.done.length:
            self._writer.writeheader()
            self._hand_on()

    def write(self, record: dict[str, Any]) -> None:
        """Write the rows of one record, all at once."""
        self._writer.writerows(flat_rows(record))
        self._hand_on()

    def _hand_on(self) -> None:
        self.stream.write(self._text.getvalue())
        self._text.seek(0)
        self._text.truncate()
