"""Contact sheets of the page: which images they show, with which captions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.audit.near_pairs import THRESHOLD
from ferkit.data.ferplus import VOTE_COLUMNS
from ferkit.data.findings import Finding
from ferkit.evaluation.samples import png
from ferkit.labels import SPLITS

if TYPE_CHECKING:
    from ferkit.audit.audited import Audited

GROUPS = 18  # most groups of copies on a sheet
MEMBERS = 6  # most images of one group
SINGLES = 40
PER_LABEL = 20  # most likely label errors per label
PAIRS = 12  # most pairs on either side of the threshold


class Sheets:
    """Chooses images and describes them in dictionaries for the template.

    Args:
        audited: Results of the audit.
    """

    def __init__(self, audited: Audited) -> None:
        self._audited = audited
        self._place = {s: i for i, s in enumerate(audited.dataset.sources.tolist())}
        self._of_kind: dict[str, list[Finding]] = defaultdict(list)
        for finding in audited.findings:
            self._of_kind[finding.kind].append(finding)

    def groups(self, kind: str) -> list[dict[str, Any]]:
        """Return groups of a kind, each with its `images` and the number of `more` images."""
        members: dict[str, list[Finding]] = defaultdict(list)
        for finding in self._of_kind[kind]:
            members[finding.group].append(finding)
        sheet = []
        for part in _spread(list(members.values()), GROUPS):
            shown = _one_of_each_label_first(part)[:MEMBERS]
            images = [self._image(f, f.split) for f in shown]
            sheet.append({"images": images, "more": len(part) - len(shown)})
        return sheet

    def leaks(self) -> list[dict[str, Any]]:
        """Return training images, each with its copy in validation or test."""
        sheet = []
        for finding in _spread(self._of_kind["leak"], GROUPS):
            twin = self._twin(finding)
            images = [self._image(finding, "train"), self._of(twin, self._split(twin))]
            sheet.append({"images": images, "more": 0})
        return sheet

    def pairs(self, *, above: bool) -> list[dict[str, Any]]:
        """Return the near pairs that are closest to the threshold, on one side of it."""
        pairs = self._audited.pairs
        place = int(np.searchsorted(pairs.similarity, THRESHOLD, side="right"))
        chosen = range(place, min(place + PAIRS, len(pairs)))
        if not above:
            chosen = range(place - 1, max(place - 1 - PAIRS, -1), -1)
        sheet = []
        for i in chosen:
            alike = f"cosine {pairs.similarity[i]:.4f}"
            both = (int(pairs.left[i]), int(pairs.right[i]))
            images = [self._of(index, f"{self._split(index)}, {alike}") for index in both]
            sheet.append({"images": images, "more": 0})
        return sheet

    def singles(self, kind: str) -> list[dict[str, Any]]:
        """Return single images of a kind, evenly spread over all."""
        return [self._image(f, f.detail) for f in _spread(self._of_kind[kind], SINGLES)]

    def label_errors(self) -> list[dict[str, Any]]:
        """Return for each label its most likely errors in train, or in all splits if train has
        none.
        """
        sheet = []
        for emotion in self._audited.dataset.emotions:
            found = [f for f in self._of_kind["label-error"] if f.label == emotion]
            train = [f for f in found if f.split == "train"] or found
            shown = self._one_of_each_picture(train)[:PER_LABEL]
            images = [self._image(f, self._votes(f) or f.split) for f in shown]
            sheet.append({"label": emotion, "n": len(found), "images": images})
        return [part for part in sheet if part["images"]]

    def _one_of_each_picture(self, findings: list[Finding]) -> list[Finding]:
        picture = self._audited.copies.picture
        first = {int(picture[self._place[f.source]]): f for f in reversed(findings)}
        return [f for f in findings if first[int(picture[self._place[f.source]])] is f]

    def _image(self, finding: Finding, words: str) -> dict[str, Any]:
        image = self._of(self._place[finding.source], words)
        return {**image, "suggested": finding.suggested, "out": finding.exclude == "yes"}

    def _of(self, index: int, words: str) -> dict[str, Any]:
        dataset = self._audited.dataset
        return {
            "png": png(dataset.images[index]),
            "source": str(dataset.sources[index]),
            "label": dataset.emotions[dataset.labels[index]],
            "words": words,
            "suggested": "",
            "out": False,
        }

    def _twin(self, finding: Finding) -> int:
        """Return the validation or test image that a leak is a copy of, an identical one if
        possible.
        """
        copies, splits = self._audited.copies, self._audited.dataset.splits
        index = self._place[finding.source]
        outside = splits != SPLITS.index("train")
        same = np.flatnonzero(outside & (copies.identical == copies.identical[index]))
        near = np.flatnonzero(outside & (copies.picture == copies.picture[index]))
        return int((same if len(same) else near)[0])

    def _split(self, index: int) -> str:
        return SPLITS[self._audited.dataset.splits[index]]

    def _votes(self, finding: Finding) -> str:
        """Return the two most frequent FER+ votes as text."""
        if self._audited.votes is None:
            return ""
        votes = self._audited.votes[self._place[finding.source]]
        top = [int(i) for i in np.argsort(-votes.astype(int), kind="stable")[:2] if votes[i]]
        return "FER+ " + ", ".join(f"{votes[i]} {VOTE_COLUMNS[i]}" for i in top)


def suggestion_table(audited: Audited) -> list[dict[str, Any]]:
    """Return the number of likely errors for each label and suggested label, in all splits."""
    emotions = audited.dataset.emotions
    counts = np.zeros((len(emotions), len(emotions)), np.int64)
    for finding in audited.findings:
        if finding.kind == "label-error":
            counts[emotions.index(finding.label), emotions.index(finding.suggested)] += 1
    largest = max(1, int(counts.max(initial=0)))
    return [
        {"label": label, "cells": [{"n": n, "depth": n / largest} for n in row]}
        for label, row in zip(emotions, counts.tolist(), strict=True)
    ]


def _one_of_each_label_first(part: list[Finding]) -> list[Finding]:
    """Order the members of a group so that a cut sheet still shows every label."""
    first = {finding.label: finding for finding in reversed(part)}
    return sorted(part, key=lambda finding: first[finding.label] is not finding)


def _spread(items: Sequence[Any], most: int) -> list[Any]:
    """Return at most `most` items, evenly spread, so that a sheet represents the whole data set."""
    if len(items) <= most:
        return list(items)
    places: Iterable[int] = np.linspace(0, len(items) - 1, most).round().astype(int).tolist()
    return [items[i] for i in places]
