"""A validation split where a data set brings none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.labels import SPLITS

VALIDATION_FRACTION = 0.1


def ensure_validation(dataset: FerDataset, seed: int) -> FerDataset:
    """Return `dataset` with a validation split, made from a stratified tenth of train when it has
    none.

    Each class with at least two training images gives a tenth of them, at least one. The choice
    depends on `seed` and on the order of the images alone, and the new data set's `notes` say what
    was done.
    """
    train, validation = SPLITS.index("train"), SPLITS.index("validation")
    if (dataset.splits == validation).any() or not (dataset.splits == train).any():
        return dataset
    rng = np.random.default_rng(seed)
    splits = dataset.splits.copy()
    for label in range(len(dataset.emotions)):
        members = np.flatnonzero((dataset.splits == train) & (dataset.labels == label))
        if len(members) < 2:
            continue
        count = max(1, round(len(members) * VALIDATION_FRACTION))
        splits[rng.choice(members, size=count, replace=False)] = validation
    moved = int((splits == validation).sum())
    note = (
        f"This data set brings no validation split: {moved} images, a stratified tenth of train "
        f"drawn with seed {seed}, serve as one."
    )
    return replace(dataset, splits=splits, notes=(*dataset.notes, note))
