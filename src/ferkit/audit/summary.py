"""The content of `audit.json`: counts, thresholds, quality of the models, and versions."""

from __future__ import annotations

import platform
import shlex
import sys
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.audit.copies import TRAIN
from ferkit.audit.folds import N_FOLDS
from ferkit.audit.kernel_ridge import LANDMARKS
from ferkit.audit.label_errors import FILTER, QUALITY
from ferkit.audit.near_pairs import FLOOR, THRESHOLD
from ferkit.audit.picture_findings import LOW_CONTRAST, NON_FACE
from ferkit.data.ferplus import FERPLUS_EMOTIONS, majority
from ferkit.data.findings import KINDS
from ferkit.data.info import summarize
from ferkit.labels import SPLITS

if TYPE_CHECKING:
    from ferkit.audit.audited import Audited

_LIBRARIES = ("ferkit", "numpy", "scipy", "scikit-learn", "cleanlab")
_STEPS = (0.95, 0.96, 0.97, 0.98, 0.99)


def summarize_audit(audited: Audited, *, seed: int, ferplus: str | None) -> dict[str, Any]:
    """Return the content of `audit.json`, except for its duration.

    Args:
        audited: Results of the audit.
        seed: Seed of the audit.
        ferplus: Path of the FER+ file, or None.
    """
    dataset, findings = audited.dataset, audited.findings
    found = Counter((finding.kind, finding.split) for finding in findings)
    out = Counter(finding.kind for finding in findings if finding.exclude == "yes")
    told = summarize(dataset)
    return {
        "data": {
            "origin": dataset.origin,
            "official": told["official"],
            "counts": dataset.counts(),
            "notes": list(dataset.notes),
            "skipped": len(dataset.skipped),
            "ferplus": ferplus,
        },
        "findings": {kind: {s: found[kind, s] for s in SPLITS} for kind in KINDS},
        "exclude": {kind: out[kind] for kind in KINDS},
        "exclude_images": len({f.source for f in findings if f.exclude == "yes"}),
        "duplicates": {
            name: told[name]
            for name in ("redundant", "redundant_within", "twins_of_train", "conflicting")
        },
        "near_duplicates": _near(audited),
        "label_errors": _label_errors(audited),
        "thresholds": {
            "near_duplicate_cosine": THRESHOLD,
            "low_contrast_grey_levels": LOW_CONTRAST,
            "non_face_share_of_votes": NON_FACE,
            "label_error_filter": FILTER,
            "label_error_quality": QUALITY,
        },
        "seed": seed,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _LIBRARIES},
        "command": shlex.join(["ferkit", *sys.argv[1:]]),
    }


def _near(audited: Audited) -> dict[str, Any]:
    copies, pairs, splits = audited.copies, audited.pairs, audited.dataset.splits
    in_train = np.unique(copies.picture[splits == TRAIN])
    twins = np.isin(copies.picture, in_train)
    joined = len(np.unique(copies.identical)) - len(np.unique(copies.picture))
    return {
        "pairs": len(pairs.above(THRESHOLD)),
        "pairs_above": {f"{step:.2f}": len(pairs.above(step)) for step in _STEPS if step >= FLOOR},
        "pictures": len(np.unique(copies.picture)),
        "redundant_beyond_duplicates": joined,
        "identical_or_near_in_train": {
            name: int((twins & (splits == SPLITS.index(name))).sum())
            for name in SPLITS
            if name != "train"
        },
    }


def _label_errors(audited: Audited) -> dict[str, Any] | None:
    """Return the accuracy of the models, and the agreement of FER+ with the findings."""
    predicted, dataset = audited.predicted, audited.dataset
    if predicted is None:
        return None
    accuracy = {
        name: predicted.accuracy(dataset.labels, dataset.splits == code)
        for code, name in enumerate(SPLITS)
    }
    return {
        "model": f"HOG features, Gaussian kernel ridge on {LANDMARKS} landmarks, {N_FOLDS} folds",
        "accuracy": accuracy,
        "temperature": predicted.temperature,
        "ferplus": _against_ferplus(audited),
    }


def _against_ferplus(audited: Audited) -> dict[str, Any] | None:
    """Return the share of images whose label FER+'s majority contradicts, of all images and of
    likely errors.
    """
    dataset = audited.dataset
    if audited.votes is None or dataset.emotions != FERPLUS_EMOTIONS[: len(dataset.emotions)]:
        return None
    agreed = majority(audited.votes)
    place = {source: index for index, source in enumerate(dataset.sources.tolist())}
    found = [f for f in audited.findings if f.kind == "label-error"]
    flagged = np.array([place[f.source] for f in found], np.int64)
    suggested = np.array([dataset.emotions.index(f.suggested) for f in found], np.int64)
    judged = agreed[flagged] >= 0
    every = agreed >= 0
    wrong = agreed[flagged] != dataset.labels[flagged]
    return {
        "judged": int(judged.sum()),
        "label_contradicted": _share(wrong[judged]),
        "suggestion_confirmed": _share((agreed[flagged] == suggested)[judged]),
        "all_judged": int(every.sum()),
        "all_contradicted": _share((agreed != dataset.labels)[every]),
    }


def _share(hits: np.ndarray) -> float | None:
    return float(hits.mean()) if len(hits) else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
