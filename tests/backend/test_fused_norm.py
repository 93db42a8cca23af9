"""The fused BatchNormalization computes the same as Keras's."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.backend.fused_norm import FusedBatchNormalization, with_fused_norm


def model_with(layer: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((6, 5, 3)), layer])


def test_outputs_statistics_and_gradients_agree() -> None:
    rng = np.random.default_rng(0)
    images = rng.normal(3, 2, (8, 6, 5, 3)).astype(np.float32)
    weights = [rng.uniform(0.5, 2, 3).astype(np.float32) for _ in range(4)]
    plain = model_with(keras.layers.BatchNormalization())
    fused = with_fused_norm(plain)
    assert isinstance(fused.layers[0], FusedBatchNormalization)
    for model in (plain, fused):
        model.set_weights(weights)
        model.compile(keras.optimizers.SGD(0.1), "mse")
    assert np.asarray(fused(images, training=True)) == pytest.approx(
        np.asarray(plain(images, training=True)), abs=1e-5
    )
    for model in (plain, fused):
        model.set_weights(weights)
        model.train_on_batch(images, images)
    for ours, theirs in zip(fused.get_weights(), plain.get_weights(), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)
    assert np.array_equal(fused.predict(images, verbose=0), fused(images, training=False))


def test_other_normalisations_are_left_alone() -> None:
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.BatchNormalization(), keras.layers.LayerNormalization()]
    )
    fused = with_fused_norm(model)
    assert [type(layer) for layer in fused.layers] == [type(layer) for layer in model.layers]
