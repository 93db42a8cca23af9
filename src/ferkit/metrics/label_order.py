"""Detecting a wrong assumption about the order of a model's classes, from its confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Number of standard deviations of the number of correct answers (at most sqrt(n) / 2) by which
# another order must be better, since the best of thousands of orders is better by chance.
_SURE = 8.0
# The search takes 2^classes steps.
_MOST_CLASSES = 12


def likely_order(
    confusion: Sequence[Sequence[int]], emotions: Sequence[str]
) -> tuple[str, ...] | None:
    """Return an order of names that matches the outputs of a model better than `emotions`, or None.

    At least two classes must match better, since another order moves two or more; images of a
    single class only show what they are taken for.

    Args:
        confusion: Counts, with true classes as rows and predicted ones as columns.
        emotions: The assumed names of the columns, in order.

    Example:
        >>> likely_order([[5, 900, 5], [900, 5, 5], [5, 5, 900]], ["angry", "disgust", "fear"])
        ('disgust', 'angry', 'fear')
        >>> likely_order([[900, 5, 5], [5, 900, 5], [300, 300, 5]], ["angry", "disgust", "fear"])
    """
    counts = np.asarray(confusion, np.int64)
    if len(counts) > _MOST_CLASSES:
        return None
    column_of = _best_columns(counts)
    gains = counts[np.arange(len(counts)), column_of] - np.diag(counts)
    if (gains > 0).sum() < 2 or gains.sum() <= _SURE * np.sqrt(counts.sum()) / 2:
        return None
    order = list(emotions)
    for row, column in enumerate(column_of):
        order[column] = emotions[row]
    return tuple(order)


def _best_columns(counts: np.ndarray) -> list[int]:
    """Return a different column for each row, with the largest possible sum of counts."""
    classes = len(counts)
    # Best sum and columns of the first rows, by the set of columns that they take.
    best: dict[int, tuple[int, list[int]]] = {0: (0, [])}
    for row in range(classes):
        longer: dict[int, tuple[int, list[int]]] = {}
        for taken, (total, columns) in best.items():
            for column in range(classes):
                if taken >> column & 1:
                    continue
                now, found = taken | 1 << column, total + int(counts[row, column])
                if now not in longer or found > longer[now][0]:
                    longer[now] = (found, [*columns, column])
        best = longer
    return best[(1 << classes) - 1][1]
