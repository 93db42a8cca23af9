"""One affine map per image: each component separately, the edges, and brightness."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.training.augmentation.random_affine import RandomAffine
from ferkit.training.augmentation.random_light import RandomLight, RandomPatch


def moved(layer: keras.layers.Layer, images: np.ndarray) -> np.ndarray:
    return np.asarray(layer(keras.ops.convert_to_tensor(images), training=True))


def noise(count: int, size: int = 48) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (count, size, size, 1)).astype(np.float32)


def test_zero_ranges_are_the_identity() -> None:
    images = noise(4)
    assert moved(RandomAffine(0, 0, 0, flip=False), images) == pytest.approx(images, abs=1e-2)


def test_flip_alone_mirrors_about_half_of_the_images() -> None:
    images = noise(64)
    result = moved(RandomAffine(0, 0, 0, seed=1), images)
    mirrored = [np.allclose(r, i[:, ::-1], atol=0.05) for r, i in zip(result, images, strict=True)]
    kept = [np.allclose(r, i, atol=0.05) for r, i in zip(result, images, strict=True)]
    assert sum(mirrored) + sum(kept) == 64
    assert 20 < sum(mirrored) < 44


def blob(x: float, y: float) -> np.ndarray:
    rows, columns = np.mgrid[:48, :48]
    return 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)[..., None].astype(np.float32)


def places(images: np.ndarray) -> np.ndarray:
    """Return the centre of mass, x and y from the middle, of each image."""
    rows, columns = np.mgrid[:48, :48] - 23.5
    mass = images[..., 0].sum(axis=(1, 2))
    return np.stack(
        [(images[..., 0] * axis).sum(axis=(1, 2)) / mass for axis in (columns, rows)], axis=1
    )


def test_rotation_keeps_the_distance_and_stays_within_its_angle() -> None:
    images = np.repeat(blob(35.5, 23.5)[None], 64, axis=0)
    found = places(moved(RandomAffine(12, 0, 0, flip=False, seed=2), images))
    assert np.hypot(*found.T) == pytest.approx(np.full(64, 12.0), abs=0.15)
    angles = np.degrees(np.arctan2(found[:, 1], found[:, 0]))
    assert np.abs(angles).max() <= 12.5
    assert angles.std() == pytest.approx(12 / np.sqrt(3), rel=0.25)


def test_shift_and_zoom_move_by_their_share() -> None:
    images = np.repeat(blob(31.5, 23.5)[None], 64, axis=0)
    shifted = places(moved(RandomAffine(0, 0.09, 0, flip=False, seed=3), images)) - [8, 0]
    assert np.abs(shifted).max() <= 0.09 * 48 + 0.1
    assert np.abs(shifted).max() > 0.07 * 48
    zoomed = places(moved(RandomAffine(0, 0, 0.12, flip=False, seed=4), images))[:, 0] / 8
    assert zoomed.min() == pytest.approx(0.88, abs=0.03)
    assert zoomed.max() == pytest.approx(1.12, abs=0.03)


def test_edges_are_filled_by_reflection() -> None:
    images = np.full((32, 48, 48, 1), 200, np.float32)
    assert moved(RandomAffine(12, 0.09, 0.12, seed=5), images) == pytest.approx(images, abs=0.01)


def test_brightness_and_contrast_keep_the_pixel_range() -> None:
    grey = np.full((256, 8, 8, 1), 128, np.float32)
    levels = moved(RandomLight(25, 0.25, seed=6), grey)[:, 0, 0, 0]
    assert 100 < levels.min() < 110
    assert 146 < levels.max() < 156
    lit = moved(RandomLight(25, 0.25, seed=6), noise(32))
    assert lit.min() >= 0
    assert lit.max() <= 255


def test_patch_covers_its_share_of_some_images() -> None:
    images = np.zeros((400, 48, 48, 1), np.float32)
    covered = (moved(RandomPatch(0.4, seed=7), images) == 128).mean(axis=(1, 2, 3))
    assert (covered > 0).mean() == pytest.approx(0.4, abs=0.08)
    assert covered.max() <= 0.22  # one pixel of rounding on each side of 20 %


@pytest.mark.parametrize(
    "layer", [RandomAffine(12, 0.1, 0.1), RandomLight(25, 0.2), RandomPatch(1)]
)
def test_inference_is_the_identity_and_the_config_round_trips(
    layer: keras.layers.Layer,
) -> None:
    images = noise(2)
    assert np.array_equal(np.asarray(layer(images, training=False)), images)
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
