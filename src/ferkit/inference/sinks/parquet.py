"""Parquet: the columns of the CSV, typed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ferkit.errors import MissingDependencyError, OutputError
from ferkit.files import atomic_path
from ferkit.inference.records import column_names, flat_rows

# Rows kept in memory until they are written as one group.
_GROUP = 10_000
_TEXT = ("source", "emotion", "error")
_WHOLE = ("image_width", "image_height", "face", "track_id")


class ParquetSink:
    """Writes one row per face; the file appears under its name at the end, since only then it can
    be read.

    Args:
        path: The file.
        emotions: Names of the model's classes.

    Raises:
        MissingDependencyError: pyarrow is not installed.
        OutputError: The file cannot be written.
    """

    def __init__(self, path: Path, emotions: Sequence[str]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingDependencyError.of("pyarrow", "Writing Parquet", "tables") from error

        kinds = {name: pa.string() for name in _TEXT} | {name: pa.int64() for name in _WHOLE}
        kinds["uncertain"] = pa.bool_()
        names = column_names(emotions)
        self._schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in names])
        self._rows: list[dict[str, Any]] = []
        self._path = path
        self._stack = ExitStack()
        partial = self._stack.enter_context(atomic_path(path))
        try:
            self._writer = pq.ParquetWriter(partial, self._schema)
        except OSError as error:
            raise OutputError(
                f"Cannot write {path}: {error.strerror or error}. Choose another --out."
            ) from error

    def write(self, record: dict[str, Any]) -> None:
        """Take the rows of one record."""
        self._rows += flat_rows(record)
        if len(self._rows) >= _GROUP:
            self._write_group()

    def close(self) -> None:
        """Write what is left and give the file its name."""
        with self._stack:
            self._write_group()
            self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []
