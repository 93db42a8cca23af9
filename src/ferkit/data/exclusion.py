"""Leaving the findings of an audit out of training."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.data.duplicates import pixel_digests
from ferkit.data.findings import KINDS, Finding, read_findings
from ferkit.errors import DataError, UsageError
from ferkit.labels import SPLITS


@dataclass(frozen=True)
class Exclusion:
    """The images that were left out of training.

    Attributes:
        images: How many training images.
        per_kind: How many of them each kind names; an image may be named by several.
        not_in_train: How many images the chosen rows name that this training has not in its `train`
            split, and which therefore were not left out.
        digest: Identifies the list of images that were left out.
    """

    images: int
    per_kind: dict[str, int]
    not_in_train: int
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        """Return a sentence for the notes of a run."""
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.per_kind.items() if count)
        if not self.images:
            return "No training image is left out: the chosen findings of the audit name none."
        left_out = f"{self.images:,} training images are left out of training"
        return f"{left_out}, as an audit found ({kinds})."


def exclude_findings(
    dataset: FerDataset, path: str | os.PathLike[str], kinds: Sequence[str] = ()
) -> tuple[FerDataset, Exclusion]:
    """Leave out the training images that `audit.csv` marks with `exclude` = `yes`.

    Validation and test images always stay.

    Args:
        dataset: The data that was audited.
        path: The `audit.csv`.
        kinds: Kinds of findings to leave out. Defaults to `()`, all of them.

    Returns:
        The rest, and what was left out.

    Raises:
        DataError: The file cannot be read, or is of other images.
        UsageError: There is no such kind.
    """
    chosen = tuple(kinds) or tuple(KINDS)
    if unknown := [kind for kind in chosen if kind not in KINDS]:
        raise UsageError(
            f"'{unknown[0]}' is not a kind of finding; choose from {', '.join(KINDS)}."
        )
    rows = [row for row in read_findings(path) if row.exclude == "yes" and row.kind in chosen]
    place = {source: index for index, source in enumerate(dataset.sources.tolist())}
    named = {row.source: place[row.source] for row in rows if row.source in place}
    if rows and not named:
        raise DataError(
            f"{path} is of other images: none of its sources, such as {rows[0].source}, is in "
            f"{dataset.origin}; "
            "audit this data with: ferkit audit"
        )
    _check_pixels(dataset, path, rows, named)
    train = dataset.splits == SPLITS.index("train")
    out = np.zeros(len(dataset), bool)
    out[list(named.values())] = True
    out &= train
    excluded = set(dataset.sources[out].tolist())
    # A kind may name an image twice, as a copy in two groups.
    found = {(row.kind, row.source) for row in rows if row.source in excluded}
    per_kind = Counter(kind for kind, _ in found)
    counted = {kind: per_kind[kind] for kind in KINDS if kind in chosen}
    not_in_train = len({row.source for row in rows} - excluded)
    digest = hashlib.sha256("\n".join(sorted(excluded)).encode()).hexdigest()[:16]
    return dataset.select(~out), Exclusion(int(out.sum()), counted, not_in_train, digest)


def short_digests(images: np.ndarray) -> list[str]:
    """Return the first 16 hexadecimal digits of each image's digest, as `Finding.pixels` holds
    them.
    """
    return [digest.tobytes().hex()[:16] for digest in pixel_digests(images)]


def _check_pixels(
    dataset: FerDataset,
    path: str | os.PathLike[str],
    rows: list[Finding],
    named: dict[str, int],
) -> None:
    """Raise if a row and the image of that name are not the same picture."""
    expected = {row.source: row.pixels for row in rows if row.pixels and row.source in named}
    found = short_digests(dataset.images[[named[source] for source in expected]])
    for (source, pixels), actual in zip(expected.items(), found, strict=True):
        if pixels != actual:
            raise DataError(
                f"{path} is of other images: {source} has other pixels in {dataset.origin}; "
                "audit this data with: ferkit audit"
            )
