"""The official FER-2013: how many images of which emotion each split holds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ferkit.data.image_files import BadImageError
from ferkit.data.layout import is_litter, place_of
from ferkit.data.walk import walk_files
from ferkit.labels import EMOTIONS, SPLITS

Counts = dict[str, dict[str, int]]


def _counts(*per_split: Iterable[int]) -> Counts:
    return {
        split: dict(zip(EMOTIONS, counts, strict=True))
        for split, counts in zip(SPLITS, per_split, strict=True)
    }


# Goodfellow et al., ICONIP 2013: Training, PublicTest, PrivateTest; in the order of EMOTIONS.
OFFICIAL_COUNTS: Counts = _counts(
    (3995, 436, 4097, 7215, 4830, 3171, 4965),
    (467, 56, 496, 895, 653, 415, 607),
    (491, 55, 528, 879, 594, 416, 626),
)


def count_files(folder: str | os.PathLike[str]) -> Counts:
    """Count the images of a folder in the Kaggle layout by their names alone; what is out of place
    does not count.

    Raises:
        DataError: A folder cannot be listed.
    """
    counts = {split: dict.fromkeys(EMOTIONS, 0) for split in SPLITS}
    for file in walk_files(Path(folder)):
        try:
            place = None if is_litter(file.name) or not file.size else place_of(file.name)
        except BadImageError:
            continue
        if place:
            counts[SPLITS[place.split]][EMOTIONS[place.emotion]] += 1
    return counts


def first_difference(counts: Counts) -> str | None:
    """Say in words where `counts` first differ from the official ones, or return None if they
    agree.

    Example:
        >>> first_difference(OFFICIAL_COUNTS) is None
        True
    """
    sizes = {split: sum(counts[split].values()) for split in SPLITS}
    expected = {split: sum(OFFICIAL_COUNTS[split].values()) for split in SPLITS}
    train, rest = sizes["train"], sizes["validation"] + sizes["test"]
    expected_rest = expected["validation"] + expected["test"]
    if (train, rest) != (expected["train"], expected_rest):
        return (
            f"{train:,} + {rest:,} images in train/ and test/, "
            f"expected {expected['train']:,} + {expected_rest:,}"
        )
    for split in SPLITS:
        for emotion in EMOTIONS:
            found, official = counts[split][emotion], OFFICIAL_COUNTS[split][emotion]
            if found != official:
                return f"{found:,} images of {emotion} in {split}, expected {official:,}"
    return None
