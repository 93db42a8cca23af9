"""A permutation of classes is found in the confusion matrix, without false alarms."""

from __future__ import annotations

import numpy as np
import pytest

from ferkit.labels import EMOTIONS
from ferkit.metrics.label_order import likely_order

ALPHABETICAL = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def confused(right: float, per_class: int, seed: int = 0) -> np.ndarray:
    """Return the counts of a model that is `right` by that share, wrong anywhere else."""
    random = np.random.default_rng(seed)
    rates = np.full((7, 7), (1 - right) / 6)
    np.fill_diagonal(rates, right)
    return np.stack([random.multinomial(per_class, row) for row in rates])


def test_alphabetical_outputs_taken_for_fer2013s_order() -> None:
    as_taken = confused(0.45, 500)[:, [ALPHABETICAL.index(name) for name in ALPHABETICAL]]
    # Rows by FER-2013's codes: what is true. Columns: where the alphabetical model has its output.
    as_taken = as_taken[[ALPHABETICAL.index(name) for name in EMOTIONS]]
    assert likely_order(as_taken.tolist(), EMOTIONS) == ALPHABETICAL


def test_three_classes_in_a_circle() -> None:
    circle = [[5, 90, 5], [5, 5, 90], [90, 5, 5]]
    assert likely_order(circle, ["a", "b", "c"]) == ("c", "a", "b")


def test_images_of_one_class_say_nothing_about_the_order() -> None:
    calm = np.zeros((7, 7), int)
    calm[EMOTIONS.index("neutral")] = [50, 5, 10, 20, 300, 5, 110]
    assert likely_order(calm.tolist(), EMOTIONS) is None
    calm[EMOTIONS.index("sad"), EMOTIONS.index("neutral")] = 200
    assert likely_order(calm.tolist(), EMOTIONS) is not None


@pytest.mark.parametrize("per_class", [2, 20, 500])
@pytest.mark.parametrize("right", [1 / 7, 0.3, 0.9])
def test_a_poor_model_or_few_images_suggest_no_other_order(right: float, per_class: int) -> None:
    for seed in range(20):
        assert likely_order(confused(right, per_class, seed).tolist(), EMOTIONS) is None
