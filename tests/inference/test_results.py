"""`FaceEmotions`: validated on creation, sliced, and converted to records."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from ferkit.errors import UsageError
from ferkit.inference.results import FaceEmotions
from ferkit.labels import EMOTIONS


def made(**changes: Any) -> FaceEmotions:
    """Return three faces: happy 0.9, sad 0.6, neutral 0.4."""
    probabilities = np.full((3, 7), 0.0)
    for row, (code, share) in enumerate([(3, 0.9), (4, 0.6), (6, 0.4)]):
        probabilities[row] = (1 - share) / 6
        probabilities[row, code] = share
    values: dict[str, Any] = {
        "xyxy": [[0, 0, 10, 10], [20, 5, 41.26, 35], [50, 50, 80, 90]],
        "face_score": [0.9, 0.8, 0.7],
        "probabilities": probabilities,
        "image_size": (100, 200),
        "uncertain_below": 0.5,
        **changes,
    }
    return FaceEmotions(**values)


def test_labels_confidences_and_doubts() -> None:
    faces = made()
    assert faces.label.tolist() == ["happy", "sad", "neutral"]
    assert faces.confidence == pytest.approx([0.9, 0.6, 0.4])
    assert faces.uncertain.tolist() == [False, False, True]
    assert (faces.xyxy.dtype, faces.probabilities.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize(
    ("index", "left"),
    [
        (slice(1, None), ["sad", "neutral"]),
        ([True, False, True], ["happy", "neutral"]),
        (np.array([2, 0]), ["neutral", "happy"]),
        (-1, ["neutral"]),
        ([], []),
    ],
)
def test_indexing_takes_every_field_along(index: Any, left: list[str]) -> None:
    faces = made(track_id=[5, 6, 7], landmarks=np.arange(30).reshape(3, 5, 2), time_s=1.5)
    index = np.array(index, dtype=int) if isinstance(index, list) and not index else index
    some = faces[index]
    assert some.label.tolist() == left
    assert len(some) == len(some.xyxy) == len(some.track_id) == len(some.landmarks) == len(left)
    assert some.time_s == 1.5
    order = {"happy": 5, "sad": 6, "neutral": 7}
    assert some.track_id.tolist() == [order[name] for name in left]


def test_a_picture_without_a_face() -> None:
    faces = FaceEmotions.empty((640, 480), time_s=0.5, emotions=("a", "b"))
    assert len(faces) == 0
    assert faces.probabilities.shape == (0, 2)
    assert faces.label.tolist() == faces.confidence.tolist() == faces.to_dicts() == []
    assert list(faces[:1].uncertain) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"xyxy": [[0, 0, 10, 10]]}, "face_score expects the shape (1,), found (3,)"),
        ({"xyxy": [[10, 0, 0, 10]] * 3}, "x1 <= x2"),
        ({"xyxy": np.zeros((3, 5))}, "xyxy expects the shape (n, 4), found (3, 5)"),
        ({"xyxy": [["a"] * 4] * 3}, "xyxy expects numbers"),
        ({"face_score": [0.1, np.nan, 1]}, "face_score contains a value that is not finite"),
        ({"probabilities": np.full((3, 7), 0.5)}, "sum to 1"),
        ({"probabilities": np.full((3, 8), 1 / 8)}, "shape (3, 7), found (3, 8)"),
        ({"landmarks": np.zeros((3, 4, 2))}, "landmarks expects the shape (3, 5, 2)"),
        ({"track_id": [1, 2]}, "track_id expects the shape (3,)"),
        ({"image_size": (0, 5)}, "image_size expects (width, height)"),
        ({"image_size": (float("nan"), 5)}, "image_size expects (width, height)"),
        ({"image_size": None}, "image_size expects (width, height)"),
        ({"time_s": float("nan")}, "time_s expects seconds"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(**changes)
    assert message in str(caught.value)


def test_dictionaries_are_ready_for_json() -> None:
    faces = made(track_id=[5, 6, 7]).to_dicts()
    again = json.loads(json.dumps(faces, allow_nan=False))
    assert again[1]["box"] == [20, 5, 41.3, 35]
    assert again[1]["emotion"] == "sad"
    assert again[1]["confidence"] == 0.6
    assert again[2]["uncertain"] is True
    assert list(again[0]["probabilities"]) == list(EMOTIONS)
    assert [face["track_id"] for face in again] == [5, 6, 7]
    assert made().to_dicts()[0]["track_id"] is None


def test_a_table_has_a_row_for_each_face() -> None:
    pytest.importorskip("pandas")
    table = made(time_s=2.5).to_pandas()
    assert table.emotion.tolist() == ["happy", "sad", "neutral"]
    assert table.p_sad.tolist() == pytest.approx([0.1 / 6, 0.6, 0.1], abs=1e-6)
    assert table.time_s.tolist() == [2.5] * 3
    assert list(made()[:0].to_pandas().columns) == list(table.columns)
