"""CSV: one row per face."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from typing import Any

from ferkit.inference.face_row import columns
from ferkit.inference.records import flat_rows
from ferkit.inference.sinks.sink import Done, ResultSink
from ferkit.inference.sinks.stream import OutputStream


class CsvSink(ResultSink):
    """Writes a header and one row per face; a picture without a face has a row too.

    Args:
        path: The file; None is standard output.
        emotions: Names of the model's classes.
        done: The existing content of the file, to continue after it. Defaults to None: a new file.

    Raises:
        OutputError: The file cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        emotions: Sequence[str],
        *,
        done: Done | None = None,
    ) -> None:
        super().__init__(done)
        self._stream = OutputStream(path, keep=self.done.length)
        self._text = io.StringIO()
        names = [column.name for column in columns(tuple(emotions))]
        self._writer = csv.DictWriter(self._text, names, lineterminator="\n")
        if not self.done.length:
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
