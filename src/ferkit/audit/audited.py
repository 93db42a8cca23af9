"""`Audited`: the results of an audit, from which summary and page are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferkit.audit.copies import Copies
from ferkit.audit.near_pairs import NearPairs
from ferkit.audit.out_of_fold import OutOfFold
from ferkit.data.dataset import FerDataset
from ferkit.data.findings import Finding


@dataclass(frozen=True, eq=False)
class Audited:
    """The results of an audit.

    Attributes:
        dataset: The data set.
        votes: `uint8` `(n, 10)`, FER+ votes on each image, or None.
        copies: The copies in it.
        pairs: Near pairs by index into the data set, including those below the threshold.
        predicted: Out-of-fold predictions, or None if there are too few images for them.
        findings: All findings.
    """

    dataset: FerDataset
    votes: np.ndarray | None
    copies: Copies
    pairs: NearPairs
    predicted: OutOfFold | None
    findings: list[Finding]
