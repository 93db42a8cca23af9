"""Time decay and plateau factor combine in Adam."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.training.optimizers.adam import TimeDecayAdam


def steps_of(optimizer: keras.optimizers.Optimizer, steps: int) -> list[float]:
    """Return how far a single weight moves at each step under a gradient of 1."""
    weight = keras.Variable(np.zeros(1, "float32"))
    optimizer.build([weight])
    places = [0.0]
    for _ in range(steps):
        optimizer.apply([keras.ops.ones(1)], [weight])
        places.append(float(weight.numpy()[0]))
    return (-np.diff(places)).tolist()


def test_each_step_is_divided_by_the_decay() -> None:
    plain = steps_of(keras.optimizers.Adam(0.1), 6)
    decayed = steps_of(TimeDecayAdam(0.1, time_decay=0.5), 6)
    expected = [step / (1 + 0.5 * number) for number, step in enumerate(plain)]
    assert decayed == pytest.approx(expected, rel=1e-4)


def test_without_decay_it_is_adam() -> None:
    plain = steps_of(keras.optimizers.Adam(0.1), 4)
    assert steps_of(TimeDecayAdam(0.1), 4) == pytest.approx(plain, rel=1e-5)


def test_plateau_factor_multiplies_the_decayed_rate() -> None:
    optimizer = TimeDecayAdam(0.1, time_decay=0.5)
    steps_of(optimizer, 4)
    assert optimizer.effective_rate() == pytest.approx(0.1 / (1 + 0.5 * 4))
    optimizer.learning_rate = float(optimizer.learning_rate) * 0.2
    assert optimizer.effective_rate() == pytest.approx(0.1 * 0.2 / (1 + 0.5 * 4))


def test_decay_survives_serialisation() -> None:
    config = keras.optimizers.serialize(TimeDecayAdam(0.1, time_decay=0.25))
    assert keras.optimizers.deserialize(config).time_decay == 0.25
