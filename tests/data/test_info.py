"""The summary of a data set, and the official counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset, SkippedItem
from ferkit.data.info import summarize
from ferkit.data.official import OFFICIAL_COUNTS, count_files, first_difference
from ferkit.labels import EMOTIONS, SPLITS


def make(values: list[int], labels: list[int], splits: list[int]) -> FerDataset:
    """Return images that are equal where their value is; 0 stands for a blank one."""
    images = np.zeros((len(values), 48, 48, 1), np.uint8)
    for image, value in zip(images, values, strict=True):
        image[0, 0] = value
    return FerDataset(
        images=images,
        labels=np.array(labels, np.int64),
        splits=np.array(splits, np.int8),
        sources=np.array([f"{i}.png" for i in range(len(values))]),
    )


def test_duplicates_within_and_across_splits() -> None:
    #            train             validation  test
    values = [1, 1, 1, 2, 0, 3, *(1, 4, 4), *(2, 3, 5, 0)]
    labels = [0, 0, 1, 2, 2, 2, *(0, 3, 3), *(2, 6, 6, 2)]
    splits = [0] * 6 + [1] * 3 + [2] * 4
    summary = summarize(make(values, labels, splits))
    assert summary["redundant"] == 13 - 6
    assert summary["redundant_within"] == {"train": 2, "validation": 1, "test": 0}
    assert summary["twins_of_train"] == {"validation": 1, "test": 3}
    assert summary["conflicting"] == 2, "image 1 is angry and disgust, image 3 is fear and neutral"
    assert summary["blank"] == 2
    assert summary["splits"]["test"] == {
        "n": 4,
        "counts": dict(zip(EMOTIONS, (0, 0, 2, 0, 0, 0, 2), strict=True)),
    }
    assert summary["official"] is False
    assert summary["image_size"] == [48, 48]


def test_info_is_json_and_lists_skipped_items(tiny_dataset: FerDataset) -> None:
    data = replace(tiny_dataset, skipped=(SkippedItem("a", "b"),), notes=("A note.",))
    summary = json.loads(json.dumps(summarize(data)))
    assert summary["skipped"] == 1
    assert summary["notes"] == ["A note."]
    assert list(summary)[:5] == ["splits", "official", "redundant", "twins_of_train", "blank"]


def test_an_empty_data_set() -> None:
    summary = summarize(make([], [], []))
    assert summary["redundant"] == summary["blank"] == 0
    assert summary["twins_of_train"] == {"validation": 0, "test": 0}


def test_the_official_counts_add_up() -> None:
    totals = {split: sum(OFFICIAL_COUNTS[split].values()) for split in SPLITS}
    assert totals == {"train": 28_709, "validation": 3_589, "test": 3_589}


def test_official_means_every_count(monkeypatch: pytest.MonkeyPatch) -> None:
    from ferkit.data import info

    data = make([1, 2, 3], [0, 1, 2], [0, 1, 2])
    monkeypatch.setattr(info, "OFFICIAL_COUNTS", data.counts())
    assert summarize(data)["official"] is True
    assert summarize(make([1, 2, 3], [0, 1, 3], [0, 1, 2]))["official"] is False


def test_the_first_difference_is_in_words() -> None:
    counts = {split: dict(OFFICIAL_COUNTS[split]) for split in SPLITS}
    assert first_difference(counts) is None
    counts["train"]["fear"] += 1
    counts["train"]["sad"] -= 1
    assert first_difference(counts) == "4,098 images of fear in train, expected 4,097"
    counts["train"]["sad"] -= 1
    assert first_difference(counts) == (
        "28,708 + 7,178 images in train/ and test/, expected 28,709 + 7,178"
    )


def test_files_are_counted_by_their_names(tiny_folder: Path, tiny_dataset: FerDataset) -> None:
    (tiny_folder / "train" / "happy" / "notes.txt").write_text("?")
    (tiny_folder / "train" / "happy" / "Training_0.png").write_bytes(b"")
    (tiny_folder / "elsewhere.png").write_bytes(b"?")
    assert count_files(tiny_folder) == tiny_dataset.counts()
