"""Named augmentation pipelines: shape, range and seed."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import UsageError
from ferkit.training.augmentation.pipelines import create_augmentation, list_augmentations


def augmented(name: str, images: np.ndarray, seed: int) -> np.ndarray:
    keras.utils.set_random_seed(seed)
    result = keras.ops.cast(images, "float32")
    for layer in create_augmentation(name):
        result = layer(result, training=True)
    return np.asarray(result)


@pytest.mark.parametrize("name", [n for n in list_augmentations() if n != "none"])
def test_pipeline_changes_pixels_within_their_range(name: str, tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.images[:16]
    result = augmented(name, images, seed=3)
    assert result.shape == images.shape
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 255
    assert np.abs(result - images).mean() > 5


@pytest.mark.parametrize("name", ["flip-zoom", "full"])
def test_seed_decides(name: str, tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.images[:8]
    first = augmented(name, images, seed=1)
    assert np.array_equal(first, augmented(name, images, seed=1))
    assert not np.array_equal(first, augmented(name, images, seed=2))


def test_flip_mirrors_left_and_right(tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.images[:32].astype(np.float32)
    result = augmented("flip", images, seed=0)
    mirrored = [np.array_equal(r, i[:, ::-1]) for r, i in zip(result, images, strict=True)]
    kept = [np.array_equal(r, i) for r, i in zip(result, images, strict=True)]
    assert all(m or k for m, k in zip(mirrored, kept, strict=True))
    assert 4 < sum(mirrored) < 28


def test_none_has_no_layer() -> None:
    assert create_augmentation("none") == []


def test_unknown_pipeline_lists_the_known() -> None:
    with pytest.raises(UsageError, match="no augmentation 'blur'; choose from none, flip"):
        create_augmentation("blur")
