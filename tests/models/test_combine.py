"""Two heads combined into one: logits are mixed, the network is unchanged."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from ferkit.errors import ModelError
from ferkit.models.combine import combine_heads

OWN, VOTED = ("sad", "happy"), ("happy", "contempt", "sad")


def two_heads(seed: int = 0) -> tuple[keras.Model, keras.Model]:
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((4, 4, 1))
    features = keras.layers.Dense(5)(keras.layers.Flatten()(pixels))
    heads = [keras.layers.Dense(n, activation="softmax")(features) for n in (2, 3)]
    first, second = (keras.Model(pixels, head) for head in heads)
    for model in (first, second):
        model.layers[-1].bias.assign(np.random.default_rng(1).normal(size=model.output_shape[1]))
    return first, second


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_log_odds_are_the_mean_of_both(share: float) -> None:
    own, votes = two_heads()
    images = np.random.default_rng(2).normal(size=(6, 4, 4, 1)).astype(np.float32)
    rows = combine_heads(own, votes, (OWN, VOTED), share=share)(images).numpy()
    a, b = (np.log(model(images).numpy()) for model in (own, votes))
    wanted = share * (a[:, 1] - a[:, 0]) + (1 - share) * (b[:, 0] - b[:, 2])
    assert np.log(rows[:, 0] / rows[:, 2]) == pytest.approx(wanted, abs=1e-4)
    distance = (1 - share) * (b[:, 1] - (b[:, 0] + b[:, 2]) / 2)
    middle = (np.log(rows[:, 0]) + np.log(rows[:, 2])) / 2
    assert np.log(rows[:, 1]) - middle == pytest.approx(distance, abs=1e-4)


def test_heads_of_two_networks_are_refused() -> None:
    own, _ = two_heads(0)
    _, votes = two_heads(1)
    with pytest.raises(ModelError, match="do not belong to the same network"):
        combine_heads(own, votes, (OWN, VOTED), share=0.5)


def test_a_class_without_votes_is_refused() -> None:
    own, votes = two_heads()
    with pytest.raises(ModelError, match="does not know calm"):
        combine_heads(own, votes, (("sad", "calm"), VOTED), share=0.5)
