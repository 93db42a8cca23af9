"""Missing splits of a data set, drawn from its training images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.labels import SPLITS

VALIDATION_FRACTION = 0.1
TEST_FRACTION = 0.1


def ensure_validation(dataset: FerDataset, seed: int) -> FerDataset:
    """Return `dataset` with a validation split; if it has none, a stratified tenth of train is set
    aside.

    Each class with at least two training images contributes a tenth of them, at least one. The
    choice depends only on `seed` and on the order of the images, and `notes` describe it.
    """
    return _drawn(dataset, "validation", VALIDATION_FRACTION, seed, np.random.default_rng(seed))


def ensure_test(dataset: FerDataset, seed: int) -> FerDataset:
    """Return `dataset` with a test split, drawn like `ensure_validation`'s when it has none."""
    return _drawn(dataset, "test", TEST_FRACTION, seed, np.random.default_rng([seed, 1]))


def note_missing_test(dataset: FerDataset) -> FerDataset:
    """Return `dataset`, with a note if it has training images but no test images."""
    sizes = dataset.sizes()
    if sizes["test"] or not sizes["train"]:
        return dataset
    note = (
        "This data set has no test split, so there is no test figure. Figures on validation are "
        "optimistic if the epoch was chosen on it; draw_test sets a tenth of train aside as test."
    )
    return replace(dataset, notes=(*dataset.notes, note))


def _drawn(
    dataset: FerDataset, split: str, fraction: float, seed: int, rng: np.random.Generator
) -> FerDataset:
    train, drawn = SPLITS.index("train"), SPLITS.index(split)
    if (dataset.splits == drawn).any() or not (dataset.splits == train).any():
        return dataset
    splits = dataset.splits.copy()
    for label in range(len(dataset.emotions)):
        members = np.flatnonzero((dataset.splits == train) & (dataset.labels == label))
        if len(members) < 2:
            continue
        count = max(1, round(len(members) * fraction))
        splits[rng.choice(members, size=count, replace=False)] = drawn
    moved = int((splits == drawn).sum())
    if not moved:  # no class has two images
        return dataset
    note = (
        f"This data set has no {split} split: {moved} images, a stratified tenth of train "
        f"drawn with seed {seed}, serve as one."
    )
    return replace(dataset, splits=splits, notes=(*dataset.notes, note))
