"""Identical and near copies, which one is kept, and that test labels do not influence it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ferkit.audit.copies import agreed_label, distinct, groups, link_copies, standing_for
from ferkit.audit.copy_findings import copy_findings
from ferkit.audit.near_pairs import FLOOR, THRESHOLD, NearPairs, fingerprints, near_pairs
from ferkit.audit.rows import Rows
from ferkit.data.dataset import FerDataset
from ferkit.data.findings import Finding

TRAIN, VALIDATION, TEST = range(3)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Return six pictures of blurred noise, which are as unlike each other as photographs."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(60, 190, (6, 12, 12)).astype(np.uint8)
    return np.kron(coarse, np.ones((1, 4, 4), np.uint8))[..., np.newaxis]


def make(images: list[np.ndarray], labels: list[int], splits: list[int]) -> FerDataset:
    return FerDataset(
        images=np.stack(images),
        labels=np.array(labels),
        splits=np.array(splits, np.int8),
        sources=np.array([f"image-{i}" for i in range(len(images))]),
    )


def find(dataset: FerDataset) -> list[Finding]:
    first, identical = distinct(dataset.images)
    pairs = near_pairs(dataset.images[first]).above(THRESHOLD)
    return list(copy_findings(Rows(dataset), link_copies(first, identical, pairs)))


def shifted(image: np.ndarray) -> np.ndarray:
    """Return the picture a little brighter and noisier: near, not identical."""
    noise = np.random.default_rng(1).integers(-4, 5, image.shape)
    return (image.astype(int) + 12 + noise).clip(0, 255).astype(np.uint8)


def told(findings: list[Finding], kind: str) -> dict[str, str]:
    return {f.source: f.exclude for f in findings if f.kind == kind}


def test_pairs_are_those_of_scikit_learn() -> None:
    from sklearn.metrics.pairwise import cosine_similarity

    rng = np.random.default_rng(0)
    some = rng.integers(0, 256, (20, 48, 48, 1)).astype(np.uint8)
    weak = (some * 0.97 + rng.integers(0, 8, some.shape)).astype(np.uint8)
    images = np.concatenate([some, weak])
    found = near_pairs(images, 0.3)
    cosines = cosine_similarity(fingerprints(images))
    wanted = {(i, j) for i, j in zip(*np.nonzero(np.triu(cosines, 1) > 0.3), strict=True)}
    assert wanted
    assert set(zip(found.left, found.right, strict=True)) == wanted
    np.testing.assert_allclose(found.similarity, cosines[found.left, found.right], atol=1e-5)
    assert (np.diff(found.similarity) >= 0).all()


def test_pairs_across_blocks(pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferkit.audit.near_pairs._AT_ONCE", 4)
    shares: list[float] = []
    images = np.concatenate([pictures, shifted(pictures[1:2]), shifted(pictures[5:6])])
    found = near_pairs(images, tick=shares.append)
    assert sorted(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(1, 6), (5, 7)]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_blank_images_are_no_near_copies() -> None:
    blank = np.stack([np.full((48, 48, 1), grey, np.uint8) for grey in (0, 90, 255)])
    assert len(near_pairs(blank, 0.0)) == 0
    assert len(near_pairs(blank[:0])) == 0


def test_copies_may_differ_in_brightness_and_contrast(pictures: np.ndarray) -> None:
    darker = (pictures[:1] * 0.5 + 10).astype(np.uint8)
    assert near_pairs(np.concatenate([pictures[:1], darker])).similarity[0] > 0.999
    assert THRESHOLD > FLOOR


def test_pairs_join_into_pictures() -> None:
    pairs = NearPairs(np.array([0, 1]), np.array([1, 3]), np.array([0.98, 0.99], np.float32))
    first, identical = np.arange(5), np.array([0, 1, 2, 3, 4, 3])
    copies = link_copies(first, identical, pairs)
    joined = [part.tolist() for part in groups(copies.picture)]
    assert joined == [[0, 1, 3, 5]]
    np.testing.assert_array_equal(copies.identical, identical)
    np.testing.assert_allclose(copies.similarity, [0.98, 0.99, 0, 0.99, 0, 0.99])


def test_one_of_each_group_of_duplicates_stays(pictures: np.ndarray) -> None:
    a, b = pictures[0], pictures[1]
    data = make([a, b, a, a, b], [3, 4, 3, 3, 4], [TEST, TRAIN, TRAIN, TRAIN, VALIDATION])
    findings = find(data)
    assert told(findings, "duplicate") == {
        "image-0": "no",  # test
        "image-2": "no",  # stays
        "image-3": "yes",
        "image-1": "no",  # stays
        "image-4": "no",  # validation
    }
    assert told(findings, "leak") == {"image-1": "yes", "image-2": "yes", "image-3": "yes"}
    assert told(findings, "near-duplicate") == {}
    assert told(findings, "conflict") == {}


def test_near_copies_and_their_identical_ones(pictures: np.ndarray) -> None:
    a, near = pictures[0], shifted(pictures[0])
    data = make([a, a, near, near, pictures[2]], [3] * 5, [TRAIN] * 5)
    findings = find(data)
    assert told(findings, "duplicate") == {
        "image-0": "no",
        "image-1": "yes",
        "image-2": "no",
        "image-3": "yes",
    }
    # image-1 is a duplicate of the one that stays, not a near one.
    assert told(findings, "near-duplicate") == {"image-0": "no", "image-2": "yes", "image-3": "yes"}
    out = {f.source for f in findings if f.exclude == "yes"}
    assert out == {"image-1", "image-2", "image-3"}, "one of the picture stays"


def test_the_majority_in_train_settles_a_conflict(pictures: np.ndarray) -> None:
    a = pictures[0]
    data = make([a, a, a, a], [4, 3, 3, 4], [TRAIN, TRAIN, TRAIN, TEST])
    findings = find(data)
    assert told(findings, "conflict") == {
        "image-0": "yes",
        "image-1": "no",
        "image-2": "no",
        "image-3": "no",
    }
    (row,) = (f for f in findings if f.kind == "conflict" and f.exclude == "yes")
    assert (row.label, row.suggested) == ("sad", "happy")
    assert row.detail == "pixel-identical copies: 2 happy, 2 sad"
    # What stays of the duplicates has the label that most have.
    assert told(findings, "duplicate")["image-1"] == "no"
    assert told(findings, "duplicate")["image-0"] == "yes"


def test_without_a_majority_all_copies_are_excluded(pictures: np.ndarray) -> None:
    data = make([pictures[0]] * 2, [4, 3], [TRAIN, TRAIN])
    assert told(find(data), "conflict") == {"image-0": "yes", "image-1": "yes"}


def test_test_labels_do_not_settle_conflicts(pictures: np.ndarray) -> None:
    images, splits = [pictures[0]] * 4, [TRAIN, TRAIN, TEST, VALIDATION]
    data = make(images, [3, 3, 4, 5], splits)
    assert set(told(find(data), "conflict").values()) == {"no"}
    out = [
        {f.source for f in find(replace(data, labels=np.array([3, 4, x, y]))) if f.exclude == "yes"}
        for x, y in ((3, 3), (4, 4), (6, 0))
    ]
    assert out[0] == out[1] == out[2] == {"image-0", "image-1"}


def test_which_copy_is_kept(pictures: np.ndarray) -> None:
    data = make([pictures[0]] * 4, [5, 4, 3, 3], [TEST, TRAIN, TRAIN, TRAIN])
    members = np.arange(4)
    assert agreed_label(data, members) == 3
    assert standing_for(data, members) == 2
    assert agreed_label(data, members[:1]) == -1
    assert standing_for(data, members[:2]) == 1
