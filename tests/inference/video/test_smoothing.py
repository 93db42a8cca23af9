"""Probabilities are averaged over time, per person, at any frame rate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ferkit.errors import UsageError
from ferkit.inference.video.smoothing import EmotionSmoother

ONE = np.array([1])
BEFORE, AFTER = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])


@pytest.mark.parametrize("rate", [5, 30, 120])
def test_a_step_reaches_63_percent_after_the_time_constant(rate: int) -> None:
    smoother = EmotionSmoother(0.4)
    smoother.update(ONE, BEFORE, 0.0)
    for i in range(1, round(0.4 * rate) + 1):
        smooth = smoother.update(ONE, AFTER, i / rate)
    assert smooth[0, 1] == pytest.approx(1 - math.exp(-1), abs=1e-9)
    assert smooth.sum() == pytest.approx(1)


def test_persons_are_smoothed_separately() -> None:
    smoother = EmotionSmoother(10.0)
    smoother.update(np.array([1, 2]), np.concatenate([BEFORE, AFTER]), 0.0)
    smooth = smoother.update(np.array([2, 1]), np.concatenate([AFTER, BEFORE]), 0.1)
    assert smooth.tolist() == [[0, 1], [1, 0]]


def test_faces_without_an_id_are_not_smoothed() -> None:
    smoother = EmotionSmoother(10.0)
    nobody = np.array([-1])
    smoother.update(nobody, BEFORE, 0.0)
    assert smoother.update(nobody, AFTER, 0.1).tolist() == AFTER.tolist()


def test_it_can_be_off() -> None:
    smoother = EmotionSmoother(0)
    smoother.update(ONE, BEFORE, 0.0)
    assert smoother.update(ONE, AFTER, 0.001).tolist() == AFTER.tolist()


def test_the_input_is_not_changed_and_the_past_is_forgotten() -> None:
    smoother = EmotionSmoother(0.1)
    given = AFTER.copy()
    for number in range(500):
        smoother.update(np.array([number]), given, 0.1 * number)
    assert given.tolist() == AFTER.tolist()
    assert len(smoother._known) < 30


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_wrong_time_constant_is_refused(seconds: float) -> None:
    with pytest.raises(UsageError, match="smooth expects"):
        EmotionSmoother(seconds)
