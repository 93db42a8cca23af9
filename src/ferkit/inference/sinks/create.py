"""The sink for a format and a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from ferkit.errors import UsageError
from ferkit.inference.sinks.resume import Done, read_done

FORMATS: Final = ("table", "json", "jsonl", "csv", "parquet")


class ResultSink(Protocol):
    """Takes records one by one."""

    def write(self, record: dict[str, Any]) -> None:
        """Take one record."""

    def close(self) -> None:
        """Finish the output; called once, also after a failure."""


def choose_format(wanted: str | None, out: Path | None, *, terminal: bool) -> str:
    """Return the format: the one asked for, else that of the file's suffix, else table or, in a
    pipe, jsonl.

    Raises:
        UsageError: The suffix says nothing, or the format does not go with the place.

    Example:
        >>> choose_format(None, Path("faces.csv"), terminal=True)
        'csv'
    """
    suffix = out.suffix.lower().removeprefix(".") if out else ""
    if wanted is None and out is not None and suffix not in FORMATS[1:]:
        raise UsageError(
            f"The format of {out} is not clear from its name; "
            "end it with .json, .jsonl, .csv or .parquet, or name it with --format."
        )
    chosen = wanted or suffix or ("table" if terminal else "jsonl")
    if chosen == "parquet" and out is None:
        raise UsageError("Parquet needs a file: add --out FILE.parquet.")
    if chosen == "table" and out is not None:
        raise UsageError("A table goes to standard output; leave --out out, or choose csv.")
    return chosen


def create_sink(
    format_name: str,
    out: Path | None,
    emotions: Sequence[str],
    *,
    resume: bool = False,
    width: int = 24,
    top_k: int | None = None,
) -> tuple[ResultSink, Done]:
    """Open the output.

    Args:
        format_name: One of `FORMATS`.
        out: The file; None is standard output.
        emotions: Names of the model's classes.
        resume: Whether to go on after what the file holds. Defaults to False: it is overwritten.
        width: Columns for sources in a table. Defaults to 24.
        top_k: Emotions per face, in a table and in the JSON that is resumed. Defaults to None: one
            in a table, all in JSON.

    Returns:
        The sink, and what the file holds already.

    Raises:
        UsageError: The file cannot be resumed.
        OutputError: It cannot be written.
    """
    from ferkit.inference.sinks.csv_text import CsvSink
    from ferkit.inference.sinks.json_text import JsonLinesSink, JsonSink
    from ferkit.inference.sinks.parquet import ParquetSink
    from ferkit.inference.sinks.stream import OutputStream
    from ferkit.inference.sinks.table import TableSink

    if resume and out is None:
        raise UsageError("--resume needs the file to go on with: add --out FILE.")
    done = read_done(out, format_name, emotions, top_k) if resume and out else Done()
    if format_name == "table":
        return TableSink(width=width, top_k=top_k or 1), done
    if format_name == "parquet":
        assert out is not None
        return ParquetSink(out, emotions), done
    stream, resumed = OutputStream(out, keep=done.length), done.length > 0
    if format_name == "csv":
        return CsvSink(stream, emotions, resumed=resumed), done
    if format_name == "json":
        return JsonSink(stream, resumed=resumed), done
    return JsonLinesSink(stream, resumed=resumed), done
