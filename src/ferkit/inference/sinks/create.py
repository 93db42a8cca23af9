"""The sink for a file, chosen by its name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from ferkit.errors import OutputError, UsageError
from ferkit.formats import ROW_SINKS
from ferkit.inference.sinks.resume import read_done
from ferkit.inference.sinks.settings import check_settings, keep_settings
from ferkit.inference.sinks.sink import Done, ResultSink
from ferkit.targets import check_target, check_text_name

FORMATS: Final = tuple(ROW_SINKS)


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format for the suffix of a file.

    Raises:
        UsageError: The suffix is unknown.

    Example:
        >>> format_of("faces.csv")
        'csv'
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        endings = f"{', '.join(f'.{name}' for name in FORMATS[:-1])} or .{FORMATS[-1]}"
        raise UsageError(
            f"The format of {path} is not clear from its name; "
            f"end it with {endings}, or name the format."
        )
    return suffix


def open_sink(
    path: str | os.PathLike[str] | None,
    emotions: Sequence[str],
    *,
    format_name: str | None = None,
    resume: bool = False,
    top_k: int | None = None,
    settings: dict[str, Any] | None = None,
    overwrite: bool = False,
) -> ResultSink:
    """Open an output that writes records one by one.

    Args:
        path: The file; None is standard output.
        emotions: Names of the model's classes: `EmotionRecognizer.emotions`.
        format_name: `json`, `jsonl` (one object per line), `csv` or `parquet` (both one row per
            face). Defaults to None: by the file's suffix, `jsonl` on standard output.
        resume: Whether to continue an existing file; the attribute `done` of the sink describes its
            content. Defaults to False: it is overwritten.
        top_k: Only this many of the probabilities are in the output that is resumed. Defaults to
            None: all.
        settings: Settings that the rows depend on, `EmotionRecognizer.settings`; stored in a hidden
            file next to the output, so that resuming with others is refused. Defaults to None.
        overwrite: Whether a file that ferkit did not write may be replaced. Defaults to False.

    Returns:
        The sink, a context manager; `write(record)` takes the result of `make_record`.

    Raises:
        UsageError: The format is unknown or not possible there, or the file cannot be resumed.
        ExistingFileError: The file exists and ferkit did not write it.
        OutputError: It cannot be written, or another process writes it.
        MissingDependencyError: Parquet needs pyarrow, which is not installed.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from ferkit import FaceEmotions, make_record
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "faces.csv"
        ...     with open_sink(file, ("happy", "sad")) as sink:
        ...         sink.write(make_record("a.jpg", FaceEmotions.empty((4, 3))))
        ...     file.read_text().splitlines()[1]
        'a.jpg,,4,3,,,,,,,,,,,,,'
    """
    chosen = format_name or ("jsonl" if path is None else format_of(path))
    if chosen not in ROW_SINKS:
        raise UsageError(f"There is no format {chosen!r}; choose from {', '.join(ROW_SINKS)}.")
    sink = _sink_of(chosen)
    if path is None and (resume or sink.needs_file):
        what = "Resuming an output" if resume else f"The format {chosen}"
        raise UsageError(f"{what} needs a file; name one.")
    done = Done()
    if path is not None:
        check_text_name(path, chosen)
        if resume:
            check_settings(path, settings)
            done = read_done(Path(path), chosen, emotions, top_k)
        else:
            check_target(path, overwrite=overwrite)
    opened = sink(path, emotions, done=done)
    if path is not None:
        # Only now, since another process may be writing this file with its own settings.
        try:
            keep_settings(path, None if sink.needs_file else settings)
        except OutputError:
            opened.close()
            raise
    return opened


class _Sink(Protocol):
    """How a sink of `ROW_SINKS` is created."""

    needs_file: bool

    def __call__(
        self, path: str | os.PathLike[str] | None, emotions: Sequence[str], *, done: Done
    ) -> ResultSink: ...


def _sink_of(format_name: str) -> _Sink:
    module, _, name = ROW_SINKS[format_name].partition(":")
    sink: _Sink = getattr(import_module(module), name)
    return sink
