"""Which of these belongs to which of those, so that the sum over all pairs is the highest."""

from __future__ import annotations

import numpy as np


def best_pairs(gain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the pairs with the highest sum, each row and column at most once.

    The shortest augmenting paths of Jonker and Volgenant, "A Shortest Augmenting Path Algorithm for
    Dense and Sparse Linear Assignment Problems", 1987. SciPy has it, too, but takes most of a
    second to load.

    Args:
        gain: `(n, m)`, finite.

    Returns:
        Two arrays `(min(n, m),)`; the rows are in ascending order if `n <= m`, the columns
        otherwise.

    Example:
        >>> rows, columns = best_pairs(np.array([[0.9, 0.8], [0.7, 0.1]]))
        >>> rows.tolist(), columns.tolist()
        ([0, 1], [1, 0])
    """
    if gain.shape[0] > gain.shape[1]:
        columns, rows = best_pairs(gain.T)
        return rows, columns
    rows = np.arange(len(gain))
    best = gain.argmax(axis=1) if gain.size else rows
    # Mostly nobody competes: each row has the column that is best for it.
    if len(set(best.tolist())) == len(rows):
        return rows, best
    return rows, _columns_of(-gain)


def _columns_of(cost: np.ndarray) -> np.ndarray:
    """Return the column of each row, with the lowest sum; `cost` has no more rows than columns."""
    n, m = cost.shape
    row_price, column_price = np.zeros(n), np.zeros(m)
    row_of = np.full(m, -1)
    for row in range(n):
        # The cheapest path from this row to a column that is free.
        length, came_from, open_ = np.full(m, np.inf), np.full(m, -1), np.ones(m, bool)
        reached, column, so_far = row, -1, 0.0
        while reached >= 0:
            step = so_far + cost[reached] - row_price[reached] - column_price
            shorter = open_ & (step < length)
            length[shorter], came_from[shorter] = step[shorter], column
            column = int(np.where(open_, length, np.inf).argmin())
            so_far, open_[column], reached = length[column], False, row_of[column]
        closed = ~open_
        closed[column] = False
        row_price[row] += so_far
        row_price[row_of[closed]] += so_far - length[closed]
        column_price[closed] -= so_far - length[closed]
        while column >= 0:
            before = came_from[column]
            row_of[column] = row_of[before] if before >= 0 else row
            column = before
    columns = np.empty(n, np.intp)
    taken = row_of >= 0
    columns[row_of[taken]] = np.flatnonzero(taken)
    return columns
