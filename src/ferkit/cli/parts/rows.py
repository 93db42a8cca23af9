"""The output of a command's rows: a table for people, or a sink."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ferkit.errors import UsageError
from ferkit.inference.sinks import ResultSink, format_of, open_sink


def open_rows(
    format_name: str | None,
    out: Path | None,
    emotions: Sequence[str],
    *,
    resume: bool = False,
    width: int = 24,
    top_k: int | None = None,
    times: bool = False,
    settings: dict[str, Any] | None = None,
    overwrite: bool = False,
) -> ResultSink:
    """Open the output given on the command line.

    Args:
        format_name: The format that was given, or None.
        out: The file; None is standard output.
        emotions: Names of the model's classes.
        resume: Whether to continue an existing file. Defaults to False.
        width: Columns for sources in a table. Defaults to 24.
        top_k: Emotions per face, in a table and in an output that is resumed. Defaults to None: one
            in a table, all in other formats.
        times: Whether a table shows times instead of sources. Defaults to False.
        settings: The settings that the rows depend on, checked on resuming. Defaults to None.
        overwrite: Whether a file that ferkit did not write may be replaced. Defaults to False.

    Raises:
        UsageError: The format is not possible there, or the file cannot be resumed.
        OutputError: It cannot be written.
    """
    chosen = choose_format(format_name, out, terminal=sys.stdout.isatty())
    if chosen == "table":
        from ferkit.cli.parts.table import TableSink

        return TableSink(width=width, top_k=top_k or 1, times=times)
    return open_sink(
        out,
        emotions,
        format_name=chosen,
        resume=resume,
        top_k=top_k,
        settings=settings,
        overwrite=overwrite,
    )


def choose_format(wanted: str | None, out: Path | None, *, terminal: bool) -> str:
    """Return the format: the one given, else that of the file's suffix, else table or, in a pipe,
    jsonl.

    Raises:
        UsageError: The suffix is unknown, or the format is not possible there.

    Example:
        >>> choose_format(None, Path("faces.csv"), terminal=True)
        'csv'
    """
    if out is not None:
        if wanted == "table":
            raise UsageError("A table is only for standard output; omit --out, or choose csv.")
        return wanted or format_of(out)
    if wanted == "parquet":
        raise UsageError("Parquet needs a file: add --out FILE.parquet.")
    return wanted or ("table" if terminal else "jsonl")
