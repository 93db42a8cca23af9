"""Findings about copies: duplicates, near duplicates, conflicting labels, and leaks from validation
and test into train.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ferkit.audit.copies import TRAIN, Copies, agreed_label, groups, standing_for
from ferkit.audit.rows import Rows
from ferkit.data.findings import Finding
from ferkit.labels import SPLITS


def copy_findings(rows: Rows, copies: Copies) -> Iterator[Finding]:
    """Yield all findings about copies, by kind and group.

    Args:
        rows: Creates findings of the data set.
        copies: The copies in it.
    """
    pictures = [(f"copies-{i:04}", part) for i, part in enumerate(groups(copies.picture), start=1)]
    for name, picture in pictures:
        yield from _duplicates(rows, copies, name, picture)
    for name, picture in pictures:
        yield from _near_duplicates(rows, copies, name, picture)
    for name, picture in pictures:
        yield from _conflicts(rows, copies, name, picture)
    for name, picture in pictures:
        yield from _leaks(rows, copies, name, picture)


def _duplicates(rows: Rows, copies: Copies, name: str, picture: np.ndarray) -> Iterator[Finding]:
    for part in groups(copies.identical[picture]):
        members = picture[part]
        kept = standing_for(rows.dataset, members)
        for index in members.tolist():
            copy = index != kept
            detail = f"copy of {rows.source(kept)}" if copy else f"kept; copies: {len(members) - 1}"
            yield rows.finding("duplicate", index, group=name, detail=detail, exclude=copy)


def _near_duplicates(
    rows: Rows, copies: Copies, name: str, picture: np.ndarray
) -> Iterator[Finding]:
    if len(np.unique(copies.identical[picture])) == 1:
        return
    kept = standing_for(rows.dataset, picture)
    for index in picture.tolist():
        # An image that is identical to the kept one is reported as its duplicate instead.
        near = bool(copies.identical[index] != copies.identical[kept])
        if near or index == kept:
            detail = f"nearly {rows.source(kept)}" if near else f"kept; pictures: {len(picture)}"
            score = f"{copies.similarity[index]:.4f}"
            yield rows.finding(
                "near-duplicate", index, group=name, score=score, detail=detail, exclude=near
            )


def _conflicts(rows: Rows, copies: Copies, name: str, picture: np.ndarray) -> Iterator[Finding]:
    dataset = rows.dataset
    labels, counts = np.unique(dataset.labels[picture], return_counts=True)
    if len(labels) == 1:
        return
    same = "pixel-identical" if len(np.unique(copies.identical[picture])) == 1 else "near"
    votes = ", ".join(
        f"{count} {dataset.emotions[label]}" for label, count in zip(labels, counts, strict=True)
    )
    agreed = agreed_label(dataset, picture)
    in_train = np.unique(dataset.labels[picture[dataset.splits[picture] == TRAIN]])
    for index in picture.tolist():
        wrong = bool(len(in_train) > 1 and dataset.labels[index] != agreed)
        suggested = dataset.emotions[agreed] if wrong and agreed >= 0 else ""
        detail = f"{same} copies: {votes}"
        yield rows.finding(
            "conflict", index, suggested=suggested, group=name, detail=detail, exclude=wrong
        )


def _leaks(rows: Rows, copies: Copies, name: str, picture: np.ndarray) -> Iterator[Finding]:
    splits = rows.dataset.splits[picture]
    elsewhere = picture[splits != TRAIN]
    if not len(elsewhere):
        return
    for index in picture[splits == TRAIN].tolist():
        same = copies.identical[elsewhere] == copies.identical[index]
        twin = int(elsewhere[same][0] if same.any() else elsewhere[0])
        how = "identical to" if same.any() else "nearly"
        where = SPLITS[rows.dataset.splits[twin]]
        score = "" if same.any() else f"{copies.similarity[index]:.4f}"
        detail = f"{how} {rows.source(twin)} in {where}"
        yield rows.finding("leak", index, group=name, score=score, detail=detail, exclude=True)
