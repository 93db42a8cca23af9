"""Predictions as a table, one row per image."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from ferkit.errors import OutputError
from ferkit.metrics.predictions import SplitPredictions, write_predictions


def predicted(split: str = "test") -> SplitPredictions:
    return SplitPredictions(
        split,
        np.zeros((3, 48, 48, 1), np.uint8),
        np.array(["a.png", 'odd, "name".png', "c.png"]),
        np.array([0, 1, 1]),
        np.array([[0.75, 0.25], [0.6, 0.4], [0.5, 0.5]]),
        ("sad", "happy"),
    )


def test_the_most_likely_class_and_the_first_of_ties() -> None:
    part = predicted()
    assert part.predictions.tolist() == [0, 0, 0]
    assert part.confidences.tolist() == [0.75, 0.6, 0.5]
    assert len(part) == 3


def test_one_row_per_image_and_split(tmp_path: Path) -> None:
    file = tmp_path / "new" / "predictions.csv"
    write_predictions(file, [predicted("test"), predicted("train")])
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["split"] for row in rows] == ["test"] * 3 + ["train"] * 3
    assert rows[1] == {
        "split": "test",
        "source": 'odd, "name".png',
        "true": "happy",
        "predicted": "sad",
        "correct": "0",
        "confidence": "0.600000",
        "sad": "0.600000",
        "happy": "0.400000",
    }
    assert sum(int(row["correct"]) for row in rows) == 2
    assert [f.name for f in file.parent.iterdir()] == ["predictions.csv"], "no temporary file"


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write"):
        write_predictions(tmp_path / "file" / "predictions.csv", [predicted()])
