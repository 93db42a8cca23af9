"""Findings about single pictures: blank, low contrast, or without a face."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ferkit.audit.rows import Rows
from ferkit.data.ferplus import VOTE_COLUMNS
from ferkit.data.findings import Finding

# Standard deviation of the pixels, in grey levels. FER-2013's median is 54; below 15 hardly
# anything is visible.
LOW_CONTRAST = 15.0

# An image with a larger share of FER+ votes for "no face" counts as having none.
NON_FACE = 0.5

_NO_FACE = VOTE_COLUMNS.index("NF")


def picture_findings(rows: Rows, votes: np.ndarray | None) -> Iterator[Finding]:
    """Yield all findings about single pictures.

    Args:
        rows: Creates findings of the data set.
        votes: `uint8` `(n, 10)`, FER+ votes on each image, or None.
    """
    images = rows.dataset.images
    contrast = contrasts(images)
    for index in np.flatnonzero(contrast == 0).tolist():
        detail = f"every pixel is {images[index, 0, 0, 0]}"
        yield rows.finding("blank", index, score="0", detail=detail, exclude=True)
    weak = np.flatnonzero((contrast > 0) & (contrast < LOW_CONTRAST))
    for index in weak[np.argsort(contrast[weak], kind="stable")].tolist():
        score = f"{contrast[index]:.2f}"
        detail = f"deviation {score}"
        yield rows.finding("low-contrast", index, score=score, detail=detail, exclude=True)
    if votes is None:
        return
    total = votes.sum(axis=1)
    for index in np.flatnonzero(votes[:, _NO_FACE] > NON_FACE * total).tolist():
        none, all_ = int(votes[index, _NO_FACE]), int(total[index])
        detail = f"{none} of {all_} votes: no face"
        yield rows.finding(
            "non-face", index, score=f"{none / all_:.2f}", detail=detail, exclude=True
        )


def contrasts(images: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each image's pixels in grey levels, `float64` `(n,)`."""
    flat = images.reshape(len(images), -1)
    spread: np.ndarray = flat.std(axis=1, dtype=np.float64)
    return np.where(flat.max(axis=1, initial=0) == flat.min(axis=1, initial=255), 0, spread)
