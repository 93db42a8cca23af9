"""`history.csv`: a row for each epoch of a training."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ferkit.errors import DataError
from ferkit.files import atomic_path, read_rows


def write_history(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write epochs as Keras's CSVLogger would; without any, remove the file."""
    if not rows:
        path.unlink(missing_ok=True)
        return
    names = ["epoch", *sorted(name for name in rows[0] if name != "epoch")]
    with atomic_path(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def read_history(path: Path) -> list[dict[str, str]]:
    """Return the epochs of a `history.csv`, each value as text under the name of its column.

    Raises:
        DataError: It cannot be read, or holds something else than numbers.
    """
    rows = read_rows(path)
    for number, row in enumerate(rows, start=2):
        for name, text in row.items():
            if not _is_number(name, text):
                raise DataError(
                    f"Expected numbers in every column of {path}, found {text!r} in line {number}; "
                    "repair or remove the file."
                )
    return rows


def _is_number(column: str | None, text: str | None) -> bool:
    try:
        number = float(text or "nan")
    except (TypeError, ValueError):
        return False
    # A loss may be infinite, or a cell empty; what is counted with is neither.
    return column is not None and (math.isfinite(number) or column not in ("epoch", "seconds"))


def column_of(rows: Sequence[Mapping[str, str]], name: str) -> list[float]:
    """Return a column of a history; an empty cell is not a number.

    Raises:
        DataError: There is no such column.
    """
    if any(name not in row for row in rows):
        raise DataError(f"Expected a history with the column {name}; it has {', '.join(rows[0])}.")
    return [float(row[name] or "nan") for row in rows]


def joined_history(files: Iterable[Path]) -> list[dict[str, str]]:
    """Return the epochs of several trainings in sequence, numbered from 0."""
    rows = [row for file in files for row in read_history(file)]
    return [{**row, "epoch": str(number)} for number, row in enumerate(rows)]


def training_seconds(path: Path) -> float:
    """Return the wall time of all epochs, including those before a training was resumed."""
    return sum(column_of(read_history(path), "seconds"))


def kept_epoch(rows: Sequence[Mapping[str, str]], config: Mapping[str, Any]) -> int | None:
    """Return the epoch, from 1, whose weights a run kept: the best by its monitored value, the
    first of equal ones.

    Args:
        rows: Those of its `history.csv`, as `read_history` returns them.
        config: The run's config.json, or `{}` if there is none: the validation accuracy decides.

    Returns:
        None for the mean of several cycles, which belongs to no epoch.

    Raises:
        DataError: The history has no such column.

    Example:
        >>> kept_epoch([{"val_loss": "2"}, {"val_loss": "1"}], {"checkpoint_monitor": "val_loss"})
        2
    """
    if config.get("averaged"):
        return None
    monitor = config.get("checkpoint_monitor", "val_accuracy")
    values = column_of(rows, monitor)
    return values.index(min(values) if monitor.endswith("loss") else max(values)) + 1
