"""Likely label errors, found by confident learning."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from ferkit.audit.rows import Rows
from ferkit.data.findings import Finding
from ferkit.errors import MissingDependencyError
from ferkit.labels import SPLITS

# cleanlab's most conservative filter: errors by both of its rules, by class and by noise rate.
FILTER = "both"

# Only the clearest of these are reported: the probability of another label must be higher by at
# least 0.5, that is, (p(label) - p(most likely) + 1) / 2 must be below this. The models are weak,
# so most of the others are hard rather than wrong.
QUALITY = 0.25

# Confident learning estimates a rate for each pair of labels, for which fewer images are not
# enough.
LEAST_IMAGES = 100


def label_error_findings(rows: Rows, probabilities: np.ndarray) -> Iterator[Finding]:
    """Yield the images whose label is likely wrong, by split, the worst first.

    Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
    JAIR 2021 (arXiv 1911.00068), as cleanlab implements it.

    Args:
        rows: Creates findings of the data set.
        probabilities: `float64` `(n, c)`, out-of-fold probabilities.

    Raises:
        MissingDependencyError: cleanlab is not installed.
    """
    dataset = rows.dataset
    for code in range(len(SPLITS)):
        members = np.flatnonzero(dataset.splits == code)
        if len(members) < LEAST_IMAGES:
            continue
        issues, quality = _issues(dataset.labels[members], probabilities[members])
        for place in issues.tolist():
            index = int(members[place])
            likeliest = int(probabilities[index].argmax())
            of_label = probabilities[index, dataset.labels[index]]
            name, label = dataset.emotions[likeliest], dataset.emotions[dataset.labels[index]]
            detail = f"{name} {probabilities[index, likeliest]:.0%}, {label} {of_label:.0%}"
            yield rows.finding(
                "label-error",
                index,
                suggested=name,
                score=f"{quality[place]:.4f}",
                detail=detail,
                exclude=True,
            )


def require_cleanlab() -> None:
    """Check that the libraries are installed, before anything is computed.

    Raises:
        MissingDependencyError: cleanlab or scikit-learn is not installed.
    """
    from importlib.util import find_spec

    for module, name in (("cleanlab", "cleanlab"), ("scipy", "scikit-learn")):
        if find_spec(module) is None:
            raise MissingDependencyError.of(name, "An audit", "train")


def _issues(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of likely errors, the worst first, and the quality 0..1 of every label."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    # A split may have no images of a label, which cleanlab does not expect.
    present, numbered = np.unique(labels, return_inverse=True)
    if len(present) < 2:  # there is no other label, and cleanlab fails
        return np.zeros(0, np.int64), np.ones(len(labels))
    shares = probabilities[:, present]
    shares = shares / shares.sum(axis=1, keepdims=True)
    method = "normalized_margin"
    quality = get_label_quality_scores(numbered, shares, method=method)
    with warnings.catch_warnings():
        # A class of one image has no errors that could be found.
        warnings.filterwarnings("ignore", "May not flag all label issues", UserWarning)
        wrong = find_label_issues(numbered, shares, filter_by=FILTER, n_jobs=1)
    places = np.flatnonzero(wrong & (quality < QUALITY))
    # If the most likely of all labels is the given one, there is nothing to suggest.
    places = places[probabilities[places].argmax(axis=1) != labels[places]]
    return places[np.argsort(quality[places], kind="stable")], quality
