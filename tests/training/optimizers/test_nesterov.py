"""Nesterov steps equal Keras's, the rate follows its schedule, and only kernels decay."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.training.optimizers.nesterov import NesterovSGD, WarmCosine


def path_of(optimizer: keras.optimizers.Optimizer, start: np.ndarray, steps: int) -> np.ndarray:
    """Return the path of a weight whose gradient is its own value."""
    weight = keras.Variable(start.astype("float32"))
    optimizer.build([weight])
    places = []
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(weight)], [weight])
        places.append(np.asarray(weight))
    return np.stack(places)


def test_steps_are_those_of_keras() -> None:
    start = np.array([1.0, -2.0, 0.5])
    expected = path_of(keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), start, 5)
    assert path_of(NesterovSGD(0.1), start, 5) == pytest.approx(expected, rel=1e-5)


def test_weight_decay_applies_to_kernels_only() -> None:
    vector, kernel = np.ones(3), np.ones((3, 1))
    free = path_of(NesterovSGD(0.1), vector, 3)
    decayed = path_of(NesterovSGD(0.1, kernel_decay=0.5), vector, 3)
    assert decayed == pytest.approx(free)
    # The gradient is the weight itself, so a decay of 0.5 makes it 1.5 times as large.
    by_hand = path_of(NesterovSGD(0.15), kernel, 3)
    assert path_of(NesterovSGD(0.1, kernel_decay=0.5), kernel, 3) == pytest.approx(
        by_hand, rel=1e-5
    )


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 0.04), (4, 0.2), (5, 0.2), (15, 0.1), (25, 0.0), (40, 0.0)],
)
def test_rate_rises_then_follows_half_a_cosine(step: int, rate: float) -> None:
    schedule = WarmCosine(0.2, steps=25, warmup=5)
    assert schedule.at(step) == pytest.approx(rate, abs=1e-9)
    assert float(schedule(step)) == pytest.approx(rate, abs=1e-6)


def test_rate_without_warmup_begins_at_its_peak() -> None:
    assert WarmCosine(0.2, steps=10, warmup=0).at(0) == pytest.approx(0.2)


def test_effective_rate_is_the_rate_of_the_next_step() -> None:
    optimizer = NesterovSGD(WarmCosine(1.0, steps=4, warmup=2))
    path_of(optimizer, np.ones(1), 1)
    assert optimizer.effective_rate() == pytest.approx(1.0)
