"""`FerDataset`, its splits, and functions on it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.bad_items import BadItems, write_skipped
from ferkit.data.dataset import FerDataset, SkippedItem, split_codes
from ferkit.data.duplicates import has_twin, pixel_digests
from ferkit.data.splitting import ensure_validation
from ferkit.errors import DataError, OutputError, UsageError


def arrays(n: int = 3) -> dict[str, np.ndarray]:
    return {
        "images": np.zeros((n, 48, 48, 1), np.uint8),
        "labels": np.zeros(n, np.int64),
        "splits": np.zeros(n, np.int8),
        "sources": np.array(["a"] * n),
    }


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("images", np.zeros((3, 48, 48, 1), np.float32), "uint8 of shape"),
        ("images", np.zeros((3, 48, 48), np.uint8), "uint8 of shape"),
        ("labels", np.zeros(2, np.int64), "3 images need 3 labels"),
        ("sources", np.array(["a"]), "3 images need 3 sources"),
        ("labels", np.array([0, 7, 0]), r"Labels must lie in 0\.\.6"),
        ("labels", np.array([0, -1, 0]), r"Labels must lie in 0\.\.6"),
        ("splits", np.array([0, 3, 0], np.int8), r"Splits must lie in 0\.\.2"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name: str, value: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        FerDataset(**{**arrays(), name: value})


def test_splits_can_be_joined(tiny_dataset: FerDataset) -> None:
    assert len(tiny_dataset.split("train")) == 56
    both = tiny_dataset.split("validation+test")
    assert len(both) == 28
    assert set(both.splits.tolist()) == {1, 2}
    assert split_codes("test+train") == [2, 0]
    with pytest.raises(UsageError, match="'dev' is not a split; choose from train"):
        tiny_dataset.split("dev")


def test_one_of_each_is_in_order_and_repeatable(tiny_dataset: FerDataset) -> None:
    chosen = tiny_dataset.one_of_each(seed=3)
    assert tiny_dataset.labels[chosen].tolist() == list(range(7))
    assert chosen.tolist() == tiny_dataset.one_of_each(seed=3).tolist()
    assert chosen.tolist() != tiny_dataset.one_of_each(seed=4).tolist()


def test_a_made_validation_split_is_a_tenth_of_every_class(
    make_patterns: Callable[..., FerDataset],
) -> None:
    data = make_patterns({"train": 30, "test": 2})
    made = ensure_validation(data, seed=5)
    assert set(made.counts()["validation"].values()) == {3}
    assert set(made.counts()["train"].values()) == {27}
    assert np.array_equal(made.splits == 2, data.splits == 2)
    assert "drawn with seed 5" in made.notes[0]
    assert np.array_equal(made.splits, ensure_validation(data, seed=5).splits)
    assert not np.array_equal(made.splits, ensure_validation(data, seed=6).splits)


def test_an_own_validation_split_and_a_test_set_alone_are_left_as_they_are(
    tiny_dataset: FerDataset,
) -> None:
    assert ensure_validation(tiny_dataset, 0) is tiny_dataset
    test = tiny_dataset.split("test")
    assert ensure_validation(test, 0) is test


def test_a_class_of_one_stays_in_train() -> None:
    made = ensure_validation(FerDataset(**arrays(1)), 0)
    assert made.sizes() == {"train": 1, "validation": 0, "test": 0}


def test_twins_are_pixel_identical_and_nothing_less() -> None:
    images = np.zeros((4, 48, 48, 1), np.uint8)
    images[1, -1, -1] = 1
    images[2] = 255
    assert has_twin(images, images[[0, 2]]).tolist() == [True, False, True, True]
    assert has_twin(images, images[:0]).tolist() == [False] * 4
    assert has_twin(images[:0], images).shape == (0,)
    assert pixel_digests(images).dtype.itemsize == 16


def test_skipped_items_are_a_table(tmp_path: Path) -> None:
    bad = BadItems(skip=True)
    bad.add('train/a,"b".png', "no, really")
    write_skipped(tmp_path / "skipped.csv", bad.items)
    with (tmp_path / "skipped.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["source", "reason"], ['train/a,"b".png', "no, really"]]
    assert bad.items == [SkippedItem('train/a,"b".png', "no, really")]
    with pytest.raises(OutputError):
        write_skipped(tmp_path / "skipped.csv" / "below", bad.items)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.eye(7)[[0, 1]], r"must be float32 of shape \(2, 7\), not float64"),
        (
            np.ones((2, 3), np.float32),
            r"must be float32 of shape \(2, 7\), not float32 of shape \(2, 3\)",
        ),
        (np.full((2, 7), 0.2, np.float32), "shares that sum to 1"),
        (np.array([[2, -1, 0, 0, 0, 0, 0]] * 2, np.float32), "shares that sum to 1"),
        (np.eye(7, dtype=np.float32)[[0, 2]], "maximum at the image's label"),
    ],
)
def test_targets_fit_images_and_labels(targets: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        FerDataset(
            images=np.zeros((2, 48, 48, 1), np.uint8),
            labels=np.array([0, 1]),
            splits=np.array([0, 0], np.int8),
            sources=np.array(["a", "b"]),
            targets=targets,
        )


def test_targets_stay_with_their_images() -> None:
    targets = np.array([[0.6, 0.4], [0.3, 0.7], [1, 0]], np.float32)
    data = FerDataset(
        images=np.zeros((3, 48, 48, 1), np.uint8),
        labels=np.array([0, 1, 0]),
        splits=np.array([0, 2, 0], np.int8),
        sources=np.array(["a", "b", "c"]),
        emotions=("calm", "cross"),
        targets=targets,
    )
    chosen = data.split("train").targets
    assert chosen is not None
    assert chosen.tolist() == targets[[0, 2]].tolist()
