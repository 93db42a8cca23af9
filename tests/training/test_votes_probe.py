"""A votes head fitted on an unchanged network."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import ModelError
from ferkit.models.registry import create_model
from ferkit.training.votes_probe import with_fitted_votes


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return create_model("demo")


def shares_of(images: np.ndarray) -> np.ndarray:
    """Votes that follow from the picture: the brighter, the more for the first of three classes."""
    bright = images.reshape(len(images), -1).mean(axis=1) / 255
    return np.stack([bright, (1 - bright) / 2, (1 - bright) / 2], axis=1)


def test_the_probe_learns_votes_and_keeps_the_network(
    network: keras.Model, tiny_dataset: FerDataset
) -> None:
    images = tiny_dataset.split("train").images
    shares = shares_of(images)
    shares[0] = 0  # no votes
    probed = with_fitted_votes(network, images, shares)
    for own, kept in zip(network.get_weights()[:-2], probed.get_weights()[:-2], strict=True):
        np.testing.assert_array_equal(own, kept)
    answers = probed.predict(images[1:].astype(np.float32), verbose=0)
    assert answers.shape == (len(images) - 1, 3)
    constant = shares[1:].mean(axis=0)
    error = np.abs(answers - shares[1:]).mean()
    assert error < 0.5 * np.abs(constant - shares[1:]).mean()


def test_the_probe_is_deterministic(network: keras.Model, tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.split("train").images
    first, second = (with_fitted_votes(network, images, shares_of(images)) for _ in range(2))
    np.testing.assert_array_equal(first.get_weights()[-2], second.get_weights()[-2])


def test_without_votes_it_is_refused(network: keras.Model, tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.split("train").images
    with pytest.raises(ModelError, match="none has any; name FER"):
        with_fitted_votes(network, images, np.zeros((len(images), 8)))
    ends = keras.Model(network.inputs, network.layers[-2].output)
    with pytest.raises(ModelError, match="expected a Dense layer"):
        with_fitted_votes(ends, images, shares_of(images))
