"""Parquet: the columns of the CSV, typed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from ferkit.errors import MissingDependencyError, OutputError
from ferkit.files import atomic_path
from ferkit.inference.face_row import columns
from ferkit.inference.records import flat_rows
from ferkit.inference.sinks.sink import Done, ResultSink

# Rows kept in memory until they are written as one group.
_GROUP = 10_000


class ParquetSink(ResultSink):
    """Writes one row per face; the file gets its name at the end, because only then it is readable.

    Args:
        path: The file.
        emotions: Names of the model's classes.
        done: Nothing, since such a file cannot be continued. Defaults to None.

    Raises:
        MissingDependencyError: pyarrow is not installed.
        OutputError: The file cannot be written.
    """

    needs_file = True  # it is readable only when it is complete

    def __init__(
        self,
        path: str | os.PathLike[str],
        emotions: Sequence[str],
        *,
        done: Done | None = None,
    ) -> None:
        super().__init__(done)
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingDependencyError.of("pyarrow", "Writing Parquet", "tables") from error

        types = {
            "text": pa.string(),
            "whole": pa.int64(),
            "number": pa.float64(),
            "truth": pa.bool_(),
        }
        self._schema = pa.schema(
            [(column.name, types[column.kind]) for column in columns(tuple(emotions))]
        )
        self._rows: list[dict[str, Any]] = []
        self._stack = ExitStack()
        partial = self._stack.enter_context(atomic_path(path))
        try:
            # Opened here, since pyarrow takes only names that are UTF-8.
            file = self._stack.enter_context(partial.open("wb"))
            self._writer = pq.ParquetWriter(file, self._schema)
        except OSError as error:
            raise OutputError(
                f"Cannot write {path}: {error.strerror or error}. Choose another file."
            ) from error

    def write(self, record: dict[str, Any]) -> None:
        """Take the rows of one record."""
        self._rows += flat_rows(record)
        if len(self._rows) >= _GROUP:
            self._write_group()

    def close(self) -> None:
        """Write the remaining rows and give the file its name."""
        with self._stack:
            self._write_group()
            self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []
