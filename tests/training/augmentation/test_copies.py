"""Augmented copies for the preview."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras")

from ferkit.data.dataset import FerDataset
from ferkit.errors import UsageError
from ferkit.training.augmentation.copies import augmented_copies


def test_none_is_the_identity_and_flip_only_flips(tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.images[:5]
    same = augmented_copies(images, "none", copies=2)
    assert same.shape == (5, 2, 48, 48, 1)
    assert same.dtype == np.uint8
    assert (same == images[:, np.newaxis]).all()
    flipped = augmented_copies(images, "flip", copies=8)
    mirrored = (flipped == images[:, np.newaxis, :, ::-1]).all(axis=(2, 3, 4))
    kept = (flipped == images[:, np.newaxis]).all(axis=(2, 3, 4))
    assert (mirrored ^ kept).all()
    assert 0 < mirrored.sum() < 40


def test_the_seed_decides(tiny_dataset: FerDataset) -> None:
    images = tiny_dataset.images[:3]
    first, again, other = (augmented_copies(images, "light", seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert (first[:, 0] != first[:, 1]).any(), "copies differ"


def test_an_unknown_name_is_wrong_use(tiny_dataset: FerDataset) -> None:
    with pytest.raises(UsageError, match="no augmentation 'x'"):
        augmented_copies(tiny_dataset.images[:1], "x")
