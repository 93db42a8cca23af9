"""Seven classes from a model with more: the probability of the rest is shared among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ferkit.errors import UsageError


def kept_columns(emotions: Sequence[str], extra: Sequence[str], classes: int | None) -> list[int]:
    """Return the columns of the requested classes.

    Args:
        emotions: The classes of a model.
        extra: Those that are returned only on request, such as contempt.
        classes: The requested number; None for all that are not extra.

    Raises:
        UsageError: The model has no such number of classes.

    Example:
        >>> kept_columns(("happy", "sad", "contempt"), ("contempt",), None)
        [0, 1]
    """
    usual = [i for i, name in enumerate(emotions) if name not in extra]
    if classes is None or classes == len(usual):
        return usual
    if classes == len(emotions):
        return list(range(len(emotions)))
    counts = " or ".join(str(n) for n in sorted({len(usual), len(emotions)}))
    raise UsageError(f"This model has {counts} classes, not {classes}: {', '.join(emotions)}.")


def fold(rows: np.ndarray, kept: list[int]) -> np.ndarray:
    """Return probabilities of the kept columns, which sum to 1 again.

    The probability of a class that is left out is shared among the others in proportion to theirs,
    so their order stays: the answer is the most likely of the kept ones.

    Args:
        rows: `(n, c)`, one distribution a row.
        kept: Columns, in order.

    Returns:
        `(n, len(kept))`, of the same dtype.

    Example:
        >>> fold(np.array([[0.5, 0.25, 0.25]]), [0, 1]).round(3).tolist()
        [[0.667, 0.333]]
    """
    if len(kept) == rows.shape[1]:
        return rows
    few = rows[:, kept]
    total = few.sum(axis=1, keepdims=True)
    # If nothing is left (a class that is left out has everything), all are equally likely.
    even = np.full_like(few, 1 / len(kept))
    shares: np.ndarray = np.where(
        total > 0, few / np.maximum(total, np.finfo(few.dtype).tiny), even
    )
    return shares
