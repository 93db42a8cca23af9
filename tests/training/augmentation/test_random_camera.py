"""Simulated cameras and files: each degradation separately, in numbers."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.training.augmentation.random_camera import (
    RandomCover,
    RandomDetail,
    RandomJpeg,
    RandomNoise,
    detail_table,
)


def changed(layer: keras.layers.Layer, images: np.ndarray) -> np.ndarray:
    return np.asarray(layer(keras.ops.convert_to_tensor(images), training=True))


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (count, 48, 48, 1)).astype(np.float32)


LAYERS = [RandomDetail, RandomJpeg, RandomNoise, RandomCover]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_share_of_images_is_changed_in_training_only(layer: type) -> None:
    images = noise(200)
    whole = layer(0.5, seed=1)
    assert np.array_equal(np.asarray(whole(images, training=False)), images)
    result = changed(whole, images)
    assert result.min() >= -1e-3
    assert result.max() <= 255 + 1e-3
    touched = (np.abs(result - images) > 1e-3).any(axis=(1, 2, 3))
    assert 70 <= touched.sum() <= 130
    assert np.array_equal(changed(layer(0, seed=1), images), images)
    assert layer.from_config(whole.get_config()).probability == 0.5


def test_detail_matrices_keep_brightness_and_remove_detail() -> None:
    table = detail_table(48, 24, 1.2)
    assert table.shape == (49, 48, 48)
    assert table.sum(axis=2) == pytest.approx(np.ones((49, 48)), abs=1e-6)
    assert np.array_equal(table[0], np.eye(48))
    pairs = np.zeros(48)
    pairs[::2] = 255
    # Averages over two pixels each are the same grey everywhere: 24 pixels cannot hold 24 lines.
    assert table[1] @ pairs == pytest.approx(np.full(48, 127.5))
    point = np.zeros(48)
    point[24] = 1
    spread = table[-1] @ point
    assert np.sqrt((spread * (np.arange(48) - 24) ** 2).sum()) == pytest.approx(1.2, abs=0.01)


def test_jpeg_keeps_gradients_and_removes_fine_detail() -> None:
    smooth = np.broadcast_to(np.linspace(60, 180, 48)[None, :, None, None], (4, 48, 48, 1))
    jpeg = RandomJpeg(1, (25, 26), seed=0)
    assert np.abs(changed(jpeg, smooth.astype(np.float32)) - smooth).mean() < 6
    fine = 128 + 12 * (noise(4) > 127) - 6.0
    assert changed(jpeg, fine.astype(np.float32)).std() < 0.5 * fine.std()


def test_noise_has_at_most_its_level() -> None:
    grey = np.full((300, 48, 48, 1), 128, np.float32)
    levels = (changed(RandomNoise(1, 10, seed=0), grey) - grey).std(axis=(1, 2, 3))
    assert levels.max() < 10.5
    assert levels.mean() == pytest.approx(5, abs=0.6)


def test_a_cover_hides_one_side_in_one_grey_level() -> None:
    images = noise(200)
    result = changed(RandomCover(1, (0.2, 0.5), seed=0), images)
    hidden = (result != images)[..., 0]
    shares = hidden.mean(axis=(1, 2))
    assert shares.min() > 0.15
    assert shares.max() < 0.53
    sides = [
        hidden[:, 0].all(1),
        hidden[:, -1].all(1),
        hidden[..., 0].all(1),
        hidden[..., -1].all(1),
    ]
    assert np.sum(sides, axis=0) == pytest.approx(np.ones(200))
    assert all(30 < side.sum() < 70 for side in sides)
    for picture, mask in zip(result[:5, ..., 0], hidden[:5], strict=True):
        assert np.ptp(picture[mask]) == 0
