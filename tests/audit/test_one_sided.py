"""Audits of data sets of one class, and without training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ferkit.audit.audit import audit
from ferkit.data.dataset import FerDataset


@pytest.mark.parametrize("split", [0, 2])
def test_one_class_or_no_training_images_are_audited(split: int, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (101, 48, 48, 1), dtype=np.uint8)
    images[100] = images[0]
    faces = FerDataset(
        images,
        np.zeros(101, np.int64),
        np.full(101, split, np.int8),
        np.array([f"{number}.png" for number in range(101)]),
        emotions=("calm", "cross"),
    )
    assert audit(faces, tmp_path / "audit", quiet=True)["duplicates"]["redundant"] == 1
