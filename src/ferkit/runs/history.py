"""Which epoch of its `history.csv` a run kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def kept_epoch(rows: Sequence[Mapping[str, str]], config: Mapping[str, Any]) -> int | None:
    """Return the epoch, from 1, whose weights a run kept: the best by what it watched, the first of
    equal ones.

    Args:
        rows: Those of its `history.csv`, as `ferkit.files.read_rows` returns them.
        config: The run's config.json, or `{}` where there is none: the validation accuracy decides.

    Returns:
        None for the mean of several cycles, which is no epoch's.

    Example:
        >>> kept_epoch([{"val_loss": "2"}, {"val_loss": "1"}], {"checkpoint_monitor": "val_loss"})
        2
    """
    if config.get("averaged"):
        return None
    monitor = config.get("checkpoint_monitor", "val_accuracy")
    values = [float(row[monitor]) for row in rows]
    return values.index(min(values) if monitor.endswith("loss") else max(values)) + 1
