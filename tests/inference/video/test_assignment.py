"""Pairs with the highest sum, compared with all that are possible."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from ferkit.inference.video.assignment import best_pairs


def highest_sum(gain: np.ndarray) -> float:
    n, m = gain.shape
    if n > m:
        return highest_sum(gain.T)
    return max(float(gain[range(n), list(columns)].sum()) for columns in permutations(range(m), n))


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (3, 2), (4, 4), (5, 5), (5, 6), (6, 3)])
@pytest.mark.parametrize("levels", [2, 4, 1000])
def test_no_other_pairs_have_a_higher_sum(shape: tuple[int, int], levels: int) -> None:
    # Few levels mean many that are equally good, which is where such methods go astray.
    rng = np.random.default_rng(levels)
    for _ in range(20):
        gain = rng.integers(0, levels, shape) / levels
        rows, columns = best_pairs(gain)
        assert len(set(rows.tolist())) == len(set(columns.tolist())) == min(shape)
        assert gain[rows, columns].sum() == pytest.approx(highest_sum(gain))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_of_nothing_there_are_no_pairs(shape: tuple[int, int]) -> None:
    assert [found.size for found in best_pairs(np.zeros(shape))] == [0, 0]
