"""The content of a data set: counts, duplicates, blank images, and whether it is the official
FER-2013.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.data.duplicates import count_blank, pixel_digests
from ferkit.data.official import OFFICIAL_COUNTS
from ferkit.labels import SPLITS


def summarize(dataset: FerDataset) -> dict[str, Any]:
    """Return the counts that `ferkit data info` prints.

    Args:
        dataset: Any data set.

    Returns:
        A dictionary for JSON:

        - `splits`: per split `n` and `counts` per emotion;
        - `official`: whether these are the counts of FER-2013;
        - `redundant`: how many images are a pixel-identical copy of another (all minus the distinct
          ones);
        - `twins_of_train`: how many images of `validation` and `test` have a pixel-identical one in
          train;
        - `blank`: how many images have the same value at every pixel;
        - `redundant_within`: the same as `redundant` within each split;
        - `conflicting`: how many distinct images come with more than one label;
        - `image_size`: width and height in pixels;
        - `label_source`: where labels come from that are not the data's own, `""` otherwise;
        - `origin`, `notes`, `skipped`: the path, what a run must say, and how many items were left
          out.

    Example:
        >>> data = FerDataset(
        ...     images=np.zeros((2, 48, 48, 1), np.uint8),
        ...     labels=np.array([3, 6]),
        ...     splits=np.array([0, 2], np.int8),
        ...     sources=np.array(["a.png", "b.png"]),
        ... )
        >>> summary = summarize(data)
        >>> summary["redundant"], summary["twins_of_train"], summary["conflicting"]
        (1, {'validation': 0, 'test': 1}, 1)
    """
    counts = dataset.counts()
    digests = [digest.tobytes() for digest in pixel_digests(dataset.images)]
    by_split = {
        name: [digests[i] for i in np.flatnonzero(dataset.splits == code)]
        for code, name in enumerate(SPLITS)
    }
    in_train = set(by_split["train"])
    labels_of: dict[bytes, set[int]] = defaultdict(set)
    for digest, label in zip(digests, dataset.labels.tolist(), strict=True):
        labels_of[digest].add(label)
    return {
        "splits": {
            name: {"n": sum(counts[name].values()), "counts": counts[name]} for name in SPLITS
        },
        "official": counts == OFFICIAL_COUNTS,
        "redundant": len(digests) - len(labels_of),
        "twins_of_train": {
            name: sum(digest in in_train for digest in by_split[name])
            for name in ("validation", "test")
        },
        "blank": count_blank(dataset.images),
        "redundant_within": {
            name: len(by_split[name]) - len(set(by_split[name])) for name in SPLITS
        },
        "conflicting": sum(len(labels) > 1 for labels in labels_of.values()),
        "image_size": [dataset.images.shape[2], dataset.images.shape[1]],
        "label_source": dataset.label_source,
        "origin": dataset.origin,
        "notes": list(dataset.notes),
        "skipped": len(dataset.skipped),
    }
